/**
 * A picture that several processes draw into the same memory. Each takes the next rows that nobody
 * has begun, with one atomic step on a shared number, and puts them where they belong. Nothing is
 * sent back, and nobody waits for anybody but at the start, where a barrier lets them begin together.
 * Rows in the middle take longer: whoever gets those does fewer of them.
 *
 * No lock is needed, because no two processes write the same byte. `set` copies a row into place,
 * wherever the memory is. Where this process can map it, `picture.typed` is the memory itself.
 *
 *     deno task example 16        node examples/16_shared_picture.ts [file.png]
 */

import { createHash } from "node:crypto";
import { writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { Barrier, Process, RawArray, RawValue } from "../mod.ts";
import { png } from "./helpers/png.ts";
import { timed } from "./helpers/time.ts";

const WIDTH = 480;
const HEIGHT = 320;
const ROWS_AT_A_TIME = 8;
const PAINTERS = 3;
const MOST_STEPS = 255;

export function paint(
  picture: RawArray<"uint8">,
  nextRow: RawValue<"int32">,
  rowsOf: RawArray<"int32">,
  start: Barrier,
  painter: number,
): void {
  start.waitSync();
  for (;;) {
    const first = nextRow.add(ROWS_AT_A_TIME); // one step: no two processes get the same rows
    if (first >= HEIGHT) return;
    const end = Math.min(first + ROWS_AT_A_TIME, HEIGHT);
    for (let y = first; y < end; y++) picture.set(y * WIDTH, mandelbrotRow(y));
    rowsOf.add(painter, end - first);
  }
}

/** One byte for each point of a row: how many steps it takes to leave the circle. */
function mandelbrotRow(y: number): Uint8Array {
  const row = new Uint8Array(WIDTH);
  const b = (y / HEIGHT - 0.5) * 2.4;
  for (let x = 0; x < WIDTH; x++) {
    const a = (x / WIDTH - 0.7) * 3.2;
    let steps = 0;
    for (let re = 0, im = 0; steps < MOST_STEPS && re * re + im * im < 4; steps++) {
      [re, im] = [re * re - im * im + a, 2 * re * im + b];
    }
    row[x] = steps;
  }
  return row;
}

async function main(): Promise<void> {
  const file = process.argv[2] ?? join(tmpdir(), "mandelbrot.png");
  const picture = new RawArray("uint8", WIDTH * HEIGHT);
  const nextRow = new RawValue("int32", 0);
  const rowsOf = new RawArray("int32", PAINTERS);
  const start = new Barrier(PAINTERS);
  const painters = Array.from(
    { length: PAINTERS },
    (_, i) => new Process({ target: paint, args: [picture, nextRow, rowsOf, start, i] }),
  );
  await timed(`${PAINTERS} processes, one picture,`, async () => {
    for (const painter of painters) painter.start();
    for (const painter of painters) await painter.join();
  });
  painters.forEach(({ name }, i) => console.log(`  ${name} has drawn ${rowsOf[i]} rows`));

  const pixels = Uint8Array.from(picture);
  const checksum = createHash("sha256").update(pixels).digest("hex").slice(0, 16);
  console.log(`${WIDTH} × ${HEIGHT} points, checksum ${checksum}`);
  const image = png(WIDTH, HEIGHT, pixels);
  writeFileSync(file, image);
  console.log(`${image.length} bytes in ${file}`);
}

if (import.meta.main) await main();
