/**
 * Layer 3, wire/functions. Reads from a module's source what it imports, and which of the
 * functions that it declares it exports, under what names. Imports `tokens.ts`.
 *
 * Knows ES modules, TypeScript and CommonJS. What is only re-exported is an import here: a
 * function belongs to the module that declares it. Exports made by destructuring, by
 * `Object.assign(exports, …)` or under computed names are not seen; `register` serves those.
 *
 * @module
 */

import { type Token, tokenize } from "./tokens.ts";

/** A module that another one loads. */
export type ImportedModule = {
  readonly specifier: string;
  /** How it is written; `dynamic` for `import("…")`. */
  readonly form: "import" | "require" | "dynamic";
};

/** A place where a name is declared. */
export type Declaration = {
  /** Offsets of the whole statement in the source. */
  readonly start: number;
  readonly end: number;
  /** Whether it stands at the top level of the module. */
  readonly top: boolean;
};

/** What a module's source says about its functions. */
export type ModuleOutline = {
  readonly imports: readonly ImportedModule[];
  /**
   * Names in the module's own code, each with its exported names. A function without a name goes
   * by its exported one, after a `=`.
   */
  readonly exported: ReadonlyMap<string, readonly string[]>;
  /** Names in the module's own code, each with the places that declare it. */
  readonly declared: ReadonlyMap<string, readonly Declaration[]>;
};

/**
 * Reads a module's outline.
 *
 * @param source JavaScript or TypeScript.
 * @returns Its imports, exports and declarations.
 */
export function outline(source: string): ModuleOutline {
  return new Scanner(tokenize(source), source.length).run();
}

const statementWords = new Set(
  ("export import function class const let var async interface type enum declare abstract " +
    "namespace module exports if for while do switch try throw return Object").split(" "),
);
/** These begin a statement only if a word follows. */
const softWords = new Set("async type declare abstract namespace interface enum".split(" "));
/** A statement never begins after one of these. */
const leadingWords = new Set(
  ("export default async declare abstract extends await return new typeof as of in yield throw " +
    "else case").split(" "),
);

class Scanner {
  #tokens: Token[];
  #length: number;
  #imports: ImportedModule[] = [];
  #exported = new Map<string, string[]>();
  #declared = new Map<string, Declaration[]>();
  /** Names of function expressions, each with the variables they were assigned to. */
  #aliases: [inner: string, variable: string][] = [];

  constructor(tokens: Token[], length: number) {
    this.#tokens = tokens;
    this.#length = length;
  }

  run(): ModuleOutline {
    for (let at = 0; at < this.#tokens.length; at++) {
      const token = this.#tokens[at];
      if (token.kind !== "word" || this.#text(at - 1) === ".") continue;
      switch (token.text) {
        case "import":
          this.#import(at);
          break;
        case "require":
          if (this.#text(at + 1) === "(") this.#load(at + 2, "require", ")");
          break;
        case "export":
          if (token.depth === 0) this.#export(at);
          break;
        case "function":
        case "class":
          this.#declareFunction(at);
          break;
        case "const":
        case "let":
        case "var":
          this.#declareVariables(at);
          break;
        case "exports":
          this.#assignExport(at, at);
          break;
        case "module":
          if (this.#text(at + 1) === "." && this.#text(at + 2) === "exports") {
            this.#assignExport(at, at + 2);
          }
      }
    }
    for (const [inner, variable] of this.#aliases) {
      for (const name of this.#exported.get(variable) ?? []) this.#expose(inner, name);
    }
    return { imports: this.#imports, exported: this.#exported, declared: this.#declared };
  }

  #text(at: number): string | undefined {
    const token = this.#tokens[at];
    return token === undefined || token.kind === "string" ? undefined : token.text;
  }

  #word(at: number): string | undefined {
    return this.#tokens[at]?.kind === "word" ? this.#tokens[at].text : undefined;
  }

  #load(at: number, form: ImportedModule["form"], ...closed: string[]): void {
    const token = this.#tokens[at];
    if (token?.kind === "string" && closed.includes(this.#text(at + 1) ?? "")) {
      this.#imports.push({ specifier: token.text, form });
    }
  }

  #expose(local: string, name: string): void {
    const names = this.#exported.get(local);
    if (names === undefined) this.#exported.set(local, [name]);
    else if (!names.includes(name)) names.push(name);
  }

  #declare(name: string, at: number): void {
    const token = this.#tokens[at];
    const places = this.#declared.get(name) ?? [];
    places.push({ start: token.start, end: this.#endOf(at), top: token.depth === 0 });
    this.#declared.set(name, places);
  }

  /** Where the statement that begins at a token ends. */
  #endOf(at: number): number {
    const depth = this.#tokens[at].depth;
    for (let next = at + 1; next < this.#tokens.length; next++) {
      const token = this.#tokens[next];
      if (token.depth < depth) return token.start;
      if (token.depth === depth && this.#beginsStatement(next)) return token.start;
    }
    return this.#length;
  }

  #beginsStatement(at: number): boolean {
    const token = this.#tokens[at];
    if (token.kind !== "word" || !statementWords.has(token.text)) return false;
    const before = this.#tokens[at - 1];
    if (softWords.has(token.text) && this.#word(at + 1) === undefined) return false;
    if (before.text === ";" || before.text === "}") return true;
    if (!token.first) return false;
    if (before.kind === "word") return !leadingWords.has(before.text);
    return before.kind !== "mark" || ")]`".includes(before.text);
  }

  /** `import "x"`, `import a, { b } from "x"`, `import("x")`; not those that are types only. */
  #import(at: number): void {
    if (this.#text(at + 1) === "(") return this.#load(at + 2, "dynamic", ")", ",");
    const token = this.#tokens[at];
    if (token.depth > 0 || this.#text(at + 1) === ".") return;
    if (this.#text(at + 1) === "type" && !/^(?:from|,)$/.test(this.#text(at + 2) ?? "")) return;
    this.#from(at + 1, token.depth);
  }

  #from(at: number, depth: number): void {
    for (; at < this.#tokens.length; at++) {
      const token = this.#tokens[at];
      if (token.kind === "string" && token.depth === depth) {
        this.#imports.push({ specifier: token.text, form: "import" });
        return;
      }
      if (token.kind === "mark" && !"{},*".includes(token.text)) return;
    }
  }

  #export(at: number): void {
    let next = at + 1;
    switch (this.#text(next)) {
      case "default":
        return this.#exportDefault(next + 1);
      case "*":
        return this.#from(next, 0);
      case "{":
        return this.#exportList(next);
      case "=":
        return this.#assigned(next + 1, "default", at);
    }
    while (/^(?:async|abstract)$/.test(this.#text(next) ?? "")) next++;
    if (/^(?:function|class)$/.test(this.#text(next) ?? "")) {
      const name = this.#word(this.#text(next + 1) === "*" ? next + 2 : next + 1);
      if (name !== undefined) this.#expose(name, name);
    } else if (/^(?:const|let|var)$/.test(this.#text(next) ?? "")) {
      for (const name of this.#variables(next)) this.#expose(name, name);
    }
  }

  /** `export { a, b as c }`; with `from` it is an import. */
  #exportList(at: number): void {
    const names: [string, string][] = [];
    for (at++; at < this.#tokens.length && this.#text(at) !== "}"; at++) {
      const typed = this.#text(at) === "type" && !/^(?:as|,|\})$/.test(this.#text(at + 1) ?? "");
      if (typed) at++;
      const local = this.#tokens[at].text;
      let name = local;
      if (this.#text(at + 1) === "as") name = this.#tokens[at += 2]?.text ?? local;
      if (!typed) names.push([local, name]);
      if (this.#text(at + 1) === ",") at++;
    }
    if (this.#text(at + 1) === "from") return this.#from(at + 2, 0);
    for (const [local, name] of names) this.#expose(local, name);
  }

  #exportDefault(at: number): void {
    let next = at;
    while (/^(?:async|abstract)$/.test(this.#text(next) ?? "")) next++;
    const name = this.#functionName(next);
    if (name !== undefined && name !== "") return this.#expose(name, "default");
    const follows = this.#tokens[at + 1];
    if (
      name === undefined && this.#word(at) !== undefined &&
      (follows === undefined || follows.text === ";" || follows.first && follows.kind === "word")
    ) {
      return this.#expose(this.#word(at)!, "default");
    }
    this.#expose("default", "default");
    if (this.#tokens[at] !== undefined) this.#declare("default", at);
  }

  /** The name of a function or class that begins here: `""` if it has none, else `undefined`. */
  #functionName(at: number): string | undefined {
    if (this.#text(at) === "class") {
      const name = this.#word(at + 1);
      return name === undefined || name === "extends" || name === "implements" ? "" : name;
    }
    if (this.#text(at) !== "function") return undefined;
    return this.#word(this.#text(at + 1) === "*" ? at + 2 : at + 1) ?? "";
  }

  #declareFunction(at: number): void {
    const name = this.#functionName(at);
    if (!name) return;
    this.#declare(name, this.#text(at - 1) === "async" ? at - 1 : at);
  }

  #declareVariables(at: number): void {
    for (const name of this.#variables(at)) this.#declare(name, at);
  }

  /** The names that a `const`, `let` or `var` declares, without destructured ones. */
  #variables(at: number): string[] {
    const depth = this.#tokens[at].depth;
    const names: string[] = [];
    for (let next = at + 1; next < this.#tokens.length; next++) {
      const token = this.#tokens[next];
      if (token.depth < depth || token.depth === depth && token.text === ";") break;
      if (token.depth > depth) continue;
      if (next > at + 1 && this.#beginsStatement(next)) break;
      const before = this.#text(next - 1);
      const begins = next === at + 1 || before === ",";
      if (begins && token.kind === "word") {
        if (next === at + 1 || /^[=:]$/.test(this.#text(next + 1) ?? "")) names.push(token.text);
      }
      if (before === "=" && names.length > 0) {
        const inner = this.#functionName(token.text === "async" ? next + 1 : next);
        if (inner) this.#aliases.push([inner, names.at(-1)!]);
      }
    }
    return names;
  }

  /** `exports.name = …`, `module.exports.name = …`, `module.exports = …`. */
  #assignExport(start: number, at: number): void {
    if (this.#text(at + 1) === "." && this.#text(at + 3) === "=") {
      const name = this.#word(at + 2);
      if (name !== undefined) this.#assigned(at + 4, name, start);
    } else if (this.#text(at + 1) === "=" && at > start) {
      if (this.#text(at + 2) === "{") this.#exportObject(at + 2, start);
      else this.#assigned(at + 2, "default", start);
    }
  }

  /** `{ a, b: c, d: function () {} }` as the exports of a CommonJS module. */
  #exportObject(at: number, start: number): void {
    const inside = this.#tokens[at].depth + 1;
    for (let next = at + 1; next < this.#tokens.length; next++) {
      const token = this.#tokens[next];
      if (token.depth < inside) return;
      if (token.depth > inside || !/^[{,]$/.test(this.#text(next - 1) ?? "")) continue;
      if (token.kind !== "word" && token.kind !== "string") continue;
      const follows = this.#text(next + 1);
      if (follows === ":") this.#assigned(next + 2, token.text, start, token.text);
      else if (follows === "," || follows === "}") this.#expose(token.text, token.text);
    }
  }

  /** What an export is given: a name, a named function, or code (named after `own`, if at all). */
  #assigned(at: number, name: string, start: number, own = "=" + name): void {
    const inner = this.#functionName(this.#text(at) === "async" ? at + 1 : at);
    if (inner) return this.#expose(inner, name);
    const follows = this.#tokens[at + 1];
    const ends = follows === undefined || follows.first || ";,})".includes(follows.text);
    const local = this.#word(at);
    if (inner === undefined && local !== undefined && ends) return this.#expose(local, name);
    if (this.#tokens[at] === undefined) return;
    this.#expose(own, name);
    this.#declare(own, start);
  }
}
