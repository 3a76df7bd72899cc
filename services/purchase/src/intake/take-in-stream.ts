import type { IntakeResult } from '@regulars/contracts';
import { CodedError, type ErrorCodeName, errorCodes } from '@regulars/kernel';
import { StoreUnavailable } from '@regulars/ports';
import type { Delivery, Intake } from './intake';
import { LineCutter } from './line-cutter';
import type { IntakeItem } from './read-item';

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
  const lines = new LineCutter(lineBytesMax);
  let items: IntakeItem[] = [];
  for await (const bytes of body) {
    for (const item of lines.cut(bytes)) {
      items.push(item);
      if (items.length < chunkItems) continue;
      yield items;
      items = [];
    }
    if (items.length > 0) {
      yield items;
      items = [];
    }
  }
  items.push(...lines.end());
  if (items.length > 0) yield items;
}
