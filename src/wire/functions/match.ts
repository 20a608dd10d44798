/**
 * Layer 3, wire/functions. Decides whether a function is the one that a module declares, by its
 * text. Imports `host.ts`, `scan.ts` and `tokens.ts`.
 *
 * An engine reports the text that it compiled. For JavaScript that is the file's; for TypeScript,
 * types are gone and white space may differ, so the words, texts and numbers of the function must
 * stand in the source in order, and what is left over must look like types. Bun rewrites more than
 * that, and is asked for its own version of the file. Where only a likeness is left, the child
 * decides: it compares the checksum of its own text.
 *
 * @module
 */

import { moduleHost } from "./host.ts";
import { type Declaration, type ModuleOutline, outline } from "./scan.ts";
import { type Token, tokenize } from "./tokens.ts";

/** How well a declaration fits: the higher the better; `different` rules it out. */
export const Fit = { different: 0, declared: 1, similar: 2, same: 3 } as const;

/**
 * A function's name, also where a class has a static member of that name.
 *
 * @param fn The function.
 * @returns Its name, `""` if it has none.
 */
// deno-lint-ignore ban-types -- any callable has a name
export function nameOf(fn: Function): string {
  const name: unknown = fn.name;
  if (typeof name === "string") return name;
  return /^class\s+([\p{ID_Continue}$]+)/u.exec(Function.prototype.toString.call(fn))?.[1] ?? "";
}

/** A module's source and what was read from it. */
export type ModuleText = {
  readonly url: string;
  readonly source: string;
  readonly outline: ModuleOutline;
};

/**
 * How well a function's text fits a declaration of a module.
 *
 * @param text The function's own text.
 * @param module The module.
 * @param local The name in the module's code.
 * @param places Where that name is declared.
 * @returns One of {@linkcode Fit}.
 */
export function fit(
  text: string,
  module: ModuleText,
  local: string,
  places: readonly Declaration[],
): number {
  const parts = places.map((place) => module.source.slice(place.start, place.end));
  if (!moduleHost().isTranspiled(module.url)) {
    if (parts.some((part) => part.includes(text))) return Fit.same;
    return module.source.includes(text) ? Fit.different : Fit.declared;
  }
  const compiled = moduleHost().compiledText?.(module.url, module.source) ?? null;
  if (compiled !== null) {
    const wanted = squeeze(text);
    const inner = places.some((place) => !place.top);
    const declared = (outline(compiled).declared.get(local) ?? []).filter((one) =>
      inner || one.top
    );
    if (declared.some(({ start, end }) => squeeze(compiled.slice(start, end)).includes(wanted))) {
      return Fit.same;
    }
    if (squeeze(compiled).includes(wanted)) return Fit.different;
  }
  const tokens = telling(tokenize(text)).map(({ key }) => key);
  let best: number = Fit.declared;
  for (const part of parts) {
    const given = telling(tokenize(part));
    if (leavesOnlyTypes(tokens, given)) return compiled === null ? Fit.same : Fit.similar;
    if (inOrder(tokens, given)) best = Fit.similar;
  }
  return best;
}

/**
 * Whether a function's text stands anywhere in a module.
 *
 * @param text The function's own text.
 * @param module The module.
 * @returns `true` if it does, as far as can be told.
 */
export function occursIn(text: string, module: ModuleText): boolean {
  if (module.source.includes(text)) return true;
  if (!moduleHost().isTranspiled(module.url)) return false;
  const compiled = moduleHost().compiledText?.(module.url, module.source) ?? null;
  if (compiled !== null) return squeeze(compiled).includes(squeeze(text));
  const tokens = telling(tokenize(text)).map(({ key }) => key);
  return leavesOnlyTypes(tokens, telling(tokenize(module.source)), true);
}

/**
 * A checksum of a function's text: 53 bits, never 0.
 *
 * @param text The function's own text.
 * @returns The checksum.
 */
export function checksum(text: string): number {
  let high = 0x2545f491;
  let low = 0x9e3779b1;
  for (let at = 0; at < text.length; at++) {
    const unit = text.charCodeAt(at);
    high = Math.imul(high ^ unit, 0x01000193);
    low = Math.imul(low + unit, 0x5bd1e995) ^ (low >>> 15);
  }
  high ^= Math.imul(low, 0x85ebca6b) >>> 13;
  low ^= Math.imul(high, 0xc2b2ae35) >>> 16;
  return (high & 0x1fffff) * 0x100000000 + (low >>> 0) || 1;
}

function squeeze(text: string): string {
  return text.replace(/[\s;]+/g, "");
}

/** A token that outlives printing: punctuation, quotes and the like may change. */
type Telling = {
  /** The same for two tokens that mean the same. */
  readonly key: string;
  /** Whether a type may begin here. */
  readonly type: boolean;
  /** Whether another declaration of the same statement may begin here. */
  readonly next: boolean;
};

/** TypeScript's own words, which go with the types. */
const typeWords = new Set(
  ("as satisfies implements declare abstract private public protected readonly override type " +
    "interface is asserts keyof infer unique this").split(" "),
);

function telling(tokens: Token[]): Telling[] {
  const found: Telling[] = [];
  let mark = "";
  let opensType = false;
  for (const { kind, text, depth } of tokens) {
    if (kind === "mark") {
      mark = text;
      opensType ||= ":<?!|&".includes(text);
    }
    if (kind === "mark" || text === "" && kind !== "word") continue;
    found.push({
      key: kind === "number" ? numberKey(text) : kind === "word" ? text : JSON.stringify(text),
      type: typeWords.has(text) || opensType,
      next: depth === 0 && (mark === "," || mark === ";" || mark === "}"),
    });
    mark = "";
    opensType = false;
  }
  return found;
}

function numberKey(text: string): string {
  const plain = text.replaceAll("_", "");
  return plain.endsWith("n") && !plain.startsWith("0x") ? plain : String(Number(plain));
}

function inOrder(wanted: string[], given: Telling[]): boolean {
  let at = 0;
  for (const token of given) if (token.key === wanted[at]) at++;
  return at === wanted.length;
}

/**
 * Whether `given` is `wanted` with types between. Follows every way to read it at once: a reading
 * is how many of the wanted tokens were met, doubled, plus one inside of a type.
 */
function leavesOnlyTypes(wanted: string[], given: Telling[], anywhere = false): boolean {
  let readings = new Set([1]);
  for (const token of given) {
    const next = new Set<number>(anywhere ? [1] : undefined);
    for (const reading of readings) {
      const met = reading >> 1;
      if (wanted[met] === token.key) next.add(met + 1 << 1);
      const done = met === wanted.length && token.next;
      if (reading & 1 || token.type || done) next.add(met << 1 | 1);
    }
    if (anywhere && next.has(wanted.length << 1)) return true;
    readings = next;
    if (readings.size === 0) return false;
  }
  return readings.has(wanted.length << 1) || readings.has(wanted.length << 1 | 1);
}
