/** Ends of pipes in any two processes, and ends that are sent through pipes and queues. */

import assert from "node:assert/strict";
import { it } from "node:test";
import { getContext } from "../../mod.ts";
import type { Connection } from "../../mod.ts";
import { whyNoPages } from "../../src/runtime/pages.ts";
import * as work from "../fixtures/pipe/work.ts";
import { describeSettings } from "../fixtures/sync/settings.ts";

const MAPS_PAGES = whyNoPages() === null;

describeSettings("Pipe: anywhere", (setting) => {
  const { objects, children } = setting;
  const numbers = Array.from({ length: 200 }, (_, n) => n);

  it("between two children, and through a chain of them", async () => {
    const [a, b] = objects.Pipe<number>({ duplex: false });
    const [c, d] = objects.Pipe<number>({ duplex: false });
    const relays = new children.Process({ target: work.relay, args: [a, d] });
    const produces = new children.Process({ target: work.produce, args: [b, 200, "sync"] });
    relays.start();
    produces.start();
    for (const end of [a, b, d]) end.close();
    assert.deepEqual(await work.receiveAll(c, "async"), numbers);
    assert.deepEqual([await relays.join(), await produces.join()], [0, 0]);
  });

  it("between the workers of a pool", async () => {
    const [a, b] = objects.Pipe<number>();
    const came = setting.others.apply(work.receiveAll<number>, [a, "sync"]);
    const sent = setting.others.apply(work.produce, [b, 200, "async"]);
    a.close();
    b.close();
    await sent;
    assert.deepEqual(await came, numbers);
  });

  it("between a grandchild and here", async () => {
    const [here, there] = objects.Pipe<string>();
    const child = new children.Process({ target: work.handOn, args: [children.method, there] });
    child.start();
    there.close();
    assert.equal(await here.recv(), "from the grandchild");
    await assert.rejects(here.recv(), { name: "EOFError" });
    assert.equal(await child.join(), 0);
  });

  it("two that receive from one end: each message goes to exactly one", async () => {
    const [here, there] = objects.Pipe<number>();
    const takers = [
      setting.others.apply(work.receiveAll<number>, [there, "async"]),
      setting.others.apply(work.receiveAll<number>, [there, "sync"]),
    ];
    there.close();
    for (const n of numbers) await here.send(n);
    here.close();
    const came = (await Promise.all(takers)).map((part) => {
      assert.deepEqual(part, part.toSorted((a, b) => a - b));
      return part;
    });
    assert.deepEqual(came.flat().sort((a, b) => a - b), numbers);
  });

  it("through a connection; the sender closes its copy at once", async () => {
    const [carrier, carrierThere] = objects.Pipe();
    const [here, there] = objects.Pipe();
    const used = setting.others.apply(work.useCarried, [carrierThere, "carried"]);
    carrierThere.close();
    await carrier.send(there);
    there.close();
    assert.equal(await here.recv(), "carried");
    await assert.rejects(here.recv(), { name: "EOFError" });
    await used;
  });

  const passedOn = objects.method === "spawn" && children.method === "thread" && !MAPS_PAGES;
  it("lies in a message for a while, and nobody else has it", {
    skip: passedOn
      ? "without shared pages a thread serves what it passes on, until it ends: its maker is not asked"
      : false,
  }, async () => {
    const [carrier, carrierThere] = objects.Pipe<{ cargo: Connection }>();
    const [here, there] = objects.Pipe<string>();
    const child = new children.Process({ target: work.sendOn, args: [carrierThere, there] });
    child.start();
    carrierThere.close();
    there.close();
    assert.equal(await child.join(), 0); // it has ended; the end of the pipe is on its way
    assert.equal(await here.recv(), "before the journey");
    assert.equal(await here.poll({ timeout: 20 }), false);
    await here.send("into the void");
    const { cargo } = await carrier.recv();
    assert.equal(await cargo.recv(), "into the void");
    await cargo.send("arrived");
    cargo.close();
    assert.equal(await here.recv(), "arrived");
    await assert.rejects(here.recv(), { name: "EOFError" });
  });

  const needsMaker = objects.method === "spawn" && !MAPS_PAGES;
  it("outlives the process that made it", {
    skip: needsMaker ? "without shared pages a pipe ends with the process that made it" : false,
  }, async () => {
    const [carrier, carrierThere] = objects.Pipe<Connection<string>>();
    const method = children.method === "thread" ? objects.method : "spawn";
    const child = new children.Process({ target: work.makeAndSend, args: [method, carrierThere] });
    child.start();
    carrierThere.close();
    const there = await carrier.recv();
    await there.send("arrived");
    assert.equal(await child.join(), 0);
    assert.deepEqual(await work.receiveAll(there, "async"), ["from the maker"]);
  });

  it("both ends may be the same process's, through itself", async () => {
    const [here, there] = objects.Pipe();
    const [a, b] = objects.Pipe();
    await here.send([a, b]);
    a.close();
    b.close();
    const [c, d] = await there.recv() as Connection[];
    await c.send("a long way");
    assert.equal(await d.recv(), "a long way");
    c.close();
    await assert.rejects(d.recv(), { name: "EOFError" });
  });

  it("a message that is not sent does not keep its connections open", async () => {
    const [full, other] = objects.Pipe();
    await work.fill(full);
    const [here, there] = objects.Pipe();
    const controller = new AbortController();
    const late = work.outcome(full, "send", there, { timeout: 1 });
    const ended = work.outcome(full, "send", there, { signal: controller.signal });
    const refused = work.outcome(full, "send", [there, new WeakMap()]);
    assert.throws(() => full.sendSync(there, { timeout: 0 }), { name: "TimeoutError" });
    there.close();
    assert.equal(await refused, "SerializationError");
    assert.equal(await late, "TimeoutError");
    assert.equal(await here.poll(), false);
    controller.abort(new RangeError("enough"));
    assert.equal(await ended, "RangeError");
    await assert.rejects(here.recv({ timeout: 5000 }), { name: "EOFError" });
    other.close(); // it was open until now
  });

  it("a message that nobody will receive does not keep its connections open", async () => {
    const [carrier, carrierThere] = objects.Pipe();
    const [here, there] = objects.Pipe();
    await carrier.send(there);
    there.close();
    carrierThere.close(); // the last one that could have received it
    carrier.close();
    await assert.rejects(here.recv({ timeout: 1000 }), { name: "EOFError" });
  });
});

describeSettings("Pipe: through queues", (setting) => {
  const { objects } = setting;
  if (objects.method === "thread") return;

  it("an end arrives, although its sender has closed it", async () => {
    const queue = new objects.Queue<Connection>();
    const [here, there] = objects.Pipe();
    const used = setting.others.apply(work.useQueued, [queue, "queued"]);
    await queue.put(there);
    there.close();
    assert.equal(await here.recv(), "queued");
    await assert.rejects(here.recv(), { name: "EOFError" });
    await used;
  });
});

describeSettings("Pipe: what belongs to this process", ({ objects, children }) => {
  if (objects.method !== "thread") return;

  it("is refused by other processes", () => {
    assert.equal(children.method, "thread");
    const [, there] = objects.Pipe();
    const child = new (getContext("spawn").Process)({ target: work.echo, args: [there, "async"] });
    assert.throws(() => child.start(), { name: "SerializationError", message: /thread context/ });
    there.close();
  });
});
