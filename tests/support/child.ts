/** Runs a target in a child of the library, and collects what it prints. */

import { getContext } from "../../mod.ts";
import type { Process, ProcessOptions } from "../../mod.ts";
import type { Method } from "./methods.ts";

export interface Finished {
  code: number | null;
  stdout: string;
  stderr: string;
}

/** Starts a child with piped output, which is read to its end. */
export function startChild(
  method: Method,
  options: ProcessOptions,
): { child: Process; finished: Promise<Finished> } {
  const child = new (getContext(method).Process)({ stdout: "piped", stderr: "piped", ...options });
  child.start();
  return { child, finished: finish(child) };
}

/** Runs a child with piped output to its end. */
export function runChild(method: Method, options: ProcessOptions): Promise<Finished> {
  return startChild(method, options).finished;
}

/** Waits for a started child and everything that it prints. */
export async function finish(child: Process): Promise<Finished> {
  const [stdout, stderr, code] = await Promise.all([
    readAll(child.stdout),
    readAll(child.stderr),
    child.join(),
  ]);
  return { code, stdout, stderr };
}

/** Resolves when the child has printed a text; leaves the rest of its output unread. */
export async function untilPrinted(child: Process, wanted: string): Promise<void> {
  const decoder = new TextDecoder();
  const reader = child.stdout!.getReader();
  let text = "";
  try {
    while (!text.includes(wanted)) {
      const { value, done } = await reader.read();
      if (done) throw new Error(`the child ended without ${wanted}, it printed: ${text}`);
      text += decoder.decode(value, { stream: true });
    }
  } finally {
    reader.releaseLock();
  }
}

async function readAll(stream: ReadableStream<Uint8Array> | null): Promise<string> {
  if (stream === null) return "";
  const decoder = new TextDecoder();
  let text = "";
  for await (const piece of stream) text += decoder.decode(piece, { stream: true });
  return text;
}
