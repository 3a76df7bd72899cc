import { closeSync, createReadStream, createWriteStream, existsSync, fsyncSync, openSync, renameSync, rmSync, writeSync } from 'node:fs';
import { pipeline } from 'node:stream/promises';
import Papa from 'papaparse';

const HEADER = 'line,outcome,code,reason,raw\n';
const COLUMNS = 5;
const BUFFER_CHARS = 64 * 1024;

/** Why a line was not taken: rejected by the mapping, or quarantined by the platform. */
export interface RejectedLine {
  readonly line: number;
  readonly outcome: 'rejected' | 'quarantined';
  readonly code: string;
  readonly reason: string;
  readonly raw: string;
}

/** The file of lines that were not taken, beside the data. Comes into being with its first line. */
export class RejectedFile {
  /** Lines in it from this run. */
  lines = 0;
  private descriptor: number | undefined;
  private buffered = '';
  /** Rows of an earlier run about lines that are mostly read again; no more than were under way when it stopped. */
  private earlier = new Map<number, string>();

  private constructor(private readonly path: string) {}

  /** Begins afresh, or goes on with what an earlier run wrote about lines before `firstLine`. */
  static async open(path: string, firstLine: number): Promise<RejectedFile> {
    const file = new RejectedFile(path);
    if (!existsSync(path)) return file;
    if (firstLine <= 1) rmSync(path);
    else file.earlier = await keepBefore(path, firstLine);
    return file;
  }

  /** Keeps what an earlier run wrote about a line that is not read again. */
  keep(line: number): void {
    const row = this.earlier.get(line);
    if (row !== undefined) this.buffered += row;
    this.earlier.delete(line);
  }

  add({ line, outcome, code, reason, raw }: RejectedLine): void {
    this.lines++;
    this.buffered += `${line},${outcome},${field(code)},${field(reason)},${field(raw)}\n`;
    if (this.buffered.length > BUFFER_CHARS) this.write();
  }

  /** Puts everything on the disk. */
  flush(): void {
    this.write();
    if (this.descriptor !== undefined) fsyncSync(this.descriptor);
  }

  close(): void {
    this.flush();
    if (this.descriptor !== undefined) closeSync(this.descriptor);
    this.descriptor = undefined;
  }

  private write(): void {
    if (!this.buffered) return;
    const isNew = this.descriptor === undefined && !existsSync(this.path);
    this.descriptor ??= openSync(this.path, 'a', 0o600);
    writeSync(this.descriptor, isNew ? HEADER + this.buffered : this.buffered);
    this.buffered = '';
  }
}

const field = (text: string) => (/[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text);

/** Leaves in the file what is about lines before `firstLine`; returns the other whole rows. */
async function keepBefore(path: string, firstLine: number): Promise<Map<number, string>> {
  const kept = `${path}.next`;
  const others = new Map<number, string>();
  const rows = createReadStream(path, 'utf8').pipe(Papa.parse(Papa.NODE_STREAM_INPUT, { newline: '\n' }));
  await pipeline(
    rows,
    async function* (source: AsyncIterable<string[]>) {
      for await (const row of source) {
        const text = `${row.map(field).join(',')}\n`;
        if (row[0] === 'line' || Number(row[0]) < firstLine) yield text;
        else if (row.length === COLUMNS) others.set(Number(row[0]), text);
      }
    },
    createWriteStream(kept, { mode: 0o600 }),
  );
  renameSync(kept, path);
  return others;
}
