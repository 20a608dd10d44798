/** The tables of a Markdown document, and the names in their cells. */

export interface Row {
  line: number;
  cells: string[];
}

export interface Table {
  /** The heading that it stands under. */
  heading: string;
  rows: Row[];
}

/** A name in a cell: `Pool`, or `Pool.map` with its owner. */
export interface Name {
  owner: string | null;
  name: string;
}

/** Words of TypeScript that are no names, and the object that a module knows about itself. */
const WORDS = new Set(
  "new await using const let for of in if true false null undefined import.meta.main".split(" "),
);

/** Every table, with its heading; header rows are left out. */
export function tablesOf(markdown: string): Table[] {
  const tables: Table[] = [];
  let heading = "";
  let table: Table | null = null;
  let fenced = false;
  markdown.split("\n").forEach((text, index) => {
    if (/^\s*```/.test(text)) fenced = !fenced;
    if (fenced) return;
    if (!text.startsWith("|")) {
      table = null;
      heading = /^#+\s+(.*?)\s*$/.exec(text)?.[1] ?? heading;
      return;
    }
    if (table === null) tables.push(table = { heading, rows: [] });
    const cells = text.slice(1, text.trimEnd().length - 1).split(/(?<!\\)\|/);
    table.rows.push({ line: index + 1, cells: cells.map((cell) => cell.trim()) });
  });
  for (const { rows } of tables) rows.splice(0, 2);
  return tables;
}

/** What stands between backquotes. */
export function spansOf(cell: string): string[] {
  return [...cell.matchAll(/`([^`]+)`/g)].map(([, code]) => code);
}

/** Every word in the code of a cell: generous, for the side of Python. */
export function wordsOf(cell: string): string[] {
  return spansOf(cell).flatMap((code) => code.match(/[A-Za-z_]\w*/g) ?? []);
}

/** The names that the code of a cell uses: without text, arguments, options and indexes. */
export function namesOf(cell: string): Name[] {
  const names: Name[] = [];
  for (const span of spansOf(cell)) {
    let code = span.replace(/"[^"]*"/g, "");
    for (let before = ""; before !== code;) {
      before = code;
      code = code.replace(/\([^(){}[\]]*\)|\{[^(){}[\]]*\}|\w*\[[^(){}[\]]*\]/g, "");
    }
    for (const path of code.match(/[A-Za-z_$][\w$]*(\.[A-Za-z_$][\w$]*)*/g) ?? []) {
      if (WORDS.has(path)) continue;
      const parts = path.split(".");
      names.push({ owner: parts.at(-2) ?? null, name: parts.at(-1)! });
    }
  }
  return names;
}

/** `recv_bytes` → `recvBytes`; a class stays as it is. */
export function camelCase(name: string): string {
  return name.replace(/(?<=[a-z\d])_([a-z])/g, (_, letter: string) => letter.toUpperCase());
}
