/**
 * Layer 1, runtime. The one question about the engine that the codec's speed depends on. Imports
 * nothing. The bytes never depend on the answer.
 *
 * @module
 */

/**
 * Whether this is JavaScriptCore. (An error would tell: there it knows its line. But for the lines in the
 * stack of the first one V8 parses its file again, which takes 4 ms in the npm package, in every child.)
 */
export const isJavaScriptCore: boolean = "Bun" in globalThis;
