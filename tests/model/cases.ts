/**
 * How a case is run: explores a model, says what it took, and fails with the schedule.
 *
 * @module
 */

import assert from "node:assert/strict";
import { it } from "node:test";
import { explore } from "./scheduler.ts";
import type { Model } from "./scheduler.ts";

/** A model in which nothing may go wrong. */
export function holds(model: Model): void {
  it(model.name, () => {
    const fault = run(model);
    assert.ok(fault === undefined, fault);
  });
}

/** A model with a fault that must be found, with its schedule. */
export function finds(model: Model, expected: RegExp): void {
  it(model.name, () => {
    const fault = run(model);
    assert.ok(fault !== undefined, "the fault was not found");
    assert.match(fault, expected);
    assert.match(fault, /\n {2}[A-C] \w+ /, "no schedule");
  });
}

function run(model: Model): string | undefined {
  const { name, states, ends, ms, fault } = explore(model);
  console.log(`${name}: ${states} states, ${ends} ends, ${ms} ms`);
  return fault;
}
