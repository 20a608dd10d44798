/** The start methods, and a `describe` for each of them. */

import { describe } from "node:test";

export type Method = "spawn" | "thread";

export const METHODS: readonly Method[] = ["spawn", "thread"];

/** `describe(title [spawn])` and `describe(title [thread])`, each with its method. */
export function describeMethods(title: string, body: (method: Method) => void): void {
  for (const method of METHODS) {
    describe(`${title} [${method}]`, () => body(method));
  }
}
