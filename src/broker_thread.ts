/**
 * The helper thread of an isolate: serves its objects to isolates that cannot reach
 * their memory, and asks the brokers of others for it. Nobody imports this file;
 * `broker/helper.ts` names it by URL. It runs no code of the user's, so that it answers while the isolate is blocked.
 *
 * @module
 */

import { add, notify } from "./memory/atomics.ts";
import { helperPort } from "./runtime/helper_thread.ts";
import { threadBegan, threadNumber } from "./runtime/liveness.ts";
import { onUncaught } from "./runtime/uncaught.ts";
import "./channel/channel_words.ts";
import "./channel/sides.ts";
import "./shared/array_words.ts";
import "./shared/value_words.ts";
import "./sync/barrier_words.ts";
import "./sync/condition_words.ts";
import "./sync/event_words.ts";
import "./sync/lock_words.ts";
import "./sync/semaphore_words.ts";
import { failureBytes } from "./broker/failure.ts";
import type { Notice, Order } from "./broker/messages.ts";
import { ask } from "./broker/relay.ts";
import { listen, offer, offerMapped } from "./broker/service.ts";

const { port } = helperPort((words) => {
  const bell = new Int32Array(words);
  add(bell, 0, 1);
  notify(bell, 0);
});

const say = (notice: Notice) => port.post(notice);
const thread = threadNumber();
const sayAlive = () => say(["alive", thread, thread > 0 ? threadBegan(thread) : -1]);

sayAlive();
// Nobody else would say so: the isolate would wait for ever, or end without having been asked.
onUncaught((error) => say(["crashed", failureBytes(error)]));
port.onMessage((message) => {
  const order = message as Order;
  if (order[0] === "ping") return sayAlive();
  if (order[0] === "ask") return ask(order[1], order[2], say);
  // The isolate is blocked until it knows: whatever happens is said.
  carryOut(order).then(say, (error) => say(["failed", failureBytes(error)]));
});

async function carryOut(order: Order): Promise<Notice> {
  switch (order[0]) {
    case "offer":
      offer(order[1], order[2], order[3], order[4], order[5]);
      return ["offered"];
    case "offerMapped":
      offerMapped(order[1], order[2], order[3]);
      return ["offered"];
    case "listen":
      return ["address", await listen(order[1])];
    default:
      throw new TypeError(`Cannot carry out an order ${String(order[0])}`);
  }
}
