/**
 * Runs one of the numbered examples.
 *
 *     deno task example NN [--runtime deno|bun|node24|node26] [argument]…
 *
 * `NN` is the number or the beginning of the name of a file in `examples/`. Without
 * `--runtime` the example runs on the Deno that runs this script.
 */

import { isRuntimeName, runtime, RUNTIME_NAMES } from "./runtimes.ts";

const FOLDER = new URL("../examples/", import.meta.url);

const args = [...Deno.args];
const option = args.indexOf("--runtime");
const [, name] = option < 0 ? [] : args.splice(option, 2);
const wanted = args.shift();

const files = (await Array.fromAsync(Deno.readDir(FOLDER)))
  .map((entry) => entry.name)
  .filter((file) => /^\d\d_.*\.ts$/.test(file))
  .sort();
const file = files.find((file) => wanted && file.startsWith(wanted.padStart(2, "0")));
if (file === undefined || (option >= 0 && !isRuntimeName(name ?? ""))) {
  console.error("usage: deno task example NN [--runtime NAME]");
  console.error(`runtimes: ${RUNTIME_NAMES.join(", ")}; examples:`);
  for (const file of files) console.error(`  ${file}`);
  Deno.exit(2);
}

const executable = name !== undefined && isRuntimeName(name) ? await runtime(name) : null;
const before = executable === null || name === "deno" ? ["run", "-A"] : [];
const path = decodeURIComponent(new URL(file, FOLDER).pathname).replace(/^\/([A-Za-z]:)/, "$1");
const { code } = await new Deno.Command(executable ?? Deno.execPath(), {
  args: [...before, path, ...args],
  stdin: "inherit",
  stdout: "inherit",
  stderr: "inherit",
}).spawn().status;
Deno.exit(code);
