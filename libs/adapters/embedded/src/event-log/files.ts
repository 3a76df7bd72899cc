import { close, fdatasync, fsync, ftruncate, open, read, write } from 'node:fs';
import { promisify } from 'node:util';

/** Opens a file and answers its descriptor. */
export const openFile: (path: string, flags: string) => Promise<number> = promisify(open);
export const closeFile: (fd: number) => Promise<void> = promisify(close);
/** Makes a file's content and length durable. */
export const syncFile: (fd: number) => Promise<void> = promisify(fdatasync);
export const truncateFile: (fd: number, length: number) => Promise<void> = promisify(ftruncate);

/** Plain callbacks: `FileHandle` costs several times as much for each small read. */
function readOnce(fd: number, buffer: Buffer, offset: number, length: number, at: number): Promise<number> {
  return new Promise((resolve, reject) => {
    read(fd, buffer, offset, length, at, (error, bytes) => (error ? reject(error) : resolve(bytes)));
  });
}

function writeOnce(fd: number, buffer: Buffer, offset: number, length: number, at: number): Promise<number> {
  return new Promise((resolve, reject) => {
    write(fd, buffer, offset, length, at, (error, bytes) => (error ? reject(error) : resolve(bytes)));
  });
}

/** Reads `length` bytes from `at` in the file into `buffer` from `offset` on; answers how many there were before the end of the file. */
export async function readFully(fd: number, buffer: Buffer, offset: number, length: number, at: number): Promise<number> {
  let done = 0;
  while (done < length) {
    const bytes = await readOnce(fd, buffer, offset + done, length - done, at + done);
    if (bytes === 0) break;
    done += bytes;
  }
  return done;
}

/** Writes the first `length` bytes of `buffer` at `at` in the file, however many calls it takes. */
export async function writeFully(fd: number, buffer: Buffer, length: number, at: number): Promise<void> {
  let done = 0;
  while (done < length) done += await writeOnce(fd, buffer, done, length - done, at + done);
}

/** Makes the names in a directory durable: a new file is not safe before this. */
export async function syncDirectory(path: string): Promise<void> {
  const fd = await openFile(path, 'r');
  try {
    await promisify(fsync)(fd);
  } finally {
    await closeFile(fd);
  }
}
