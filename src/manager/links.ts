/**
 * Layer 12, manager. The links of this process, one for each server. Owns the table, and how a server
 * is reached that is only known from a proxy that came in a message.
 *
 * @module
 */

import { BrokenPipeError } from "../errors.ts";
import { authKey } from "../process/auth_key.ts";
import { dial } from "../remote/dial.ts";
import type { Address } from "../remote/address.ts";
import { runtime } from "../runtime/mod.ts";
import { Link } from "./link.ts";
import { openKey } from "./sealed_key.ts";

const links = new Map<string, Link>();

/** How to reach a server. */
export interface Place {
  /** Its identity. */
  readonly uid: string;
  readonly address: Address;
  /** The key, sealed for this family; `null` for the key of the family itself. */
  readonly sealed: Uint8Array | null;
}

/** Takes note of a link whose server is known; answers the one to use, if there is one already. */
export function shareLink(uid: string, link: Link): Link {
  const known = links.get(uid);
  if (known !== undefined && known !== link && known.lost === null) return known;
  note(uid, link);
  return link;
}

function note(uid: string, link: Link): void {
  links.set(uid, link);
  link.onEnd = () => void (links.get(uid) === link && links.delete(uid));
}

/** The link to a server; connects, if this process has none. */
export function reach(place: Place): Link {
  const known = links.get(place.uid);
  if (known !== undefined && known.lost === null) return known;
  const link = new Link();
  link.address = place.address;
  link.sealed = place.sealed;
  note(place.uid, link);
  // The reference that came in the message is taken over before this process ends.
  const release = runtime.keepAlive();
  connect(link, place).catch((error) => link.end(error)).finally(release);
  return link;
}

async function connect(link: Link, { uid, address, sealed }: Place): Promise<void> {
  const key = sealed === null ? authKey() : await openKey(sealed);
  link.attach(await dial(address, key));
  const hello = await link.ready;
  if (hello.uid === uid) return;
  throw new BrokenPipeError(
    `Cannot reach the server of this proxy: it has ended, and another one, ${hello.name}, has its ` +
      "address",
  );
}

/** Which server an object of a link belongs to, and how others reach it. */
export function placeOf(link: Link): Place | null {
  if (link.hello !== null) {
    return { uid: link.hello.uid, address: link.address!, sealed: link.sealed };
  }
  for (const [uid, one] of links) {
    if (one === link) return { uid, address: link.address!, sealed: link.sealed };
  }
  return null;
}
