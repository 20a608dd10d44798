/**
 * Layer 3, wire. Owns how a value that cannot travel is reported: the path to it, what it is, what
 * to do instead. May touch the errors and the table of classes.
 *
 * While values are written nobody keeps track of the path, which would cost every value something.
 * A `Refusal` is thrown where the trouble is, each container that it passes adds its own step, and
 * `Encoder.value` turns the whole into a `SerializationError`.
 *
 * @module
 */

import { MultiprocessingError, SerializationError } from "../errors.ts";
import { internalNamed } from "./classes.ts";

/** Thrown inside the encoder only; never reaches a user. */
export class Refusal {
  /** A short name of the value, also for the place that it leaves behind in an error. */
  readonly what: string;
  /** Completes "Cannot send args[0]: ". */
  readonly reason: string;
  /** An error that somebody else's code threw. */
  readonly cause: unknown;
  /** A function for the function hooks to complain about, once the path is known. */
  // deno-lint-ignore ban-types -- any callable
  readonly fn: Function | null;
  /** The steps from the root, the last one first. */
  readonly steps: Step[] = [];

  // deno-lint-ignore ban-types -- any callable
  constructor(what: string, reason: string, cause?: unknown, fn: Function | null = null) {
    this.what = what;
    this.reason = reason;
    this.cause = cause;
    this.fn = fn;
  }
}

/** A refusal that says what the value is and what to do next. */
export function refusal(what: string, advice: string, cause?: unknown): Refusal {
  return new Refusal(what, `it is ${what}; ${advice}`, cause);
}

/** Thrown when a buffer turns out to be shared: the value is written again, with whole buffers. */
export const RESTART: unique symbol = Symbol("restart");

/** A key, an index, or a step as it will be shown. */
export type Step = string | number | { readonly shown: string };

/**
 * What a container throws on when one of its parts threw `error`. The stack may be at its end, so
 * this does next to nothing.
 */
export function passOn(error: unknown, step: Step): unknown {
  if (error === RESTART || isStackOverflow(error)) return error;
  const thrown = error instanceof Refusal ? error : thrownByUser(error);
  thrown.steps.push(step);
  return thrown;
}

/** Whether the engine ran out of stack. */
export function isStackOverflow(error: unknown): boolean {
  return error instanceof RangeError && error.message.includes("call stack");
}

/** A getter, a Proxy, a `reduce` or an object of the library threw. */
export function thrownByUser(error: unknown): Refusal {
  if (error instanceof MultiprocessingError) {
    return new Refusal("an object that cannot travel", error.message, error);
  }
  const reason = `reading it threw ${brief(error)}; see the cause`;
  return new Refusal("an object that cannot be read", reason, error);
}

/** The nesting limit was reached. */
export function tooDeep(limit: number): Refusal {
  return refusal(
    `nested deeper than ${limit} levels`,
    "send a flatter value, such as an array of the nodes that refer to each other by index",
  );
}

/** The refusal of what is met again while what it is made of is written: it would have to be made first. */
export function insideItself(value: object): Refusal {
  return typeof value === "function"
    ? refusal(
      "a partial function inside the values that are bound to it",
      "bind something else, or export a function that finds it by itself",
    )
    : refusal(
      "an instance inside the data that it is itself reduced to",
      "leave it out of what reduce returns, and put it back in rebuild",
    );
}

/** The step to a Map's value. */
export function mapStep(key: unknown, index: number): Step {
  if (typeof key === "string") return { shown: `.get(${quote(key)})` };
  if (typeof key === "number" || typeof key === "boolean") return { shown: `.get(${key})` };
  return { shown: `.values()[${index}]` };
}

/** A path for people. One of thousands of steps loses its middle. */
export function fullPath(root: string, steps: readonly Step[]): string {
  const shown = steps.toReversed();
  if (shown.length <= 24) return root + shown.map(show).join("");
  return root + shown.slice(0, 8).map(show).join("") + `…(${shown.length - 16} more)…` +
    shown.slice(-8).map(show).join("");
}

function show(step: Step): string {
  if (typeof step === "number") return `[${step}]`;
  if (typeof step === "object") return step.shown;
  return /^[\p{ID_Start}$_][\p{ID_Continue}$]*$/u.test(step) ? "." + step : `[${quote(step)}]`;
}

/** The error that the caller gets. */
export function serializationError(path: string, refused: Refusal): SerializationError {
  const options = refused.cause === undefined ? undefined : { cause: refused.cause };
  const error = new SerializationError(`Cannot send ${path}: ${refused.reason}`, options);
  error.path = path;
  return error;
}

/** Says what an object that nobody registered is. */
export function describeObject(value: object): Refusal {
  const tag = Object.prototype.toString.call(value).slice(8, -1);
  const advice = ADVICE.find(([names]) => names.test(tag));
  if (advice) return refusal(article(tag), advice[1]);
  const proto: unknown = Object.getPrototypeOf(value);
  const own = proto !== null && Object.hasOwn(proto as object, "constructor")
    ? (proto as { constructor: unknown }).constructor
    : undefined;
  if (typeof own !== "function") {
    return refusal(
      "an object whose prototype is another object",
      "send a plain object: { ...value }",
    );
  }
  const name = typeof own.name === "string" && own.name !== "" ? own.name : "";
  const what = name === ""
    ? "an instance of a class without a name"
    : `an instance of class ${name}`;
  if (isEmitter(value)) {
    return refusal(what, "it stays where it is; send what it is made of: a path, an address, data");
  }
  const copies = internalNamed(name)
    ? `if that is the ${name} of this library, the program has loaded two copies of it: load one; else `
    : "";
  return refusal(
    what,
    copies +
      `call registerClass(${
        name || "Class"
      }, { reduce, rebuild }) in a module that both sides import, ` +
      "or send a plain object",
  );
}

/** Sockets, servers, children and streams of `node:` modules. */
function isEmitter(value: object): boolean {
  try {
    const { on, emit } = value as Record<string, unknown>;
    return typeof on === "function" && typeof emit === "function";
  } catch {
    return false;
  }
}

const ADVICE: [RegExp, string][] = [
  [/^URL$/, "send its text: String(url)"],
  [/^(Headers|FormData|URLSearchParams)$/, "send its entries: [...value]"],
  [/^Promise$/, "await it first and send what it resolves to"],
  [/^Weak(Map|Set|Ref)$/, "what it holds cannot be listed; send a Map, a Set or the object itself"],
  [/^(Blob|File)$/, "read it first and send its bytes: await value.arrayBuffer()"],
  [
    /^(Request|Response|(Readable|Writable|Transform)\w*Stream\w*)$/,
    "a stream stays where it is; read it first and send the data",
  ],
  [
    /(Generator|Iterator)( Helper)?$/,
    "it stays where it is; collect what it yields first: [...value] or await Array.fromAsync(value)",
  ],
  [/^Symbol$/, "symbols are unique to their process; send a string"],
];

/** "a" or "an" before a name. */
export function article(name: string): string {
  return (/^[AEIOU](?!ni|RL)/i.test(name) ? "an " : "a ") + name;
}

/** An error in a few words. */
export function brief(error: unknown): string {
  try {
    const text = String(error);
    return text.length > 200 ? text.slice(0, 200) + "…" : text;
  } catch {
    return "something that has no text";
  }
}

function quote(text: string): string {
  return JSON.stringify(text.length > 60 ? text.slice(0, 60) + "…" : text);
}
