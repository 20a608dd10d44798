/**
 * A program of somebody who has installed the package. Prints one line for each thing that works.
 * Without `using`, which Node has from 24 on.
 */

import { FunctionReferenceError, getContext, Pool } from "@manycore/multiprocessing";
import type { Connection, Lock, Queue } from "@manycore/multiprocessing";

export function cube(x: number): number {
  return x ** 3;
}

export function fail(x: number): never {
  throw new RangeError(`no ${x}`);
}

export async function answer(queue: Queue<number>, lock: Lock, end: Connection): Promise<void> {
  await lock.run(async () => {
    await queue.put(7);
    await end.send("done");
  });
}

if (import.meta.main) {
  for (const method of ["spawn", "thread"] as const) {
    const context = getContext(method);
    const pool = new context.Pool(2);
    console.log(method, await pool.map(cube, [1, 2, 3]));
    const error: unknown = await pool.apply(fail, [5]).catch((error) => error);
    console.log(error instanceof RangeError, (error as Error).message);

    const queue = new context.Queue<number>();
    const [here, there] = context.Pipe();
    const child = new context.Process({
      target: answer,
      args: [queue, new context.Lock(), there] as const,
    });
    child.start();
    console.log(await queue.get(), await here.recv(), await child.join());
    await pool.terminate();
  }
  const closure = (() => {
    const x = 1;
    return () => x;
  })();
  const pool = new Pool(1);
  const refused: unknown = await pool.apply(closure, []).catch((error) => error);
  console.log((refused as Error).name, refused instanceof FunctionReferenceError);
  await pool.terminate();
}
