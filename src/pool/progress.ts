/**
 * Layer 10, pool. The progress bar of `progress: true`: drawn by the npm package `cli-progress`,
 * which is loaded only when a bar is asked for and standard error is a terminal.
 *
 * @module
 */

import { runtime } from "../runtime/mod.ts";

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

let warned = false;

/** Returns a bar, or `null` when standard error is not a terminal. */
export function progressBar(): ProgressBar | null {
  if (!runtime.errorIsTerminal()) return null;
  let bar: Bar | null = null;
  let last: [number, number | undefined] = [0, undefined];
  let stopped = false;
  const draw = () => {
    bar?.setTotal(last[1] ?? last[0]);
    bar?.update(last[0]);
  };
  load().then((made) => {
    if (stopped || made === null) return;
    bar = made;
    bar.start(last[1] ?? last[0], last[0]);
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

async function load(): Promise<Bar | null> {
  try {
    const loaded = await runtime.importPackage(PACKAGE, VERSION) as {
      default: { SingleBar: new (options: object) => Bar };
    };
    return new loaded.default.SingleBar({
      format: "{bar} {percentage}% | {value}/{total} | {duration_formatted} | ETA {eta_formatted}",
      barCompleteChar: "█",
      barIncompleteChar: "░",
      hideCursor: true,
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
