/** Turns the figures of a row into the tables that `deno task bench` prints and stores. */

import type { Figure, Results } from "./results.ts";
import type { BenchRow, Target } from "./rows.ts";

const BEST_PEER = "best peer";
/** How long the tasks are of which the table of cores says how many can be kept busy. */
const TASK_MICROS = { "10 µs": 10, "100 µs": 100, "1 ms": 1000 };

interface Judged {
  ok: boolean;
  text: string;
}

/** The section of one row in Markdown, with the date and the commit of its run. */
export function rowText(row: BenchRow, results: Results): string {
  const { run, figures } = results.rows[row.key];
  const { date, commit, rounds } = results.runs[run];
  const better = row.better === "less" ? "Less" : "More";
  const tables = row.scaling ? [scalingTable(figures)] : [figureTable(row, figures)];
  if (row.cores) {
    tables.push(
      "So many cores can one parent keep busy with tasks of this length: the length divided by " +
        "the parent's time for a task.",
      coresTable(figures),
    );
  }
  return [
    `### ${row.title}`,
    `\`${row.key}\`, ${date}, commit ${commit}, ${rounds} ${rounds === 1 ? "round" : "rounds"}. ` +
    `${better} is better.${row.note === undefined ? "" : ` ${row.note}`}`,
    ...tables,
  ].join("\n\n");
}

/** How many of the rows' targets are met, of how many. What failed has met none. */
export function targetsOf(
  results: Results,
  rows: readonly BenchRow[],
): { met: number; of: number } {
  const judged = rows.flatMap((row) => {
    const figures = results.rows[row.key]?.figures ?? [];
    return figures.flatMap((figure) => judge(row, figure, figures));
  });
  return { met: judged.filter(({ ok }) => ok).length, of: judged.length };
}

function figureTable(row: BenchRow, figures: Figure[]): string {
  const header = ["", "figure", "÷ Python", `÷ ${row.peer ?? BEST_PEER}`, "target"];
  const hasCpu = figures.some(({ cpu }) => cpu !== undefined);
  if (hasCpu) header.push("processor time");
  const python = pythonOf(row, figures);
  const lines = figures.map((figure) => {
    const { label, kind, value, cpu, error } = figure;
    const cells = hasCpu ? [cpu === undefined ? "" : `${significant(cpu)} µs`] : [];
    const targets = judge(row, figure, figures).map(({ text }) => text).join(", ");
    if (value === null) return [label, `failed: ${error}`, "", "", targets, ...cells];
    return [
      label,
      `${format(value, row.digits)} ${row.unit}`,
      kind === "python" ? "" : ratio(value, python),
      kind === "ours" ? ratio(value, peerOf(row, figure, figures)) : "",
      targets,
      ...cells,
    ];
  });
  return markdown([header, ...lines], [0, 4]);
}

function coresTable(figures: Figure[]): string {
  const header = ["", ...Object.keys(TASK_MICROS)];
  const lines = figures.flatMap(({ label, value }) =>
    value === null
      ? []
      : [[label, ...Object.values(TASK_MICROS).map((micros) => significant(micros / value))]]
  );
  return markdown([header, ...lines], [0]);
}

function scalingTable(figures: Figure[]): string {
  const counts = figures.flatMap(({ points }) => points?.map(({ workers }) => workers) ?? []);
  const columns = [...new Set(counts)].sort((a, b) => a - b);
  const header = ["", ...columns.map((count) => `${count} ${count === 1 ? "worker" : "workers"}`)];
  const lines = figures.map(({ label, points, error }) => [
    label,
    ...columns.map((count, index) => {
      if (points === undefined) return index === 0 ? `failed: ${error}` : "";
      const point = points.find(({ workers }) => workers === count);
      return point === undefined
        ? ""
        : `${format(point.rate, 0)} tasks/s, ${point.speedUp.toFixed(2)}×`;
    }),
  ]);
  return markdown([header, ...lines], [0]);
}

/** The targets that count for a figure, and whether it meets them. */
function judge(row: BenchRow, figure: Figure, figures: Figure[]): Judged[] {
  if (figure.kind !== "ours") return [];
  return row.targets.filter(({ method }) => method === figure.method).map((target) => {
    const base = baseOf(target, row, figure, figures);
    const text = targetText(row, target);
    if (figure.value === null) return { ok: false, text: `${text} ✗` };
    if (base === null) return { ok: false, text: `${text}: not measured` };
    const limit = target.factor * base;
    const ok = row.better === "less" ? figure.value <= limit : figure.value >= limit;
    return { ok, text: `${text} ${ok ? "✓" : "✗"}` };
  });
}

function targetText(row: BenchRow, { of, factor }: Target): string {
  const sign = row.better === "less" ? "≤" : "≥";
  const peer = ` × ${row.peer ?? BEST_PEER}`;
  return `${sign} ${factor}${{ python: " × Python", peer, absolute: ` ${row.unit}` }[of]}`;
}

function baseOf(
  { of }: Target,
  row: BenchRow,
  figure: Figure,
  figures: Figure[],
): number | null {
  if (of === "absolute") return 1;
  return of === "python" ? pythonOf(row, figures) : peerOf(row, figure, figures);
}

function pythonOf(row: BenchRow, figures: Figure[]): number | null {
  return best(row, figures.filter(({ kind }) => kind === "python"));
}

/** The best of the peers that run anywhere or on the same runtime. */
function peerOf(row: BenchRow, { on }: Figure, figures: Figure[]): number | null {
  return best(
    row,
    figures.filter((peer) => peer.kind === "peer" && (peer.on === undefined || peer.on === on)),
  );
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

/** Three digits, or all before the point. */
function significant(value: number): string {
  return value < 100 ? value.toPrecision(3) : format(value, 0);
}

/** A table whose columns are aligned to the right but those that are named. */
function markdown(lines: string[][], left: number[]): string {
  const widths = lines[0].map((_, column) =>
    Math.max(3, ...lines.map((cells) => cells[column].length))
  );
  const draw = (cells: string[]): string =>
    `| ${
      cells.map((cell, column) =>
        left.includes(column) ? cell.padEnd(widths[column]) : cell.padStart(widths[column])
      ).join(" | ")
    } |`;
  const rule = widths.map((width, column) =>
    left.includes(column) ? "-".repeat(width) : `${"-".repeat(width - 1)}:`
  );
  return [draw(lines[0]), draw(rule), ...lines.slice(1).map(draw)].join("\n");
}
