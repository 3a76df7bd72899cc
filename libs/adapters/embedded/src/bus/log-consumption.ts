import type { Clock, Position, StoredEvent } from '@regulars/kernel';
import type { ConsumeOptions, Consumption, DeliveredMessage, DocumentStore, EventStore, Publisher, Subscription } from '@regulars/ports';
import { deriveMessages, type Part, parts, SOURCE } from './derived-messages';

/** A consumer for whom nothing comes hears at least so often that this is so. */
const HEARTBEAT_MS = 1_000;

/** What a consumption reads from and remembers in. */
interface LogSource {
  readonly eventStore: EventStore;
  readonly publishers: readonly Publisher[];
  readonly checkpoints?: Pick<DocumentStore, 'loadCheckpoint' | 'saveCheckpoint'> | undefined;
  readonly clock?: Clock | undefined;
}

/** One consumer's way through the event log. */
export class LogConsumption implements Consumption {
  readonly ended: Promise<void>;
  private readonly topics: ReadonlySet<string>;
  private subscription: Subscription | undefined;
  private closed = false;
  /** Set while there is nothing more to hand over: how far that was. */
  private idleAt: Position | undefined;
  private reached: Position | undefined;

  constructor(
    private readonly options: ConsumeOptions & { readonly batchMessagesMax: number },
    private readonly source: LogSource,
  ) {
    this.topics = new Set(options.topics);
    // Never inside the caller's own tick: it has no Consumption in its hands yet.
    this.ended = Promise.resolve().then(() => this.run());
    // Whoever wants to know looks at `ended`; a consumer's fault must not end the process.
    this.ended.catch(() => undefined);
  }

  async close(): Promise<void> {
    this.closed = true;
    await this.subscription?.close();
    await this.ended.catch(() => undefined);
  }

  private async run(): Promise<void> {
    this.reached = await this.start();
    const heartbeat = this.source.clock && this.options.onWatermark ? setInterval(() => this.beat(), HEARTBEAT_MS).unref() : undefined;
    try {
      if (!this.closed) await this.follow();
    } finally {
      clearInterval(heartbeat);
      await this.options.onRevoked?.([SOURCE]);
    }
  }

  private async start(): Promise<Position | undefined> {
    const { from, group } = this.options;
    if (from === 'committed') return this.source.checkpoints?.loadCheckpoint(checkpointOf(group));
    const positions = typeof from === 'function' ? await from([SOURCE]) : from;
    return Object.hasOwn(positions, SOURCE) ? positions[SOURCE] : undefined;
  }

  private follow(): Promise<void> {
    this.subscription = this.source.eventStore.subscribe({
      after: this.reached,
      batchEventsMax: this.options.batchMessagesMax,
      onCaughtUp: () => {
        this.idleAt = this.reached;
        this.beat();
        this.options.onCaughtUp?.();
      },
      onBatch: async (events) => {
        this.idleAt = undefined;
        for (const part of parts(events, (event) => this.messagesOf(event), this.options.batchMessagesMax)) {
          if (this.closed) return;
          await this.handOver(part);
        }
      },
    });
    return this.subscription.ended;
  }

  private messagesOf(event: StoredEvent): DeliveredMessage[] {
    return deriveMessages(event, this.source.publishers, this.topics);
  }

  private async handOver({ messages, last }: Part): Promise<void> {
    const settled = new Set<DeliveredMessage>();
    try {
      await this.options.onBatch(messages, { [SOURCE]: last.position }, (message) => void settled.add(message));
    } catch (error) {
      // What cannot be committed comes again; the handler's fault is the one to tell of.
      await this.commit(beforeFirstGap(messages, settled, last.position)).catch(() => undefined);
      throw error;
    }
    await this.commit(last.position);
    this.reached = last.position;
    // What lies behind this event was recorded later than it.
    this.options.onWatermark?.(SOURCE, { logPosition: last.position, observedAt: last.recordedAt });
  }

  private async commit(position: Position | undefined): Promise<void> {
    const { from, group } = this.options;
    if (from === 'committed' && position !== undefined) await this.source.checkpoints?.saveCheckpoint(checkpointOf(group), position);
  }

  /** Tells that the log still ends where it did. */
  private beat(): void {
    if (this.idleAt === undefined || !this.source.clock) return;
    const observedAt = new Date(this.source.clock.now()).toISOString();
    this.options.onWatermark?.(SOURCE, { logPosition: this.idleAt, observedAt });
  }
}

const checkpointOf = (group: string): string => `bus-${group}`;

/** The last position all of whose messages are settled, with all before it; undefined where there is none. The messages of one event share a position. */
function beforeFirstGap(
  messages: readonly DeliveredMessage[],
  settled: ReadonlySet<DeliveredMessage>,
  last: Position,
): Position | undefined {
  const gap = messages.find((message) => !settled.has(message));
  return gap ? messages.findLast(({ position }) => position < gap.position)?.position : last;
}
