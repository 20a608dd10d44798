/**
 * Layer 12, manager. The shared memory of a server: made on request, and all of it unlinked at the
 * end. Owns the names only: what a client unlinks and closes is free, whatever the server does.
 *
 * @module
 */

import { ShareableList } from "../shared/shareable_list.ts";
import type { ListItem } from "../shared/list_layout.ts";
import { unlinkSegment } from "../shared/segments.ts";
import { SharedMemory } from "../shared/shared_memory.ts";
import { registerSubclass } from "../wire/classes.ts";

/** With a name, whatever the default start method is: it leaves this process. */
class NamedMemory extends SharedMemory {
  static override readonly startMethod = "spawn";
}

/** In memory with a name. */
class NamedList extends ShareableList {
  static override readonly startMethod = "spawn";
}

registerSubclass(NamedMemory, SharedMemory);
registerSubclass(NamedList, ShareableList);

/** Makes shared memory, and unlinks it. */
export class MemoryMaker {
  readonly #names: string[] = [];

  /** Whether it makes what is called so. */
  knows(type: string): boolean {
    return type === "SharedMemory" || type === "ShareableList";
  }

  /** Makes it: it travels by name, and is mapped until it is written down for its client. */
  make(type: string, args: unknown[]): object {
    if (type === "SharedMemory") {
      const memory = new NamedMemory({ create: true, size: args[0] as number });
      this.#note(memory);
      return memory;
    }
    const list = new NamedList(args[0] as ListItem[]);
    this.#note(list.shm);
    return list;
  }

  /** Removes the names of all that it has made. */
  unlink(): void {
    for (const name of this.#names.splice(0)) {
      try {
        unlinkSegment(name);
      } catch {
        // Somebody has unlinked it already.
      }
    }
  }

  #note(memory: SharedMemory): void {
    this.#names.push(memory.name);
    queueMicrotask(() => memory.close()); // the answer is written in this turn
  }
}
