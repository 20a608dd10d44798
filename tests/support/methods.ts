/** The start methods, and a `describe` for each of them. */

import { describe } from "node:test";
import process from "node:process";

export type Method = "spawn" | "thread";

/** All of them, or those that `TEST_METHODS` names. */
export const METHODS: readonly Method[] = (["spawn", "thread"] as const).filter((method) =>
  (process.env.TEST_METHODS ?? method).split(",").includes(method)
);

/** `describe(title [spawn])` and `describe(title [thread])`, each with its method. */
export function describeMethods(title: string, body: (method: Method) => void): void {
  for (const method of METHODS) {
    describe(`${title} [${method}]`, () => body(method));
  }
}
