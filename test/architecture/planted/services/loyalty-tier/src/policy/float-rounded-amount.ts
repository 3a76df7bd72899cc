// caught by: eslint no-restricted-syntax "Dividing an amount makes a float"
export const average = (totalMinor: number, visits: number) => Math.round(totalMinor / visits);
