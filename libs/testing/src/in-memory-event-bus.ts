import type {
  ConsumeOptions,
  Consumption,
  DeliveredMessage,
  LogMessage,
  Message,
  Positions,
  RelayBatch,
  RelayedBus,
  Watermark,
} from '@regulars/ports';
import { type GroupMember, Groups } from './in-memory-groups';

const POSITION_DIGITS = 12;
const LOOKED_AT_MAX = 1_000;

/** A record of a partition: a message, or a relay's word of how far the log has been carried. */
type Entry = { readonly message: LogMessage | Message } | { readonly watermark: Watermark; readonly topics: readonly string[] };

const copy = (message: Message): Message => JSON.parse(JSON.stringify(message)) as Message;
const toPosition = (index: number): string => String(index).padStart(POSITION_DIGITS, '0');

/** Where an entry stands in the relay's order; undefined where no relay wrote it. A watermark comes after all messages of its event. */
function sequenceOf(entry: Entry): string | undefined {
  if ('watermark' in entry) return `${entry.watermark.logPosition}.~`;
  const { logPosition, ordinal } = entry.message as Partial<LogMessage>;
  return logPosition === undefined ? undefined : `${logPosition}.${String(ordinal).padStart(3, '0')}`;
}

/** What a bus in memory keeps. */
export interface InMemoryPartitions {
  readonly entries: readonly Entry[][];
  /** By group and source: the next index, as committed. */
  readonly committed: Map<string, number>;
}

/** Two partitions, unless told, with nothing in them. */
export function emptyPartitions(count = 2): InMemoryPartitions {
  return { entries: Array.from({ length: count }, () => []), committed: new Map() };
}

/**
 * An honest EventBus in memory, fed by a relay or by `publish`. It has more than one source unless told otherwise, so that consumers learn
 * not to count on one, and shares them out anew whenever a consumer of a group comes or goes.
 */
export class InMemoryEventBus implements RelayedBus {
  private readonly waiting = new Set<() => void>();
  private readonly groups = new Groups();

  /** `kept`: what the bus keeps; hand it to a second one to play a restart. */
  constructor(private readonly kept: InMemoryPartitions = emptyPartitions()) {}

  async publish(messages: readonly Message[]): Promise<void> {
    for (const message of messages) this.put(message);
    this.wake();
  }

  async relay({ messages, watermark, topics }: RelayBatch): Promise<void> {
    for (const message of messages) this.put(message);
    if (watermark) for (const entries of this.kept.entries) entries.push({ watermark, topics });
    this.wake();
  }

  consume(options: ConsumeOptions): Consumption {
    const member = this.groups.join(options.group, this.kept.entries.length, () => this.wake());
    const state = { closed: false };
    const ended = this.run(options, state, member);
    return {
      ended,
      close: async () => {
        state.closed = true;
        this.wake();
        await ended.catch(() => undefined);
      },
    };
  }

  private put(message: Message): void {
    const hash = [...message.key].reduce((sum, character) => sum + (character.codePointAt(0) ?? 0), 0);
    this.kept.entries[hash % this.kept.entries.length]?.push({ message: copy(message) });
  }

  private async run(options: ConsumeOptions, state: { readonly closed: boolean }, member: GroupMember): Promise<void> {
    // Never inside the caller's own tick: it has no Consumption in its hands yet.
    await Promise.resolve();
    const next = new Map<number, number>();
    try {
      while (!state.closed) {
        await this.shareOut(options, member, next);
        if (await this.handOver(options, next)) continue;
        // Waits first and tells then: whoever is told may close, or publish, at once.
        const woken = new Promise<void>((resolve) => this.waiting.add(resolve));
        options.onCaughtUp?.();
        await woken;
      }
    } finally {
      await options.onRevoked?.([...next.keys()].map(sourceOf));
      member.leave();
    }
  }

  /** Lets go of partitions that belong to another member now, and takes over those that have come and that nobody holds. */
  private async shareOut(options: ConsumeOptions, member: GroupMember, next: Map<number, number>): Promise<void> {
    const gone = [...next.keys()].filter((partition) => !member.shouldHold(partition));
    if (gone.length > 0) {
      for (const partition of gone) next.delete(partition);
      await options.onRevoked?.(gone.map(sourceOf));
      for (const partition of gone) member.release(partition);
    }
    const come = member.takeFree();
    if (come.length === 0) return;
    const from = typeof options.from === 'function' ? await options.from(come.map(sourceOf)) : options.from;
    for (const partition of come) {
      const committed = from === 'committed' ? (this.kept.committed.get(`${options.group}/${partition}`) ?? 0) : startIn(partition, from);
      next.set(partition, committed);
    }
  }

  /** Hands over what there is of each partition held; answers whether there was anything. */
  private async handOver(options: ConsumeOptions, next: Map<number, number>): Promise<boolean> {
    const batches = [...next.keys()].flatMap((partition) => this.take(partition, next.get(partition) ?? 0, options));
    const concurrent = (options.sourcesAtOnce ?? 1) > 1;
    const deliver = async ({ partition, messages, end, watermark }: Batch): Promise<void> => {
      const settled = new Set<DeliveredMessage>();
      const commit = (index: number) => void this.kept.committed.set(`${options.group}/${partition}`, index);
      try {
        await options.onBatch(messages, { [sourceOf(partition)]: toPosition(end - 1) }, (message) => void settled.add(message));
      } catch (error) {
        const gap = messages.find((message) => !settled.has(message));
        if (gap) commit(Number(gap.position));
        throw error;
      }
      next.set(partition, end);
      commit(end);
      if (watermark) options.onWatermark?.(sourceOf(partition), watermark);
    };
    if (concurrent) await Promise.all(batches.map(deliver));
    else for (const batch of batches) if (next.has(batch.partition)) await deliver(batch);
    return batches.length > 0;
  }

  /** The next entries of a partition, up to a watermark at the most; none where there is nothing new. */
  private take(partition: number, first: number, { topics, batchMessagesMax = 1_000 }: ConsumeOptions): Batch[] {
    const entries = this.kept.entries[partition] ?? [];
    const messages: DeliveredMessage[] = [];
    let carried = this.carriedBefore(partition, first);
    let watermark: Watermark | undefined;
    let end = first;
    for (; end < entries.length && end < first + LOOKED_AT_MAX && messages.length < batchMessagesMax && !watermark; end++) {
      const entry = entries[end] as Entry;
      const sequence = sequenceOf(entry);
      const repeated = sequence !== undefined && sequence <= carried;
      if ('watermark' in entry) {
        if (entry.topics.some((topic) => topics.includes(topic))) watermark = entry.watermark;
      } else if (topics.includes(entry.message.topic) && !repeated) {
        messages.push(delivered(entry.message, partition, end));
      }
      if (sequence !== undefined && !repeated) carried = sequence;
    }
    return end === first ? [] : [{ partition, messages, end, watermark }];
  }

  private carriedBefore(partition: number, index: number): string {
    const before = (this.kept.entries[partition] ?? []).slice(0, index);
    return before.reduce((carried, entry) => {
      const sequence = sequenceOf(entry) ?? '';
      return sequence > carried ? sequence : carried;
    }, '');
  }

  private wake(): void {
    const woken = [...this.waiting];
    this.waiting.clear();
    for (const resolve of woken) resolve();
  }
}

interface Batch {
  readonly partition: number;
  readonly messages: readonly DeliveredMessage[];
  readonly end: number;
  readonly watermark: Watermark | undefined;
}

function delivered(message: Message | LogMessage, partition: number, index: number): DeliveredMessage {
  const { ordinal: _, ...rest } = copy(message) as Partial<LogMessage> & Message;
  return { ...rest, source: sourceOf(partition), position: toPosition(index) };
}

function startIn(partition: number, from: Positions): number {
  const position = Object.hasOwn(from, sourceOf(partition)) ? from[sourceOf(partition)] : undefined;
  return position === undefined ? 0 : Number(position) + 1;
}

const sourceOf = (partition: number): string => `memory-${partition}`;
