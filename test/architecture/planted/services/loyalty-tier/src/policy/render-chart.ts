// caught by: nothing
export const point = (share: number) => `${(share * 0.5).toFixed(1)},0`;
