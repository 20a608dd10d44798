/**
 * Memory with a name. A program writes numbers into it and starts another program, which is no child
 * of the library's and gets nothing but the name. That one attaches, reads, and writes an answer.
 * Python would do as well: `SharedMemory(name)` of its `multiprocessing.shared_memory`.
 *
 * `close` (here: the end of the block with `using`) gives up one's own view. `unlink` removes the
 * name, once; the program that made it is the one to do so.
 *
 *     deno task example 17        node examples/17_shared_memory_by_name.ts
 */

import { spawn } from "node:child_process";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { ProcessError, SharedMemory } from "../mod.ts";

const SAMPLES = 1000;

/** The memory as numbers: the answer, then the samples. */
function numbersOf({ buf }: SharedMemory): Float64Array {
  return new Float64Array(buf.buffer, buf.byteOffset, 1 + SAMPLES);
}

/** The other program. */
function read(name: string): void {
  using memory = new SharedMemory({ name });
  const numbers = numbersOf(memory);
  const sum = numbers.subarray(1).reduce((sum, sample) => sum + sample, 0);
  numbers[0] = sum / SAMPLES;
  console.log(
    `The reader has attached to ${memory.size} bytes and written the mean of ${SAMPLES}.`,
  );
}

async function write(): Promise<void> {
  using memory = new SharedMemory({ create: true, size: 8 * (1 + SAMPLES) });
  try {
    const numbers = numbersOf(memory);
    for (let i = 1; i <= SAMPLES; i++) numbers[i] = i;
    console.log(`The writer has made ${memory.size} bytes and written ${SAMPLES} samples.`);
    const code = await runProgram("read", memory.name);
    console.log(`The mean is ${numbers[0]}, the reader's exit code ${code}.`);
  } finally {
    memory.unlink();
  }
  try {
    new SharedMemory({ name: memory.name });
  } catch (error) {
    console.log(`The name is gone: ${(error as Error).name}.`);
  }
}

/** Starts this file once more, as anybody could, and waits for its end. */
function runProgram(...args: string[]): Promise<number | null> {
  const before = "Deno" in globalThis ? ["run", "-A"] : [];
  const file = fileURLToPath(import.meta.url);
  const child = spawn(process.execPath, [...before, file, ...args], { stdio: "inherit" });
  return new Promise((resolve, reject) => child.on("exit", resolve).on("error", reject));
}

async function main(): Promise<void> {
  const [action, name] = process.argv.slice(2);
  if (action === "read") return read(name);
  try {
    await write();
  } catch (error) {
    // This runtime, or its permissions, do not let it map memory: the message says which.
    if (!(error instanceof ProcessError)) throw error;
    console.log(`Not here. ${error.message}`);
  }
}

if (import.meta.main) await main();
