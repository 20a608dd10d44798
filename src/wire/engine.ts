/**
 * Layer 3, wire. Owns the one question about the engine that the codec's speed depends on. Imports
 * nothing. The bytes never depend on the answer.
 *
 * @module
 */

/** Whether this is JavaScriptCore: its errors know the line that made them. */
export const isJavaScriptCore: boolean = Object.hasOwn(new Error(), "line");
