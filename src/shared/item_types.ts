/**
 * Layer 8, shared. The names of the types of what stands in shared memory, for the type checker:
 * which value and which typed array belongs to each. What runs is in `types.ts`.
 *
 * @module
 */

/** What each type is in memory and in JavaScript. */
export interface ItemTypes {
  /** 8 bits, with a sign. */
  int8: [Int8Array<ArrayBufferLike>, number];
  /** 8 bits. */
  uint8: [Uint8Array<ArrayBufferLike>, number];
  /** 16 bits, with a sign. */
  int16: [Int16Array<ArrayBufferLike>, number];
  /** 16 bits. */
  uint16: [Uint16Array<ArrayBufferLike>, number];
  /** 32 bits, with a sign. */
  int32: [Int32Array<ArrayBufferLike>, number];
  /** 32 bits. */
  uint32: [Uint32Array<ArrayBufferLike>, number];
  /** A float of 32 bits: what is written is rounded. */
  float32: [Float32Array<ArrayBufferLike>, number];
  /** A float of 64 bits: any number. */
  float64: [Float64Array<ArrayBufferLike>, number];
  /** 64 bits, with a sign. */
  bigint64: [BigInt64Array<ArrayBufferLike>, bigint];
  /** 64 bits. */
  biguint64: [BigUint64Array<ArrayBufferLike>, bigint];
  /** A byte that is 0 or 1. */
  bool: [Uint8Array<ArrayBufferLike>, boolean];
}

/** Python's codes, with the sizes that they have on 64-bit Linux and macOS. */
export interface ItemCodes {
  /** C's `signed char`. */
  b: "int8";
  /** C's `unsigned char`. */
  B: "uint8";
  /** C's `short`. */
  h: "int16";
  /** C's `unsigned short`. */
  H: "uint16";
  /** C's `int`. */
  i: "int32";
  /** C's `unsigned int`. */
  I: "uint32";
  /** C's `long`: 64 bits, so a bigint here. */
  l: "bigint64";
  /** C's `unsigned long`: 64 bits, so a bigint here. */
  L: "biguint64";
  /** C's `long long`. */
  q: "bigint64";
  /** C's `unsigned long long`. */
  Q: "biguint64";
  /** C's `float`. */
  f: "float32";
  /** C's `double`. */
  d: "float64";
}

/** The type of a shared value, or of the items of a shared array: a name, or one of Python's codes. */
export type ItemType = keyof ItemTypes | keyof ItemCodes;
/** The name of a type, for one of Python's codes as well. */
export type ItemName<T extends ItemType> = T extends keyof ItemCodes ? ItemCodes[T]
  : T & keyof ItemTypes;
/** What an item of a type is in JavaScript: a number, a bigint or a boolean. */
export type ItemOf<T extends ItemType> = ItemTypes[ItemName<T>][1];
/** The typed array that holds items of a type; a `Uint8Array` for `"bool"`. */
export type TypedOf<T extends ItemType> = ItemTypes[ItemName<T>][0];
