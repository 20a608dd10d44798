/**
 * Layer 7, connection. Buffers and views that users give as bytes.
 *
 * @module
 */

/** A buffer, or a view of one. */
export type Bytes = ArrayBufferLike | ArrayBufferView;

/** A view of a part of a buffer. */
export function partOf(
  bytes: Bytes,
  offset: number,
  size: number | undefined,
  action: string,
): Uint8Array {
  const whole = ArrayBuffer.isView(bytes)
    ? new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    : bytes instanceof ArrayBuffer || bytes instanceof SharedArrayBuffer
    ? new Uint8Array(bytes)
    : null;
  if (whole === null) {
    throw new TypeError(`Cannot ${action} of type ${typeof bytes}: give a buffer or a view of one`);
  }
  if (!Number.isInteger(offset) || offset < 0 || offset > whole.length) {
    throw new RangeError(
      `Cannot ${action} at offset ${offset}: give a whole number from 0 to ${whole.length}`,
    );
  }
  const most = whole.length - offset;
  if (size !== undefined && (!Number.isInteger(size) || size < 0 || size > most)) {
    throw new RangeError(
      `Cannot ${action} of size ${size}: give a whole number from 0 to ${most}`,
    );
  }
  return whole.subarray(offset, offset + (size ?? most));
}
