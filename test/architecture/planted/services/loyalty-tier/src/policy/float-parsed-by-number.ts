// caught by: eslint no-restricted-syntax "parseFloat makes a float"
export const amount = (text: string) => Number.parseFloat(text);
