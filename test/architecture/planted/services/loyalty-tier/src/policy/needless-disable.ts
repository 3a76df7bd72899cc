// caught by: eslint null "Unused eslint-disable directive"
// eslint-disable-next-line no-var
export const fresh = 1;
