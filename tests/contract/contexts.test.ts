/** What a context has: every constructor, for one start method. */

import assert from "node:assert/strict";
import { it } from "node:test";
import * as library from "../../mod.ts";
import { getContext } from "../../mod.ts";
import { Account } from "../fixtures/manager/work.ts";
import { describeMethods } from "../support/methods.ts";

/** What users do not make, or what is about functions, start methods and tasks. */
const APART = new Set([
  ...["Thread", "ThreadPool", "Executor", "Future", "AsyncResult", "Connection", "ManagerServer"],
  ...["getContext", "getStartMethod", "setStartMethod", "getAllStartMethods"],
  ...["register", "registerClass", "inline", "partial"],
  ...["currentTask", "asCompleted", "waitFutures"],
]);

describeMethods("A context", (method) => {
  const context = getContext(method);

  it("has every constructor of the module", () => {
    const missing = Object.entries(library).filter(([name, value]) =>
      !(name in context) && !APART.has(name) && !name.endsWith("Proxy") &&
      !(value.prototype instanceof Error)
    );
    assert.deepEqual(missing.map(([name]) => name), []);
  });

  it("starts the servers of its managers with its method", async () => {
    class Bank extends context.BaseManager {}
    assert.equal(Bank.startMethod, method);
    await using bank = new (Bank.register("Account", Account))();
    const account = await bank.Account(1);
    assert.equal(await account.deposit(2), 3);
  });
});
