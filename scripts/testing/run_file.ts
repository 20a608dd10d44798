/**
 * Runs one test file under one runtime's own test runner, in a process, a temporary
 * folder and with a mark of its own, and says how it went.
 */

import { type Counts, readReport } from "./junit.ts";
import { killMarked, leftInFolder, leftProcesses, markedProcesses } from "./leftovers.ts";
import { RUN_VARIABLE } from "./leftovers.ts";
import { UNCAUGHT_MARK } from "./report_uncaught.ts";
import { pathOf } from "../npm/tools.ts";
import type { RuntimeName } from "../runtimes.ts";

/** A test that takes longer than this fails (Deno has no such option: the file does). */
const TEST_TIMEOUT_MS = 60_000;
const COMPILE_CACHE = pathOf(new URL("../../.runtimes/compile-cache", import.meta.url));
const PRELOAD = new URL("./report_uncaught.ts", import.meta.url).href;

export interface FileJob {
  runtime: RuntimeName;
  executable: string;
  /** Added to the environment. */
  env: Record<string, string>;
  /** Path of the test file, from the root of the project. */
  file: string;
  root: string;
  /** An existing folder that nobody else uses. */
  folder: string;
  mark: string;
  timeoutMs: number;
  /** Ends the file early: the runtime's time is up. */
  signal: AbortSignal;
}

export interface FileResult extends Counts {
  file: string;
  ms: number;
  /** Why the file failed, beyond its failed tests. */
  problems: string[];
  leftovers: string[];
  output: string;
}

export async function runFile(job: FileJob): Promise<FileResult> {
  const report = `${job.folder}/report.xml`;
  const temp = `${job.folder}/t`;
  await Deno.mkdir(temp);
  const started = performance.now();
  const child = new Deno.Command(job.executable, {
    args: runnerArguments(job, report),
    cwd: job.root,
    env: {
      [RUN_VARIABLE]: job.mark,
      TMPDIR: temp,
      TEMP: temp,
      TMP: temp,
      NO_COLOR: "1",
      ...job.env,
      // Every program that a test starts would compile the library anew, into its own folder.
      NODE_COMPILE_CACHE: COMPILE_CACHE,
    },
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const output: Promise<string> = Promise.all([drain(child.stdout), drain(child.stderr)])
    .then((texts) => texts.filter((text) => text !== "").join("\n"));

  const problems: string[] = [];
  const stop = (reason: string): void => {
    const others = markedProcesses(job.mark).filter(({ pid }) => pid !== child.pid);
    problems.push(`${reason}; running at that moment: ${others.length} more processes`);
    for (const { pid, command } of others) problems.push(`  ${pid} ${command.slice(0, 200)}`);
    try {
      child.kill("SIGKILL");
    } catch {
      // It ended meanwhile.
    }
    killMarked(job.mark);
  };
  const timer = setTimeout(
    () => stop(`not finished after ${job.timeoutMs / 1000} s`),
    job.timeoutMs,
  );
  const abort = (): void => stop(String(job.signal.reason));
  job.signal.addEventListener("abort", abort);
  const status = await child.status;
  clearTimeout(timer);
  job.signal.removeEventListener("abort", abort);
  const ms = performance.now() - started;

  // First the processes: one that survives may hold the pipes open for ever.
  const leftovers = await leftProcesses(job.mark);
  const text = await output;
  leftovers.push(...leftInFolder(temp));
  const counts = readReport(await Deno.readTextFile(report).catch(() => ""), job.file);
  const ran = counts.passed + counts.failed + counts.skipped;
  if (text.includes(UNCAUGHT_MARK) && counts.failed === 0) {
    problems.push("an error escaped every test");
  }
  if (status.code !== 0 && counts.failed === 0 && problems.length === 0) {
    problems.push(`the runner ended with ${status.signal ?? `code ${status.code}`}`);
  }
  if (ran === 0 && problems.length === 0) problems.push("no test was executed");
  return { ...counts, file: job.file, ms, problems, leftovers, output: text };
}

function runnerArguments({ runtime, file }: FileJob, report: string): string[] {
  if (runtime === "deno") {
    return ["test", "-A", "--no-check", `--preload=${PRELOAD}`, `--junit-path=${report}`, file];
  }
  if (runtime === "bun") {
    const limit = ["--timeout", String(TEST_TIMEOUT_MS)];
    return ["test", ...limit, "--reporter=junit", `--reporter-outfile=${report}`, `./${file}`];
  }
  // Without `--test`, which would start a second process for the file.
  return [
    `--test-timeout=${TEST_TIMEOUT_MS}`,
    "--test-reporter=spec",
    "--test-reporter-destination=stdout",
    "--test-reporter=junit",
    `--test-reporter-destination=${report}`,
    file,
  ];
}

/** Reads a stream to its end, keeping the last part of a very long one. */
async function drain(stream: ReadableStream<Uint8Array>): Promise<string> {
  const limit = 400_000;
  let text = "";
  for await (const part of stream.pipeThrough(new TextDecoderStream())) {
    text += part;
    if (text.length > 2 * limit) text = `…${text.slice(-limit)}`;
  }
  return text.trimEnd();
}
