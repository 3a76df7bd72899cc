import { createHash } from 'node:crypto';
import { canonicalJson, fixedClock, type JsonObject } from '@regulars/kernel';
import type { DeliveredMessage, LogMessage, Message } from '@regulars/ports';
import { emptyPartitions, InMemoryDocumentStore, InMemoryEventBus } from '@regulars/testing';
import { busFeed, type Cursor, DeadLetters, LiveProjection, Poison, type Projection, type ProjectionVersion } from '../src';

export const TOPIC = 'words.v1';

/** One word said to somebody; its place in the publisher's log is its number. */
export function messageOf(number: number, key: string, word: string): Message {
  return {
    id: `word-${number}`,
    type: 'word.said.v1',
    topic: TOPIC,
    key,
    occurredAt: '2026-03-01T09:00:00.000Z',
    chain: 'demo',
    correlationId: 'c1',
    data: { word },
  };
}

export const logPositionOf = (number: number): string => String(number).padStart(8, '0');
export const watermarkAt = (number: number, observedAt = '2026-03-01T09:00:00.000Z') => ({
  logPosition: logPositionOf(number),
  observedAt,
});

/** Carries words onto a bus as a relay does, `listener:word` each, numbered on. */
export class Carrier {
  number = 0;

  constructor(private readonly bus: InMemoryEventBus) {}

  /** Answers the log position of the last word. */
  async carry(...sayings: readonly string[]): Promise<string> {
    const messages: LogMessage[] = sayings.map((saying) => {
      const [key = '', word = ''] = saying.split(':');
      const number = ++this.number;
      return { ...messageOf(number, key, word), logPosition: logPositionOf(number), ordinal: 0 };
    });
    await this.bus.relay({ messages, topics: [TOPIC], epoch: 1 });
    return logPositionOf(this.number);
  }

  /** Tells every partition how far the log was carried. */
  tell(number = this.number, observedAt?: string): Promise<void> {
    return this.bus.relay({ messages: [], watermark: watermarkAt(number, observedAt), topics: [TOPIC], epoch: 1 });
  }
}

/** What a version of the tally keeps, over a restart of its process as well. */
export interface TallyKept {
  readonly words: Map<string, string[]>;
  cursor: Cursor;
}

/** Words by listener, kept in memory; a word `bad` is poison. */
export class Tally implements Projection<DeliveredMessage> {
  readonly name = 'tally';
  readonly versions = new Map<string, TallyKept>();
  active: string | undefined;

  activeVersion = async () => this.active;
  keyOf = (message: DeliveredMessage) => message.key;
  describe = ({ id, type, position }: DeliveredMessage) => ({ id, type, position });

  async open(version: string): Promise<ProjectionVersion<DeliveredMessage>> {
    const kept = this.versions.get(version) ?? { words: new Map<string, string[]>(), cursor: {} };
    this.versions.set(version, kept);
    return {
      version,
      cursor: () => kept.cursor,
      apply: async (messages, upTo) => {
        const bad = messages.findIndex(({ data }) => data['word'] === 'bad');
        if (bad >= 0) throw new Poison('cannot count bad', bad);
        for (const { key, data } of messages) kept.words.set(key, [...(kept.words.get(key) ?? []), String(data['word'])]);
        kept.cursor = { ...kept.cursor, ...upTo };
      },
      flush: async () => undefined,
      digest: async () =>
        createHash('sha256')
          .update(canonicalJson(Object.fromEntries(kept.words) as JsonObject))
          .digest('hex'),
      close: async () => undefined,
    };
  }

  async switchVersion(from: string | undefined, to: ProjectionVersion<DeliveredMessage>): Promise<boolean> {
    if (this.active !== from) return false;
    this.active = to.version;
    return true;
  }

  drop = async (version: string) => void this.versions.delete(version);
}

const opened: LiveProjection<DeliveredMessage>[] = [];

/** Closes everything that was set up; for `afterEach`. */
export async function closeTallies(): Promise<void> {
  for (const each of opened.splice(0)) await each.close();
}

/** A tally over a bus of some partitions, not started; on the same surroundings again it plays a restart. */
export async function setUpTally(before?: { bus: InMemoryEventBus; tally: Tally; documents: InMemoryDocumentStore; carrier: Carrier }) {
  const bus = before?.bus ?? new InMemoryEventBus(emptyPartitions(5));
  const carrier = before?.carrier ?? new Carrier(bus);
  const tally = before?.tally ?? new Tally();
  const documents = before?.documents ?? new InMemoryDocumentStore();
  const deadLetters = await DeadLetters.open(documents, fixedClock(0));
  const feed = busFeed(bus, 'tally', [TOPIC]);
  const live = await LiveProjection.open<DeliveredMessage>({ projection: tally, feed, deadLetters, report: () => undefined });
  opened.push(live);
  const words = (version = 'v1') => Object.fromEntries(tally.versions.get(version)?.words ?? []);
  return { bus, carrier, tally, documents, deadLetters, live, words };
}
