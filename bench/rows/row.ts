/** What one row of the benchmarks is: its unit, its limit in time, and the figures aimed at. */

export type Method = "spawn" | "thread";

/** A limit for our own figure, as a multiple of somebody else's or as it is. */
export interface Target {
  method: Method;
  of: "python" | "peer" | "absolute";
  /** The most (where less is better) or the least (where more is). */
  factor: number;
}

/** The groups of rows; each entrant has one program for a group. */
export const PROGRAMS = ["pool", "sync", "pipe", "queue", "manager"] as const;

/** Which program of an entrant measures a row. */
export type Program = (typeof PROGRAMS)[number];

export interface BenchRow {
  /** Its name on the command line. */
  key: string;
  program: Program;
  title: string;
  unit: string;
  better: "less" | "more";
  targets: Target[];
  digits: number;
  /** What the peers of this row are. Default: "best peer". */
  peer?: string;
  /** A paragraph under the title: how it is measured, where that is not plain. */
  note?: string;
  /** Seconds in which one figure has to be there. Default: `LIMIT_SECONDS`. */
  limit?: number;
  /** A second table under the first: cores that one parent keeps busy. */
  cores?: boolean;
  /** One column for each number of workers instead of one figure. */
  scaling?: boolean;
}

/** For everything that a figure takes: most take two seconds. */
export const LIMIT_SECONDS = 15;

/** A target for either start method. */
export function both(of: Target["of"], factor: number): Target[] {
  return [{ method: "spawn", of, factor }, { method: "thread", of, factor }];
}
