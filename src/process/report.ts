/**
 * Layer 9, process. How an uncaught error is shown on standard error: its stack, then its causes.
 *
 * @module
 */

import { ownFrames } from "../wire/remote_error.ts";

const MAX_CAUSES = 8;

/** Returns the stack of an error and of its causes. */
export function describeError(error: unknown): string {
  const lines: string[] = [];
  let current = error;
  for (let depth = 0; depth < MAX_CAUSES; depth++) {
    lines.push((depth > 0 ? "Caused by: " : "") + describeOne(current));
    current = causeOf(current);
    if (current === undefined) break;
  }
  return lines.join("\n");
}

function causeOf(error: unknown): unknown {
  try {
    return error instanceof Error ? error.cause : undefined;
  } catch {
    return undefined; // it lets nobody ask
  }
}

/** Anything may be thrown, also what cannot be shown: that must not hide that something was thrown. */
function describeOne(error: unknown): string {
  try {
    if (!(error instanceof Error)) return `Uncaught ${show(error)}`;
    const headline = `${error.name}: ${error.message}`;
    const stack = ownFrames(error.stack ?? "");
    // JavaScriptCore's stacks lack the headline.
    if (stack.includes(error.message) && stack !== "") return stack;
    return stack === "" ? headline : `${headline}\n${stack}`;
  } catch {
    return `Uncaught ${typeof error} that cannot be shown as text`;
  }
}

function show(value: unknown): string {
  const plain = typeof value === "object" && value !== null;
  return plain ? JSON.stringify(value) ?? String(value) : String(value);
}
