// caught by: eslint @typescript-eslint/no-unused-vars "'two' is defined but never used"
export const first = (one: number, two: number) => one;
