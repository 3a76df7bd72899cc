// caught by: eslint prefer-const "'fixed' is never reassigned"
export const run = () => {
  let fixed = 1;
  return fixed;
};
