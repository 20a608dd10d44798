/**
 * Cuts TypeScript into names, strings and signs, leaving out comments, regular
 * expressions and the text of templates: enough to tell who is named in code.
 */

export interface Token {
  kind: "name" | "string" | "sign" | "number";
  text: string;
  line: number;
}

const SPACE = /\s+/y;
const COMMENT = /\/\/[^\n]*|\/\*[^]*?\*\//y;
const NAME = /#?[\p{ID_Start}$_][\p{ID_Continue}$\u200c\u200d]*/uy;
const NUMBER = /\.?\d[\w.]*/y;
const STRING = /"(?:[^"\\\n]|\\[^])*"|'(?:[^'\\\n]|\\[^])*'/y;
const REGEXP = /\/(?:[^/\\[\n]|\\.|\[(?:[^\]\\\n]|\\.)*\])+\/[a-z]*/y;
const SIGN = /\?\.(?!\d)|=>|\.\.\.|[^]/y;

/** Names after which a slash begins a regular expression. */
const BEFORE_EXPRESSION = new Set(
  "return typeof instanceof in of new delete void throw case do else yield await".split(" "),
);

export function tokenize(source: string): Token[] {
  const tokens: Token[] = [];
  /** For every `${` that is open: how many braces are open inside it. */
  const templates: number[] = [];
  let at = source.startsWith("#!") ? source.indexOf("\n") : 0;
  let line = 1;

  const take = (pattern: RegExp): string | null => {
    pattern.lastIndex = at;
    const text = pattern.exec(source)?.[0];
    if (text === undefined) return null;
    at += text.length;
    return text;
  };
  const push = (kind: Token["kind"], text: string): void => {
    tokens.push({ kind, text, line });
  };
  const countLines = (text: string): void => {
    line += text.split("\n").length - 1;
  };
  /** Skips a template's text up to its end or to the next `${`. */
  const templateText = (): void => {
    const start = at;
    while (at < source.length) {
      if (source[at] === "\\") at += 2;
      else if (source[at] === "`") {
        at++;
        push("string", "");
        break;
      } else if (source.startsWith("${", at)) {
        at += 2;
        templates.push(0);
        push("sign", "(");
        break;
      } else at++;
    }
    countLines(source.slice(start, at));
  };

  while (at < source.length) {
    let text = take(SPACE) ?? take(COMMENT);
    if (text !== null) {
      countLines(text);
    } else if ((text = take(NAME)) !== null) {
      push("name", text);
    } else if ((text = take(NUMBER)) !== null) {
      push("number", text);
    } else if ((text = take(STRING)) !== null) {
      push("string", text.slice(1, -1));
      countLines(text);
    } else if (source[at] === "`") {
      at++;
      templateText();
    } else if (source[at] === "/" && expressionMayStart(tokens) && take(REGEXP) !== null) {
      push("string", "");
    } else {
      text = take(SIGN)!;
      if (templates.length > 0) {
        if (text === "{") templates[templates.length - 1]++;
        if (text === "}" && templates[templates.length - 1]-- === 0) {
          templates.pop();
          push("sign", ")");
          templateText();
          continue;
        }
      }
      push("sign", text);
    }
  }
  return tokens;
}

function expressionMayStart(tokens: Token[]): boolean {
  const last = tokens.at(-1);
  if (last === undefined) return true;
  if (last.kind === "name") return BEFORE_EXPRESSION.has(last.text);
  return last.kind === "sign" && ![")", "]", "}"].includes(last.text);
}
