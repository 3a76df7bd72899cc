import type { DeliveredMessage, LogMessage, Message, Positions, Watermark } from '@regulars/ports';
import type { Carried, Entry } from './in-memory-carried';

const POSITION_DIGITS = 12;
const LOOKED_AT_MAX = 1_000;

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

/** The name of a partition to consumers. */
export const sourceOf = (partition: number): string => `memory-${partition}`;

/** The position of an entry, by its index. */
export const toPosition = (index: number): string => String(index).padStart(POSITION_DIGITS, '0');

/** Index of the first entry to hand over to a consumer that goes on from these positions. */
export function startIn(partition: number, from: Positions): number {
  const source = sourceOf(partition);
  return Object.hasOwn(from, source) ? Number(from[source]) + 1 : 0;
}

/** As it would be after the wire. */
export const copyOf = (message: Message): Message => JSON.parse(JSON.stringify(message)) as Message;

/** Where a consumer stands in a partition. */
export interface Reader {
  readonly partition: number;
  next: number;
  readonly carried: Carried;
}

/** Some entries of a partition, a watermark at the most as the last. */
export interface Batch {
  readonly reader: Reader;
  readonly messages: readonly DeliveredMessage[];
  /** Index after the last entry. */
  readonly end: number;
  readonly watermark?: Watermark | undefined;
}

/** Takes the entries that follow, up to a watermark; undefined where there is nothing new. */
export function takeBatch(entries: readonly Entry[], reader: Reader, topics: readonly string[], messagesMax: number): Batch | undefined {
  const messages: DeliveredMessage[] = [];
  const endMax = Math.min(entries.length, reader.next + LOOKED_AT_MAX);
  let end = reader.next;
  while (end < endMax && messages.length < messagesMax) {
    const index = end++;
    const entry = entries[index] as Entry;
    if (!reader.carried.pass(entry)) continue;
    if ('message' in entry) {
      if (topics.includes(entry.message.topic)) messages.push(delivered(entry.message, reader.partition, index));
    } else if (entry.topics.some((topic) => topics.includes(topic))) {
      return { reader, messages, end, watermark: entry.watermark };
    }
  }
  return end > reader.next ? { reader, messages, end } : undefined;
}

function delivered(message: Message | LogMessage, partition: number, index: number): DeliveredMessage {
  const { ordinal: _, ...rest } = copyOf(message) as Partial<LogMessage> & Message;
  return { ...rest, source: sourceOf(partition), position: toPosition(index) };
}
