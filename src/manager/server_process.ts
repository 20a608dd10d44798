/**
 * Layer 12, manager. The process of a server, as the program sees that has started it. Owns its start,
 * until it has said that it is ready, and its end.
 *
 * @module
 */

import { ProcessError } from "../errors.ts";
import { authKey } from "../process/auth_key.ts";
import { join, leave, nextIdentity } from "../process/family.ts";
import type { Member } from "../process/family.ts";
import { launch, refuseToStart } from "../process/launcher.ts";
import type { StartMethod } from "../park/start_method.ts";
import { listenFor } from "../remote/server.ts";
import type { Address } from "../remote/address.ts";
import { later } from "../runtime/later.ts";
import { runtime } from "../runtime/mod.ts";
import type { Child } from "../runtime/mod.ts";
import type { HostOptions } from "./host.ts";
import type { Link } from "./link.ts";
import { shareLink } from "./links.ts";
import type { Registered } from "./registry.ts";
import { serveManager } from "./serve.ts";
import type { ServeOrder } from "./serve.ts";

/** How a server is started. */
export interface ServerSpec {
  readonly method: StartMethod;
  /** What its name begins with. */
  readonly kind: string;
  readonly makes: HostOptions["makes"];
  readonly types: ReadonlyMap<string, Registered>;
  readonly address: Address | undefined;
  readonly key: Uint8Array<ArrayBuffer> | null;
}

/** A server's process, as its program sees it. */
export interface ServerProcess {
  readonly name: string;
  readonly child: Child;
}

/**
 * Starts a server and gives a link its connection to it.
 *
 * @param onStarted Called with the process, before it is known whether all is well.
 * @throws {ProcessError} If it cannot be started, or cannot listen.
 */
export async function startServer(
  spec: ServerSpec,
  link: Link,
  onStarted: (server: ServerProcess) => void,
): Promise<void> {
  refuseToStart(`start a ${spec.kind}`);
  const key = authKey(); // before the process inherits it
  const waiting = await listenFor(undefined, key, (channel) => {
    waiting.close();
    link.attach(channel);
  });
  const release = runtime.keepAlive();
  try {
    const { name, path } = nextIdentity(spec.kind);
    const order: ServeOrder = {
      reply: waiting.address,
      address: spec.address,
      key: spec.key,
      thread: spec.method === "thread",
      name,
      makes: spec.makes,
      types: [...spec.types.values()].flatMap(({ name, source, exposed }) =>
        source === null ? [] : [[name, source, exposed]]
      ),
    };
    const child = launch({
      method: spec.method,
      // No daemon to itself: it may have children, such as a pool's. It ends with its program.
      identity: { name, path, daemon: false },
      kind: "target",
      body: (encoder) => {
        encoder.value(serveManager, "target");
        encoder.value([order], "args");
      },
    });
    const member: Member = { daemon: true, terminate: () => child.kill("SIGTERM") };
    join(member);
    child.channel.open(() => {}, () => {});
    void child.exited.then((code) => {
      leave(member);
      waiting.close();
      if (link.hello !== null) return;
      link.end(
        new ProcessError(
          `Cannot start the manager ${name}: its process has ended with exit code ${code} before ` +
            "it was ready; see what it wrote on standard error",
        ),
      );
    });
    onStarted({ name, child });
    const hello = await link.ready;
    shareLink(hello.uid, link);
  } catch (error) {
    waiting.close();
    link.end(error);
    throw error;
  } finally {
    release();
  }
}

/** Ends a server: asks it, and after some milliseconds sends SIGTERM, then SIGKILL. */
export async function endServer(
  { child }: ServerProcess,
  link: Link,
  limitMs: number,
): Promise<void> {
  const release = runtime.keepAlive();
  const ended = async (ms: number): Promise<boolean> => {
    let stop = () => {};
    const late = new Promise<false>((resolve) => stop = later(ms, () => resolve(false)));
    const result = await Promise.race([child.exited.then(() => true), late]);
    stop();
    return result;
  };
  try {
    if (link.lost === null) link.shutdown().catch(() => {});
    if (await ended(limitMs)) return;
    child.kill("SIGTERM");
    if (await ended(limitMs)) return;
    child.kill("SIGKILL");
    await child.exited;
  } finally {
    link.end(null);
    child.channel.close();
    release();
  }
}
