/**
 * A shop and its customers: one process listens at an address, others connect to it, each with a line
 * of its own. A pipe has to be given to a process when it starts; an address can be found out later,
 * by any program, also on another machine.
 *
 * The shop alone has the apples, so nobody has to lock anything: it answers one order after the
 * other, whoever they come from. Both sides prove that they know the key before anything else is
 * said. Who does not is turned away, and the shop goes on.
 *
 *     deno task example 21        node examples/21_remote_connection.ts
 */

import { connect, currentProcess, Listener, Pipe, Process } from "../mod.ts";
import type { Address, Connection } from "../mod.ts";

const KEY = "apples and pears"; // in a real program: from a file that only its user can read
const APPLES = 100;
const CUSTOMERS = 2;

/** Gets how many are wanted, and answers how many there are. */
export type Customer = Connection<number, number>;

export async function shop(tell: Connection<Address>): Promise<void> {
  using listener = new Listener<number, number>({ port: 0 }, { authKey: KEY });
  await tell.send(await listener.listening); // only now the port is known
  tell.close();
  let left = APPLES;
  const serve = async (customer: Customer) => {
    for await (const wanted of customer) {
      const sold = Math.min(wanted, left);
      left -= sold;
      await customer.send(sold);
    }
  };
  const visits: Promise<void>[] = [];
  while (visits.length < CUSTOMERS) visits.push(serve(await listener.accept()));
  await Promise.all(visits); // until the customers close their lines
  console.log(`The shop has ${left} apples left`);
}

export async function buy(address: Address): Promise<void> {
  using line: Customer = await connect(address, { authKey: KEY });
  let bought = 0;
  for (let sold = Infinity; sold > 0; bought += sold) {
    await line.send(3);
    sold = await line.recv();
  }
  console.log(`${currentProcess().name} bought ${bought} apples`);
}

async function main(): Promise<void> {
  const [here, there] = Pipe<never, Address>();
  const seller = new Process({ target: shop, args: [there], name: "Shop" });
  seller.start();
  there.close();
  const address = await here.recv();
  here.close();
  console.log(`The shop is at ${JSON.stringify(address)}`);

  try {
    await connect(address, { authKey: "open sesame" });
  } catch (error) {
    console.log(`A stranger gets no further: ${(error as Error).name}`);
  }

  const buyers = ["Alice", "Bob"].map((name) =>
    new Process({ target: buy, args: [address], name })
  );
  for (const buyer of buyers) buyer.start();
  for (const process of [...buyers, seller]) await process.join();
}

if (import.meta.main) await main();
