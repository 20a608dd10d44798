/** Turns figures into the tables that `deno task bench` prints and stores. */

import type { Entrant } from "./contestants.ts";
import type { BenchRow, Target } from "./rows.ts";

export interface Figure {
  entrant: Entrant;
  /** Null when it failed; `error` says how. */
  value: number | null;
  /** Microseconds of processor time of both sides for one message, where it is measured. */
  cpu?: number;
  error?: string;
}

export interface RowTable {
  text: string;
  /** How many of the row's targets are met, and how many there are. */
  met: number;
  targets: number;
}

const BEST_PEER = "best peer";

/** The table of one row in Markdown. */
export function rowTable(row: BenchRow, figures: Figure[]): RowTable {
  const python = best(
    row,
    figures.filter(({ entrant }) => entrant.kind === "python"),
  );
  const peers = figures.filter(({ entrant }) => entrant.kind === "peer");
  const header = ["", "figure", "÷ Python", `÷ ${row.peer ?? BEST_PEER}`, "target"];
  const hasCpu = figures.some(({ cpu }) => cpu !== undefined);
  if (hasCpu) header.push("processor time");
  let met = 0;
  let targets = 0;
  const lines = figures.map(({ entrant, value, cpu, error }) => {
    const cells = hasCpu
      ? [cpu === undefined ? "" : `${cpu < 100 ? cpu.toPrecision(3) : format(cpu, 0)} µs`]
      : [];
    if (value === null) return [entrant.label, `failed: ${error}`, "", "", "", ...cells];
    const own = peers.filter(({ entrant: { on } }) => on === undefined || on === entrant.on);
    const peer = best(row, own);
    const ours = entrant.kind === "ours";
    const judged = row.targets
      .filter(({ method }) => ours && method === entrant.method)
      .map((target) => judge(row, target, value, python, peer));
    met += judged.filter(({ ok }) => ok).length;
    targets += judged.length;
    return [
      entrant.label,
      `${format(value, row.digits)} ${row.unit}`,
      entrant.kind === "python" ? "" : ratio(value, python),
      ours ? ratio(value, peer) : "",
      judged.map(({ text }) => text).join(", "),
      ...cells,
    ];
  });
  for (const { value, entrant } of figures) {
    if (value !== null || entrant.kind !== "ours") continue;
    targets += row.targets.filter(({ method }) => method === entrant.method).length;
  }
  const title = `### ${row.title}\n\n${row.better === "less" ? "Less" : "More"} is better.\n\n`;
  return { text: title + markdown([header, ...lines]), met, targets };
}

function judge(
  row: BenchRow,
  { of, factor }: Target,
  value: number,
  python: number | null,
  peer: number | null,
): { ok: boolean; text: string } {
  const base = of === "python" ? python : of === "peer" ? peer : 1;
  const sign = row.better === "less" ? "≤" : "≥";
  const other = ` × ${row.peer ?? BEST_PEER}`;
  const whose = { python: " × Python", peer: other, absolute: ` ${row.unit}` }[of];
  const text = `${sign} ${factor}${whose}`;
  if (base === null) return { ok: false, text: `${text}: not measured` };
  const ok = row.better === "less" ? value <= factor * base : value >= factor * base;
  return { ok, text: `${text} ${ok ? "✓" : "✗"}` };
}

function best(row: BenchRow, figures: Figure[]): number | null {
  const values = figures.flatMap(({ value }) => value === null ? [] : [value]);
  if (values.length === 0) return null;
  return row.better === "less" ? Math.min(...values) : Math.max(...values);
}

function ratio(value: number, base: number | null): string {
  return base === null || base === 0 ? "" : `${(value / base).toPrecision(3)}×`;
}

function format(value: number, digits: number): string {
  return value.toLocaleString("en-US", {
    minimumFractionDigits: digits,
    maximumFractionDigits: digits,
  });
}

function markdown(lines: string[][]): string {
  const widths = lines[0].map((_, column) =>
    Math.max(3, ...lines.map((cells) => cells[column].length))
  );
  const draw = (cells: string[]): string =>
    `| ${
      cells.map((cell, column) =>
        column === 0 || column === 4 ? cell.padEnd(widths[column]) : cell.padStart(widths[column])
      ).join(" | ")
    } |`;
  const rule = widths.map((width, column) =>
    column === 0 || column === 4 ? "-".repeat(width) : `${"-".repeat(width - 1)}:`
  );
  return [draw(lines[0]), draw(rule), ...lines.slice(1).map(draw)].join("\n");
}

/** The median of several rounds. */
export function medianOf(values: number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}
