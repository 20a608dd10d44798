/**
 * Layer 3, wire. Owns the list of view types, and what can be asked of a view or buffer only by a
 * trick. May touch nothing.
 *
 * @module
 */

/** Any typed array or DataView. */
export type View = ArrayBufferView<ArrayBufferLike>;

type ViewConstructor = {
  new (buffer: ArrayBufferLike, byteOffset: number, length?: number): View;
  readonly prototype: object;
};

/** One kind of view. */
export type ViewType = {
  readonly name: string;
  readonly Class: ViewConstructor;
  /** Bytes per element. */
  readonly size: number;
};

/** By their number in the format. The last ones are missing in older runtimes. */
const NAMES = [
  "Uint8Array",
  "Uint8ClampedArray",
  "Int8Array",
  "Uint16Array",
  "Int16Array",
  "Uint32Array",
  "Int32Array",
  "Float32Array",
  "Float64Array",
  "BigUint64Array",
  "BigInt64Array",
  "DataView",
  "Float16Array",
];

const globals = globalThis as unknown as Record<string, ViewConstructor | undefined>;

/** The view types that this runtime has; a missing one leaves a gap. */
export const VIEW_TYPES: readonly (ViewType | undefined)[] = NAMES.map((name) => {
  const Class = globals[name];
  if (Class === undefined) return undefined;
  const size = (Class as unknown as { BYTES_PER_ELEMENT?: number }).BYTES_PER_ELEMENT ?? 1;
  return { name, Class, size };
});

const numberByName = new Map(NAMES.map((name, number) => [name, number]));

/** Answers the class's name for every typed array, of any realm, and nothing for a DataView. */
const nameOf = Object.getOwnPropertyDescriptor(
  Object.getPrototypeOf(Uint8Array.prototype),
  Symbol.toStringTag,
)!.get!;

/** The number of a view's type; -1 for one that this library does not know. */
export function viewTypeOf(view: View): number {
  return numberByName.get(nameOf.call(view) ?? "DataView") ?? -1;
}

/** Whether a buffer can change its size. */
export function isResizable(buffer: ArrayBuffer): boolean {
  return buffer.resizable === true;
}

/** Whether shared memory can grow. */
export function isGrowable(buffer: ArrayBufferLike): boolean {
  return (buffer as { growable?: boolean }).growable === true;
}

/** Whether an object is shared memory, of this realm or another. */
export function isShared(value: object): value is SharedArrayBuffer {
  return Object.prototype.toString.call(value) === "[object SharedArrayBuffer]";
}

/** Whether an object is an end of a MessageChannel. Node's do not say so by their tag. */
export function isPort(value: object): boolean {
  return typeof MessagePort === "function" && value instanceof MessagePort;
}

/**
 * Whether a view of a resizable buffer follows its end. The language has no question for this, so
 * the buffer is made larger by one element, or smaller where it has no room, and put back.
 */
export function followsEnd(view: View, buffer: ArrayBuffer, size: number): boolean {
  const before = view.byteLength;
  const { byteLength } = buffer;
  if (view.byteOffset + before + size <= byteLength) return false;
  if (byteLength + size <= buffer.maxByteLength) {
    buffer.resize(byteLength + size);
    const follows = view.byteLength !== before;
    buffer.resize(byteLength);
    return follows;
  }
  if (before < size) return false;
  const end = byteLength - size;
  const lost = new Uint8Array(buffer, end).slice();
  buffer.resize(end);
  // A view of a fixed length is now out of bounds: an array reads as empty, a DataView throws.
  let follows = false;
  try {
    follows = view.byteLength > 0 || view instanceof DataView ||
      before === size && view.byteOffset === end;
  } catch {
    // It is a DataView of a fixed length.
  }
  buffer.resize(byteLength);
  new Uint8Array(buffer, end).set(lost);
  return follows;
}
