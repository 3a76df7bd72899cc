import { inParallel } from './in-parallel';
import type { DecodedEvent } from './event-codec';
import type { LogReader } from './log-reader';
import { type LogPosition, toPosition } from './positions';
import { type RetryOptions, withRetries } from './retries';

/** Events of the server that one read may pass over, beside those looked for. */
const OTHERS_MAX = 64;
/** Look-ups served by one read. */
const TOGETHER_MAX = 1_000;
/** Streams read at the same time. */
const STREAMS_AT_ONCE = 16;

/** An event to look up, by where the server said it lies. */
export interface Whereabouts {
  readonly streamName: string;
  readonly revision: number;
  /** How many events were appended with it, itself included. */
  readonly events: number;
  /** Where it lies in `$all`, if the server said so. */
  readonly position: LogPosition | undefined;
}

interface Sought {
  readonly where: Whereabouts;
  resolve(event: DecodedEvent): void;
  reject(error: unknown): void;
}

/**
 * Looks up events that the server says it has stored. Many look-ups at a time share one read of `$all`, since what
 * was appended together lies together; what lies elsewhere is looked up in its stream.
 */
export class ReadBack {
  private waiting: Sought[] = [];
  private isRunning = false;

  constructor(
    private readonly reader: LogReader,
    private readonly retry: RetryOptions,
    private readonly signal: AbortSignal,
  ) {}

  /** The event there. Rejects where there is none, which the server would have to have lost or cut off. */
  find(where: Whereabouts): Promise<DecodedEvent> {
    return new Promise((resolve, reject) => {
      this.waiting.push({ where, resolve, reject });
      if (!this.isRunning) void this.run();
    });
  }

  private async run(): Promise<void> {
    this.isRunning = true;
    while (this.waiting.length > 0) {
      const batch = this.waiting.splice(0, TOGETHER_MAX);
      try {
        await this.lookUp(batch);
      } catch (error) {
        for (const { reject } of batch) reject(error);
      }
    }
    this.isRunning = false;
  }

  private async lookUp(batch: readonly Sought[]): Promise<void> {
    const placed = batch.filter(({ where }) => where.position !== undefined);
    const rest = new Set(batch);
    const lowest = placed.map(({ where }) => where.position as LogPosition).reduce(lower, undefined);
    if (lowest && placed.length > 1) {
      for (const [sought, event] of await this.readTogether(placed, lowest)) {
        sought.resolve(event);
        rest.delete(sought);
      }
    }
    await inParallel([...rest], STREAMS_AT_ONCE, async (sought) => sought.resolve(await this.readAlone(sought.where)));
  }

  private readTogether(placed: readonly Sought[], lowest: LogPosition): Promise<Map<Sought, DecodedEvent>> {
    const byPosition = new Map<string, Sought[]>();
    for (const sought of placed) {
      const position = toPosition(sought.where.position as LogPosition);
      byPosition.set(position, [...(byPosition.get(position) ?? []), sought]);
    }
    const highest = [...byPosition.keys()].reduce((a, b) => (a > b ? a : b));
    const events = placed.reduce((sum, { where }) => sum + where.events, 0);
    return withRetries(this.retry, this.signal, async () => {
      const found = new Map<Sought, DecodedEvent>();
      for await (const decoded of this.reader.from(lowest, 2 * events + OTHERS_MAX)) {
        for (const sought of byPosition.get(decoded.event.position) ?? []) {
          if (decoded.event.revision === sought.where.revision) found.set(sought, decoded);
        }
        if (decoded.event.position >= highest) break;
      }
      return found;
    });
  }

  private readAlone({ streamName, revision }: Whereabouts): Promise<DecodedEvent> {
    return withRetries(this.retry, this.signal, async () => {
      for await (const decoded of this.reader.stream(streamName, { fromRevision: revision, limit: 1 })) {
        if (decoded.event.revision === revision) return decoded;
      }
      throw new Error(`Event ${revision} of stream "${streamName}" was stored and is not there: streams of this store must not be deleted`);
    });
  }
}

function lower(a: LogPosition | undefined, b: LogPosition): LogPosition {
  return a === undefined || b.commit < a.commit ? b : a;
}
