/** Writes README.md of this folder: how things are measured, the runs, and the table of each row. */

import type { Results, Run } from "./results.ts";
import { BENCH_ROWS, type Program, PROGRAMS } from "./rows.ts";
import { rowText, targetsOf } from "./table.ts";

const README = new URL("./README.md", import.meta.url);

const GROUPS: Record<Program, { title: string; text: string }> = {
  pool: {
    title: "Processes and pools",
    text: `Pools have two workers. The loops are in \`compare/workloads.ts\` and
\`compare/cpu_workloads.ts\` and, for CPython, in \`compare/python_pool.py\` and
\`compare/python_cpu.py\`. Peers run on Node 24, in threads, with their own defaults. All workers are
up and have done some work before a clock runs, but in the rows of starts. Medians are tinybench's.
Speed-ups are medians of ratios: a serial loop and the pool take turns in one process, so that what
else the machine does slows both.`,
  },
  sync: {
    title: "Locks and shared memory",
    text: `The loops are in \`compare/sync_workloads.ts\` and, for CPython, in
\`compare/python_sync.py\`. Peers have nothing to compare. "broker" marks processes that cannot map
shared pages, as on Node 24 or with \`MANYCORE_NATIVE=0\`: there are no targets for them. The
processor time of a waiting thread is that of its whole process.`,
  },
  pipe: {
    title: "Pipes",
    text: `The loops are in \`compare/pipe_workloads.ts\`, for CPython in
\`compare/python_queue.py\`, and for threads without the library in \`compare/post_message.ts\`: those
are compared on the same runtime. Children have started before a clock does. "Processor time" is
that of both sides for one message, or for one trip there and back; between two trips from sleep it
has the sleep in it.`,
  },
  queue: {
    title: "Queues",
    text: `The loops are in \`compare/queue_workloads.ts\` and, for CPython, in
\`compare/python_queue.py\`, for its Queue and its SimpleQueue. Producers put for 0.6 seconds; the
clock runs until consumers have got all.`,
  },
  manager: {
    title: "Managers",
    text: `The loops are in \`compare/manager_workloads.ts\` and, for CPython, in
\`compare/python_manager.py\`. A dict lives in the server of a manager; a call is
\`await dict.get(key)\`, there and back. CPython's calls block: many at a time are made by 8
threads.`,
  },
};

/** Makes the file from what has been stored, and formats it. */
export async function writeReadme(results: Results): Promise<void> {
  const rows = BENCH_ROWS.filter(({ key }) => results.rows[key] !== undefined);
  const missing = BENCH_ROWS.filter((row) => !rows.includes(row)).map(({ key }) => `\`${key}\``);
  const { met, of } = targetsOf(results, rows);
  const groups = PROGRAMS.flatMap((group) => {
    const tables = rows.filter(({ program }) => program === group)
      .map((row) => rowText(row, results));
    const { title, text } = GROUPS[group];
    return tables.length === 0 ? [] : [`## ${title}\n\n${text}`, ...tables];
  });
  const text = [
    `# Benchmarks

Written by \`deno task bench\`, from \`results.json\`; run it to get the figures of your machine. One
round of everything takes about ten minutes. \`deno task bench --only apply\` measures that row again
and leaves the others as they are, so each row has its own date and commit.

Every figure comes from a fresh process, and all contestants take turns within a round; with several
rounds it is the median. What did not end in its time has the reason in its place; who did so once in
a run has 6 seconds for each of its other figures. A row says what was aimed at, and ✓ or ✗:
${met} of ${of} targets are met.`,
    ...runList(results.runs, rows.map(({ key }) => results.rows[key].run)),
    ...(missing.length > 0 ? [`Not measured yet: ${missing.join(", ")}.`] : []),
    ...pictures(results),
    ...groups,
  ].join("\n\n");
  await Deno.writeTextFile(README, `${text}\n`);
  const path = decodeURIComponent(README.pathname);
  await new Deno.Command(Deno.execPath(), { args: ["fmt", "--quiet", path] }).output();
}

function runList(runs: Record<string, Run>, used: string[]): string[] {
  const shown = Object.keys(runs).filter((id) => used.includes(id)).sort();
  const lines = shown.map((id) => {
    const { command, date, commit, machine, load, versions } = runs[id];
    const count = used.filter((one) => one === id).length;
    return `- \`${command}\`, ${date}, commit ${commit}: ${count} ${count === 1 ? "row" : "rows"}
  - machine: ${machine}; load before the run ${load}
  - versions: ${versions.join(", ")}`;
  });
  return lines.length === 0 ? [] : [`The runs:\n\n${lines.join("\n")}`];
}

function pictures({ rows }: Results): string[] {
  const shown: string[] = [];
  if (rows.tasks !== undefined && rows.apply !== undefined) {
    shown.push(picture("comparison", "Tasks per second and the time of a round trip"));
  }
  if (rows["scaling-50us"] !== undefined && rows["scaling-1ms"] !== undefined) {
    shown.push(
      picture("scaling", "Speed-up with one worker and more") +
        "\n\nThick: the best of each kind. Dashed: as many times as there are workers.",
    );
  }
  return shown;
}

function picture(chart: string, alternative: string): string {
  return `<picture>
  <source media="(prefers-color-scheme: dark)" srcset="charts/${chart}-dark.svg">
  <img alt="${alternative}" src="charts/${chart}-light.svg">
</picture>`;
}
