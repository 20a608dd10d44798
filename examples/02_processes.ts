/**
 * Chapter 2. Two processes side by side, then two threads: every process has a pid of its own,
 * threads have the pid of the program that they live in.
 *
 *     deno task example 02        node examples/02_processes.ts        bun examples/02_processes.ts
 */

import { currentProcess, Process, Thread } from "../mod.ts";
import { killTime, timed, timestamp } from "./helpers/time.ts";

const ROUNDS = 2e8;

export function work(subject: string): void {
  const { name, pid } = currentProcess();
  console.log(`${timestamp()}  ${name}, pid ${pid}, starts on ${subject}`);
  killTime(ROUNDS);
  console.log(`${timestamp()}  ${name}, pid ${pid}, is done`);
}

async function runTwo(kind: "Process" | "Thread"): Promise<void> {
  const Child = kind === "Process" ? Process : Thread;
  const first = new Child({ target: work, args: ["apples"], name: `${kind}-A` });
  const second = new Child({ target: work, args: ["pears"], name: `${kind}-B` });
  first.start();
  second.start();
  const codes = await Promise.all([first.join(), second.join()]);

  const pids = new Set([first.pid, second.pid]);
  console.log(`${kind}: exit codes ${codes.join(" and ")}, ${pids.size} different pid(s)`);
}

async function main(): Promise<void> {
  const { name, pid } = currentProcess();
  console.log(`${timestamp()}  ${name}, pid ${pid}`);
  for (const kind of ["Process", "Thread"] as const) {
    console.log();
    await timed(`Two of kind ${kind}`, () => runTwo(kind));
  }
}

if (import.meta.main) await main();
