/**
 * Layer 8, shared. The names of shared memory that nobody named: they say whose it is, so that what
 * a killed process left is found and removed by the next one. May touch `runtime/`.
 *
 * Name: `mp-<namespace>-<process>-<when it began>-<random>`, numbers in base 36. A process number
 * means nothing in another namespace, so names of other namespaces are left alone.
 *
 * @module
 */

import { threadBegan, threadRuns } from "../runtime/liveness.ts";
import { runtime } from "../runtime/mod.ts";
import type { Pages } from "../runtime/pages.ts";
import { pidNamespace, SHM_FOLDER, shmNames } from "../runtime/shm_files.ts";

const NAME = /^mp-([0-9a-z]+)-([0-9a-z]+)-([0-9a-z]+)-[0-9a-z]+$/;
const LONGEST = 255;

let beginning: string | null = null;

/** Makes a name that is most likely free. The first call removes what dead processes left. */
export function newName(pages: Pages): string {
  if (beginning === null) {
    const pid = runtime.pid();
    const namespace = pidNamespace();
    const numbers = [namespace, pid, threadBegan(pid)];
    beginning = `mp-${numbers.map((number) => number.toString(36)).join("-")}`;
    if (namespace !== 0) removeAbandoned(pages, namespace);
  }
  return `${beginning}-${crypto.getRandomValues(new Uint32Array(1))[0].toString(36)}`;
}

/** Refuses a name that cannot be the name of a file. */
export function checkName(name: unknown, action: string): string {
  if (typeof name !== "string") {
    throw new TypeError(
      `Cannot ${action} with a name of type ${typeof name}: give a string, such as "frames"`,
    );
  }
  const bytes = new TextEncoder().encode(name).length;
  const wrong = name === ""
    ? "it is empty"
    : name === "." || name === ".."
    ? "it means a folder"
    : name.includes("/")
    ? "it has a slash"
    : name.includes("\0")
    ? "it has a NUL character"
    : bytes > LONGEST
    ? `it has ${bytes} bytes, at most ${LONGEST} are possible`
    : null;
  if (wrong === null) return name;
  throw new RangeError(
    `Cannot ${action} with the name ${JSON.stringify(name.slice(0, 80))}: ${wrong}; give a plain ` +
      'name, such as "frames"',
  );
}

/** The file that shared memory with a name is. */
export function pathOf(name: string): string {
  return `${SHM_FOLDER}/${name}`;
}

function removeAbandoned(pages: Pages, own: number): void {
  for (const name of shmNames()) {
    const parts = NAME.exec(name)?.slice(1).map((part) => parseInt(part, 36));
    if (parts === undefined) continue;
    const [namespace, pid, began] = parts;
    if (namespace === own && threadRuns(pid, began) === false) pages.unlink(pathOf(name));
  }
}
