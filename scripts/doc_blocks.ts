/**
 * Finds the TypeScript examples in Markdown files and in the documentation comments of
 * TypeScript files, each with the output that the text promises.
 */

export interface DocBlock {
  file: string;
  line: number;
  code: string;
  /** The ```` ```text ```` block right behind it: what the example prints. */
  output: string | null;
  /** `false` for ```` ```ts no-run ````: its types are checked, it is not run. */
  run: boolean;
}

/** The examples of one file, in order. */
export function docBlocks(file: string, source: string): DocBlock[] {
  const text = file.endsWith(".md") ? source : commentText(source);
  const blocks: DocBlock[] = [];
  const lines = text.split("\n");
  /** The example that a promised output would belong to. */
  let previous: DocBlock | null = null;
  for (let index = 0; index < lines.length; index++) {
    const fence = lines[index].match(/^\s*(`{3,})\s*([\w-]*)\s*(.*)$/);
    if (fence === null) {
      if (/\S/.test(lines[index]) && !/^\s*(prints|output)?:?\s*$/i.test(lines[index])) {
        previous = null;
      }
      continue;
    }
    const [, marks, language, options] = fence;
    const start = index;
    while (++index < lines.length && lines[index].trim() !== marks);
    const body = unindent(lines.slice(start + 1, index));
    if (["ts", "typescript"].includes(language) && !options.includes("ignore")) {
      const run = !options.includes("no-run");
      previous = { file, line: start + 1, code: body, output: null, run };
      blocks.push(previous);
    } else {
      if (previous !== null && language === "text") previous.output = body;
      previous = null;
    }
  }
  return blocks;
}

/** The text of the documentation comments, on the lines where it stands; the rest is blank. */
function commentText(source: string): string {
  let inside = false;
  return source.split("\n").map((line) => {
    if (!inside && !/^\s*\/\*\*/.test(line)) return "";
    inside = !line.includes("*/");
    return line.replace(/^\s*\/\*\*/, "").replace(/\*\/.*$/, "").replace(/^\s*\* ?/, "");
  }).join("\n");
}

function unindent(lines: string[]): string {
  const indents = lines.filter((line) => /\S/.test(line)).map((line) => line.search(/\S/));
  const indent = Math.min(...indents, 99);
  return lines.map((line) => line.slice(indent)).join("\n");
}
