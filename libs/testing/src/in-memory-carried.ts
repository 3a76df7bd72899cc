import type { LogMessage, Message, Watermark } from '@regulars/ports';

/** A record of a partition: a message, or a relay's word of how far the log has been carried for some topics. */
export type Entry = { readonly epoch?: number } & (
  { readonly message: LogMessage | Message } | { readonly watermark: Watermark; readonly topics: readonly string[] }
);

interface Reached {
  readonly sequence: string;
  readonly epoch: number;
}

/** Above the ordinal of every message: a watermark comes after all messages of its event. */
const AFTER_ALL_ORDINALS = '~';

/** How far relays have carried their logs in one partition, by topic: what says nothing new, or comes from an overtaken owner, is left out. */
export class Carried {
  private readonly reached = new Map<string, Reached>();

  /** Whether an entry is to be handed over; remembers it. Entries that no relay wrote always are. */
  pass(entry: Entry): boolean {
    const sequence = this.sequenceOf(entry);
    if (sequence === undefined) return true;
    const epoch = entry.epoch ?? 0;
    const topics = 'message' in entry ? [entry.message.topic] : entry.topics;
    const before = topics.map((topic) => this.reached.get(topic) ?? { sequence: '', epoch: 0 });
    const passes = before.every((reached) => this.isNew(entry, sequence, reached) && epoch >= reached.epoch);
    if (passes) for (const topic of topics) this.reached.set(topic, { sequence, epoch });
    else this.raiseEpoch(topics, epoch);
    return passes;
  }

  protected sequenceOf(entry: Entry): string | undefined {
    if (!('message' in entry)) return `${entry.watermark.logPosition}.${AFTER_ALL_ORDINALS}`;
    const { logPosition, ordinal } = entry.message as Partial<LogMessage>;
    return logPosition === undefined ? undefined : `${logPosition}.${String(ordinal).padStart(3, '0')}`;
  }

  /** A watermark that comes again at its place tells that nothing came meanwhile. */
  protected isNew(entry: Entry, sequence: string, reached: Reached): boolean {
    return sequence > reached.sequence || (!('message' in entry) && sequence === reached.sequence);
  }

  private raiseEpoch(topics: readonly string[], epoch: number): void {
    for (const topic of topics) {
      const reached = this.reached.get(topic);
      if (reached && reached.epoch < epoch) this.reached.set(topic, { ...reached, epoch });
    }
  }
}
