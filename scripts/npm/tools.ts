/**
 * The programs that build and judge the npm package: packages of npm, pinned in `tools.json`, each
 * set of versions in a git-ignored folder of its own.
 */

import pins from "./tools.json" with { type: "json" };
import { runtime } from "../runtimes.ts";

const RUNTIMES = new URL("../../.runtimes/", import.meta.url);

/** A tool that ran. */
export interface ToolResult {
  code: number;
  /** What it said, on both outputs. */
  output: string;
}

/** The folder with the tools, installed if they are not there yet. */
export async function toolsFolder(): Promise<string> {
  const specs = Object.entries(pins).map(([name, version]) => `${name}@${version}`);
  const text = new TextEncoder().encode(specs.join(" "));
  const hash = new Uint8Array(await crypto.subtle.digest("SHA-256", text));
  const folder = pathOf(new URL(`tools-${hash.slice(0, 6).toHex()}`, RUNTIMES));
  if (await exists(`${folder}/done`)) return folder;
  const staging = `${folder}-${crypto.randomUUID()}`;
  await Deno.mkdir(staging, { recursive: true });
  await Deno.writeTextFile(`${staging}/package.json`, `{ "private": true }\n`);
  const flags = ["--no-audit", "--no-fund", "--save-exact"];
  const { code, output } = await run("npm", ["install", ...flags, ...specs], staging);
  if (code !== 0) throw new Error(`npm could not install the tools:\n${output}`);
  await Deno.writeTextFile(`${staging}/done`, "");
  // Two may have installed at once: the first one wins.
  await Deno.rename(staging, folder).catch(() => Deno.remove(staging, { recursive: true }));
  return folder;
}

/** Runs a tool by its name, in the folder where the tools are. Throws if it fails, unless it may. */
export async function tool(
  name: string,
  args: string[],
  { mayFail = false } = {},
): Promise<ToolResult> {
  const folder = await toolsFolder();
  const windows = Deno.build.os === "windows";
  const file = `${folder}/node_modules/.bin/${name}${windows ? ".cmd" : ""}`;
  // Their scripts look for `node`.
  const node = (await runtime("node24")).replace(/[\\/][^\\/]*$/, "");
  const env = { PATH: `${node}${windows ? ";" : ":"}${Deno.env.get("PATH")}` };
  const result = await run(file, args, folder, env);
  if (result.code !== 0 && !mayFail) throw new Error(`${name} failed:\n${result.output}`);
  return result;
}

/** Runs a program; on Windows npm's own are scripts. */
export async function run(
  program: string,
  args: string[],
  cwd: string,
  env: Record<string, string> = {},
): Promise<ToolResult> {
  const script = Deno.build.os === "windows" && /^np[mx]$/.test(program);
  const [file, ...all] = script ? ["cmd", "/d", "/c", program, ...args] : [program, ...args];
  const { code, stdout, stderr } = await new Deno.Command(file, {
    args: all,
    cwd,
    env: { NO_COLOR: "1", ...env },
    stdin: "null",
  }).output();
  const decoder = new TextDecoder();
  return { code, output: decoder.decode(stdout) + decoder.decode(stderr) };
}

/** A `file:` address as a path. */
export function pathOf(url: URL): string {
  return decodeURIComponent(url.pathname).replace(/^\/([A-Za-z]:)/, "$1");
}

async function exists(path: string): Promise<boolean> {
  return await Deno.stat(path).then(() => true, () => false);
}
