// caught by: eslint no-restricted-syntax "A fraction is a float"
export const tolerance = () => 1e-6;
