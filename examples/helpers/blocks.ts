/**
 * Which files the demo works on, cut into blocks, so that one huge file is many tasks.
 *
 * @module
 */

import { accessSync, constants, lstatSync, readdirSync, realpathSync } from "node:fs";
import { basename, dirname, join, resolve } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";

/** A part of a file. */
export interface Block {
  path: string;
  offset: number;
  length: number;
}

/** How much is enough. */
export interface Limits {
  files: number;
  bytes: number;
  /** Size of a block, at most. */
  blockBytes: number;
}

/** The blocks of a folder's files. */
export interface Blocks {
  blocks: Block[];
  files: number;
  bytes: number;
  /** Whether a limit was reached before the end. */
  limited: boolean;
}

/** A folder that has less than this is not worth a pool. */
const ENOUGH_BYTES = 5e6;

/** The package of the runtime that runs this, or this project where that has not much. */
export function defaultFolder(limits: Limits): string {
  let folder = dirname(realpathSync(process.execPath));
  // Only the `bin` of a package: elsewhere the folder around it may hold the whole system.
  if (basename(folder) === "bin" && folder.includes("node_modules")) folder = dirname(folder);
  if (collect(folder, limits).bytes >= ENOUGH_BYTES) return folder;
  return fileURLToPath(new URL("../../", import.meta.url));
}

/**
 * Finds the files below a folder, in a fixed order, and cuts them into blocks. Links, empty files
 * and what may not be read are left out.
 *
 * @throws {RangeError} If there is nothing to read.
 */
export function readableBlocks(folder: string, limits: Limits): Blocks {
  const path = resolve(folder);
  const stat = lstatSync(realOrSame(path), { throwIfNoEntry: false });
  if (stat === undefined) {
    throw new RangeError(`There is no folder ${path}: give the path of one that exists`);
  }
  if (!stat.isDirectory()) {
    throw new RangeError(`${path} is not a folder: give the folder that it is in`);
  }
  const found = collect(path, limits);
  if (found.files === 0) {
    throw new RangeError(`There is nothing to read in ${path}: give a folder with files`);
  }
  return found;
}

function collect(folder: string, limits: Limits): Blocks {
  const found: Blocks = { blocks: [], files: 0, bytes: 0, limited: false };
  for (const { path, size } of filesBelow(folder)) {
    if (found.files === limits.files || found.bytes >= limits.bytes) {
      found.limited = true;
      break;
    }
    const taken = Math.min(size, limits.bytes - found.bytes);
    if (taken < size) found.limited = true;
    found.files++;
    found.bytes += taken;
    for (let offset = 0; offset < taken; offset += limits.blockBytes) {
      found.blocks.push({ path, offset, length: Math.min(limits.blockBytes, taken - offset) });
    }
  }
  return found;
}

function* filesBelow(folder: string): Generator<{ path: string; size: number }> {
  for (const name of namesIn(folder)) {
    const path = join(folder, name);
    const stat = lstatSync(path, { throwIfNoEntry: false });
    if (stat?.isDirectory()) yield* filesBelow(path);
    else if (stat?.isFile() && stat.size > 0 && isReadable(path)) yield { path, size: stat.size };
  }
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder).sort();
  } catch {
    return []; // not for us
  }
}

function isReadable(path: string): boolean {
  try {
    accessSync(path, constants.R_OK);
    return true;
  } catch {
    return false;
  }
}

function realOrSame(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    return path;
  }
}
