/**
 * Chapter 7, pipes. A pipe has two ends, and what one sends the other receives. First both ends are in
 * this process, where a pipe is no more than a mailbox; then one end goes to each of two processes,
 * which talk to each other while this one only looks on.
 *
 * A pipe is duplex unless you say `{ duplex: false }`: both ends send and receive. `poll` tells
 * whether `recv` would have to wait.
 *
 *     deno task example 07        node examples/07_pipes.ts        bun examples/07_pipes.ts
 */

import { type Connection, currentProcess, Pipe, Process } from "../mod.ts";

export type Talk = Connection<string, string>;

async function inOneProcess(): Promise<void> {
  const [left, right] = Pipe<string>();
  await right.send("hello from the right");
  console.log(`The left end has something: ${await left.poll()}`);
  console.log(`The left end received: ${await left.recv()}`);
  await left.send("hello from the left");
  console.log(`The right end received: ${await right.recv()}`);
  console.log(`The right end has something: ${await right.poll()}`);
  left.close();
  right.close();
}

export async function ask(line: Talk): Promise<void> {
  await line.send("What is 6 times 7?");
  console.log(`${currentProcess().name} was told: ${await line.recv()}`);
}

export async function answer(line: Talk): Promise<void> {
  const question = await line.recv();
  console.log(`${currentProcess().name} was asked: ${question}`);
  const [a, b] = question.match(/\d+/g)!.map(Number);
  await line.send(`It is ${a * b}.`);
}

async function inTwoProcesses(): Promise<void> {
  const [left, right] = Pipe<string>();
  const children = [
    new Process({ target: ask, args: [left], name: "Asker" }),
    new Process({ target: answer, args: [right], name: "Answerer" }),
  ];
  for (const child of children) child.start();
  left.close(); // the children have the ends now: if one of them died, the other would be told
  right.close();
  for (const child of children) await child.join();
  console.log(`Exit codes: ${children.map(({ exitCode }) => exitCode).join(", ")}`);
}

async function main(): Promise<void> {
  console.log("Both ends in one process:");
  await inOneProcess();
  console.log("\nOne end in each of two processes:");
  await inTwoProcesses();
}

if (import.meta.main) await main();
