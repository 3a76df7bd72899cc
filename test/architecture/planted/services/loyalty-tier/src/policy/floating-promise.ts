// caught by: eslint @typescript-eslint/no-floating-promises "Promises must be awaited"
const save = async () => 1;

export const run = () => {
  save();
};
