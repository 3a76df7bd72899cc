// caught by: nothing
export const shared = 1;
