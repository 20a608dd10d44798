/**
 * What an editor infers and what it refuses. Nothing here runs: `deno task check` compiles it, and a
 * line below `@ts-expect-error` that compiles is an error.
 */

import {
  asCompleted,
  getContext,
  inline,
  partial,
  Pipe,
  Process,
  ProcessPoolExecutor,
  Queue,
  RawArray,
  Value,
} from "../../mod.ts";
import type { AsyncResult, Connection, FunctionSpec, Future, Pool, PoolProxy } from "../../mod.ts";

type Equal<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true
  : false;
/** Compiles if the two types are one. */
declare function same<A, B>(proof: Equal<A, B>): void;

declare function add(a: number, b: number): number;
declare function length(text: string): number;
declare function later(x: number): Promise<string>;
declare function optional(x: number, y?: string): boolean;
declare function unneeded(text?: string): string;
declare function several(...numbers: number[]): number;
declare function nothing(): string;
declare const named: FunctionSpec;
declare const pool: Pool;

// -- Results --

const mapped = pool.map(length, ["a"]);
same<typeof mapped, Promise<number[]>>(true);
const awaited = pool.map(later, new Set([1]));
same<typeof awaited, Promise<string[]>>(true);
const settled = pool.map(length, ["a"], { settle: true });
same<typeof settled, Promise<PromiseSettledResult<number>[]>>(true);
const tuples = pool.starmap(add, [[1, 2], [3, 4]]);
same<typeof tuples, Promise<number[]>>(true);
const applied = pool.apply(add, [1, 2]);
same<typeof applied, Promise<number>>(true);
const handle = pool.applyAsync(later, [1]);
same<typeof handle, AsyncResult<string>>(true);
const everywhere = pool.broadcast(length, "a");
same<typeof everywhere, Promise<number[]>>(true);
const stream = pool.imap(later, [1]);
same<typeof stream, AsyncIterableIterator<string>>(true);
pool.starmap(optional, [[1, "a"], [2, "b"]]);
pool.apply(optional, [1]);
const alone = pool.apply(nothing);
same<typeof alone, Promise<string>>(true);
const aloneAsync = pool.applyAsync(nothing);
same<typeof aloneAsync, AsyncResult<string>>(true);
pool.apply(nothing, [], { timeout: 1000 });
pool.apply(unneeded);
pool.apply(unneeded, undefined, { timeout: 1000 });
pool.apply(unneeded, ["a"]);
pool.apply(several);
pool.apply(several, [1, 2, 3], { timeout: 1000 });
pool.apply((x: number) => x, [1]);
const unknown = pool.apply(named);
same<typeof unknown, Promise<unknown>>(true);
pool.apply(named, [1, "a"], { timeout: 1000 });
pool.applyAsync(named);
pool.applyAsync(add, [1, 2], { callback: (sum) => same<typeof sum, number>(true) });
/** The types go through a generic function. */
export function passOn<A extends unknown[], R>(fn: (...args: A) => R, args: A) {
  return pool.apply(fn, args);
}

// -- Generic functions, and those without types of their own --

declare function same1<T>(value: T): T;
declare function pair<A, B>(a: A, b: B): [A, B];
const samed = pool.map(same1, [1, 2]);
same<typeof samed, Promise<number[]>>(true);
const paired = pool.apply(pair, [1, "a"]);
same<typeof paired, Promise<[number, string]>>(true);
const pairs = pool.broadcast(pair, 1, "a");
same<typeof pairs, Promise<[number, string][]>>(true);
const doubled = pool.map(inline((x) => 2 * x), [1, 2]);
same<typeof doubled, Promise<number[]>>(true);
const lengths = pool.imap((text) => text.length, ["a"]);
same<typeof lengths, AsyncIterableIterator<number>>(true);
const modules = pool.map(named, [1, "a"]);
same<typeof modules, Promise<unknown[]>>(true);

// -- What becomes of failures --

declare const settle: boolean;
const options = { settle, chunkSize: 2 };
const either = pool.map(length, ["a"], options);
same<typeof either, Promise<(number | PromiseSettledResult<number>)[]>>(true);
const outcomes = pool.mapAsync(later, [1], { settle: true });
same<typeof outcomes, AsyncResult<PromiseSettledResult<string>[]>>(true);
const ways = pool.imapUnordered(later, [1], { settle: true });
same<typeof ways, AsyncIterableIterator<PromiseSettledResult<string>>>(true);
const tupled = pool.starmapAsync(add, [[1, 2]], { settle: false });
same<typeof tupled, AsyncResult<number[]>>(true);

// -- Futures --

const executor = new ProcessPoolExecutor(2);
const future = executor.submit(same1, 1);
same<typeof future, Future<number>>(true);
for await (const ended of asCompleted([future, executor.submit(later, 1)])) {
  same<typeof ended, Future<number | string>>(true);
}
// @ts-expect-error: an argument is missing
executor.submit(add, 1);

// -- Arguments that do not fit --

// @ts-expect-error: a string is wanted
pool.map(length, [1]);
// @ts-expect-error: one argument is missing
pool.apply(add, [1]);
// @ts-expect-error: all arguments are missing
pool.apply(add);
// @ts-expect-error: all arguments are missing
pool.applyAsync(add);
// @ts-expect-error: the one that is needed is missing
pool.apply(optional);
// @ts-expect-error: they are missing in front of the options as well
pool.apply(add, undefined, { timeout: 1000 });
// @ts-expect-error: it takes none
pool.apply(nothing, [1]);
// @ts-expect-error: the second is no number
pool.apply(add, [1, "2"]);
// @ts-expect-error: one is too many
pool.apply(length, ["a", "b"]);
// @ts-expect-error: tuples of two numbers are wanted
pool.starmap(add, [[1, "2"]]);
// @ts-expect-error: an argument is missing
pool.broadcast(length);
// @ts-expect-error: no such option
pool.map(length, ["a"], { chunksize: 1 });
// @ts-expect-error: no function
pool.map("length", ["a"]);

// -- A pool in a manager --

declare const shared: PoolProxy;
const distant = shared.apply(later, [1]);
same<typeof distant, Promise<string>>(true);
shared.apply(nothing);
shared.apply(optional, [1], { timeout: 1000 });
// @ts-expect-error: all arguments are missing
shared.apply(add);
// @ts-expect-error: the second is no number
shared.apply(add, [1, "2"]);

// -- Partial --

const increment = partial(add, 1);
same<typeof increment, (b: number) => number>(true);
const incremented = pool.map(increment, [1, 2]);
same<typeof incremented, Promise<number[]>>(true);
// @ts-expect-error: the first argument is a number
partial(add, "1");
// @ts-expect-error: what is left is a number
pool.map(partial(add, 1), ["a"]);

// -- Processes --

new Process({ target: add, args: [1, 2] });
// @ts-expect-error: the second is no number
new Process({ target: add, args: [1, "2"] });
// @ts-expect-error: arguments are missing
new Process({ target: add, args: [1] });
const code = new Process({ target: length, args: ["a"] }).join();
same<typeof code, Promise<number | null>>(true);

// -- Connections and queues --

const [here, there] = Pipe<string, number>();
same<typeof here, Connection<string, number>>(true);
same<typeof there, Connection<number, string>>(true);
const received = here.recv();
same<typeof received, Promise<number>>(true);
// @ts-expect-error: this end sends strings
here.send(1);

const queue = new Queue<Date>();
const got = queue.get();
same<typeof got, Promise<Date>>(true);
// @ts-expect-error: the queue is of dates
queue.put("today");

// -- Shared values --

const counter = new Value("int32", 1);
same<typeof counter.value, number>(true);
const wide = new Value("bigint64");
same<typeof wide.value, bigint>(true);
const flags = new RawArray("bool", 3);
same<(typeof flags)[number], boolean>(true);
// @ts-expect-error: a bigint is wanted
wide.value = 1;
// @ts-expect-error: no such type
new Value("int31");

// -- Contexts --

const threads = new (getContext("thread").Pool)(2);
same<typeof threads, Pool>(true);
// @ts-expect-error: no such start method
getContext("fork");
