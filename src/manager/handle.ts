/**
 * Layer 12, manager. How proxies travel: as the address of the server, the number of the object, and a
 * reference that the message holds. Imports every class of proxies, so that who reads one has them.
 *
 * Handle: server's identity · address · whether it has a key of its own · that key, sealed · object ·
 * kind · of a registered class: its name and methods · token, or nothing if it may be read again
 *
 * @module
 */

import { BrokenPipeError } from "../errors.ts";
import type { Address } from "../remote/address.ts";
import { registerInternal, registerSubclass } from "../wire/classes.ts";
import type { AnyClass, WireInput, WireOutput } from "../wire/classes.ts";
import "./barrier_proxy.ts";
import "./condition_proxy.ts";
import "./dict_proxy.ts";
import "./event_proxy.ts";
import { FIRST_OWN, KINDS_BY_NUMBER, makeKind } from "./kinds.ts";
import "./list_proxy.ts";
import "./lock_proxies.ts";
import type { Link } from "./link.ts";
import { placeOf, reach } from "./links.ts";
import "./pool_proxy.ts";
import { makeProxy, openParts, proxyClasses, RemoteProxy } from "./proxy.ts";
import "./queue_proxies.ts";
import "./semaphore_proxies.ts";
import "./value_proxies.ts";

function write(output: WireOutput, proxy: RemoteProxy): void {
  const { link: wire, object, kind } = openParts(proxy, "send the proxy of a");
  const link = wire as Link;
  const place = placeOf(link);
  if (link.lost !== null || place === null) {
    throw new BrokenPipeError(`it is the proxy of a ${kind.name} whose server has ended`);
  }
  const token = link.post(object, output.once);
  output.hold(() => link.land(token));
  output.string(place.uid);
  output.value(place.address, "address");
  output.u8(place.sealed === null ? 0 : 1);
  if (place.sealed !== null) output.bytes(place.sealed);
  output.varint(object);
  output.varint(kind.number);
  if (kind.number >= FIRST_OWN) {
    output.string(kind.name);
    output.varint(kind.methods.length);
    for (const method of kind.methods) output.string(method);
  }
  output.string(output.once ? token : "");
}

function read(input: WireInput): RemoteProxy {
  const uid = input.string();
  const address = input.value() as Address;
  const sealed = input.u8() === 1 ? input.bytes().slice() : null;
  const link = reach({ uid, address, sealed });
  const object = input.varint();
  const number = input.varint();
  let kind = KINDS_BY_NUMBER[number];
  if (number >= FIRST_OWN) {
    const name = input.string();
    const methods: string[] = [];
    for (let left = input.varint(); left > 0; left--) methods.push(input.string());
    kind = link.learn(makeKind(number, name, methods));
  }
  const token = input.string();
  if (token === "") link.keep(object);
  else link.take(object, token);
  return makeProxy(link, object, kind, number >= FIRST_OWN);
}

registerInternal(RemoteProxy, "RemoteProxy", import.meta.url, { encode: write, decode: read });
for (const Class of proxyClasses()) {
  registerSubclass(Class as AnyClass<unknown>, RemoteProxy as AnyClass<unknown>);
}
