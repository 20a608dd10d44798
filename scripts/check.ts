/**
 * Everything about the project that a program can judge without running the suite.
 *
 *     deno task check [step]…
 *
 * One line for each step; the output of those that fail; code 1 if any did.
 */

interface Step {
  name: string;
  args: string[] | (() => Promise<string[]>);
  /** The step fails as well when this is in its output. */
  forbidden?: RegExp;
}

const ROOT = new URL("../", import.meta.url);

/** What is type checked: every TypeScript file in these. */
const SOURCES = ["mod.ts", "src", "tests", "examples", "scripts", "bench"];

const STEPS: Step[] = [
  { name: "format", args: ["fmt", "--check"] },
  { name: "lint", args: ["lint", "--quiet"] },
  { name: "types", args: async () => ["check", "--quiet", ...await typeScriptFiles()] },
  { name: "layers", args: ["run", "-A", "scripts/check_layers.ts"] },
  { name: "api docs", args: ["doc", "--lint", "mod.ts", "src/child.ts"] },
  { name: "doc examples", args: ["run", "-A", "scripts/check_docs.ts"] },
  {
    name: "publish",
    args: ["publish", "--dry-run", "--allow-dirty"],
    forbidden: /^warning/im,
  },
];

const unknown = Deno.args.filter((arg) => !STEPS.some(({ name }) => name === arg));
if (unknown.length > 0) {
  console.error(`unknown step ${unknown.join(", ")}: ${STEPS.map(({ name }) => name).join(", ")}`);
  Deno.exit(2);
}

let failed = 0;
for (const step of STEPS) {
  if (Deno.args.length > 0 && !Deno.args.includes(step.name)) continue;
  const started = performance.now();
  const { ok, output } = await runStep(step);
  const seconds = ((performance.now() - started) / 1000).toFixed(1);
  console.log(`${ok ? "✓" : "✗"} ${step.name}: ${ok ? "ok" : "failed"}, ${seconds} s`);
  if (!ok) {
    failed++;
    console.log(output.trim().replace(/^/gm, "  | "));
  }
}
console.log(failed === 0 ? "all checks ok" : `${failed} checks failed`);
Deno.exit(failed === 0 ? 0 : 1);

async function runStep({ args, forbidden }: Step): Promise<{ ok: boolean; output: string }> {
  const { success, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: typeof args === "function" ? await args() : args,
    cwd: ROOT,
    env: { NO_COLOR: "1" },
    stdin: "null",
  }).output();
  const decoder = new TextDecoder();
  const output = decoder.decode(stdout) + decoder.decode(stderr);
  return { ok: success && !forbidden?.test(output), output };
}

async function typeScriptFiles(): Promise<string[]> {
  const files: string[] = [];
  const visit = async (path: string): Promise<void> => {
    const stat = await Deno.stat(new URL(path, ROOT)).catch(() => null);
    if (stat?.isFile && /\.[cm]?ts$/.test(path)) files.push(path);
    if (!stat?.isDirectory || path.endsWith("node_modules")) return;
    for await (const { name } of Deno.readDir(new URL(path, ROOT))) await visit(`${path}/${name}`);
  };
  for (const path of SOURCES) await visit(path);
  return files;
}
