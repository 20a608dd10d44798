/**
 * Renders the Mandelbrot set in tiles, in a pool with one worker per processor. Each worker's tiles
 * are in a colour of their own: the picture shows who has done what. Tiles in the black middle take
 * longest, so whoever gets those does fewer; nobody has to plan that.
 *
 *     deno run -A examples/apps/mandelbrot.ts [width] [height] [file.png]
 *     node examples/apps/mandelbrot.ts …        bun examples/apps/mandelbrot.ts …
 *
 * Without a file the picture goes to the temporary folder of the system.
 */

import { writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { cpuCount, currentProcess, partial, Pool } from "../../mod.ts";
import { encodePng, type Picture } from "../helpers/png.ts";
import { aligned, megabytes } from "../helpers/report.ts";
import { seconds } from "../helpers/time.ts";

const TILE = 64;
const MOST_STEPS = 2000;
const SAMPLE = 8;
const MOST_POINTS = 20_000;

interface Size {
  width: number;
  height: number;
}

/** A part of the picture. */
interface Tile extends Size {
  x: number;
  y: number;
}

/** How many steps each point of a tile takes to leave the circle, and who has counted them. */
interface Rendered extends Tile {
  steps: Uint16Array;
  worker: string;
}

/** Runs in a worker, with one tile of a picture of that size. */
export function render(size: Size, tile: Tile): Rendered {
  const scale = Math.max(3.2 / size.width, 2.4 / size.height);
  const steps = new Uint16Array(tile.width * tile.height);
  for (let i = 0; i < steps.length; i++) {
    const a = (tile.x + i % tile.width - size.width / 2) * scale - 0.7;
    const b = (tile.y + Math.floor(i / tile.width) - size.height / 2) * scale;
    steps[i] = stepsOf(a, b);
  }
  return { ...tile, steps, worker: currentProcess().name };
}

function stepsOf(a: number, b: number): number {
  let re = 0;
  let im = 0;
  let count = 0;
  for (; count < MOST_STEPS && re * re + im * im < 4; count++) {
    const next = re * re - im * im + a;
    im = 2 * re * im + b;
    re = next;
  }
  return count;
}

/** The tiles of a picture, row by row; those at the right and lower edge may be smaller. */
function* tilesOf({ width, height }: Size): Generator<Tile> {
  for (let y = 0; y < height; y += TILE) {
    for (let x = 0; x < width; x += TILE) {
      yield { x, y, width: Math.min(TILE, width - x), height: Math.min(TILE, height - y) };
    }
  }
}

/** Puts a tile in its place: the longer a point stays, the lighter; black if it does not leave. */
function draw(picture: Picture, tile: Rendered): void {
  const colour = colourOf(tile.worker);
  tile.steps.forEach((count, i) => {
    if (count === MOST_STEPS) return;
    const light = Math.min(1, Math.log(2 + count) / 4.5);
    const x = tile.x + i % tile.width;
    const y = tile.y + Math.floor(i / tile.width);
    picture.rgb.set(colour.map((channel) => 255 * light * channel), 3 * (y * picture.width + x));
  });
}

/** Red, green and blue, from 0 to 1. Numbers that follow each other are far apart in colour. */
function colourOf(worker: string): number[] {
  const hue = Number(worker.match(/\d+$/)?.[0] ?? 0) * 0.618 % 1;
  return [0, 1 / 3, 2 / 3].map((shift) => 0.6 + 0.4 * Math.cos(2 * Math.PI * (hue - shift)));
}

async function main(size: Size, file: string): Promise<void> {
  const tiles = [...tilesOf(size)];
  const sample = tiles.filter((_, i) => i % SAMPLE === 0);
  let started = performance.now();
  const alone = sample.map((tile) => render(size, tile));
  const serial = (performance.now() - started) * tiles.length / sample.length;

  started = performance.now();
  await using pool = new Pool(cpuCount());
  const rendered = await pool.map(partial(render, size), tiles, { progress: true });
  const parallel = performance.now() - started;

  const picture = { ...size, rgb: new Uint8Array(3 * size.width * size.height) };
  for (const tile of rendered) draw(picture, tile);
  const image = encodePng(picture);
  writeFileSync(file, image);

  const same = alone.every(({ steps }, i) => steps.join() === rendered[i * SAMPLE].steps.join());
  console.log(aligned([
    ["picture", `${size.width} × ${size.height} points in ${tiles.length} tiles`],
    ["serial", `about ${seconds(serial)}, from ${sample.length} of the tiles`],
    ["parallel", `${seconds(parallel)}, with the start of ${cpuCount()} workers`],
    ["speed-up", `${(serial / parallel).toFixed(1)}×`],
    ["sample", same ? "the same in both" : "DIFFERENT"],
  ]));
  console.log(aligned(
    pool.stats().workers.map(({ name, busyMs }) => {
      const own = rendered.filter(({ worker }) => worker === name).length;
      return [name, `${own} tiles, ${Math.round(100 * own / tiles.length)} %, ${seconds(busyMs)}`];
    }),
  ));
  console.log(aligned([["file", `${file}, ${megabytes(image.length)}`]]));
  if (!same) process.exitCode = 1;
}

if (import.meta.main) {
  const [width = "1600", height = "1200", file = join(tmpdir(), "mandelbrot-tiles.png")] = process
    .argv.slice(2);
  const wrong = [width, height].find((text) => !(/^[1-9]\d*$/.test(text) && +text <= MOST_POINTS));
  if (wrong === undefined) await main({ width: Number(width), height: Number(height) }, file);
  else {
    console.error(`A picture cannot be ${wrong} points wide or high: give 1 to ${MOST_POINTS}`);
    process.exitCode = 2;
  }
}
