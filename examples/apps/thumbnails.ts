/**
 * Makes small pictures of all PNG files in a folder, in a pool with one worker per processor. A task
 * is the name of a file: the worker reads, shrinks and writes it, and returns one line. Results are
 * shown as they come. A file that cannot be read is reported, and the others go on.
 *
 *     deno run -A examples/apps/thumbnails.ts [FOLDER] [OUT]
 *     node examples/apps/thumbnails.ts …        bun examples/apps/thumbnails.ts …
 *
 * OUT is FOLDER/thumbnails unless you say so. Without a FOLDER it draws a dozen pictures and a broken
 * one into a temporary folder, and removes that at the end. The exit code is 1 if one of your files
 * was not read.
 */

import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join, resolve } from "node:path";
import process from "node:process";
import { currentProcess, partial, Pool } from "../../mod.ts";
import { decodePng, encodePng, type Picture } from "../helpers/png.ts";
import { aligned } from "../helpers/report.ts";
import { seconds } from "../helpers/time.ts";

/** The longer side of a small picture. */
const SIDE = 128;

/** What became of a file. */
interface Made {
  name: string;
  from: string;
  to: string;
  worker: string;
  ms: number;
}

/** Runs in a worker: reads a picture, and writes a small one with the same name into `out`. */
export function makeThumbnail(out: string, path: string): Made {
  const started = performance.now();
  const picture = decodePng(readFileSync(path));
  const small = shrink(picture, Math.min(1, SIDE / Math.max(picture.width, picture.height)));
  writeFileSync(join(out, basename(path)), encodePng(small));
  const size = ({ width, height }: Picture) => `${width} × ${height}`;
  return {
    name: basename(path),
    from: size(picture),
    to: size(small),
    worker: currentProcess().name,
    ms: performance.now() - started,
  };
}

/** A box filter: each point is the mean of those that it stands for. */
function shrink({ width, height, rgb }: Picture, factor: number): Picture {
  const [w, h] = [width, height].map((length) => Math.max(1, Math.round(length * factor)));
  const small = { width: w, height: h, rgb: new Uint8Array(3 * w * h) };
  for (let y = 0, to = 0; y < h; y++) {
    const [top, bottom] = [Math.floor(y * height / h), Math.floor((y + 1) * height / h)];
    for (let x = 0; x < w; x++) {
      const [left, right] = [Math.floor(x * width / w), Math.floor((x + 1) * width / w)];
      const count = (bottom - top) * (right - left);
      for (let channel = 0; channel < 3; channel++) {
        let sum = 0;
        for (let row = top; row < bottom; row++) {
          const end = 3 * (row * width + right);
          for (let at = 3 * (row * width + left) + channel; at < end; at += 3) sum += rgb[at];
        }
        small.rgb[to++] = Math.round(sum / count);
      }
    }
  }
  return small;
}

/** Runs in a worker: draws a picture for those who have none, rings around a point. */
export function drawSample(path: string, width: number, height: number): void {
  const rgb = new Uint8Array(3 * width * height);
  for (let i = 0; i < rgb.length; i++) {
    const [x, y] = [Math.floor(i / 3) % width, Math.floor(i / 3 / width)];
    const distance = Math.hypot(x - width / 3, y - height / 2);
    rgb[i] = 127.5 + 127.5 * Math.cos(distance / 20 + 2 * (i % 3));
  }
  writeFileSync(path, encodePng({ width, height, rgb }));
}

/** A dozen pictures of different sizes, and one that is none. */
async function drawSamples(pool: Pool, folder: string): Promise<void> {
  await pool.starmap(
    drawSample,
    Array.from({ length: 12 }, (_, i): [string, number, number] => {
      const path = join(folder, `picture-${String(i + 1).padStart(2, "0")}.png`);
      return [path, 120 + 60 * i, i % 2 === 0 ? 90 + 40 * i : 160 + 70 * i];
    }),
  );
  writeFileSync(join(folder, "broken.png"), "This is not a picture.");
}

/** Makes the small pictures of a folder; returns how many files were not read. */
async function makeAll(pool: Pool, folder: string, out: string): Promise<number> {
  const names = readdirSync(folder).filter((name) => /\.png$/i.test(name)).sort();
  const paths = names.map((name) => join(folder, name));
  mkdirSync(out, { recursive: true });
  const started = performance.now();
  const results = pool.imapUnordered(partial(makeThumbnail, out), paths);
  let [failed, work] = [0, 0];
  for (let done = false; !done;) {
    try {
      const result = await results.next();
      if (result.done) done = true;
      else {
        const { name, from, to, worker, ms } = result.value;
        console.log(`  ${name}: ${from} → ${to}, ${worker}`);
        work += ms;
      }
    } catch (error) { // of one file: the next call gives the next result
      const { message, taskIndex } = error as Error & { taskIndex: number };
      console.log(`  ${names[taskIndex]}: ${message}`);
      failed++;
    }
  }
  console.log(aligned([
    ["made", `${names.length - failed} in ${out}`],
    ["failed", String(failed)],
    ["took", `${seconds(performance.now() - started)}, for ${seconds(work)} of work`],
  ]));
  return failed;
}

async function main(given?: string, out?: string): Promise<void> {
  const folder = given ?? mkdtempSync(join(tmpdir(), "thumbnails-"));
  try {
    await using pool = new Pool();
    if (given === undefined) await drawSamples(pool, folder);
    const failed = await makeAll(pool, folder, out ?? join(folder, "thumbnails"));
    if (failed > 0 && given !== undefined) process.exitCode = 1;
  } finally {
    if (given === undefined) rmSync(folder, { recursive: true });
  }
}

if (import.meta.main) {
  const [folder, out] = process.argv.slice(2);
  if (folder !== undefined && !statSync(folder, { throwIfNoEntry: false })?.isDirectory()) {
    console.error(`There is no folder ${folder}: give the folder that the PNG files are in`);
    process.exitCode = 2;
  } else if (out !== undefined && resolve(out) === resolve(folder)) {
    console.error(`${out} has the large pictures in it: give another folder for the small ones`);
    process.exitCode = 2;
  } else await main(folder, out);
}
