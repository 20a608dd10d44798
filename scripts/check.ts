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
  /** Its warnings are failures too, apart from those of `ALLOWED_WARNINGS`. */
  strict?: true;
}

const ROOT = new URL("../", import.meta.url);

/** What is type checked: every TypeScript file in these. */
const SOURCES = ["mod.ts", "src", "tests", "examples", "scripts", "bench"];

/** A library that calls functions by the URL of their module imports what it is told to. */
const ALLOWED_WARNINGS = ["unanalyzable-dynamic-import", "unanalyzable-import-meta-resolve"];

const STEPS: Step[] = [
  { name: "format", args: ["fmt", "--check"] },
  { name: "lint", args: ["lint", "--quiet"] },
  { name: "types", args: async () => ["check", "--quiet", ...await typeScriptFiles()] },
  { name: "layers", args: ["run", "-A", "scripts/check_layers.ts"] },
  { name: "api docs", args: ["doc", "--lint", "mod.ts", "src/child.ts"] },
  { name: "names", args: ["run", "-A", "scripts/check_names.ts"] },
  { name: "doc examples", args: ["run", "-A", "scripts/check_docs.ts"] },
  {
    name: "publish",
    args: ["publish", "--dry-run", "--allow-dirty"],
    strict: true,
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

async function runStep({ args, strict }: Step): Promise<{ ok: boolean; output: string }> {
  const { success, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: typeof args === "function" ? await args() : args,
    cwd: ROOT,
    env: { NO_COLOR: "1" },
    stdin: "null",
  }).output();
  const decoder = new TextDecoder();
  const output = decoder.decode(stdout) + decoder.decode(stderr);
  const warnings = [...output.matchAll(/^warning(?:\[([\w-]+)\])?/gim)]
    .filter(([, code]) => !ALLOWED_WARNINGS.includes(code));
  return { ok: success && !(strict && warnings.length > 0), output };
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
