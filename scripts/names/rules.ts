/** What makes the tables of names complete and true. One function for each rule. */

import { camelCase, namesOf, wordsOf } from "./tables.ts";
import type { Row, Table } from "./tables.ts";

/** Python's names: group (a module or a class) → names, separated by spaces. */
export type PythonNames = Readonly<Record<string, string>>;

/** What the library exports: name → its members, where it is a class or an interface. */
export type Exports = ReadonlyMap<string, ReadonlySet<string>>;

/** In the second column: what the third one must explain. */
const REFUSED = /^(none|not yet)\b/;
const SAME = "the same";

/**
 * Each name of Python stands in a first column. `headings` says where a group is to be found:
 * under these, or anywhere if it has none there.
 */
export function missingNames(
  tables: readonly Table[],
  names: PythonNames,
  headings: Readonly<Record<string, readonly string[]>>,
): string[] {
  const problems: string[] = [];
  for (const [group, list] of Object.entries(names)) {
    const where = headings[group];
    const found = new Set(
      tables.filter(({ heading }) => where?.includes(heading) ?? true)
        .flatMap(({ rows }) => rows.flatMap(({ cells }) => wordsOf(cells[0]))),
    );
    const missing = list.split(" ").filter((name) => !found.has(name));
    if (missing.length === 0) continue;
    const place = where === undefined ? "" : ` under ${where.join(", ")}`;
    problems.push(`${group}: no row${place} for ${missing.join(", ")}`);
  }
  return problems;
}

/** Each name in a second column is exported, or a member of something that its table names. */
export function unknownNames(tables: readonly Table[], exports: Exports): string[] {
  const problems: string[] = [];
  for (const { rows } of tables) {
    const members = new Set(
      rows.flatMap(({ cells }) => cells.flatMap(namesOf))
        .flatMap(({ name }) => [...exports.get(name) ?? []]),
    );
    for (const row of rows) {
      for (const { owner, name } of ours(row)) {
        const known = owner !== null && exports.has(owner)
          ? exports.get(owner)!.has(name)
          : members.has(name) || (owner === null && exports.has(name));
        const full = owner === null ? name : `${owner}.${name}`;
        if (!known) problems.push(`line ${row.line}: ${full} is not exported, and no member`);
      }
    }
  }
  return problems;
}

/** Each value that is exported stands in a second column. */
export function unlistedExports(tables: readonly Table[], values: readonly string[]): string[] {
  const listed = new Set(
    tables.flatMap(({ rows }) => rows.flatMap((row) => ours(row).map(({ name }) => name))),
  );
  return values.filter((name) => !listed.has(name))
    .map((name) => `${name} is exported and stands in no table`);
}

/** What is refused has a reason. */
export function missingReasons(tables: readonly Table[]): string[] {
  return tables.flatMap(({ rows }) => rows)
    .filter(({ cells: [, here = "", reason = ""] }) => REFUSED.test(here) && reason === "")
    .map(({ line }) => `line ${line}: none, but why?`);
}

/** The names that a row promises; "the same" are those of its first column. */
function ours({ cells: [python, here = ""] }: Row): { owner: string | null; name: string }[] {
  if (here !== SAME) return namesOf(here);
  return namesOf(python).map(({ name }) => ({ owner: null, name: camelCase(name) }));
}
