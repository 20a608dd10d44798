/**
 * Checks and runs the examples of the documentation: the TypeScript blocks of README.md,
 * CONTRIBUTING.md, `docs/*.md` and of the documentation comments in `mod.ts` and `src`.
 *
 *     deno run -A scripts/check_docs.ts [path part]…
 *
 * Each becomes a file of its own (a child process must be able to import it), is type
 * checked, and then run with the built package; it must end by itself with code 0, and print what the
 * `text` block right behind it says. `ts no-run` is type checked only, `ts ignore` not at all.
 */

import { pathToFileURL } from "node:url";
import { type DocBlock, docBlocks } from "./doc_blocks.ts";
import { pathOf } from "./npm/tools.ts";
import { killMarked, RUN_VARIABLE } from "./testing/leftovers.ts";
import { packageTree } from "./testing/package_tree.ts";

const ROOT = new URL("../", import.meta.url);
const LIMIT_MS = 60_000;

const parts = Deno.args;
const blocks: DocBlock[] = [];
for (const file of await documents()) {
  if (parts.length > 0 && !parts.some((part) => file.includes(part))) continue;
  blocks.push(...docBlocks(file, await Deno.readTextFile(new URL(file, ROOT))));
}

const problems: string[] = [];
await inFolder(ROOT, async (paths) => {
  if (paths.length > 0) await checkTypes(paths);
});
if (problems.length === 0) {
  const tree = pathToFileURL(await packageTree());
  await inFolder(tree, async (paths) => {
    const queue = blocks.entries();
    const worker = async (): Promise<void> => {
      for (const [index, block] of queue) {
        if (!block.run) continue;
        const problem = await runBlock(block, paths[index], tree);
        if (problem !== null) problems.push(`${block.file}:${block.line}: ${problem}`);
      }
    };
    await Promise.all([worker(), worker(), worker()]);
  });
}
for (const problem of problems) console.error(problem);
console.log(`${blocks.length} examples, ${problems.length} problems`);
if (problems.length > 0) Deno.exit(1);

/** With the examples as files of a project, in which the package's own name resolves. */
async function inFolder(project: URL, use: (paths: string[]) => Promise<void>): Promise<void> {
  const folder = new URL(`.runtimes/docs-${crypto.randomUUID().slice(0, 8)}/`, project);
  await Deno.mkdir(folder, { recursive: true });
  try {
    const paths = blocks.map(async (block) => {
      const name = `${block.file.replaceAll("/", "__").replace(/\.\w+$/, "")}_${block.line}.ts`;
      // `export {}` makes a module of a block that imports nothing.
      await Deno.writeTextFile(new URL(name, folder), `${block.code}\n\nexport {};\n`);
      return pathOf(new URL(name, folder));
    });
    await use(await Promise.all(paths));
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

async function checkTypes(paths: string[]): Promise<void> {
  const { success, stderr } = await deno(["check", "--quiet", ...paths], ROOT);
  if (!success) problems.push(`types of the examples (name_line.ts is where):\n${stderr}`);
}

async function runBlock({ output }: DocBlock, path: string, cwd: URL): Promise<string | null> {
  const args = ["run", "-A", "--no-check", path];
  const { success, code, late, stdout, stderr } = await deno(args, cwd);
  if (late) return `did not end within ${LIMIT_MS / 1000} s`;
  if (!success) return `ended with code ${code}:\n${stdout}${stderr}`;
  if (output !== null && stdout.trimEnd() !== output.trimEnd()) {
    return `printed\n${stdout}\nbut the text says\n${output}\n${stderr}`;
  }
  return null;
}

async function deno(args: string[], cwd: URL) {
  const mark = `docs-${crypto.randomUUID().slice(0, 8)}`;
  const child = new Deno.Command(Deno.execPath(), {
    args,
    cwd,
    env: { NO_COLOR: "1", [RUN_VARIABLE]: mark },
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  let late = false;
  const timer = setTimeout(() => {
    late = true;
    child.kill("SIGKILL");
    killMarked(mark);
  }, LIMIT_MS);
  const { success, code, stdout, stderr } = await child.output();
  clearTimeout(timer);
  const decoder = new TextDecoder();
  return { success, code, late, stdout: decoder.decode(stdout), stderr: decoder.decode(stderr) };
}

async function documents(): Promise<string[]> {
  const files = ["README.md", "CONTRIBUTING.md", "mod.ts"];
  const visit = async (path: string, ending: string): Promise<void> => {
    for await (const { name, isDirectory } of Deno.readDir(new URL(`${path}/`, ROOT))) {
      if (isDirectory) await visit(`${path}/${name}`, ending);
      else if (name.endsWith(ending)) files.push(`${path}/${name}`);
    }
  };
  await visit("src", ".ts");
  await visit("docs", ".md").catch(() => {});
  const exists = await Promise.all(
    files.map((file) => Deno.stat(new URL(file, ROOT)).then(() => true, () => false)),
  );
  return files.filter((_, index) => exists[index]).sort();
}
