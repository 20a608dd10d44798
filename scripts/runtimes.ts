/**
 * The runtimes the project is tested on: which versions, and where they are.
 *
 * The versions are pinned in `runtimes.json`. Each runtime comes from npm into
 * `.runtimes/<name>-<version>/` (git-ignored) the first time somebody asks for it.
 * Two runs may ask at once: each installs into a folder of its own and the first
 * rename wins.
 *
 *     deno run -A scripts/runtimes.ts [deno|bun|node24|node26]…
 *
 * prints `name version path`, one runtime a line.
 */

import pins from "./runtimes.json" with { type: "json" };

export type RuntimeName = keyof typeof pins;

/** The oldest Node that the npm package must work on; from source Node 24 stands for it. */
const FOR_THE_PACKAGE = "node22";

/** The runtimes that the suite runs on, in the order in which the scripts visit them. */
export const RUNTIME_NAMES = Object.keys(pins)
  .filter((name) => name !== FOR_THE_PACKAGE) as RuntimeName[];

const ROOT = decodeURIComponent(new URL("../.runtimes/", import.meta.url).pathname)
  .replace(/^\/([A-Za-z]:)/, "$1");
const WINDOWS = Deno.build.os === "windows";
const EXE = WINDOWS ? ".exe" : "";

const found = new Map<RuntimeName, Promise<string>>();

/** The version that `runtimes.json` pins. */
export function pinnedVersion(name: RuntimeName): string {
  return pins[name];
}

export function isRuntimeName(name: string): name is RuntimeName {
  return Object.hasOwn(pins, name);
}

/** The path of the pinned runtime's executable, installing it when it is not there yet. */
export function runtime(name: RuntimeName): Promise<string> {
  let path = found.get(name);
  if (path === undefined) {
    path = locate(name);
    found.set(name, path);
  }
  return path;
}

async function locate(name: RuntimeName): Promise<string> {
  if (name === "deno" && Deno.version.deno === pins.deno) return Deno.execPath();
  const home = `${ROOT}${name}-${pins[name]}`;
  const present = await findExecutable(name, home);
  if (present !== null) return present;

  const staging = `${ROOT}staging-${name}-${crypto.randomUUID()}`;
  try {
    await install(name, staging);
    await publish(staging, home);
  } finally {
    await Deno.remove(staging, { recursive: true }).catch(() => {});
  }
  const installed = await findExecutable(name, home);
  if (installed === null) throw new Error(`${name} ${pins[name]} is installed but does not run`);
  return installed;
}

/** Puts a finished installation in its place, unless another run was faster. */
async function publish(staging: string, home: string): Promise<void> {
  try {
    await Deno.rename(staging, home);
  } catch {
    // Somebody else's, or the rest of one that broke: a working one stays.
    const name = (Object.keys(pins) as RuntimeName[]).find((name) =>
      home.endsWith(`${name}-${pins[name]}`)
    )!;
    if (await findExecutable(name, home) !== null) return;
    await Deno.rename(home, `${staging}-broken`);
    await Deno.rename(staging, home);
    await Deno.remove(`${staging}-broken`, { recursive: true });
  }
}

async function install(name: RuntimeName, folder: string): Promise<void> {
  await Deno.mkdir(folder, { recursive: true });
  await Deno.writeTextFile(`${folder}/package.json`, `{ "private": true }\n`);
  const main = name.startsWith("node") ? `node@${pins[name]}` : `${name}@${pins[name]}`;
  let output = await npmInstall(folder, main);
  if (await findExecutable(name, folder) !== null) return;
  // An npm that does not run install scripts leaves `node` without its executable:
  // the package that the script would have fetched has it.
  const platform = platformPackage(name);
  if (platform !== null) output += await npmInstall(folder, `${platform}@${pins[name]}`);
  if (await findExecutable(name, folder) !== null) return;
  throw new Error(`npm could not install ${main}:\n${output}`);
}

async function npmInstall(folder: string, spec: string): Promise<string> {
  const npm = ["npm", "install", "--no-audit", "--no-fund", "--prefix", folder, spec];
  const [file, ...args] = WINDOWS ? ["cmd", "/d", "/c", ...npm] : npm;
  const result = await new Deno.Command(file, { args, cwd: folder, stdin: "null" }).output()
    .catch((cause) => {
      throw new Error("npm is needed to install the pinned runtimes", { cause });
    });
  const decoder = new TextDecoder();
  return decoder.decode(result.stdout) + decoder.decode(result.stderr);
}

/** The npm package that holds nothing but this platform's `node` executable. */
function platformPackage(name: RuntimeName): string | null {
  if (!name.startsWith("node")) return null;
  const os = WINDOWS ? "win" : Deno.build.os;
  const arch = Deno.build.arch === "x86_64" ? "x64" : "arm64";
  const prefix = os === "darwin" && arch === "arm64" ? "node-bin" : "node";
  return `${prefix}-${os}-${arch}`;
}

/** The first executable below `folder` that starts and says that it is the pinned version. */
async function findExecutable(name: RuntimeName, folder: string): Promise<string | null> {
  for (const path of await candidates(name, `${folder}/node_modules`)) {
    try {
      const { success, stdout } = await new Deno.Command(path, {
        args: ["--version"],
        stdin: "null",
        stderr: "null",
      }).output();
      const version = new TextDecoder().decode(stdout).match(/\d+\.\d+\.\d+/)?.[0];
      if (success && version === pins[name]) return path;
    } catch {
      // Not there, or not a program: try the next.
    }
  }
  return null;
}

async function candidates(name: RuntimeName, modules: string): Promise<string[]> {
  if (name === "deno") {
    // `.bin/deno` may be a script that needs Node; the executable is its platform's.
    const platforms = await list(`${modules}/@deno`);
    return [...platforms.map((entry) => `${modules}/@deno/${entry}/deno${EXE}`)];
  }
  if (name === "bun") {
    const platforms = await list(`${modules}/@oven`);
    return [
      `${modules}/bun/bin/bun.exe`,
      ...platforms.map((entry) => `${modules}/@oven/${entry}/bin/bun${EXE}`),
    ];
  }
  const platform = platformPackage(name);
  return [
    `${modules}/node/bin/node${EXE}`,
    `${modules}/${platform}/bin/node${EXE}`,
    `${modules}/node/node_modules/${platform}/bin/node${EXE}`,
  ];
}

async function list(folder: string): Promise<string[]> {
  try {
    return (await Array.fromAsync(Deno.readDir(folder))).map((entry) => entry.name).sort();
  } catch {
    return [];
  }
}

if (import.meta.main) {
  const names = Deno.args.length === 0 ? RUNTIME_NAMES : Deno.args;
  for (const name of names) {
    if (!isRuntimeName(name)) {
      console.error(`unknown runtime ${name}: one of ${RUNTIME_NAMES.join(", ")}`);
      Deno.exit(2);
    }
    console.log(`${name} ${pins[name]} ${await runtime(name)}`);
  }
}
