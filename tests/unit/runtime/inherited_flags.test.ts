/** Which flags of a program its children are started with. */
import assert from "node:assert/strict";
import { resolve } from "node:path";
import process from "node:process";
import { describe, it } from "node:test";
import { pathToFileURL } from "node:url";
import { inheritedFlags } from "../../../src/runtime/inherited_flags.ts";
import { QUIET } from "../../../src/runtime/node_flags.ts";
import type { StartOptions } from "../../../src/runtime/types.ts";

const OPTIONS = { name: "X" } as StartOptions;
const here = (file: string) => resolve(process.cwd(), file);
const urlOf = (file: string) => pathToFileURL(here(file)).href;

/** Without those that children get anyway. */
function flags(own: string[], options: Partial<StartOptions> = {}): string[] {
  return inheritedFlags({ ...OPTIONS, ...options }, own).filter((flag) => !QUIET.includes(flag));
}

describe("A child's flags", () => {
  it("are the program's", () => {
    const own = ["--expose-gc", "--stack-size=900", "--conditions", "x", "-C", "y", "--smol"];
    assert.deepEqual(flags(own), own);
  });

  it("are none that choose the program, with its text", () => {
    const cases = [
      ["-e", "1"],
      ["-e", "-1"],
      ["--eval", "1"],
      ["--eval=1"],
      ["-p", "1"],
      ["-pe", "1"],
      ["-p", "-e", "1"],
      ["--print", "--eval", "-1"],
      ["--input-type", "module", "-e", "1"],
      ["--input-type=module", "-"],
      ["-i"],
    ];
    for (const own of cases) assert.deepEqual(flags([...own, "--expose-gc"]), ["--expose-gc"]);
  });

  it("are none by which the program is run, watched or tested, with their values", () => {
    const cases = [
      ["--inspect"],
      ["--inspect-port", "0"],
      ["--watch", "--watch-path", "src"],
      ["--hot"],
      ["--test", "--test-reporter", "tap"],
      ["--experimental-test-coverage"],
      ["--cpu-prof", "--cpu-prof-interval", "200", "--cpu-prof-dir=x"],
      ["--title", "its own"],
    ];
    for (const own of cases) assert.deepEqual(flags([...own, "--expose-gc"]), ["--expose-gc"]);
  });

  it("have one limit for the heap", () => {
    const limited = { memoryLimitMb: 50 };
    for (const own of [[], ["--max-old-space-size=9"], ["--max-old-space-size", "9"]]) {
      assert.deepEqual(flags(own, limited), ["--max-old-space-size=50"]);
      assert.deepEqual(flags(own), own);
    }
  });

  it("name the same files in any folder", () => {
    const cases = [
      [["--import", "./a b.mjs"], ["--import", urlOf("a b.mjs")]],
      [["--import=../x.mjs"], [`--import=${urlOf("../x.mjs")}`]],
      [["--experimental-loader", "./x.mjs"], ["--experimental-loader", urlOf("x.mjs")]],
      [["-r", "./x.cjs"], ["-r", here("x.cjs")]],
      [["--require=./x.cjs"], [`--require=${here("x.cjs")}`]],
      [["--preload", "./x.ts"], ["--preload", here("x.ts")]],
      [["--env-file=my.env"], [`--env-file=${here("my.env")}`]],
      [["--env-file-if-exists", "my.env"], ["--env-file-if-exists", here("my.env")]],
      [["--import", "tsx"], ["--import", "tsx"]],
      [["-r", "dotenv/config"], ["-r", "dotenv/config"]],
      [["--import=data:text/javascript,1"], ["--import=data:text/javascript,1"]],
      [["--env-file=/x/my.env"], ["--env-file=/x/my.env"]],
    ];
    for (const [own, expected] of cases) assert.deepEqual(flags(own), expected);
  });
});
