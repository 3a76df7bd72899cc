// caught by: nothing
export const cut = (customers: number, percent: number) => Math.floor((2 * customers * percent + 100) / 200);
export const half = (planet: number, count: number) => planet / count;
