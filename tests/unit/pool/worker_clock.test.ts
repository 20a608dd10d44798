import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { WorkerClock } from "../../../src/pool/worker_clock.ts";

describe("pool: a worker's clock", () => {
  it("differs by the difference of the origins", () => {
    const clock = new WorkerClock();
    clock.begin(performance.timeOrigin + 500);
    clock.heard(1, 501.25);
    assert.equal(Math.round(clock.here(10)), 510);
    assert.equal(Math.round(clock.there(510)), 10);
  });

  it("lets no message arrive before it was sent, if the system's clock was set forward", () => {
    const clock = new WorkerClock();
    clock.begin(performance.timeOrigin + 3_600_500);
    clock.heard(1, 502);
    clock.heard(2, 502.1);
    clock.heard(3, 900);
    assert.equal(Math.round(clock.here(2) * 10) / 10, 502.1);
  });

  it("lets no task begin before it was submitted, if the system's clock was set back", () => {
    const clock = new WorkerClock();
    clock.begin(performance.timeOrigin - 3_600_000);
    clock.heard(1, 502);
    clock.caused(600, 100);
    assert.equal(Math.round(clock.here(100)), 600);
    clock.caused(1e9, 100); // a worker that lies about its time
    assert.equal(Math.round(clock.here(1)), 502);
  });

  it("ignores what is no number", () => {
    const clock = new WorkerClock();
    clock.begin(NaN);
    clock.heard(NaN, 5);
    clock.caused(5, NaN);
    assert.equal(clock.here(7), 7);
    clock.begin(-Infinity);
    assert.equal(clock.here(7), 7);
  });
});
