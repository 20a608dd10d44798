/**
 * Checks that docs/from-python.md has every public name of Python and of this library, and none that
 * does not exist. Python's names are in `python_names.json`, which `python_names.py` writes.
 *
 *     deno run -A scripts/check_names.ts
 */

import python from "./python_names.json" with { type: "json" };
import { missingNames, missingReasons, unknownNames, unlistedExports } from "./names/rules.ts";
import type { Exports, PythonNames } from "./names/rules.ts";
import { tablesOf } from "./names/tables.ts";

const ROOT = new URL("../", import.meta.url);
const DOCUMENT = "docs/from-python.md";

const LOCKS = ["Locks and the like"];
const VALUES = ["Shared values and arrays"];
const MEMORY = ["Shared memory"];
const EXECUTORS = ["Executors and futures"];
const LISTENERS = ["Listeners and clients"];
const MANAGERS = ["Managers"];
const CONTAINERS = ["Containers of a manager", ...MANAGERS];
const UNDOCUMENTED = "Names that Python does not document";

/** Where a group of Python's names stands. The others may stand anywhere. */
const HEADINGS: Readonly<Record<string, readonly string[]>> = {
  "multiprocessing.connection": ["Pipes", ...LISTENERS, UNDOCUMENTED],
  "multiprocessing.managers": ["Errors", ...CONTAINERS, UNDOCUMENTED],
  "multiprocessing.pool": ["Errors", "Pool", UNDOCUMENTED],
  "multiprocessing.queues": ["Queues"],
  "multiprocessing.shared_memory": MEMORY,
  "multiprocessing.sharedctypes": [...VALUES, UNDOCUMENTED],
  "multiprocessing.synchronize": [...LOCKS, UNDOCUMENTED],
  "concurrent.futures": ["Errors", ...EXECUTORS],
  "concurrent.futures.process": ["Errors", ...EXECUTORS],
  "concurrent.futures.thread": ["Errors", ...EXECUTORS],
  "concurrent.futures.interpreter": ["Errors", ...EXECUTORS],
  "multiprocessing.Process": ["Process"],
  "multiprocessing.pool.Pool": ["Pool"],
  "multiprocessing.pool.AsyncResult": ["Pool"],
  "multiprocessing.pool.IMapIterator": ["Pool"],
  "multiprocessing.connection.Connection": ["Pipes"],
  "multiprocessing.connection.Listener": LISTENERS,
  "multiprocessing.Queue": ["Queues"],
  "multiprocessing.JoinableQueue": ["Queues"],
  "multiprocessing.SimpleQueue": ["Queues"],
  "multiprocessing.Lock": LOCKS,
  "multiprocessing.RLock": LOCKS,
  "multiprocessing.Semaphore": LOCKS,
  "multiprocessing.BoundedSemaphore": LOCKS,
  "multiprocessing.Event": LOCKS,
  "multiprocessing.Condition": LOCKS,
  "multiprocessing.Barrier": LOCKS,
  "multiprocessing.Value": VALUES,
  "multiprocessing.Array": VALUES,
  "multiprocessing.shared_memory.SharedMemory": MEMORY,
  "multiprocessing.shared_memory.ShareableList": MEMORY,
  "multiprocessing.managers.BaseManager": MANAGERS,
  "multiprocessing.managers.SyncManager": MANAGERS,
  "multiprocessing.managers.SharedMemoryManager": MANAGERS,
  "multiprocessing.managers.Server": MANAGERS,
  "multiprocessing.managers.DictProxy": CONTAINERS,
  "multiprocessing.managers.ListProxy": CONTAINERS,
  "multiprocessing.managers.SetProxy": CONTAINERS,
  "multiprocessing.managers.ValueProxy": MANAGERS,
  "concurrent.futures.Executor": EXECUTORS,
  "concurrent.futures.ProcessPoolExecutor": EXECUTORS,
  "concurrent.futures.Future": EXECUTORS,
};

const tables = tablesOf(await Deno.readTextFile(new URL(DOCUMENT, ROOT)));
const library = await import(new URL("mod.ts", ROOT).href) as Record<string, unknown>;
const problems = [
  ...strayHeadings(),
  ...[python.names, ...Object.values(python.later)].flatMap((names) =>
    missingNames(tables, names as PythonNames, HEADINGS)
  ),
  ...missingReasons(tables),
  ...unknownNames(tables, await documentedExports()),
  ...unlistedExports(tables, Object.keys(library)),
];
for (const problem of problems) console.error(`${DOCUMENT}: ${problem}`);
const count = Object.values(python.names).join(" ").split(" ").length;
console.log(`${count} names of Python ${python.python}, ${problems.length} problems`);
Deno.exit(problems.length === 0 ? 0 : 1);

/** A heading that was renamed would let its names stand nowhere. */
function strayHeadings(): string[] {
  const known = new Set(tables.map(({ heading }) => heading));
  return [...new Set(Object.values(HEADINGS).flat())].filter((heading) => !known.has(heading))
    .map((heading) => `there is no table under "${heading}"`);
}

interface Declared {
  name: string;
  declarations: {
    kind: string;
    def?: {
      extends?: unknown;
      properties?: { name: string }[];
      methods?: { name: string }[];
    };
  }[];
}

/** What `deno doc` knows of each export, and what its prototypes inherit. */
async function documentedExports(): Promise<Exports> {
  const { success, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["doc", "--json", "mod.ts"],
    cwd: ROOT,
    env: { NO_COLOR: "1" },
  }).output();
  if (!success) throw new Error(new TextDecoder().decode(stderr));
  const { nodes } = JSON.parse(new TextDecoder().decode(stdout)) as {
    nodes: Record<string, { symbols: Declared[] }>;
  };
  const exports = new Map<string, Set<string>>();
  for (const { name, declarations } of Object.values(nodes).flatMap(({ symbols }) => symbols)) {
    const members = new Set<string>(inherited(library[name]));
    for (const { def } of declarations) {
      for (const member of [...def?.properties ?? [], ...def?.methods ?? []]) {
        members.add(member.name);
      }
    }
    exports.set(name, members);
  }
  return exports;
}

function* inherited(value: unknown): Generator<string> {
  if (typeof value !== "function") return;
  for (
    let prototype = value.prototype;
    prototype && prototype !== Object.prototype;
    prototype = Object.getPrototypeOf(prototype)
  ) yield* Object.getOwnPropertyNames(prototype);
}
