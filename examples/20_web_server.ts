/**
 * A web server that has heavy work done by an executor. JavaScript answers requests in one thread: who
 * computes there for a second answers nobody for a second. Here the workers compute, more than there are
 * processors for, and the server has nothing to do but to answer.
 *
 * The program tests itself. It starts the server, asks for the heavy work, and asks for something light
 * all the while. Then it does one piece of the work in the server's own thread, to compare.
 *
 *     deno task example 20        node examples/20_web_server.ts        bun examples/20_web_server.ts
 */

import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { cpuCount, ProcessPoolExecutor } from "../mod.ts";
import type { Executor } from "../mod.ts";

const LIMIT = 10_000_000;
const PRIMES = 664_579;

/** How many primes there are below a number. */
export function countPrimes(limit: number): number {
  const composite = new Uint8Array(limit);
  let count = 0;
  for (let i = 2; i < limit; i++) {
    if (composite[i] === 1) continue;
    count++;
    for (let j = i * i; j < limit; j += i) composite[j] = 1;
  }
  return count;
}

/** A server that listens. */
interface Server {
  url: string;
  stop(): Promise<void>;
}

type Handler = (url: URL) => Promise<string> | string;

/** Starts a server on a free port: Deno's own, or that of `node:http`. */
async function serve(handler: Handler): Promise<Server> {
  if ("Deno" in globalThis) {
    const server = Deno.serve(
      { hostname: "127.0.0.1", port: 0, onListen: () => {} },
      async (request) => new Response(await handler(new URL(request.url))),
    );
    return { url: `http://127.0.0.1:${server.addr.port}`, stop: () => server.shutdown() };
  }
  const server = createServer(async (request, response) => {
    response.end(await handler(new URL(request.url!, "http://127.0.0.1")));
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  const stop = async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  };
  return { url: `http://127.0.0.1:${port}`, stop };
}

/** `/primes` is computed by a worker, `/blocking` here; anything else is answered at once. */
function makeHandler(executor: Executor): Handler {
  return async ({ pathname }) => {
    if (pathname === "/primes") return String(await executor.submit(countPrimes, LIMIT));
    if (pathname === "/blocking") return String(countPrimes(LIMIT));
    return "pong";
  };
}

const get = async (url: string): Promise<string> => await (await fetch(url)).text();

/** Asks for something light again and again, until the heavy requests are answered. */
async function pingWhile(url: string, heavy: Promise<string>[]): Promise<void> {
  let over = false;
  const answers = Promise.all(heavy).finally(() => over = true);
  let [pings, worst, all] = [0, 0, 0];
  while (!over) {
    const started = performance.now();
    if (await get(`${url}/ping`) !== "pong") throw new Error("a wrong answer");
    const taken = performance.now() - started;
    if (over && pings > 0) break; // this one may have had a quiet server
    [pings, worst, all] = [pings + 1, Math.max(worst, taken), all + taken];
  }
  const right = (await answers).every((answer) => answer === String(PRIMES));
  console.log(`  ${heavy.length} heavy requests, answers ${right ? "right" : "wrong"}`);
  console.log(
    `  ${pings} light requests meanwhile: ${(all / pings).toFixed(1)} ms on average, ` +
      `${worst.toFixed(1)} ms at worst`,
  );
}

async function main(): Promise<void> {
  await using executor = new ProcessPoolExecutor();
  await executor.submit(countPrimes, 1000); // the workers are up
  const server = await serve(makeHandler(executor));
  try {
    const { url } = server;
    if (await get(`${url}/ping`) !== "pong") throw new Error("a wrong answer");
    console.log(`Computed by ${cpuCount()} workers:`);
    await pingWhile(url, Array.from({ length: 8 * cpuCount() }, () => get(`${url}/primes`)));
    console.log("Computed by the server itself:");
    await pingWhile(url, Array.from({ length: 8 }, () => get(`${url}/blocking`)));
  } finally {
    await server.stop();
  }
  console.log("The server has stopped.");
}

if (import.meta.main) await main();
