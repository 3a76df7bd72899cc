// caught by: eslint no-restricted-syntax "An amount times a rate makes a float"
export const bonus = (price: number, rate: number) => price * rate;
