// caught by: eslint @typescript-eslint/no-misused-promises "Expected non-Promise value in a boolean conditional"
const saved = async () => true;

export const run = () => (saved() ? 1 : 2);
