import type { IntakeResult } from '@regulars/contracts';
import { CodedError, type ErrorCodeName, errorCodes } from '@regulars/kernel';
import { StoreUnavailable } from '@regulars/ports';
import type { Delivery, Intake } from './intake';
import { parseLine } from './parse-line';
import type { IntakeItem } from './read-item';

const NEWLINE = 0x0a;

/** Limits of a stream. */
export interface StreamLimits {
  /** Items stored and answered together. */
  readonly chunkItems: number;
  /** Longer lines are cut off and quarantined. */
  readonly lineBytesMax: number;
}

/**
 * Takes in NDJSON as it comes and yields the result lines in the same order; a result is durable when it is yielded. Memory is bounded by
 * two chunks: while one is being stored the next is read, and nothing more is read before the results are taken. Ends early with one
 * `{"problem": …}` line where the store cannot take more, or the platform stops; everything after the last result must be sent again.
 */
export async function* takeInStream(
  intake: Intake,
  body: AsyncIterable<Buffer>,
  delivery: Delivery,
  limits: StreamLimits,
  stopping: AbortSignal,
): AsyncGenerator<string, void, undefined> {
  let taken = 0;
  let underWay: Promise<readonly IntakeResult[]> = Promise.resolve([]);
  try {
    for await (const items of itemChunks(body, limits)) {
      const results = await underWay;
      if (stopping.aborted) {
        underWay = Promise.resolve([]);
        if (results.length > 0) yield resultLines(results);
        yield problemLine('platform.stopping', 'The platform is shutting down; send the rest again later.');
        return;
      }
      underWay = intake.takeIn(items, delivery, taken);
      underWay.catch(() => undefined); // Awaited in the next round; until then it must not count as unhandled.
      taken += items.length;
      if (results.length > 0) yield resultLines(results);
    }
    const results = await underWay;
    if (results.length > 0) yield resultLines(results);
  } catch (error) {
    if (error instanceof StoreUnavailable) yield problemLine('store.unavailable', 'The event store cannot take writes now.');
    else if (error instanceof CodedError) yield problemLine(error.code, error.message);
    else throw error;
  } finally {
    await underWay.catch(() => undefined);
    intake.end(delivery);
  }
}

function resultLines(results: readonly IntakeResult[]): string {
  let lines = '';
  for (const result of results) {
    const { index, outcome, purchaseId } = result;
    // Nearly all results are these three plain members: no need to go through the general way for each.
    if (outcome === 'quarantined') lines += `${JSON.stringify(result)}\n`;
    else lines += `{"index":${index},"outcome":"${outcome}","purchaseId":"${purchaseId}"}\n`;
  }
  return lines;
}

function problemLine(code: ErrorCodeName, detail: string): string {
  const { status, title } = errorCodes[code];
  return `${JSON.stringify({ problem: { type: `urn:regulars:error:${code}`, title, status, code, detail } })}\n`;
}

async function* itemChunks(body: AsyncIterable<Buffer>, { chunkItems, lineBytesMax }: StreamLimits): AsyncGenerator<IntakeItem[]> {
  let items: IntakeItem[] = [];
  let rest: Buffer[] = [];
  let restBytes = 0;
  const take = (line: Buffer) => {
    if (restBytes + line.length > lineBytesMax) {
      const start = Buffer.concat([...rest, line], Math.min(restBytes + line.length, lineBytesMax));
      const raw = start.toString('utf8');
      items.push({ value: undefined, malformed: `The line is longer than ${lineBytesMax} bytes; its beginning is kept.`, raw: () => raw });
    } else {
      const whole = rest.length === 0 ? line : Buffer.concat([...rest, line]);
      if (!isBlank(whole)) items.push(parseLine(whole));
    }
    rest = [];
    restBytes = 0;
  };
  for await (const bytes of body) {
    let start = 0;
    for (let end = bytes.indexOf(NEWLINE); end !== -1; end = bytes.indexOf(NEWLINE, start)) {
      take(bytes.subarray(start, end));
      start = end + 1;
      if (items.length >= chunkItems) {
        yield items;
        items = [];
      }
    }
    if (start < bytes.length) {
      // Beyond the limit only the length is kept, so that an endless line takes no memory.
      if (restBytes <= lineBytesMax) rest.push(bytes.subarray(start));
      restBytes += bytes.length - start;
    }
    if (items.length > 0) {
      yield items;
      items = [];
    }
  }
  if (restBytes > 0) take(Buffer.alloc(0));
  if (items.length > 0) yield items;
}

function isBlank(line: Buffer): boolean {
  for (const byte of line) if (byte !== 0x20 && byte !== 0x09 && byte !== 0x0d) return false;
  return true;
}
