/**
 * Layer 4, park. The names of all operations: how an isolate that cannot reach an object's memory
 * asks its owner for one. The modules that define operations enter them when they are loaded.
 *
 * @module
 */

import type { NowOperation, WaitOperation } from "./operation.ts";

/** Any operation. */
// deno-lint-ignore no-explicit-any
export type Operation = NowOperation<any, any> | WaitOperation<any>;

const byName = new Map<string, Operation>();
const names = new Map<Operation, string>();

/** Enters the operations of one kind of object: `lock.acquire`, and so on. */
export function nameOperations(
  kind: string,
  operations: Readonly<Record<string, Operation>>,
): void {
  for (const [name, operation] of Object.entries(operations)) {
    byName.set(`${kind}.${name}`, operation);
    names.set(operation, `${kind}.${name}`);
  }
}

/** The operation with a name. */
export function operationNamed(name: string): Operation | undefined {
  return byName.get(name);
}

/** The name of an operation. */
export function nameOf(operation: Operation): string {
  return names.get(operation)!;
}
