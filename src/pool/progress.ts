/**
 * Layer 10, pool. The progress bar of `progress: true`: drawn by the npm package `cli-progress`,
 * which is loaded only when a bar is asked for and standard error is a terminal.
 *
 * @module
 */

import { runtime } from "../runtime/mod.ts";
import type { MapOptions } from "./options.ts";

const PACKAGE = "cli-progress";
const VERSION = "3.12.0";

/** A bar that may still be loading. */
export interface ProgressBar {
  /** Draws how much is done. */
  update(done: number, total: number | undefined): void;
  /** Draws the last state and leaves the line. */
  stop(): void;
}

interface Bar {
  start(total: number, value: number): void;
  setTotal(total: number): void;
  update(value: number): void;
  stop(): void;
}

type Make = (format: string) => Bar;

const BAR = "{bar} {percentage}% | {value}/{total} | {duration_formatted} | ETA {eta_formatted}";
/** Where nobody knows how many there will be. */
const COUNT = "{value} done | {duration_formatted}";

let warned = false;

/** What a call with these options tells of its progress, and the bar that it draws. */
export function progressOf(
  { progress, onProgress }: MapOptions,
): {
  bar: ProgressBar | null;
  onProgress: ((done: number, total: number | undefined) => void) | null;
} {
  const bar = progress ? progressBar() : null;
  if (bar === null) return { bar, onProgress: onProgress ?? null };
  const tell = (done: number, total: number | undefined) => {
    onProgress?.(done, total);
    bar.update(done, total);
  };
  return { bar, onProgress: tell };
}

/** Returns a bar, or `null` when standard error is not a terminal. */
function progressBar(): ProgressBar | null {
  if (!runtime.errorIsTerminal()) return null;
  let make: Make | null = null;
  let bar: Bar | null = null;
  let last: [number, number | undefined] | null = null;
  let stopped = false;
  const draw = () => {
    if (last === null || make === null) return;
    const [done, total = done] = last;
    if (bar === null) {
      bar = make(last[1] === undefined ? COUNT : BAR);
      bar.start(total, done);
    } else {
      bar.setTotal(total);
      bar.update(done);
    }
  };
  load().then((loaded) => {
    if (stopped) return;
    make = loaded;
    draw();
  });
  return {
    update(done, total) {
      last = [done, total];
      draw();
    },
    stop() {
      stopped = true;
      draw();
      bar?.stop();
    },
  };
}

async function load(): Promise<Make | null> {
  try {
    const loaded = await runtime.importPackage(PACKAGE, VERSION) as {
      default: { SingleBar: new (options: object) => Bar };
    };
    const { SingleBar } = loaded.default;
    return (format) =>
      new SingleBar({
        format,
        barCompleteChar: "█",
        barIncompleteChar: "░",
        hideCursor: false, // it would stay hidden after Ctrl-C
        linewrap: true,
      });
  } catch {
    if (!warned) {
      console.warn(
        `Warning: no progress bar, because ${PACKAGE} is missing: npm install ${PACKAGE}@${VERSION}`,
      );
    }
    warned = true;
    return null;
  }
}
