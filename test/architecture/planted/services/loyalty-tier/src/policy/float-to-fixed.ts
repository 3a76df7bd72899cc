// caught by: eslint no-restricted-syntax "toFixed rounds a float"
export const shown = (amountMinor: number) => amountMinor.toFixed(2);
