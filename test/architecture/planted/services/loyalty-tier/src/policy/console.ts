// caught by: eslint no-console "Unexpected console statement"
export const say = () => console.log('hello');
