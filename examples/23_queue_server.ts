/**
 * A queue between programs that did not start each other. One program serves the queue at an address;
 * the others only need to know that address and the key. Here all three are this file, started with
 * different arguments, on one machine: with `{ hostname, port }` of another machine it is the same.
 *
 * A program that is killed while it waits for an item takes none with it, and the server goes on.
 *
 *     deno task example 23        node examples/23_queue_server.ts
 */

import { spawn } from "node:child_process";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { Manager } from "../mod.ts";
import type { Address, EventProxy, QueueProxy } from "../mod.ts";

const AUTH_KEY = "known to all three"; // in a real program: from a file that only its user can read
const JOBS = 5;

/** What the server has one of, for all. */
const own: { jobs?: Promise<QueueProxy<number>>; done?: Promise<EventProxy> } = {};

class Base extends Manager {}
const Shared = Base.register("jobs", () => own.jobs!).register("done", () => own.done!);

async function serve(): Promise<void> {
  const manager = new Shared({ address: { port: 0 }, authKey: AUTH_KEY });
  const server = manager.getServer();
  own.jobs = manager.Queue<number>();
  own.done = manager.Event();
  const serving = server.serveForever();
  const address = await server.listen();
  console.log("The server listens.");
  const clients = ["produce", "consume"].map((role) => runProgram(role, JSON.stringify(address)));
  await (await own.done).wait();
  console.log(`The server stops; ${await (await own.jobs).qsize()} jobs are left.`);
  await server.stop();
  await serving;
  console.log(`Exit codes: ${(await Promise.all(clients)).join(", ")}`);
}

async function produce(address: Address): Promise<void> {
  await using manager = new Shared({ address, authKey: AUTH_KEY });
  await manager.connect();
  const jobs = await manager.jobs();
  for (let n = 1; n <= JOBS; n++) await jobs.put(n);
  await jobs.shutdown(); // what is in it can still be got
  console.log(`The producer has put ${JOBS} jobs.`);
}

async function consume(address: Address): Promise<void> {
  const manager = new Shared({ address, authKey: AUTH_KEY });
  await manager.connect();
  let sum = 0;
  for await (const job of await manager.jobs()) sum += job * job;
  console.log(`The consumer's sum of squares is ${sum}.`);
  await (await manager.done()).set();
}

/** Starts this file once more, as anybody could, and waits for its end. */
function runProgram(...args: string[]): Promise<number | null> {
  const before = "Deno" in globalThis ? ["run", "-A"] : [];
  const file = fileURLToPath(import.meta.url);
  const child = spawn(process.execPath, [...before, file, ...args], { stdio: "inherit" });
  return new Promise((resolve, reject) => child.on("exit", resolve).on("error", reject));
}

if (import.meta.main) {
  const [role = "serve", address = "null"] = process.argv.slice(2);
  const roles = { serve, produce, consume };
  await roles[role as keyof typeof roles](JSON.parse(address));
}
