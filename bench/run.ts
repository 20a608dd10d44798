/**
 * Measures the library beside CPython's `multiprocessing` and the pools for Node.
 *
 *     deno task bench [--quick] [--only ROW]… [--with PART]… [--rounds N] [--draw]
 *
 * - `--quick`  one round of short loops: to see that everything runs; nothing is stored
 * - `--only`   a row, or all of a group:
 *     - pool: process-start, pool-start, apply, tasks, objects, map, imap, megabyte, primes,
 *       speedup-1ms, speedup-50us, parent-cpu, scaling-50us, scaling-1ms
 *     - sync: lock, hold, value, contended-2, contended-4, hand-over, event, idle
 *     - pipe: pipe-busy, pipe-sleep and pipe-one-way, each also with -async; pipe-objects,
 *       pipe-megabyte, pipe-bytes, pipe-transfer
 *     - queue: queue-1, queue-1-async, queue-2, queue-4, queue-megabyte
 * - `--with`   only those whose label contains this, such as `bun`, `thread`, `CPython`; nothing is
 *   stored
 * - `--rounds` how often each figure is measured (default 3); the median counts
 * - `--draw`   measures nothing: writes README.md and the charts again from what is stored
 *
 * Every figure comes from a fresh process, and all take turns within a round, so that what else the
 * machine does hits all alike. Figures are stored in `results.json` as soon as a row is complete; at
 * the end README.md and the charts are made from there. One round of everything takes about ten
 * minutes. Ends with code 1 when one of ours fails, not when one is slow.
 */

import { parseArgs } from "node:util";
import { drawCharts } from "./charts.ts";
import { type Entrant, entrants, installPackages } from "./contestants.ts";
import { type Printed, runProgram } from "./program.ts";
import { writeReadme } from "./readme.ts";
import {
  describeRun,
  failuresIn,
  type Figure,
  figureOf,
  loadResults,
  replaceRow,
  saveResults,
} from "./results.ts";
import { BENCH_ROWS, type BenchRow, PROGRAMS } from "./rows.ts";
import { rowText, targetsOf } from "./table.ts";

const { values } = parseArgs({
  args: Deno.args,
  options: {
    quick: { type: "boolean", default: false },
    only: { type: "string", multiple: true, default: [] },
    with: { type: "string", multiple: true, default: [] },
    rounds: { type: "string" },
    draw: { type: "boolean", default: false },
  },
});
const rounds = Number(values.rounds ?? (values.quick ? 1 : 3));
const names = [...PROGRAMS, ...BENCH_ROWS.map(({ key }) => key)];
const unknown = values.only.filter((name) => !names.includes(name));
if (unknown.length > 0 || !Number.isInteger(rounds) || rounds < 1) {
  const wrong = unknown.length > 0 ? `unknown row ${unknown}` : `--rounds is ${values.rounds}`;
  console.error(`${wrong}; rows: ${names.join(", ")}; rounds: 1 or more`);
  Deno.exit(2);
}
const rows = BENCH_ROWS.filter(({ key, program }) =>
  values.only.length === 0 || values.only.includes(key) || values.only.includes(program)
);
const stored = !values.quick && values.with.length === 0;

await installPackages();
const results = await loadResults();
if (values.draw) {
  await drawCharts(results);
  await writeReadme(results);
  Deno.exit(0);
}

const { all, versions } = await entrants();
const chosen = all.filter(({ label }) =>
  values.with.length === 0 || values.with.some((part) => label.includes(part))
);
const started = new Date().toISOString();
const run = await describeRun(rounds, versions);
for (const row of rows) {
  replaceRow(results, row.key, started, run, await measureRow(row));
  console.log(`\n${rowText(row, results)}`);
  if (stored) await saveResults(results);
}
const { met, of } = targetsOf(results, rows);
console.log(`\n${run.machine}; load before ${run.load}; commit ${run.commit}`);
console.log(`${met} of ${of} targets met`);
if (stored) {
  await drawCharts(results);
  await writeReadme(results);
}
Deno.exit(failuresIn(results, rows) === 0 ? 0 : 1);

async function measureRow(row: BenchRow): Promise<Figure[]> {
  const entered = chosen.filter(({ commands, without, only = [row.key] }) =>
    commands[row.program] !== undefined && only.includes(row.key) && !without.includes(row.key)
  );
  const samples = new Map<Entrant, Printed[]>(entered.map((entrant) => [entrant, []]));
  const errors = new Map<Entrant, string>();
  for (let round = 0; round < rounds; round++) {
    for (const entrant of entered) {
      if (errors.has(entrant)) continue;
      const name = `  ${row.key} ${entrant.label}`;
      const began = performance.now();
      try {
        const printed = await runProgram(entrant, row, values.quick);
        samples.get(entrant)!.push(printed);
        console.error(
          `${name}: ${printed.value.toFixed(row.digits)} ${row.unit}, after ${
            ((performance.now() - began) / 1000).toFixed(1)
          } s`,
        );
      } catch (error) {
        errors.set(entrant, (error as Error).message);
        console.error(`${name}: ${(error as Error).message}`);
      }
    }
  }
  return entered.map((entrant) => figureOf(entrant, samples.get(entrant)!, errors.get(entrant)));
}
