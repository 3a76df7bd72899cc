import { readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { StoreUnavailable } from '@regulars/ports';
import { closeFile, openFile, readFully, syncDirectory, syncFile, writeFully } from './files';
import { SEGMENT_HEADER_BYTES, segmentHeader } from './record-format';

/** One file of the log. */
export interface Segment {
  readonly path: string;
  /** Offset in the log of the file's first byte, its header included. */
  readonly base: number;
  /** Durable bytes in the file. */
  size: number;
}

const NAME = /^(\d{20})\.log$/;
const OPEN_FILES_MAX = 64;

/** The file name of the segment that starts at this offset. */
export function segmentName(base: number): string {
  return `${base.toString().padStart(20, '0')}.log`;
}

/** The segments in a directory in order, with the sizes their files have now. */
export async function listSegments(directory: string): Promise<Segment[]> {
  const names = (await readdir(directory)).filter((name) => NAME.test(name)).sort();
  return Promise.all(
    names.map(async (name) => {
      const path = join(directory, name);
      return { path, base: Number(name.slice(0, 20)), size: (await stat(path)).size };
    }),
  );
}

/** Creates the segment that starts at this offset, durable with its name when this resolves. Leaves nothing behind where it fails. */
export async function createSegment(directory: string, base: number): Promise<Segment> {
  const path = join(directory, segmentName(base));
  const fd = await openFile(path, 'wx');
  try {
    await writeFully(fd, segmentHeader(base), SEGMENT_HEADER_BYTES, 0);
    await syncFile(fd);
    await syncDirectory(directory);
  } catch (error) {
    await closeFile(fd);
    await rm(path, { force: true });
    throw error;
  }
  await closeFile(fd);
  return { path, base, size: SEGMENT_HEADER_BYTES };
}

interface ReadHandle {
  readonly fd: Promise<number>;
  users: number;
}

/** The files of a log as one run of bytes to read from; keeps a bounded number of them open. */
export class Segments {
  private readonly handles = new Map<string, ReadHandle>();
  private closed = false;

  constructor(readonly list: Segment[]) {}

  get last(): Segment {
    return this.list[this.list.length - 1] as Segment;
  }

  /** Offset just behind the last durable byte. */
  get end(): number {
    return this.last.base + this.last.size;
  }

  /** The segment that holds this offset: the last one that does not start behind it. */
  at(offset: number): Segment {
    let low = 0;
    let high = this.list.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >>> 1;
      if ((this.list[middle] as Segment).base <= offset) low = middle;
      else high = middle - 1;
    }
    return this.list[low] as Segment;
  }

  /** The segment after this one, if there is one. */
  after(segment: Segment): Segment | undefined {
    return this.list[this.list.indexOf(segment) + 1];
  }

  /** Reads up to `length` bytes of one segment from log offset `from`; answers how many it had. */
  async read(segment: Segment, buffer: Buffer, offset: number, length: number, from: number): Promise<number> {
    if (this.closed) throw new StoreUnavailable('The event log is closed');
    const handle = this.handle(segment.path);
    handle.users++;
    try {
      return await readFully(await handle.fd, buffer, offset, length, from - segment.base);
    } catch (error) {
      throw new StoreUnavailable(`The event log cannot be read: ${segment.path}`, { cause: error });
    } finally {
      handle.users--;
      if (this.closed || this.handles.size > OPEN_FILES_MAX) this.closeUnused(this.closed ? 0 : OPEN_FILES_MAX);
    }
  }

  /** Closes every file as soon as nobody reads from it. Reading is refused from now on. */
  close(): void {
    this.closed = true;
    this.closeUnused(0);
  }

  private handle(path: string): ReadHandle {
    let handle = this.handles.get(path);
    if (handle) {
      this.handles.delete(path);
    } else {
      const fd = openFile(path, 'r');
      fd.catch(() => this.handles.delete(path));
      handle = { fd, users: 0 };
    }
    // Last in the map is the last used.
    this.handles.set(path, handle);
    return handle;
  }

  private closeUnused(keep: number): void {
    for (const [path, handle] of this.handles) {
      if (this.handles.size <= keep) return;
      if (handle.users > 0) continue;
      this.handles.delete(path);
      void handle.fd.then(closeFile, () => undefined);
    }
  }
}
