/**
 * Which runtime the tests run on, and how to start a program on the same one.
 *
 * Everything goes through `node:` modules, which Deno, Bun and Node share. Programs
 * inherit `MANYCORE_TEST_RUN`, by which the test script finds what outlives its file.
 */

import { type ChildProcess, spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import { LineReader } from "./lines.ts";
import process from "node:process";

export type RuntimeName = "deno" | "bun" | "node";

export const RUNTIME: RuntimeName = process.versions.deno !== undefined
  ? "deno"
  : process.versions.bun !== undefined
  ? "bun"
  : "node";

export const NODE_MAJOR: number = RUNTIME === "node"
  ? Number(process.versions.node.split(".")[0])
  : 0;

/** The root of the project, with a slash at the end. */
export const ROOT: string = fileURLToPath(new URL("../../", import.meta.url));

/** The executable of the runtime that runs this test. */
export const EXECUTABLE: string = process.execPath;

/** Arguments of the runtime for programs that collect garbage when they want. */
export const WITH_GC: string[] = {
  deno: ["run", "-A", "--v8-flags=--expose-gc"],
  node: ["--expose-gc"],
  bun: [],
}[RUNTIME];

/** A file below `tests/fixtures`. */
export function fixture(name: string): string {
  return fileURLToPath(new URL(`../fixtures/${name}`, import.meta.url));
}

export interface ProgramOptions {
  /** Added to this process's environment; `undefined` removes a variable. */
  env?: Record<string, string | undefined>;
  cwd?: string;
  /** Milliseconds after which the program is killed (default 30,000). */
  timeout?: number;
  /** Written to the program's standard input, which is closed after it. */
  stdin?: string;
  /** Before the file; in place of Deno's `run -A`, or nothing. */
  runtimeArgs?: string[];
}

export interface ProgramResult {
  /** The exit code, or null after a signal. */
  code: number | null;
  signal: string | null;
  stdout: string;
  stderr: string;
  ms: number;
  /** It had to be killed because its time was up. */
  timedOut: boolean;
}

/** A program that runs: watch its lines, signal it, wait for its end. */
export class Program {
  readonly pid: number;
  /** Its standard output, line by line. */
  readonly lines: LineReader;
  /** Its standard error, line by line. */
  readonly errors: LineReader;
  /** Resolves when the program has ended and its output has been read. */
  readonly ended: Promise<ProgramResult>;
  readonly #child: ChildProcess;

  constructor(file: string, args: string[], options: ProgramOptions) {
    const { timeout = 30_000, cwd = ROOT } = options;
    const started = performance.now();
    const before = options.runtimeArgs ?? (RUNTIME === "deno" ? ["run", "-A"] : []);
    const child = spawn(EXECUTABLE, [...before, file, ...args], {
      cwd,
      env: childEnvironment(options.env),
      stdio: [options.stdin === undefined ? "ignore" : "pipe", "pipe", "pipe"],
    });
    this.#child = child;
    this.pid = child.pid ?? -1;
    this.lines = new LineReader(child.stdout!);
    this.errors = new LineReader(child.stderr!);
    if (options.stdin !== undefined) child.stdin!.end(options.stdin);
    let timedOut = false;
    const timer = setTimeout(() => {
      timedOut = true;
      child.kill("SIGKILL");
      // A grandchild may hold the pipes open: the end of the program is enough then.
      child.stdout!.destroy();
      child.stderr!.destroy();
    }, timeout);
    this.ended = new Promise((resolve, reject) => {
      child.on("error", reject);
      child.on("close", (code, signal) => {
        clearTimeout(timer);
        const { lines: { text: stdout }, errors: { text: stderr } } = this;
        const ms = performance.now() - started;
        resolve({ code, signal, stdout, stderr, ms, timedOut });
      });
    });
    this.ended.catch(() => {});
  }

  kill(signal: "SIGTERM" | "SIGKILL" | "SIGINT" = "SIGKILL"): void {
    this.#child.kill(signal);
  }

  /** Kills a program that still runs, and waits for its end. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.kill();
    await this.ended;
  }
}

/** Starts a program on this runtime. */
export function startProgram(
  file: string,
  args: string[] = [],
  options: ProgramOptions = {},
): Program {
  return new Program(file, args, options);
}

/** Runs a program on this runtime to its end. */
export function runProgram(
  file: string,
  args: string[] = [],
  options: ProgramOptions = {},
): Promise<ProgramResult> {
  return new Program(file, args, options).ended;
}

function childEnvironment(changes: ProgramOptions["env"] = {}): Record<string, string> {
  // Node's test runner tells its own children, by this, how to report.
  const merged = { NO_COLOR: "1", ...process.env, NODE_TEST_CONTEXT: undefined, ...changes };
  const env: Record<string, string> = {};
  for (const [name, value] of Object.entries(merged)) {
    if (value !== undefined) env[name] = value;
  }
  return env;
}
