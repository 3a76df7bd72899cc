// caught by: nothing
export const inner = 1;
