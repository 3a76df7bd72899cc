// caught by: eslint eqeqeq "Expected"
export const same = (one: unknown, two: unknown) => one == two;
