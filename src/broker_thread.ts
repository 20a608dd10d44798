/**
 * The helper thread of an isolate: serves its objects to isolates that cannot reach
 * their memory, and asks the brokers of others for it. Nobody imports this file; `link.ts` names it
 * by URL. It runs no code of the user's, so that it answers while the isolate is blocked.
 *
 * @module
 */

import { add, notify } from "./memory/atomics.ts";
import { helperPort } from "./runtime/helper_thread.ts";
import "./shared/array_words.ts";
import "./shared/value_words.ts";
import "./sync/barrier_words.ts";
import "./sync/condition_words.ts";
import "./sync/event_words.ts";
import "./sync/lock_words.ts";
import "./sync/semaphore_words.ts";
import type { Order } from "./broker/messages.ts";
import { ask } from "./broker/relay.ts";
import { listen, offer, offerMapped } from "./broker/service.ts";

const { port } = helperPort((words) => {
  const bell = new Int32Array(words);
  add(bell, 0, 1);
  notify(bell, 0);
});

port.onMessage((message) => {
  const order = message as Order;
  switch (order[0]) {
    case "offer":
      offer(order[1], order[2], order[3], order[4], order[5]);
      return port.post(["offered"]);
    case "offerMapped":
      offerMapped(order[1], order[2], order[3]);
      return port.post(["offered"]);
    case "listen":
      return void listen().then((address) => port.post(["address", address]));
    case "ask":
      return ask(order[1], order[2], (answer) => port.post(answer));
  }
});
