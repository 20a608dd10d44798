/**
 * Chapter 8, pipes between a sender and a receiver. The sender throws dice and at last sends `null`,
 * which means: that was all. Any value that cannot be a throw would do as such a sentinel.
 *
 * Here it is needed less than in Python. When everybody who can send has closed the end or has ended,
 * a loop over the other end is over by itself: the second receiver waits for nothing else. For that
 * the parent must close its own copy of the sender's end.
 *
 *     deno task example 08        node examples/08_pipe_sentinel.ts
 */

import { type Connection, currentProcess, Pipe, Process } from "../mod.ts";
import { pause } from "./helpers/time.ts";

const THROWS = 5;
const PAUSE_MS = 50;

export type Dice = Connection<number | null, number | null>;

function introduce(): void {
  const { name, pid } = currentProcess();
  console.log(`${name} begins, pid ${pid}`);
}

export async function sendThrows(connection: Dice, sentinel: boolean): Promise<void> {
  introduce();
  for (let i = 0; i < THROWS; i++) {
    const points = 1 + Math.floor(6 * Math.random());
    await connection.send(points);
    console.log(`sent ${points}`);
    pause(PAUSE_MS);
  }
  if (sentinel) await connection.send(null);
}

export async function receiveUntilNull(connection: Dice): Promise<void> {
  introduce();
  let sum = 0;
  for (;;) {
    const points = await connection.recv();
    if (points === null) break;
    console.log(`received ${points}`);
    sum += points;
  }
  console.log(`Receiver-1 has got null, and ${sum} points`);
}

export async function receiveUntilEnd(connection: Dice): Promise<void> {
  introduce();
  let sum = 0;
  for await (const points of connection) {
    console.log(`received ${points}`);
    sum += points ?? 0;
  }
  console.log(`Receiver-2 has got to the end, and ${sum} points`);
}

async function main(): Promise<void> {
  for (const [i, receive] of [receiveUntilNull, receiveUntilEnd].entries()) {
    const [reader, writer] = Pipe<number | null>({ duplex: false });
    const children = [
      new Process({ target: sendThrows, args: [writer, i === 0], name: `Sender-${i + 1}` }),
      new Process({ target: receive, args: [reader], name: `Receiver-${i + 1}` }),
    ];
    for (const child of children) child.start();
    reader.close();
    writer.close(); // else the second receiver would wait for what this process may still send
    for (const child of children) await child.join();
  }
  console.log("Both pairs are done.");
}

if (import.meta.main) await main();
