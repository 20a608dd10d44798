/**
 * How the demo writes figures.
 *
 * @module
 */

const LABEL_WIDTH = 14;

/** Lines of a label and what belongs to it, one below the other. */
export function aligned(lines: [label: string, text: string][]): string {
  return lines.map(([label, text]) => `${label.padEnd(LABEL_WIDTH)}${text}`).join("\n");
}

/** Bytes in words: `12.3 MB`. */
export function megabytes(bytes: number): string {
  return bytes < 100e3 ? `${(bytes / 1e3).toFixed(1)} kB` : `${(bytes / 1e6).toFixed(1)} MB`;
}
