// caught by: eslint no-restricted-syntax "A fraction is a float"
export const rate = () => 0.19;
