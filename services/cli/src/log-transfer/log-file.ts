import { createReadStream, createWriteStream, existsSync, statSync } from 'node:fs';
import { open, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { createInterface } from 'node:readline';
import { Readable, Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGunzip, createGzip } from 'node:zlib';
import { z } from 'zod';
import { CliError, exitCodes } from '../failure';
import { EventsDigest, type TransferredEvent, transferredEvent } from './transferred-event';

const FORMAT = 'regulars-event-log';

/** First line: what the file is. */
const header = z.strictObject({ format: z.literal(FORMAT), version: z.literal(1), chain: z.string() });
/** Last line: what it must add up to. Its presence tells that the file is whole. */
const trailer = z.strictObject({ end: z.literal(FORMAT), events: z.int().min(0), digest: z.string() });

/** What a whole file says of itself. */
export interface LogFileFacts {
  readonly chain: string;
  readonly events: number;
  readonly digest: string;
}

/** The two characters beside \n that some readers take for the end of a line. */
const SEPARATORS = /[\u2028\u2029]/g;

const lineOf = (event: TransferredEvent): string =>
  JSON.stringify(event).replace(SEPARATORS, (character) => `\\u${character.charCodeAt(0).toString(16)}`);

const isGzip = (path: string): boolean => path.endsWith('.gz');

/** Writes events as NDJSON between a header and a trailer; `.gz` is compressed. The file appears when it is whole and on the disk. */
export async function writeLogFile(path: string, chain: string, events: AsyncIterable<readonly TransferredEvent[]>): Promise<LogFileFacts> {
  if (existsSync(path)) {
    throw new CliError(exitCodes.failed, 'The file exists already', path, { whatToDo: 'Name another file; nothing is overwritten.' });
  }
  const digest = new EventsDigest();
  async function* lines() {
    yield `${JSON.stringify({ format: FORMAT, version: 1, chain })}\n`;
    for await (const batch of events) {
      let text = '';
      for (const event of batch) {
        digest.add(event);
        text += `${lineOf(event)}\n`;
      }
      yield text;
    }
    yield `${JSON.stringify({ end: FORMAT, events: digest.events, digest: digest.hex() })}\n`;
  }
  const partial = `${path}.partial`;
  try {
    const target = createWriteStream(partial, { mode: 0o600 });
    await (isGzip(path) ? pipeline(Readable.from(lines()), createGzip(), target) : pipeline(Readable.from(lines()), target));
    await onTheDisk(partial);
    await rename(partial, path);
    await onTheDisk(dirname(path));
  } catch (error) {
    await rm(partial, { force: true });
    throw error;
  }
  return { chain, events: digest.events, digest: digest.hex() };
}

async function onTheDisk(path: string): Promise<void> {
  const file = await open(path, 'r');
  await file.sync().finally(() => file.close());
}

/** How much of a file has been read; bytes as they lie on the disk. */
export type ReadProgress = (bytes: number, totalBytes: number) => void;

/** Reads a whole file once and checks it against its trailer. Throws CliError where it is not what it says, or not whole. */
export async function checkLogFile(path: string, onProgress: ReadProgress): Promise<LogFileFacts> {
  const digest = new EventsDigest();
  const reader = new LogFileReader(path, onProgress);
  for await (const event of reader.events()) digest.add(event);
  const { chain, said } = reader;
  if (said === undefined || chain === undefined) throw unreadable(path, 'it ends before its last line: it was cut off');
  if (said.events !== digest.events || said.digest !== digest.hex())
    throw unreadable(path, 'its events do not add up to what its last line says');
  return { chain, events: said.events, digest: said.digest };
}

/** The events of a file, in order. Throws CliError with the line where it cannot be read. */
export function readLogFile(path: string, onProgress: ReadProgress): AsyncIterable<TransferredEvent> {
  return new LogFileReader(path, onProgress).events();
}

class LogFileReader {
  chain: string | undefined;
  said: z.infer<typeof trailer> | undefined;

  constructor(
    private readonly path: string,
    private readonly onProgress: ReadProgress,
  ) {}

  async *events(): AsyncGenerator<TransferredEvent> {
    let number = 0;
    for await (const line of this.lines()) {
      number++;
      const parsed = this.parsed(line, number);
      if (number === 1) this.chain = this.checked(header, parsed, number).chain;
      else if (typeof parsed === 'object' && parsed !== null && 'end' in parsed) this.said = this.checked(trailer, parsed, number);
      else yield this.checked(transferredEvent, parsed, number) as TransferredEvent;
    }
  }

  private async *lines(): AsyncGenerator<string> {
    const total = statSync(this.path).size;
    let read = 0;
    const report = this.onProgress;
    const counted = new Transform({
      transform(chunk: Buffer, _, done) {
        read += chunk.length;
        report(read, total);
        done(null, chunk);
      },
    });
    const file = createReadStream(this.path);
    const input = isGzip(this.path) ? counted.pipe(createGunzip()) : counted;
    file.on('error', (error) => input.destroy(error));
    file.pipe(counted);
    try {
      yield* createInterface({ input, crlfDelay: Infinity });
    } catch (error) {
      throw unreadable(this.path, error instanceof Error ? error.message : String(error));
    } finally {
      file.destroy();
      input.destroy();
    }
  }

  private parsed(line: string, number: number): unknown {
    if (this.said !== undefined) throw unreadable(this.path, `line ${number} comes after its end`);
    try {
      return JSON.parse(line);
    } catch {
      throw unreadable(this.path, `line ${number} is no JSON`);
    }
  }

  private checked<T>(schema: z.ZodType<T>, value: unknown, number: number): T {
    const result = schema.safeParse(value);
    if (result.success) return result.data;
    const [issue] = result.error.issues;
    throw unreadable(this.path, `line ${number}: ${issue?.path.join('.') ?? ''} ${issue?.message ?? 'is not of this format'}`);
  }
}

function unreadable(path: string, why: string): CliError {
  return new CliError(exitCodes.checkFailed, 'The exported log cannot be used', `${path}: ${why}`, {
    whatToDo: 'Nothing was imported. Export again.',
  });
}
