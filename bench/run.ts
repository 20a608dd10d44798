/**
 * Measures the library beside CPython's `multiprocessing` and the pools for Node.
 *
 *     deno task bench [--quick] [--only ROW]… [--with PART]… [--rounds N]
 *
 * - `--quick`  one round of short loops: to see that everything runs
 * - `--only`   a row, or all of a group:
 *     - pool: process-start, pool-start, apply, tasks, map, megabyte, primes
 *     - sync: lock, hold, value, contended-2, contended-4, hand-over, event, idle
 *     - pipe: pipe-busy, pipe-sleep and pipe-one-way, each also with -async; pipe-objects,
 *       pipe-megabyte, pipe-bytes, pipe-transfer
 *     - queue: queue-1, queue-1-async, queue-2, queue-4, queue-megabyte
 * - `--with`   only those whose label contains this, such as `bun`, `thread`, `CPython`
 * - `--rounds` how often each figure is measured (default 3); the median counts
 *
 * Every figure comes from a fresh process, and all take turns within a round, so that
 * what else the machine does hits all alike. A run of everything writes the tables to
 * `bench/README.md`. Ends with code 1 when one of ours fails, not when one is slow.
 */

import { parseArgs } from "node:util";
import { type Entrant, entrants, installPackages } from "./contestants.ts";
import { BENCH_ROWS, type BenchRow, type Program, PROGRAMS } from "./rows.ts";
import { type Figure, medianOf, rowTable } from "./table.ts";
import { killMarked, RUN_VARIABLE } from "../scripts/testing/leftovers.ts";

const LIMIT_MS = 45_000;
const README = new URL("./README.md", import.meta.url);
const ROOT = new URL("../", import.meta.url);

const { values } = parseArgs({
  args: Deno.args,
  options: {
    quick: { type: "boolean", default: false },
    only: { type: "string", multiple: true, default: [] },
    with: { type: "string", multiple: true, default: [] },
    rounds: { type: "string" },
  },
});
const rounds = Number(values.rounds ?? (values.quick ? 1 : 3));
const rows = BENCH_ROWS.filter(({ key, program }) =>
  values.only.length === 0 || values.only.includes(key) || values.only.includes(program)
);
if (rows.length === 0 || !Number.isInteger(rounds) || rounds < 1) {
  console.error(
    `rows: ${[...PROGRAMS, ...BENCH_ROWS.map(({ key }) => key)].join(", ")}; rounds: 1 or more`,
  );
  Deno.exit(2);
}

await installPackages();
const { all, versions } = await entrants();
const chosen = all.filter(({ label }) =>
  values.with.length === 0 || values.with.some((part) => label.includes(part))
);
const load = Deno.loadavg().map((value) => value.toFixed(1)).join(" ");
const tables: Record<Program, string[]> = { pool: [], sync: [], pipe: [], queue: [] };
let met = 0;
let targets = 0;
let failures = 0;
for (const row of rows) {
  const figures = await measureRow(row);
  failures += figures.filter(({ entrant, value }) => entrant.kind === "ours" && value === null)
    .length;
  const table = rowTable(row, figures);
  met += table.met;
  targets += table.targets;
  tables[row.program].push(table.text);
  console.log(`\n${table.text}`);
}
const facts = await describeRun();
console.log(`\n${facts.join("\n")}\n${met} of ${targets} targets met`);
if (!values.quick && values.only.length === 0 && values.with.length === 0) {
  await writeReadme();
}
Deno.exit(failures === 0 ? 0 : 1);

async function measureRow(row: BenchRow): Promise<Figure[]> {
  const entered = chosen.filter(({ commands, without }) =>
    commands[row.program] !== undefined && !without.includes(row.key)
  );
  const samples = new Map<Entrant, Sample[]>(
    entered.map((entrant) => [entrant, []]),
  );
  const errors = new Map<Entrant, string>();
  for (let round = 0; round < rounds; round++) {
    for (const entrant of entered) {
      if (errors.has(entrant)) continue;
      try {
        const sample = await measure(entrant, row);
        samples.get(entrant)!.push(sample);
        console.error(
          `  ${row.key} ${entrant.label}: ${sample.value.toFixed(row.digits)} ${row.unit}`,
        );
      } catch (error) {
        errors.set(entrant, (error as Error).message);
        console.error(
          `  ${row.key} ${entrant.label}: ${(error as Error).message}`,
        );
      }
    }
  }
  return entered.map((entrant) => {
    const error = errors.get(entrant);
    if (error !== undefined) {
      return { entrant, value: null, error: error.split("\n")[0].slice(0, 80) };
    }
    const taken = samples.get(entrant)!;
    const cpus = taken.flatMap(({ cpu }) => cpu === undefined ? [] : [cpu]);
    return {
      entrant,
      value: medianOf(taken.map(({ value }) => value)),
      ...(cpus.length > 0 ? { cpu: medianOf(cpus) } : {}),
    };
  });
}

/** What a program prints. */
interface Sample {
  value: number;
  cpu?: number;
}

/** One figure, from a process of its own. */
async function measure(
  { commands, env }: Entrant,
  { key, program }: BenchRow,
): Promise<Sample> {
  const [file, ...args] = commands[program]!;
  const mark = `bench-${crypto.randomUUID().slice(0, 8)}`;
  const child = new Deno.Command(file, {
    args: [...args, key, ...(values.quick ? ["--quick"] : [])],
    cwd: ROOT,
    env: { NO_COLOR: "1", ...env, [RUN_VARIABLE]: mark },
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  let late = false;
  const timer = setTimeout(() => {
    late = true;
    child.kill("SIGKILL");
    killMarked(mark);
  }, LIMIT_MS);
  const { success, code, stdout, stderr } = await child.output();
  clearTimeout(timer);
  if (late) throw new Error(`did not end within ${LIMIT_MS / 1000} s`);
  const decoder = new TextDecoder();
  const errors = decoder.decode(stderr).trim();
  if (!success) {
    throw new Error(
      `ended with code ${code}: ${errors.match(/^\S*Error.*$/m)?.[0] ?? errors}`,
    );
  }
  const line = decoder.decode(stdout).trim().split("\n").at(-1) ?? "";
  if (!line.startsWith("{")) throw new Error(`printed no figure`);
  return JSON.parse(line) as Sample;
}

async function describeRun(): Promise<string[]> {
  const cpu = await Deno.readTextFile("/proc/cpuinfo").catch(() => "");
  const model = cpu.match(/^model name\s*: (.*)$/m)?.[1] ??
    `${Deno.build.os} ${Deno.build.arch}`;
  const commit = (await git("rev-parse", "--short", "HEAD")).trim();
  const changed = (await git("status", "--porcelain")).split("\n")
    .some((line) => line !== "" && !line.endsWith("bench/README.md"));
  return [
    `- machine: ${navigator.hardwareConcurrency} cores, ${model}; load before the run ${load}`,
    `- versions: ${versions.join(", ")}`,
    `- commit ${commit || "unknown"}${changed ? " with changes" : ""}, ${
      new Date().toISOString().slice(0, 10)
    }, ${rounds} ${rounds === 1 ? "round" : "rounds"}`,
  ];
}

async function git(...args: string[]): Promise<string> {
  try {
    const { stdout } = await new Deno.Command("git", {
      args,
      cwd: ROOT,
      stderr: "null",
    }).output();
    return new TextDecoder().decode(stdout);
  } catch {
    return "";
  }
}

async function writeReadme(): Promise<void> {
  const text = `# Benchmarks

Written by \`deno task bench\`; run it to get the figures of your machine. Each figure is
the median of ${rounds} rounds, each in a fresh process, all contestants taking turns.

${facts.join("\n")}
- ${met} of ${targets} targets met

## Processes and pools

Pools have two workers. The loops are in \`compare/workloads.ts\` and, for CPython, in
\`compare/python_pool.py\`. Peers run on Node 24, in threads, with their own defaults.

${tables.pool.join("\n\n")}

## Locks and shared memory

The loops are in \`compare/sync_workloads.ts\` and, for CPython, in \`compare/python_sync.py\`.
Peers have nothing to compare. "broker" marks processes that cannot map shared pages, as on
Node 24 or with \`MANYCORE_NATIVE=0\`: there are no targets for them. The processor time of a
waiting thread is that of its whole process.

${tables.sync.join("\n\n")}

## Pipes

The loops are in \`compare/pipe_workloads.ts\`, for CPython in \`compare/python_queue.py\`, and for
threads without the library in \`compare/post_message.ts\`: those are compared on the same runtime.
Children have started before a clock does. "Processor time" is that of both sides for one message, or
for one trip there and back; between two trips from sleep it has the sleep in it.

${tables.pipe.join("\n\n")}

## Queues

The loops are in \`compare/queue_workloads.ts\` and, for CPython, in \`compare/python_queue.py\`, for
its Queue and its SimpleQueue. Producers put for a second; the clock runs until consumers have got all.

${tables.queue.join("\n\n")}
`;
  await Deno.writeTextFile(README, text);
  const format = new Deno.Command(Deno.execPath(), {
    args: ["fmt", "--quiet", decodeURIComponent(README.pathname)],
    cwd: ROOT,
  });
  await format.output();
}
