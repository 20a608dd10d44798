/**
 * Runs one program of one contestant for one figure, in a process of its own, with a limit in time.
 *
 * Who has hung once in a run is given `HUNG_SECONDS` from then on: what works ends by then, and the
 * others do not wait for what does not.
 */

import { killMarked, RUN_VARIABLE } from "../scripts/testing/leftovers.ts";
import type { Sample } from "./compare/contestant.ts";
import type { Entrant } from "./contestants.ts";
import { type BenchRow, LIMIT_SECONDS } from "./rows.ts";

const HUNG_SECONDS = 6;
const ROOT = new URL("../", import.meta.url);

/** What a program prints; those of pipes and queues add their processor time. */
export interface Printed extends Sample {
  cpu?: number;
}

/** The row in which somebody hung first in this run. */
const hung = new Map<Entrant, string>();

/** One figure, or an error that says in one line why there is none. */
export async function runProgram(
  entrant: Entrant,
  { key, program, limit = LIMIT_SECONDS }: BenchRow,
  quick: boolean,
): Promise<Printed> {
  const [file, ...args] = entrant.commands[program]!;
  const first = hung.get(entrant);
  const seconds = first === undefined ? limit : Math.min(limit, HUNG_SECONDS);
  const mark = `bench-${crypto.randomUUID().slice(0, 8)}`;
  const child = new Deno.Command(file, {
    args: [...args, key, ...(quick ? ["--quick"] : [])],
    cwd: ROOT,
    env: { NO_COLOR: "1", ...entrant.env, [RUN_VARIABLE]: mark },
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  let late = false;
  const timer = setTimeout(() => {
    late = true;
    child.kill("SIGKILL");
    killMarked(mark);
  }, seconds * 1000);
  const { success, code, stdout, stderr } = await child.output();
  clearTimeout(timer);
  if (late) {
    hung.set(entrant, first ?? key);
    const why = first === undefined ? "" : `, its limit after it hung in \`${first}\``;
    throw new Error(`no figure within ${seconds} s${why}`);
  }
  const decoder = new TextDecoder();
  const errors = decoder.decode(stderr).trim();
  if (!success) {
    const line = errors.match(/^\S*Error.*$/m)?.[0] ?? errors.split("\n")[0];
    throw new Error(`ended with code ${code}: ${line.slice(0, 80)}`);
  }
  const line = decoder.decode(stdout).trim().split("\n").at(-1) ?? "";
  if (!line.startsWith("{")) throw new Error("printed no figure");
  return JSON.parse(line) as Printed;
}
