// caught by: eslint no-restricted-syntax "Math.random is random"
export const dice = () => Math.random();
