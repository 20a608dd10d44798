/**
 * The codec beside structuredClone and JSON, in one run.
 *
 *     deno run -A bench/micro/codec.ts [words of a row's name]
 *
 * The same with `bun` or `node` where `npm install tinybench` has put it. Each row does 100 values a
 * round, in one message; the figures are nanoseconds for each value (for each element of the long
 * arrays), the median of the rounds.
 */

import process from "node:process";
import { Decoder } from "../../src/wire/decode.ts";
import { Encoder } from "../../src/wire/encode.ts";

type Sample = { readonly latency?: { readonly p50: number } };
type BenchClass = new (options: { time: number; warmupTime: number }) => {
  add(name: string, run: () => void): unknown;
  run(): Promise<unknown>;
  readonly tasks: readonly { readonly name: string; readonly result?: Sample }[];
};

/** Deno takes the package from the registry, the others from their node_modules. */
async function loadTinybench(): Promise<BenchClass> {
  const inDeno = process.versions.deno !== undefined;
  return (await import(inDeno ? "npm:tinybench@6.2.3" : "tinybench")).Bench;
}

type Row = { name: string; value: unknown; values?: number; elements?: number };

const list = <T>(length: number, make: (i: number) => T): T[] =>
  Array.from({ length }, (_, i) => make(i));

const rows: Row[] = [
  { name: "int", value: 7 },
  { name: "float", value: 1.5 },
  { name: "string of 12", value: "hello world!" },
  { name: "{ id, name, tags: [1, 2] }", value: { id: 1, name: "abc", tags: [1, 2] } },
  { name: "the same, a message each", value: { id: 1, name: "abc", tags: [1, 2] }, values: 1 },
  { name: "Date", value: new Date(1) },
  { name: "Error", value: new RangeError("out of reach") },
  { name: "100k small ints", value: list(100_000, (i) => i % 1000), values: 1, elements: 100_000 },
  { name: "100k ints", value: list(100_000, (i) => i * 10), values: 1, elements: 100_000 },
  { name: "100k floats", value: list(100_000, (i) => i / 7), values: 1, elements: 100_000 },
  {
    name: "10k objects",
    value: list(10_000, (id) => ({ id, name: "user" + id, ok: true })),
    values: 1,
    elements: 10_000,
  },
  {
    name: "10k strings",
    value: list(10_000, (i) => "some string " + i),
    values: 1,
    elements: 10_000,
  },
  {
    name: "Map of 10k",
    value: new Map(list(10_000, (i) => ["key" + i, i])),
    values: 1,
    elements: 10_000,
  },
  { name: "text of 1 MB", value: "0123456789abcdef".repeat(65_536), values: 1 },
  { name: "Float64Array of 1 MB", value: new Float64Array(131_072), values: 1 },
];

const Bench = await loadTinybench();
const wanted = process.argv.slice(2).join(" ");
const columns = ["encode", "decode", "clone", "stringify", "parse"];
console.log(
  ["value".padEnd(28), ...columns.map((name) => name.padStart(11)), "bytes".padStart(9)].join(""),
);
for (const row of rows) {
  if (row.name.includes(wanted)) console.log(await measure(row));
}

async function measure({ name, value, values = 100, elements = 1 }: Row): Promise<string> {
  const encoder = new Encoder("process");
  const write = (): Uint8Array => {
    for (let i = 0; i < values; i++) encoder.value(value, "value");
    return encoder.take().bytes;
  };
  const bytes = write();
  const text = JSON.stringify(value);
  const bench = new Bench({ time: 150, warmupTime: 100 });
  bench.add("encode", write);
  bench.add("decode", () => {
    const decoder = new Decoder(bytes);
    for (let i = 0; i < values; i++) decoder.value();
  });
  const times = (run: () => unknown) => (): void => {
    for (let i = 0; i < values; i++) run();
  };
  bench.add("clone", times(() => structuredClone(value)));
  bench.add("stringify", times(() => JSON.stringify(value)));
  bench.add("parse", times(() => JSON.parse(text)));
  await bench.run();
  const cells = columns.map((column) => {
    const found = bench.tasks.find((task) => task.name === column)?.result?.latency;
    const nanoseconds = found ? found.p50 * 1e6 / values / elements : NaN;
    return nanoseconds.toFixed(nanoseconds < 100 ? 1 : 0).padStart(11);
  });
  return name.padEnd(28) + cells.join("") + String(bytes.length / values).padStart(9);
}
