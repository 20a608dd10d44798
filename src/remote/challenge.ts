/**
 * Layer 11, remote. The handshake: both sides prove that they know the key, and neither shows it.
 * Until it has succeeded, frames have the lengths below, and nothing of them reaches the codec.
 *
 * ```text
 * listener ─▶ MAGIC · nonce                       the challenge
 * client   ─▶ nonce · mac("client", both nonces)  its own challenge, and its proof
 * listener ─▶ WELCOME · mac("server", both nonces), or REFUSED
 * ```
 *
 * Each frame is a length of four bytes, little-endian, and so many bytes. A proof covers who gives
 * it and both nonces, so that neither an earlier one nor one's own can be sent back.
 *
 * @module
 */

import { AuthenticationError, ProcessError, ProtocolError } from "../errors.ts";
import { frame, HEADER_BYTES, joined } from "../runtime/frames.ts";
import type { NetStream } from "../runtime/net.ts";
import { sameSecret } from "../runtime/secret.ts";

/** "MCR" and the version of the protocol. */
const MAGIC = [0x4d, 0x43, 0x52, 1];
const NONCE_BYTES = 32;
const MAC_BYTES = 32;
const REFUSED = 0;
const WELCOME = 1;
const LABEL = "manycore multiprocessing, remote 1, ";

type Bytes = Uint8Array<ArrayBuffer>;

/** A key in the form that the handshake needs. */
export function importKey(key: Uint8Array): Promise<CryptoKey> {
  const algorithm = { name: "HMAC", hash: "SHA-256" };
  return crypto.subtle.importKey("raw", key as Bytes, algorithm, false, ["sign"]);
}

/**
 * The listener's part.
 *
 * @returns What the client has said behind its proof.
 * @throws {AuthenticationError} If it does not know the key; it has been told.
 * @throws {ProtocolError} If what it says is no handshake.
 */
export async function admit(stream: NetStream, key: CryptoKey): Promise<Bytes> {
  const frames = new HandshakeFrames(stream);
  const mine = newNonce();
  await stream.write(frameOf(MAGIC, mine));
  const answer = await frames.next(NONCE_BYTES + MAC_BYTES);
  const theirs = answer.subarray(0, NONCE_BYTES);
  if (!sameSecret(answer.subarray(NONCE_BYTES), await proof(key, "client", mine, theirs))) {
    await stream.write(frameOf([REFUSED]));
    throw new AuthenticationError("Cannot admit a client: it does not know the key");
  }
  await stream.write(frameOf([WELCOME], await proof(key, "server", mine, theirs)));
  return frames.rest();
}

/**
 * The client's part.
 *
 * @returns What the listener has said behind its proof.
 * @throws {AuthenticationError} If the listener has another key, or none.
 * @throws {ProtocolError} If what it says is no handshake.
 */
export async function prove(stream: NetStream, key: CryptoKey): Promise<Bytes> {
  const frames = new HandshakeFrames(stream);
  const challenge = await frames.next(MAGIC.length + NONCE_BYTES);
  if (MAGIC.some((byte, at) => challenge[at] !== byte)) {
    throw new ProtocolError("it is no listener of this library, or of another version");
  }
  const theirs = challenge.subarray(MAGIC.length);
  const mine = newNonce();
  await stream.write(frameOf(mine, await proof(key, "client", theirs, mine)));
  const verdict = await frames.next(1, 1 + MAC_BYTES);
  const mac = verdict.subarray(1);
  const expected = await proof(key, "server", theirs, mine);
  if (verdict[0] !== WELCOME || !sameSecret(mac, expected)) {
    throw new AuthenticationError(
      verdict[0] === REFUSED
        ? "it has another key; give the same authKey on both sides"
        : "it does not know the key: it may be somebody else's",
    );
  }
  return frames.rest();
}

function newNonce(): Bytes {
  return crypto.getRandomValues(new Uint8Array(NONCE_BYTES));
}

/** What only who knows the key can say of two nonces. */
async function proof(
  key: CryptoKey,
  who: "client" | "server",
  listeners: Uint8Array,
  clients: Uint8Array,
): Promise<Bytes> {
  const label = new TextEncoder().encode(LABEL + who);
  return new Uint8Array(await crypto.subtle.sign("HMAC", key, joined([label, listeners, clients])));
}

function frameOf(...parts: (Uint8Array | number[])[]): Bytes {
  return frame(joined(parts))[0];
}

/** The frames of a handshake, one at a time. The stream waits while nobody asks for one. */
class HandshakeFrames {
  readonly #stream: NetStream;
  #bytes: Bytes = new Uint8Array(0);
  #ended = false;
  #look: (() => void) | null = null;

  constructor(stream: NetStream) {
    this.#stream = stream;
    stream.start((bytes) => {
      this.#bytes = joined([this.#bytes, bytes]);
      if (this.#look === null) stream.pause();
      else this.#look();
    }, () => {
      this.#ended = true;
      this.#look?.();
    });
  }

  /** The next frame, which has one of these lengths. */
  next(...lengths: number[]): Promise<Bytes> {
    return new Promise((resolve, reject) => {
      this.#look = () => {
        const length = this.#length();
        const known = length === null || lengths.includes(length);
        if (!known) {
          reject(new ProtocolError(`a frame of ${length} bytes came, which is no handshake`));
        } else if (length !== null && this.#bytes.length >= HEADER_BYTES + length) {
          resolve(this.#take(length));
        } else if (this.#ended) {
          reject(new ProcessError("the connection was closed during the handshake"));
        } else return;
        this.#look = null;
        this.#stream.pause();
      };
      this.#stream.resume();
      this.#look();
    });
  }

  /** What came behind the frames. */
  rest(): Bytes {
    return this.#bytes;
  }

  #length(): number | null {
    if (this.#bytes.length < HEADER_BYTES) return null;
    return new DataView(this.#bytes.buffer).getUint32(0, true);
  }

  #take(length: number): Bytes {
    const end = HEADER_BYTES + length;
    const taken = this.#bytes.slice(HEADER_BYTES, end);
    this.#bytes = this.#bytes.slice(end);
    return taken;
  }
}
