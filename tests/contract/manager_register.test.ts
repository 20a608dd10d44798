/** Classes that are registered with a manager: what can be called, and what comes back. */

import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { BaseManager, Manager, ProcessError, Queue, RemoteError, RemoteProxy } from "../../mod.ts";
import { ASK, END, writeArguments } from "../../src/manager/messages.ts";
import { dial } from "../../src/remote/dial.ts";
import { Encoder } from "../../src/wire/encode.ts";
import { seal } from "../../src/wire/envelope.ts";
import { Account, Impossible, Savings } from "../fixtures/manager/work.ts";
import { waitFor } from "../support/alive.ts";

class Base extends BaseManager {}
const Bank = Base.register("Account", Account)
  .register("Savings", Savings)
  .register("Reader", Account, { exposed: ["slowly"] })
  .register("Impossible", Impossible);

describe("Registered classes", () => {
  it("live in the server; errors come back whole", async () => {
    await using manager = new Bank();
    const account = await manager.Account(5);
    assert.equal(await account.deposit(2), 7);
    assert.equal(await account.slowly(), 7);
    await assert.rejects(account.deposit(-1), (error) => {
      assert.ok(error instanceof RangeError);
      assert.equal(error.message, "cannot deposit -1");
      assert.ok(error.cause instanceof RemoteError);
      assert.match(error.cause.message, /Bas\w+-\d+(:\d+)? \(pid \d+\): cannot deposit -1/);
      assert.match(error.cause.stack!, /deposit/);
      return true;
    });
    await assert.rejects(manager.Impossible(), { name: "TypeError", message: "never" });
    // An instance does not travel; the next call does.
    await assert.rejects(account.self(), { name: "SerializationError", message: /class Account/ });
    assert.equal(await account.deposit(1), 8);
  });

  it("fail with a stack that leads to whoever awaits the call", async () => {
    await using manager = new Bank();
    const account = await manager.Account(5);
    const awaitHere = async () => await account.deposit(-1);
    const error = await awaitHere().catch((error) => error);
    assert.match(
      error.stack,
      /^RangeError: cannot deposit -1\n\s+at .*deposit.*work\.ts:\d+:\d+\)\n\s+at async .*manager_register/,
    );
  });

  it("have the methods of their classes, and no others", async () => {
    await using manager = new Bank();
    const account = await manager.Account();
    assert.ok(account instanceof RemoteProxy);
    const own = (proxy: object) =>
      Object.getOwnPropertyNames(Object.getPrototypeOf(proxy)).filter((n) => n !== "constructor");
    assert.deepEqual(own(account), ["deposit", "slowly", "self"]);
    assert.deepEqual(own(await manager.Savings()), ["interest", "deposit", "slowly", "self"]);
    assert.deepEqual(own(await manager.Reader()), ["slowly"]);
    assert.equal("_secret" in account, false);
    assert.equal("hidden" in account, false);
    assert.equal("then" in await manager.Savings(), false);
  });

  it("cannot be made to run what is not listed, by any message", async () => {
    const manager = new Bank({ authKey: "raw" });
    const server = manager.getServer();
    const address = await server.listen();
    const account = await manager.Account(5);
    assert.equal(await account.deposit(0), 5);
    const answers: string[] = [];
    const alive = setInterval(() => {}, 1000); // a bare channel keeps nothing alive
    const channel = await dial(address, new TextEncoder().encode("raw"));
    const heard = new Promise<void>((resolve) => {
      channel.open((bytes) => {
        answers.push(new TextDecoder().decode(bytes));
        if (answers.length === 4) resolve();
      }, resolve);
    });
    const say = (fill: (encoder: Encoder) => void) => {
      const encoder = new Encoder("process");
      fill(encoder);
      encoder.u8(0);
      channel.send(seal(encoder));
    };
    const call = (id: number, object: number, method: number) => (encoder: Encoder) => {
      for (const part of [1, id, object, method, 0]) encoder.varint(part);
    };
    say(call(1, 1, 0)); // no reference
    say((encoder) => (encoder.u8(5), encoder.varint(1))); // takes one
    say(call(2, 1, 99)); // no such method
    say((encoder) => (encoder.u8(9), encoder.varint(3))); // is not its program
    await heard;
    assert.match(answers[1], /it is gone/);
    assert.match(answers[2], /method 99 of a Account: there is none/);
    assert.match(answers[3], /only the program that has started it/);
    const ended = new Promise<void>((resolve) => channel.open(() => {}, resolve));
    say((encoder) => encoder.u8(77)); // no request
    await ended;
    clearInterval(alive);
    assert.equal(await account.deposit(1), 6);
    await manager.shutdown();
  });

  it("refuses names and methods at the call", () => {
    class Mine extends BaseManager {}
    const refused = (name: unknown, source: unknown, options?: unknown) => () =>
      Mine.register(name as string, source as typeof Account, options as never);
    assert.throws(refused("start", Account), /something of that name already/);
    assert.throws(refused("then", Account), TypeError);
    assert.throws(refused("constructor", Account), TypeError);
    assert.throws(refused("_own", Account), { name: "TypeError", message: /begin with _/ });
    assert.throws(refused("a b", Account), TypeError);
    assert.throws(refused(5, Account), TypeError);
    assert.throws(refused("Account", {}), { name: "TypeError", message: /give a class/ });
    assert.throws(refused("Account", Account, 5), TypeError);
    const exposes = (...exposed: unknown[]) => refused("Account", Account, { exposed });
    for (const method of ["_secret", "constructor", "__proto__", "toString", "then", "missing"]) {
      assert.throws(exposes(method), { name: "TypeError", message: new RegExp(method) });
    }
    assert.throws(exposes("hidden"), /no such method/);
    assert.throws(exposes(1), TypeError);
    Mine.register("Account", Account, { exposed: ["deposit"] });
    Mine.register("Account", Account); // again, as when a module is reloaded
    class Of extends Manager {}
    assert.throws(() => Of.register("dict", Account), TypeError);
  });

  it("belong to their class of managers and to those that extend it", async () => {
    class One extends Bank {}
    class Two extends BaseManager {}
    assert.equal("Account" in One.prototype, true);
    assert.equal("Account" in Two.prototype, false);
    await using manager = new (class extends Base {
      declare Nothing: () => Promise<unknown>;
    })();
    assert.equal("Account" in manager, true);
  });

  it("a function makes one object for all, a proxy, or what travels by itself", async () => {
    const account = new Account(3);
    const queue = new Queue<number>();
    class Shared extends Manager {}
    const Sharing = Shared.register("account", () => account)
      .register("later", () => Promise.resolve(account))
      .register("queue", (): unknown => queue)
      .register("plain", (n: number) => ({ twice: () => 2 * n, _hidden: () => 0 }))
      .register("events", () => events)
      .register("number", () => 5)
      .register("elsewhere");
    await using manager = new Sharing();
    await manager.getServer().listen();
    const events = await manager.Event();
    const [one, other] = [await manager.account(), await manager.later()];
    await one.deposit(1);
    assert.equal(await other.deposit(1), 5);
    assert.equal(await (await manager.plain(4)).twice(), 8);
    assert.equal(await manager.number(), 5);
    await (await manager.events()).set();
    assert.equal(await events.isSet(), true);
    const arrived = await manager.queue() as Queue<number>;
    assert.ok(arrived instanceof Queue);
    queue.putNowait(7);
    assert.equal(await arrived.get(), 7);
    await assert.rejects(manager.elsewhere(), { name: "TypeError", message: /does not know it/ });
  });

  it("are disposed of with their last proxy", async () => {
    let disposed = 0;
    class Held {
      async [Symbol.asyncDispose]() {
        await Promise.resolve();
        disposed++;
      }
    }
    class Holding extends BaseManager {}
    const Holders = Holding.register("Held", Held);
    await using manager = new Holders();
    await manager.getServer().listen();
    const one = await manager.Held();
    await manager.Held();
    one[Symbol.dispose]();
    await manager.Held(); // behind it
    assert.equal(disposed, 1);
    await manager.shutdown();
    assert.equal(disposed, 3);
    await assert.rejects(manager.Held(), { name: "BrokenPipeError" });
    assert.throws(() => manager.getServer(), ProcessError);
  });

  it("are disposed of if their client has left before they were made", async () => {
    let disposed = 0;
    const begun = Promise.withResolvers<void>();
    const held = Promise.withResolvers<Disposable>();
    class Holding extends BaseManager {}
    const Holders = Holding.register("held", () => (begun.resolve(), held.promise));
    const server = new Holders({ authKey: "raw" }).getServer();
    const alive = setInterval(() => {}, 1000); // a bare channel keeps nothing alive
    const channel = await dial(await server.listen(), new TextEncoder().encode("raw"));
    channel.open(() => {}, () => {});
    const encoder = new Encoder("process");
    for (const part of [ASK.MAKE, 1]) encoder.varint(part);
    encoder.string("held");
    writeArguments(encoder, []);
    encoder.u8(END);
    channel.send(seal(encoder));
    await begun.promise;
    clearInterval(alive);
    channel.close();
    await waitFor(() => server.clients === 0);
    held.resolve({ [Symbol.dispose]: () => void disposed++ });
    await waitFor(() => disposed === 1);
    await server.stop();
    assert.equal(disposed, 1);
  });
});
