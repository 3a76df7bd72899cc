import { closeSync, fsyncSync, openSync, renameSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';

function writeAll(file: number, bytes: Uint8Array, position: number): void {
  for (let done = 0; done < bytes.length;) done += writeSync(file, bytes, done, bytes.length - done, position + done);
}

/** Writes bytes at a place of a file (created where it does not exist) and waits until they are on the disk. */
export function writeDurably(path: string, bytes: Uint8Array, position = 0, flags: 'w' | 'r+' = 'w'): void {
  const file = openSync(path, flags);
  try {
    writeAll(file, bytes, position);
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
}

/** Waits until the names in a directory are on the disk. */
export function syncDirectory(path: string): void {
  const directory = openSync(path, 'r');
  try {
    fsyncSync(directory);
  } finally {
    closeSync(directory);
  }
}

/** Replaces a file by new content, all or nothing. */
export function replaceDurably(path: string, bytes: Uint8Array): void {
  const next = `${path}.tmp`;
  writeDurably(next, bytes);
  renameSync(next, path);
  syncDirectory(dirname(path));
}
