/**
 * Layer 5, process. How an uncaught error is shown on standard error: its stack, then its causes.
 *
 * @module
 */

const MAX_CAUSES = 8;

/** Returns the stack of an error and of its causes. */
export function describeError(error: unknown): string {
  const lines: string[] = [];
  let current = error;
  for (let depth = 0; depth < MAX_CAUSES; depth++) {
    lines.push((depth > 0 ? "Caused by: " : "") + describeOne(current));
    if (!(current instanceof Error) || current.cause === undefined) break;
    current = current.cause;
  }
  return lines.join("\n");
}

function describeOne(error: unknown): string {
  if (!(error instanceof Error)) return `Uncaught ${String(error)}`;
  const headline = `${error.name}: ${error.message}`;
  const stack = error.stack ?? "";
  // JavaScriptCore's stacks lack the headline.
  return stack.includes(error.message) ? stack : stack === "" ? headline : `${headline}\n${stack}`;
}
