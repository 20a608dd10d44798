/**
 * Word counts with an executor, as in Python's `concurrent.futures`. Each file is one call; `submit`
 * gives a future for it, and `asCompleted` gives the futures back in the order in which they end. So the
 * table grows while the long files are still read, and a file that cannot be read fails alone.
 *
 *     deno task example 19        node examples/19_word_count.ts [file]…
 */

import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import process from "node:process";
import { asCompleted, ProcessPoolExecutor } from "../mod.ts";
import { timed } from "./helpers/time.ts";

const WORDS =
  "a all and as be but by for from have he his in it lock not of on or pool process queue " +
  "that the they this to was we with worker you";
const COMMON = 5;

/** How often each word is in a file. */
export function countWords(path: string): Map<string, number> {
  const counts = new Map<string, number>();
  for (const [word] of readFileSync(path, "utf8").toLowerCase().matchAll(/\p{L}+/gu)) {
    counts.set(word, (counts.get(word) ?? 0) + 1);
  }
  return counts;
}

function add(total: Map<string, number>, counts: Map<string, number>): void {
  for (const [word, count] of counts) total.set(word, (total.get(word) ?? 0) + count);
}

const sum = (counts: Map<string, number>): number =>
  [...counts.values()].reduce((sum, count) => sum + count, 0);

/** The most frequent words; those that are as frequent in the order of the alphabet. */
function mostCommon(counts: Map<string, number>): string {
  const sorted = [...counts].sort(([a, x], [b, y]) => y - x || (a < b ? -1 : 1));
  return sorted.slice(0, COMMON).map(([word, count]) => `${word} ${count}`).join(", ");
}

/** Books of different length, with the same words every time; words at the front are frequent. */
function writeBooks(folder: string): string[] {
  const words = WORDS.split(" ");
  return [400_000, 200_000, 50_000, 10_000, 1000].map((length, book) => {
    let state = book + 1;
    const text = Array.from({ length }, () => {
      state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
      return words[Math.floor(words.length * (state / 2 ** 32) ** 2)];
    });
    const path = join(folder, `book-${book + 1}.txt`);
    writeFileSync(path, text.join(" "));
    return path;
  });
}

/** Counts the words of all files, in as many processes as there are processors. */
async function countAll(paths: string[]): Promise<Map<string, number>> {
  const total = new Map<string, number>();
  await using executor = new ProcessPoolExecutor();
  const files = new Map(paths.map((path) => [executor.submit(countWords, path), basename(path)]));
  for await (const future of asCompleted(files.keys())) {
    const error = await future.exception();
    if (error !== null) {
      console.log(
        `  ${files.get(future)}: ${(error as Error).name}, ${(error as { code?: string }).code}`,
      );
      continue;
    }
    const counts = await future;
    console.log(`  ${files.get(future)}: ${sum(counts)} words, ${counts.size} different ones`);
    add(total, counts);
  }
  return total;
}

async function main(given: string[]): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), "words-"));
  try {
    const paths = given.length > 0 ? given : [...writeBooks(folder), join(folder, "missing.txt")];
    const total = await timed("All files", () => countAll(paths));
    console.log(`${sum(total)} words: ${mostCommon(total)}`);

    const alone = new Map<string, number>();
    for (const path of paths.filter((path) => !path.endsWith("missing.txt"))) {
      add(alone, countWords(path));
    }
    const same = mostCommon(alone) === mostCommon(total) && sum(alone) === sum(total);
    console.log(`Counted again by this process alone: ${same ? "the same" : "something else"}.`);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

if (import.meta.main) await main(process.argv.slice(2));
