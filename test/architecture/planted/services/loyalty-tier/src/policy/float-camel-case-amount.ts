// caught by: eslint no-restricted-syntax "Dividing an amount makes a float"
export const average = (chainTotalMinor: number, visits: number) => chainTotalMinor / visits;
