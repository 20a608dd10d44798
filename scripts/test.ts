/**
 * Runs the suite, `tests/**\/*.test.ts`, on every pinned runtime.
 *
 *     deno task test [--runtime NAME]… [--repeat N] [--jobs N] [--minutes N] [--slowest N] [path part]…
 *
 * - `--runtime` deno, bun, node24, node26, or node for both; may be repeated; default all
 * - `--repeat`  the whole run N times, to find what fails now and then
 * - `--jobs`    test files at a time (default: one more than there are processors)
 * - `--minutes` the most that one runtime may take (default 8); a file may take half of it
 * - `--slowest` lists the files that took longest
 * - a path part keeps the files whose path contains it
 *
 * Most of it runs on the built npm package (see `testing/package_tree.ts`), on Deno also some of what
 * depends on how children are started from the sources.
 *
 * What shares memory is tested twice where pages can be mapped: as it is, and with
 * `MANYCORE_NATIVE=0`, which is what Node 24 does anyway; the second time without the thread method,
 * where the variable changes nothing.
 *
 * One line for each runtime, the output of what failed, and at last `N passed, N failed`
 * (and `N skipped`). What a run leaves behind, a process or a file, is a failure too.
 */

import { parseArgs } from "node:util";
import { leftShared, snapshotShared } from "./testing/leftovers.ts";
import { packageTree, runsInTree } from "./testing/package_tree.ts";
import { type FileResult, runFile } from "./testing/run_file.ts";
import { isRuntimeName, pinnedVersion, runtime } from "./runtimes.ts";
import { RUNTIME_NAMES, type RuntimeName } from "./runtimes.ts";

const ROOT = decodeURIComponent(new URL("../", import.meta.url).pathname)
  .replace(/^\/([A-Za-z]:)/, "$1");
/** Test files about shared objects; Node 24 runs their stress tests without shared pages. */
const SHARING = /(?<!stress)\/(sync_|shared|queue|pipe)/;
/** What takes longest begins first, so that nothing runs alone at the end. */
const LONG = /^tests\/(model|package|examples)\//;
/** How the package is installed and used on each runtime: Deno builds it, and runs the others. */
const FOR_DENO = /^tests\/package\//;

interface Total {
  passed: number;
  failed: number;
  skipped: number;
}

const { values, positionals } = parseArgs({
  args: Deno.args,
  allowPositionals: true,
  options: {
    runtime: { type: "string", multiple: true },
    repeat: { type: "string", default: "1" },
    jobs: { type: "string", default: String(navigator.hardwareConcurrency + 1) },
    minutes: { type: "string", default: "8" },
    slowest: { type: "string", default: "0" },
  },
});

const names = chosenRuntimes(values.runtime ?? []);
const repeat = positive("repeat", values.repeat);
const jobs = positive("jobs", values.jobs);
const limitMs = positive("minutes", values.minutes) * 60_000;
const files = await testFiles(positionals);
if (files.length === 0) fail(`no test file matches ${positionals.join(", ")}`);

const total: Total = { passed: 0, failed: 0, skipped: 0 };
for (let round = 1; round <= repeat; round++) {
  if (repeat > 1) console.log(`— run ${round} of ${repeat}`);
  for (const run of names.flatMap(runsOn)) {
    const counts = await runRuntime(run);
    total.passed += counts.passed;
    total.failed += counts.failed;
    total.skipped += counts.skipped;
  }
}
console.log(summary(total));
Deno.exit(total.failed === 0 && total.passed > 0 ? 0 : 1);

/** A pass over test files on one runtime. */
interface Pass {
  name: RuntimeName;
  label: string;
  env: Record<string, string>;
  files: string[];
}

/** Everything; and what shares memory, without shared pages. */
function runsOn(name: RuntimeName): Pass[] {
  const own = files.filter((file) => name === "deno" || !FOR_DENO.test(file));
  if (own.length === 0) return [];
  const all = { name, label: `${name} ${pinnedVersion(name)}`, env: {}, files: own };
  const sharing = files.filter((file) => SHARING.test(file));
  if (sharing.length === 0 || !["deno", "bun"].includes(name)) return [all];
  const label = `${name} without shared pages`;
  // What threads make lies in a SharedArrayBuffer in any case: the first pass has tested it.
  const env = { MANYCORE_NATIVE: "0", TEST_METHODS: "spawn" };
  return [all, { name, label, env, files: sharing }];
}

/** One pass. */
async function runRuntime({ name, label, env, files }: Pass): Promise<Total> {
  const executable = await runtime(name);
  const inTree = (file: string): boolean => runsInTree(file, name);
  const tree = files.some(inTree) ? await packageTree() : ROOT;
  const run = crypto.randomUUID().slice(0, 8);
  const folder = await Deno.makeTempDir({ prefix: "testrun-" });
  const shared = snapshotShared();
  const watchdog = new AbortController();
  const timer = setTimeout(
    () => watchdog.abort(`${name} took more than ${limitMs / 60_000} minutes`),
    limitMs,
  );
  const started = performance.now();
  const results: FileResult[] = [];
  const queue = files.entries();

  const worker = async (): Promise<void> => {
    for (const [index, file] of queue) {
      if (watchdog.signal.aborted) return;
      const own = `${folder}/${index}`;
      await Deno.mkdir(own);
      const result = await runFile({
        runtime: name,
        executable,
        env,
        file,
        root: inTree(file) ? tree : ROOT,
        folder: own,
        mark: `${run}.${index}`,
        timeoutMs: limitMs / 2,
        signal: watchdog.signal,
      });
      results.push(result);
      printFailures(label, result);
    }
  };
  await Promise.all(Array.from({ length: jobs }, worker));
  clearTimeout(timer);
  await Deno.remove(folder, { recursive: true });

  const problems = (await leftShared(shared)).map((path) => `left behind: ${path}`);
  if (results.length < files.length) {
    problems.push(`${files.length - results.length} files were not run: ${watchdog.signal.reason}`);
  }
  for (const problem of problems) console.log(`✗ ${label}: ${problem}`);
  const counts: Total = { passed: 0, failed: problems.length, skipped: 0 };
  for (const result of results) {
    counts.passed += result.passed;
    counts.failed += failuresOf(result);
    counts.skipped += result.skipped;
  }
  if (counts.passed + counts.failed + counts.skipped === 0) {
    console.log(`✗ ${label}: no test was executed`);
    counts.failed++;
  }
  results.sort((a, b) => b.ms - a.ms);
  for (const { file, ms } of results.slice(0, Number(values.slowest))) {
    console.log(`  ${(ms / 1000).toFixed(1).padStart(5)} s  ${file}`);
  }
  const seconds = ((performance.now() - started) / 1000).toFixed(1);
  console.log(
    `${counts.failed === 0 ? "✓" : "✗"} ${label}: ` +
      `${counts.passed} passed · ${counts.failed} failed · ${counts.skipped} skipped, ` +
      `${results.length} files, ${seconds} s`,
  );
  return counts;
}

/** Failed tests, plus one for each thing wrong with the file as a whole. */
function failuresOf({ failed, problems, leftovers }: FileResult): number {
  return failed + (problems.length > 0 ? 1 : 0) + leftovers.length;
}

function printFailures(name: string, result: FileResult): void {
  if (failuresOf(result) === 0) return;
  const lines = [
    ...result.failures.map((test) => `failed: ${test}`),
    ...result.problems,
    ...result.leftovers.map((what) => `left behind: ${what}`),
  ];
  console.log(`\n✗ ${name}: ${result.file} (${(result.ms / 1000).toFixed(1)} s)`);
  for (const line of lines) console.log(`    ${line}`);
  // Leftovers alone need no log of tests that passed.
  if (result.failed === 0 && result.problems.length === 0) return;
  const output = result.output.length > 12_000 ? `…${result.output.slice(-12_000)}` : result.output;
  console.log(output.replace(/^/gm, "  | ") + "\n");
}

function summary({ passed, failed, skipped }: Total): string {
  return `${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ""}`;
}

async function testFiles(parts: string[]): Promise<string[]> {
  const paths: string[] = [];
  const visit = async (folder: string): Promise<void> => {
    for await (const entry of Deno.readDir(`${ROOT}${folder}`)) {
      const path = `${folder}/${entry.name}`;
      if (entry.isDirectory) await visit(path);
      else if (path.endsWith(".test.ts")) paths.push(path);
    }
  };
  await visit("tests");
  return paths
    .filter((path) => parts.length === 0 || parts.some((part) => path.includes(part)))
    .sort()
    .sort((one, other) => Number(LONG.test(other)) - Number(LONG.test(one)));
}

function chosenRuntimes(asked: string[]): RuntimeName[] {
  const chosen = asked.flatMap((name) => name === "node" ? ["node24", "node26"] : [name]);
  for (const name of chosen) {
    if (!isRuntimeName(name)) {
      fail(`unknown runtime ${name}: one of ${RUNTIME_NAMES.join(", ")}, node`);
    }
  }
  return chosen.length === 0 ? RUNTIME_NAMES : chosen as RuntimeName[];
}

function positive(option: string, text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1) {
    fail(`--${option} must be a whole number, got ${text}`);
  }
  return value;
}

function fail(message: string): never {
  console.error(message);
  Deno.exit(2);
}
