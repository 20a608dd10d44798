/**
 * Layer 2, wire/functions. Cuts JavaScript or TypeScript source into tokens: enough to tell code
 * from comments, strings, templates and regular expressions, and to know how deep in brackets a
 * token stands. It is no parser and never fails. Imports nothing.
 *
 * Where source alone does not decide (a slash, an apostrophe in JSX text) it guesses, and limits
 * the harm of a wrong guess: a string or regular expression that does not end on its line was none,
 * and `export` in the first column is at depth 0 whatever came before.
 *
 * @module
 */

/** A piece of source. */
export type Token = {
  /** `template` is one piece of literal text in a template, `regex` a whole literal. */
  readonly kind: "word" | "number" | "string" | "template" | "regex" | "mark";
  /** The source text; for strings and templates the characters they stand for. */
  readonly text: string;
  /** Where it begins in the source. */
  readonly start: number;
  /** Where it ends in the source. */
  readonly end: number;
  /** How many brackets are open around it. A bracket stands outside of what it opens. */
  readonly depth: number;
  /** Whether it is the first on its line. */
  readonly first: boolean;
};

const space = /(?:\s+|\/\/[^\n\r\u2028\u2029]*|\/\*[^]*?\*\/)+/y;
const word = /#?[\p{ID_Start}$_\\][\p{ID_Continue}$\u200c\u200d\\]*/uy;
const number =
  /(?:0[xXoObB][\da-fA-F_]+n?|(?:\d[\d_]*\.?[\d_]*|\.\d[\d_]*)(?:[eE][+-]?[\d_]+)?n?)/y;
const string = /"[^"\\\n]*(?:\\[^][^"\\\n]*)*"|'[^'\\\n]*(?:\\[^][^'\\\n]*)*'/y;
const regex = /\/(?:[^/\\[\n]|\\.|\[(?:[^\]\\\n]|\\.)*\])+\/[a-z]*/y;
const templateText = /[^`\\$]*(?:(?:\\[^]|\$(?!\{))[^`\\$]*)*/y;
const mark = /=>|===?|!==?|[^]/y;

/** Words after which a slash begins a regular expression. */
const beforeValue = new Set(
  ("return typeof case in of delete void instanceof new do else throw await yield default extends")
    .split(" "),
);

/** What an open bracket is closed by, and what its closing means for a slash after it. */
type Open = { close: string; template: boolean; condition: boolean };

/**
 * Cuts source into tokens.
 *
 * @param source JavaScript or TypeScript.
 * @returns The tokens in order, without white space and comments.
 */
export function tokenize(source: string): Token[] {
  const tokens: Token[] = [];
  let open: Open[] = [];
  let at = source.startsWith("#!") ? lineEnd(source) : 0;
  let first = true;
  let afterCondition = false;

  const match = (pattern: RegExp): string | null => {
    pattern.lastIndex = at;
    return pattern.exec(source)?.[0] ?? null;
  };
  const push = (kind: Token["kind"], length: number, text: string): void => {
    tokens.push({ kind, text, start: at, end: at + length, depth: open.length, first });
    at += length;
    first = false;
    afterCondition = false;
  };
  const template = (): void => {
    const text = match(templateText) ?? "";
    push("template", text.length, cook(text));
    if (source.startsWith("${", at)) {
      push("mark", 2, "${");
      open.push({ close: "}", template: true, condition: false });
    } else if (at < source.length) {
      push("mark", 1, "`");
    }
  };
  const slashBeginsRegex = (): boolean => {
    const last = tokens.at(-1);
    if (last === undefined) return true;
    if (last.kind === "word") return beforeValue.has(last.text);
    if (last.kind !== "mark") return false;
    return last.text === ")" ? afterCondition : !"]}`<".includes(last.text);
  };

  while (at < source.length) {
    const gap = match(space);
    if (gap !== null) {
      at += gap.length;
      first ||= gap.includes("\n");
      continue;
    }
    const char = source[at];
    let text: string | null;
    if ((char === '"' || char === "'") && (text = match(string)) !== null) {
      push("string", text.length, cook(text.slice(1, -1)));
    } else if ((text = match(word)) !== null) {
      if (text === "export" && (at === 0 || source[at - 1] === "\n")) open = [];
      push("word", text.length, text);
    } else if ((text = match(number)) !== null) {
      push("number", text.length, text);
    } else if (char === "`") {
      push("mark", 1, "`");
      template();
    } else if (char === "/" && slashBeginsRegex() && (text = match(regex)) !== null) {
      push("regex", text.length, text);
    } else if (char === "(" || char === "[" || char === "{") {
      const last = tokens.at(-1);
      const condition = char === "(" && last?.kind === "word" &&
        /^(?:if|while|for|with|await)$/.test(last.text) && tokens.at(-2)?.text !== ".";
      push("mark", 1, char);
      const close = char === "(" ? ")" : char === "[" ? "]" : "}";
      open.push({ close, template: false, condition });
    } else if (char === ")" || char === "]" || char === "}") {
      const closed = open.at(-1)?.close === char ? open.pop() : undefined;
      push("mark", 1, char);
      afterCondition = closed?.condition === true;
      if (closed?.template) template();
    } else {
      text = match(mark)!;
      push("mark", text.length, text);
    }
  }
  return tokens;
}

function lineEnd(source: string): number {
  const end = source.indexOf("\n");
  return end < 0 ? source.length : end;
}

const named: Record<string, string> = { n: "\n", t: "\t", r: "\r", b: "\b", f: "\f", v: "\v" };

/** The characters that the inside of a string or template stands for. */
function cook(text: string): string {
  if (!text.includes("\\")) return text;
  return text.replace(
    /\\(?:u\{([\da-fA-F]+)\}|u([\da-fA-F]{4})|x([\da-fA-F]{2})|0(?!\d)|(\r\n|[^]))/g,
    (_, wide?: string, four?: string, two?: string, other?: string) => {
      const code = wide ?? four ?? two;
      if (code !== undefined) {
        const point = parseInt(code, 16);
        return point <= 0x10ffff ? String.fromCodePoint(point) : "";
      }
      if (other === undefined) return "\0";
      return /[\r\n\u2028\u2029]/.test(other) ? "" : named[other] ?? other;
    },
  );
}
