/**
 * Prices two options by Monte-Carlo: a European one, which pays by the price of a share at the end, and
 * an Asian one, which pays by its mean on the way there. The first has a formula to compare with.
 *
 * The paths are cut into chunks, and each chunk has a generator of random numbers of its own, seeded
 * with the number of the chunk. `map` returns the sums in the order of the chunks. So the result is the
 * same to the last bit, whatever the number of workers, and whoever does what.
 *
 *     deno run -A examples/apps/monte_carlo.ts [paths]
 *     node examples/apps/monte_carlo.ts …        bun examples/apps/monte_carlo.ts …
 */

import process from "node:process";
import { cpuCount, Pool } from "../../mod.ts";
import { aligned } from "../helpers/report.ts";
import { seconds } from "../helpers/time.ts";

/** A call: the price now and the strike, then rates of one year, the years and the steps. */
const OPTION = { price: 100, strike: 105, interest: 0.03, volatility: 0.2, years: 1, steps: 64 };
const PATHS = 500_000;
const CHUNK = 10_000;
const SEED = 20_240_229;

/** Some of the paths. */
interface Chunk {
  number: number;
  paths: number;
}

/** Of what the paths of a chunk have paid: sums, and sums of squares. */
interface Sums {
  european: [number, number];
  asian: [number, number];
}

/** Runs in a worker, with one chunk. */
export function simulate({ number, paths }: Chunk): Sums {
  const { price, strike, interest, volatility, years, steps } = OPTION;
  const normal = normals(SEED, number);
  const drift = (interest - volatility ** 2 / 2) * years / steps;
  const spread = volatility * Math.sqrt(years / steps);
  const sums: Sums = { european: [0, 0], asian: [0, 0] };
  for (let path = 0; path < paths; path++) {
    let now = price;
    let total = 0;
    for (let step = 0; step < steps; step++) {
      now *= Math.exp(drift + spread * normal());
      total += now;
    }
    add(sums.european, Math.max(0, now - strike));
    add(sums.asian, Math.max(0, total / steps - strike));
  }
  return sums;
}

function add(sums: [number, number], payment: number): void {
  sums[0] += payment;
  sums[1] += payment * payment;
}

/** Normally distributed numbers, by the method of Box and Muller. */
function normals(seed: number, stream: number): () => number {
  const random = uniform(seed, stream);
  return () => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
}

/** Numbers from 0 to 1 by the generator sfc32: another stream is another sequence. */
function uniform(seed: number, stream: number): () => number {
  let [a, b, c, counter] = [seed | 0, stream | 0, 0x9e3779b9 | 0, 1];
  const next = () => {
    const result = (a + b + counter++) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = ((c << 21 | c >>> 11) + result) | 0;
    return (result >>> 0) / 2 ** 32;
  };
  for (let round = 0; round < 16; round++) next(); // mixes the seed
  return next;
}

/** The mean of all payments as of today, and its standard error. */
function estimate(sums: [number, number][], paths: number): [value: number, error: number] {
  const total = sums.reduce((total, [sum]) => total + sum, 0);
  const squares = sums.reduce((total, [, sum]) => total + sum, 0);
  const discount = Math.exp(-OPTION.interest * OPTION.years);
  const variance = Math.max(0, squares - total * total / paths) / (paths - 1);
  return [discount * total / paths, discount * Math.sqrt(variance / paths)];
}

/** The formula of Black and Scholes for the European call. */
function blackScholes(): number {
  const { price, strike, interest, volatility, years } = OPTION;
  const spread = volatility * Math.sqrt(years);
  const d = (Math.log(price / strike) + (interest + volatility ** 2 / 2) * years) / spread;
  return price * below(d) - strike * Math.exp(-interest * years) * below(d - spread);
}

/** How likely a normally distributed number is below x: the series of its integral. */
function below(x: number): number {
  let [sum, term] = [x, x];
  for (let i = 3; Math.abs(term) > 1e-16; i += 2) sum += term *= x * x / i;
  return 0.5 + sum * Math.exp(-x * x / 2) / Math.sqrt(2 * Math.PI);
}

async function main(paths: number): Promise<void> {
  const chunks = Array.from({ length: Math.ceil(paths / CHUNK) }, (_, number): Chunk => ({
    number,
    paths: Math.min(CHUNK, paths - number * CHUNK),
  }));
  let started = performance.now();
  const alone = chunks.map(simulate);
  const serial = performance.now() - started;

  started = performance.now();
  await using pool = new Pool(cpuCount());
  const together = await pool.map(simulate, chunks, { progress: true });
  const parallel = performance.now() - started;

  const [european, asian] = (["european", "asian"] as const).map((kind) => {
    const [value, error] = estimate(together.map((sums) => sums[kind]), paths);
    return `${value.toFixed(4)} ± ${error.toFixed(4)}`;
  });
  const same = JSON.stringify(alone) === JSON.stringify(together);
  console.log(aligned([
    ["paths", `${paths} of ${OPTION.steps} steps, in ${chunks.length} chunks`],
    ["European", `${european} (standard error)`],
    ["Black-Scholes", blackScholes().toFixed(4)],
    ["Asian", `${asian} (standard error)`],
    ["serial", seconds(serial)],
    ["parallel", `${seconds(parallel)}, with the start of ${cpuCount()} workers`],
    ["speed-up", `${(serial / parallel).toFixed(2)}×`],
    ["results", same ? "the same to the last bit" : "DIFFERENT"],
  ]));
  if (!same) process.exitCode = 1;
}

if (import.meta.main) {
  const paths = Number(process.argv[2] ?? PATHS);
  if (Number.isInteger(paths) && paths >= 2 && paths <= 1e9) await main(paths);
  else {
    console.error(`Cannot simulate ${process.argv[2]} paths: give a whole number from 2 to 1e9`);
    process.exitCode = 2;
  }
}
