/** Functions of the application. */

export const triple = (x: number): number => 3 * x;
export const half = (x: number): number => x / 2;
