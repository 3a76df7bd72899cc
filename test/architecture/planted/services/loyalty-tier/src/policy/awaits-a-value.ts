// caught by: eslint @typescript-eslint/await-thenable "Unexpected `await` of a non-Promise"
export const run = async () => {
  await 1;
};
