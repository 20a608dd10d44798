/**
 * Reads the one report format that the three test runners share, JUnit's XML, into
 * the same counts: a test is a leaf (a `describe`, or a test made of steps, is not),
 * and a group that fails although none of its tests did is one failure more.
 */

export interface Counts {
  passed: number;
  failed: number;
  skipped: number;
  /** Full names, `describe > test`, of what failed. */
  failures: string[];
}

interface Case {
  name: string;
  outcome: "passed" | "failed" | "skipped";
}

/** Counts the tests of one file's report; `file` is the path the runner was given. */
export function readReport(xml: string, file: string): Counts {
  const cases = parse(xml).filter((entry) => !isFileItself(entry, file));
  const counts: Counts = { passed: 0, failed: 0, skipped: 0, failures: [] };
  for (const { name, outcome } of cases) {
    const below = cases.filter((other) => other.name.startsWith(`${name} > `));
    if (below.length > 0) {
      const explained = below.some((other) => other.outcome === "failed");
      if (outcome !== "failed" || explained) continue;
    }
    counts[outcome]++;
    if (outcome === "failed") counts.failures.push(name);
  }
  return counts;
}

/** Node reports a file without tests as one test with the file's name that passed. */
function isFileItself(entry: Case, file: string): boolean {
  return entry.outcome === "passed" && entry.name.endsWith(".test.ts") &&
    file.replaceAll("\\", "/").endsWith(entry.name.replaceAll("\\", "/"));
}

function parse(xml: string): Case[] {
  const cases: Case[] = [];
  const suites: string[] = [];
  let current: Case | null = null;
  for (const [, closing, tag, attributes, selfClosing] of xml.matchAll(TAG)) {
    if (tag === "testsuite") {
      if (closing === "/") suites.pop();
      // Deno and Bun open a suite for each file: no part of a test's name.
      else suites.push(attribute(attributes, "name"));
    } else if (tag === "testcase" && closing !== "/") {
      const groups = suites.filter((suite) => !/\.[cm]?[jt]s$/.test(suite));
      const name = [...groups, attribute(attributes, "name")].join(" > ");
      current = { name, outcome: "passed" };
      cases.push(current);
      if (selfClosing === "/") current = null;
    } else if (tag === "testcase") {
      current = null;
    } else if (current !== null && closing !== "/") {
      current.outcome = tag === "skipped" ? "skipped" : "failed";
    }
  }
  return cases;
}

const TAG = /<(\/?)(testsuite|testcase|failure|error|skipped)\b((?:[^>"]|"[^"]*")*?)(\/?)>/g;

function attribute(attributes: string, name: string): string {
  const value = attributes.match(new RegExp(`\\b${name}="([^"]*)"`))?.[1] ?? "";
  return value.replace(/&(lt|gt|quot|apos|amp|#\d+);/g, (whole, entity: string) => {
    if (entity.startsWith("#")) return String.fromCodePoint(Number(entity.slice(1)));
    return { lt: "<", gt: ">", quot: '"', apos: "'", amp: "&" }[entity] ?? whole;
  });
}
