/**
 * Layer 3, wire/functions. Imports what a message needs. Imports `graph.ts`, `host.ts` and `loaded.ts`.
 *
 * Owns how long the program itself waits for it. A module that is at its top level may be waiting for the
 * very message: above all the main module, and whatever imports it. Their import does not end before that
 * top level does, so waiting for it without end would be a deadlock. In a child, where nothing waits at
 * the top level of a module, it takes as long as it takes.
 *
 * @module
 */

import { moduleGraph } from "./graph.ts";
import { runningMain } from "./host.ts";
import { isLoaded, isLoading, loadModules } from "./loaded.ts";

/** No import is waited for longer. */
export const PATIENCE_MS = 20_000;
/** The main module has been loaded long since, or is at its top level: importing it tells which. */
const MAIN_MS = 1000;

const givenUp = new Set<string>();

/** Whether nobody waits for a module any more, and it is still being imported. */
function isGivenUp(url: string): boolean {
  return givenUp.has(url) && isLoading(url);
}

/**
 * Imports the modules that a message needs.
 *
 * @param urls Their addresses.
 * @param patience Milliseconds to wait in the program itself. What is not loaded then shows where its
 * function is looked up; later messages do not wait for it again.
 * @returns A promise that rejects with the original error of a module that fails.
 */
export async function loadForMessage(
  urls: readonly string[],
  patience: number = PATIENCE_MS,
): Promise<void> {
  const main = runningMain();
  if (main === undefined) return await loadModules(urls);
  const behind = main === null ? [] : urls.filter((url) => leadsTo(url, main));
  const others = urls.filter((url) => !behind.includes(url));
  await Promise.all([
    loadWithin(patience, others),
    behind.length > 0 && loadBehind(main!, behind, patience),
  ]);
}

async function loadBehind(main: string, urls: string[], patience: number): Promise<void> {
  const short = Math.min(MAIN_MS, patience);
  await loadWithin(short, [main]);
  await loadWithin(isLoaded(main) ? patience : short, urls);
}

async function loadWithin(ms: number, urls: readonly string[]): Promise<void> {
  const wanted = urls.filter((url) => !isGivenUp(url));
  if (wanted.length === 0) return;
  const { promise: late, resolve } = Promise.withResolvers<void>();
  const timer = setTimeout(() => {
    for (const url of wanted) givenUp.add(url);
    resolve();
  }, ms);
  try {
    // Side by side: one that is waited for in vain must not keep the others from being loaded.
    await Promise.race([late, Promise.all(wanted.map((url) => loadModules([url])))]);
  } finally {
    clearTimeout(timer);
  }
}

/** Whether a module is the main module, or imports it. */
function leadsTo(url: string, main: string): boolean {
  return url === main || moduleGraph([url]).project.some((module) => module.url === main);
}
