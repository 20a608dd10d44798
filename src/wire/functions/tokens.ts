/**
 * Layer 3, wire/functions. Cuts JavaScript or TypeScript source into tokens: enough to tell code
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
const plainWord = /#?[A-Za-z_$][\w$]*/y;
const anyWord = /#?[\p{ID_Start}$_\\][\p{ID_Continue}$\u200c\u200d\\]*/uy;
const number =
  /(?:0[xXoObB][\da-fA-F_]+n?|(?:\d[\d_]*\.?[\d_]*|\.\d[\d_]*)(?:[eE][+-]?[\d_]+)?n?)/y;
const string = /"[^"\\\n]*(?:\\[^][^"\\\n]*)*"|'[^'\\\n]*(?:\\[^][^'\\\n]*)*'/y;
const regex = /\/[^/\\[\n]*(?:(?:\\.|\[[^\]\\\n]*(?:\\.[^\]\\\n]*)*\])[^/\\[\n]*)*\/[a-z]*/y;
const templateText = /[^`\\$]*(?:(?:\\[^]|\$(?!\{))[^`\\$]*)*/y;
const mark = /=>|===?|!==?|[^]/y;

const SPACE = 32;
const SLASH = 47;
const BACKSLASH = 92;

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

  /** Where a pattern that begins here ends; `at` if it does not. */
  const endOf = (pattern: RegExp): number => {
    pattern.lastIndex = at;
    return pattern.test(source) ? pattern.lastIndex : at;
  };
  const push = (kind: Token["kind"], end: number, text = source.slice(at, end)): void => {
    tokens.push({ kind, text, start: at, end, depth: open.length, first });
    at = end;
    first = false;
    afterCondition = false;
  };
  const template = (): void => {
    const end = endOf(templateText);
    push("template", end, cook(source.slice(at, end)));
    if (source.startsWith("${", at)) {
      push("mark", at + 2);
      open.push({ close: "}", template: true, condition: false });
    } else if (at < source.length) {
      push("mark", at + 1);
    }
  };
  const wordEnd = (): number => {
    const end = endOf(plainWord);
    const next = source.charCodeAt(end);
    return next < 128 && next !== BACKSLASH || end === source.length ? end : endOf(anyWord);
  };
  const slashBeginsRegex = (): boolean => {
    const last = tokens.at(-1);
    if (last === undefined) return true;
    if (last.kind === "word") return beforeValue.has(last.text);
    if (last.kind !== "mark") return false;
    return last.text === ")" ? afterCondition : !"]}`<".includes(last.text);
  };

  while (at < source.length) {
    const code = source.charCodeAt(at);
    let end = at;
    if ((code <= SPACE || code === SLASH || code >= 128) && (end = endOf(space)) > at) {
      first ||= source.slice(at, end).includes("\n");
      at = end;
      continue;
    }
    const char = source[at];
    switch (char) {
      case '"':
      case "'":
        if ((end = endOf(string)) > at) push("string", end, cook(source.slice(at + 1, end - 1)));
        else push("mark", at + 1);
        break;
      case "`":
        push("mark", at + 1);
        template();
        break;
      case "(":
      case "[":
      case "{": {
        const condition = char === "(" && opensCondition(tokens);
        push("mark", at + 1);
        open.push({
          close: char === "(" ? ")" : char === "[" ? "]" : "}",
          template: false,
          condition,
        });
        break;
      }
      case ")":
      case "]":
      case "}": {
        const closed = open.at(-1)?.close === char ? open.pop() : undefined;
        push("mark", at + 1);
        afterCondition = closed?.condition === true;
        if (closed?.template) template();
        break;
      }
      case "/":
        end = slashBeginsRegex() ? endOf(regex) : at;
        if (end > at) push("regex", end);
        else push("mark", at + 1);
        break;
      default:
        if ((end = wordEnd()) > at) {
          const firstColumn = at === 0 || source[at - 1] === "\n";
          if (firstColumn && source.slice(at, end) === "export") open = [];
          push("word", end);
        } else if ((code >= 48 && code <= 57 || char === ".") && (end = endOf(number)) > at) {
          push("number", end);
        } else {
          push("mark", endOf(mark));
        }
    }
  }
  return tokens;
}

/** Whether the bracket that follows holds a condition: what comes after it is a new statement. */
function opensCondition(tokens: Token[]): boolean {
  const last = tokens.at(-1);
  return last?.kind === "word" && /^(?:if|while|for|with|await)$/.test(last.text) &&
    tokens.at(-2)?.text !== ".";
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
