/**
 * Layer 3, wire. Owns the byte format: the version, the tags, the limits. Imports nothing.
 *
 * A value is one tag byte followed by what the table says. `n` is a varint (seven bits a byte,
 * lowest first, at most 2^53-1), numbers are little-endian, `value` is any value again and `text`
 * is any of the three string forms. Every value that is an object takes the next number of the
 * reference table when its tag is met, before anything inside it.
 *
 * | tag         | after the tag                          | value                                   |
 * | ----------- | -------------------------------------- | --------------------------------------- |
 * | 00–7F       |                                        | the integer 0–127                       |
 * | 80–9F       | tag − 80 bytes of UTF-8                | a string                                |
 * | UNDEFINED … |                                        | `undefined`, `null`, `false`, `true`    |
 * | INT16       | 2 bytes                                | an integer                              |
 * | INT32       | 4 bytes                                | an integer                              |
 * | FLOAT64     | 8 bytes                                | any other number                        |
 * | BIGINT64    | 8 bytes                                | a bigint of at most 64 bits             |
 * | BIGINT      | sign, n, n bytes of magnitude          | any other bigint                        |
 * | STRING      | n, n bytes of UTF-8                    | a longer well-formed string             |
 * | STRING16    | n, n UTF-16 units                      | a string with a lone surrogate          |
 * | REFERENCE   | n                                      | object n of the reference table again   |
 * | OBJECT      | n, n texts, n values                   | an object; its keys become a new shape  |
 * | SHAPED      | shape n, a value for each of its keys  | an object with the keys of that shape   |
 * | ARRAY       | n, n values                            | an array without holes                  |
 * | ARRAY_ODD   | length, values and HOLES up to it,     | an array with holes or with properties  |
 * |             | then n, n × (text, value)              | that have names                         |
 * | HOLES       | n                                      | n holes, only inside ARRAY_ODD          |
 * | MAP, SET    | n, n × (key, value) or n values        | a Map or Set                            |
 * | DATE        | 8 bytes                                | a Date, NaN if invalid                  |
 * | REGEXP      | text, text                             | source and flags                        |
 * | BOXED       | value                                  | `Object(primitive)`                     |
 * | BUFFER      | n, n bytes                             | an ArrayBuffer                          |
 * | RESIZABLE   | n, maximum, n bytes                    | a resizable ArrayBuffer                 |
 * | BYTES       | type, n, n bytes                       | a view with a buffer of its own         |
 * | VIEW        | type, tracking, offset, length, value  | a view of the buffer that follows       |
 * | ATTACHED    | n                                      | attachment n, which rides beside        |
 * | ERROR       | see `errors_wire.ts`                   | an error                                |
 * | INSTANCE    | n (0: new, then text), value           | reduced data of a registered class      |
 * | INTERNAL    | n (0: new, then text), its own bytes   | an object of this library               |
 * | EXPORTED    | search, check, name, n, n texts        | a function found by module and name     |
 * | INLINE      | text, text                             | a function sent as source: source, name |
 * | GLOBAL      | text                                   | a function found on the global object   |
 * | PARTIAL     | n, value, n values                     | a function with n bound arguments       |
 *
 * BYTES takes two numbers of the reference table: the view's and its buffer's.
 *
 * @module
 */

/** Goes into the head of every message: both sides must have the same. */
export const WIRE_VERSION = 1;

/** Deepest nesting of a value. It takes half of the smallest default stack, V8's on a main thread. */
export const MAX_DEPTH = 2000;

/** What one level of a Map, a Set, an array with holes or a partial function counts for. */
export const LEVEL_OF_COLLECTION = 2;
/** What one level of an error or an instance counts for: it takes that much more stack. */
export const LEVEL_OF_INSTANCE = 4;

/** Most bytes that the resizable buffers of one value may reserve beyond their contents. */
export const MAX_RESERVE: number = 2 ** 30;

/** Integers below this are their own tag. */
export const SMALL_INTEGERS = 0x80;
/** The first of the short string tags; the length is in the low five bits. */
export const SHORT_STRING = 0x80;
/** The longest string, in bytes, that a short string tag can hold. */
export const SHORT_STRING_MAX = 31;

export const UNDEFINED = 0xa0;
export const NULL = 0xa1;
export const FALSE = 0xa2;
export const TRUE = 0xa3;
export const INT16 = 0xa4;
export const INT32 = 0xa5;
export const FLOAT64 = 0xa6;
export const BIGINT64 = 0xa7;
export const BIGINT = 0xa8;
export const STRING = 0xa9;
export const STRING16 = 0xaa;
export const REFERENCE = 0xab;
export const OBJECT = 0xac;
export const SHAPED = 0xad;
export const ARRAY = 0xae;
export const ARRAY_ODD = 0xaf;
export const HOLES = 0xb0;
export const MAP = 0xb1;
export const SET = 0xb2;
export const DATE = 0xb3;
export const REGEXP = 0xb4;
export const BOXED = 0xb5;
export const BUFFER = 0xb6;
export const RESIZABLE = 0xb7;
export const BYTES = 0xb8;
export const VIEW = 0xb9;
export const ATTACHED = 0xba;
export const ERROR = 0xbb;
export const INSTANCE = 0xbc;
export const INTERNAL = 0xbd;
export const EXPORTED = 0xbe;
export const INLINE = 0xbf;
export const GLOBAL = 0xc0;
export const PARTIAL = 0xc1;
