/**
 * Layer 12, manager. The public SharedMemoryManager.
 *
 * @module
 */

import type { ListItem } from "../shared/list_layout.ts";
import type { ShareableList } from "../shared/shareable_list.ts";
import type { SharedMemory } from "../shared/shared_memory.ts";
import { BaseManager, makeObject } from "./base_manager.ts";

/**
 * Makes shared memory, and removes all of it when it is shut down, or its program ends: nobody has to
 * remember `unlink`. Who makes it is the server; what is returned is attached here.
 *
 * It works with processes that share memory: where the runtime cannot map it, `SharedMemory` rejects
 * with the reason.
 *
 * @example
 * ```ts
 * import { ProcessError, SharedMemoryManager } from "@manycore/multiprocessing";
 *
 * if (import.meta.main) {
 *   await using manager = new SharedMemoryManager();
 *   try {
 *     using memory = await manager.SharedMemory(16);
 *     memory.buf[0] = 7;
 *   } catch (error) {
 *     if (!(error instanceof ProcessError)) throw error; // this runtime maps none
 *   }
 * }
 * ```
 */
export class SharedMemoryManager extends BaseManager {
  /** Memory. */
  static override readonly makes = "memory";

  /**
   * Makes shared memory, all zero.
   *
   * @param size Bytes.
   * @throws {TypeError | RangeError} If the size is no positive whole number.
   * @throws {ProcessError} If the server, or this process, cannot map it.
   */
  SharedMemory(size: number): Promise<SharedMemory> {
    return makeObject(this, "SharedMemory", [size]);
  }

  /**
   * Makes a list of items in shared memory.
   *
   * @throws {TypeError | RangeError} If an item cannot stand in it.
   * @throws {ProcessError} If the server, or this process, cannot map it.
   */
  // deno-lint-ignore require-await -- so that a mistake rejects
  async ShareableList(items: Iterable<ListItem>): Promise<ShareableList> {
    return makeObject(this, "ShareableList", [[...items]]);
  }
}
