import type { JsonObject } from '@regulars/kernel';
import type { ConsumeOptions, Consumption, Message, RelayBatch, RelayedBus } from '@regulars/ports';
import type { Kafka } from 'kafkajs';
import { kafkaClient } from './connection/client';
import { settledWithin } from './connection/deadline';
import { type KafkaConnection, type KafkaTimings, timingsOf } from './connection/options';
import { type KafkaCheck, Troubles } from './connection/troubles';
import { GroupConsumption } from './consuming/consumption';
import type { TopicReader } from './messages/decode';
import { encodeLogMessage, encodeMessage, encodeWatermark } from './messages/encode';
import type { OutgoingRecord } from './messages/record';
import { Outbox } from './producing/outbox';
import { requireTopics } from './topics/required-topics';
import type { TopicSpec } from './topics/topic-spec';

/** What a bus on Kafka is made of. */
export interface KafkaBusOptions {
  readonly connection: KafkaConnection;
  /** Added to the names of topics and consumer groups in Kafka, so that a second set can stand beside the first. */
  readonly topicSuffix?: string | undefined;
  /** The chain whose messages it carries; messages of another are refused, and unreadable where they come. */
  readonly chain: string;
  /** All topics that are published to or consumed here; the bus does not open where one is missing or has another number of partitions. */
  readonly topics: readonly TopicSpec[];
  /**
   * Topics whose records are no CloudEvents: they are handed over with the topic's name as their type, an id derived from their place, and
   * data `{raw, encoding}`.
   */
  readonly plainTopics?: readonly string[] | undefined;
  /** Why data do not fit their type's contract, or the type has none; undefined where all is well. Must quote nothing of the data. */
  readonly validate?: ((type: string, data: JsonObject) => string | undefined) | undefined;
  /** Bytes of a publishing request, below the brokers' `message.max.bytes`; default 900,000. */
  readonly requestBytesMax?: number | undefined;
  /** Messages of a publishing request; default 2,000. */
  readonly requestMessagesMax?: number | undefined;
  /** Messages that may wait to be published; default 100,000. */
  readonly waitingMessagesMax?: number | undefined;
  /** Bytes fetched of a source at a time; a consumer holds up to one and a half times as much of each source. Default 1 MiB. */
  readonly sourceBytesMax?: number | undefined;
  /** Bytes of one fetch from a broker; default 10 MiB. */
  readonly fetchBytesMax?: number | undefined;
  /** Told when a part of the bus stops working; it goes on trying. */
  readonly report?: ((trouble: { readonly part: string; readonly reason: string }) => void) | undefined;
}

/** A bus on Kafka. */
export interface KafkaBus extends RelayedBus {
  /** Whether it can publish and consume now. Asks nobody: it says what it has noticed. */
  check(): KafkaCheck;
  /** Ends all consumptions after the batches under way, then all publishing. Each takes `closeTimeoutMs` at most; what does not end is left. */
  close(): Promise<void>;
}

const defaults = {
  requestBytesMax: 900_000,
  requestMessagesMax: 2_000,
  waitingMessagesMax: 100_000,
  sourceBytesMax: 1_048_576,
  fetchBytesMax: 10_485_760,
};

class KafkaEventBus implements KafkaBus {
  private readonly kafka: Kafka;
  private readonly timings: KafkaTimings;
  private readonly troubles: Troubles;
  private readonly outbox: Outbox;
  private readonly suffix: string;
  private readonly partitions: ReadonlyMap<string, number>;
  private readonly consumptions = new Set<GroupConsumption>();
  private relaying = false;
  private closing: Promise<void> | undefined;

  constructor(private readonly options: KafkaBusOptions) {
    const { connection, topicSuffix = '', topics, report } = options;
    this.kafka = kafkaClient(connection);
    this.timings = timingsOf(connection);
    this.troubles = new Troubles(report);
    this.suffix = topicSuffix;
    this.partitions = new Map(topics.map(({ name, partitions }) => [name, partitions]));
    const { requestBytesMax, requestMessagesMax, waitingMessagesMax } = { ...defaults, ...defined(options) };
    const limits = { bytesMax: requestBytesMax, recordsMax: requestMessagesMax };
    const { kafka, timings, troubles } = this;
    this.outbox = new Outbox({ kafka, timings, troubles, limits, waitingRecordsMax: waitingMessagesMax });
  }

  async open(): Promise<void> {
    const { connection, topics } = this.options;
    await requireTopics(this.kafka, connection.brokers, topics, this.suffix);
    await this.outbox.open();
  }

  async publish(messages: readonly Message[]): Promise<void> {
    this.checkChain(messages);
    await this.outbox.send(messages.map((message) => encodeMessage(message, this.physical(message.topic))));
  }

  async relay({ messages, watermark, topics, epoch }: RelayBatch): Promise<void> {
    this.checkChain(messages);
    if (this.relaying) throw new Error('A relay makes one call at a time');
    if (!Number.isSafeInteger(epoch) || epoch < 0) throw new RangeError('A fencing token is a whole number from 0');
    const records: OutgoingRecord[] = messages.map((message) => encodeLogMessage(message, this.physical(message.topic), epoch));
    for (const topic of watermark ? topics : []) {
      for (let partition = 0; partition < this.partitionsOf(topic); partition++) {
        if (watermark) records.push(encodeWatermark(watermark, this.physical(topic), partition, epoch));
      }
    }
    this.relaying = true;
    try {
      await this.outbox.send(records);
    } finally {
      this.relaying = false;
    }
  }

  consume(consumer: ConsumeOptions): Consumption {
    if (this.closing) throw new Error('The bus is closed');
    const { sourceBytesMax, fetchBytesMax } = { ...defaults, ...defined(this.options) };
    const { kafka, timings, troubles } = this;
    const groupId = consumer.group + this.suffix;
    const readers = new Map(consumer.topics.map((topic) => [this.physical(topic), this.reader(topic)]));
    const consumption = new GroupConsumption({
      kafka,
      timings,
      troubles,
      groupId,
      readers,
      sourceBytesMax,
      fetchBytesMax,
      consumer,
    });
    this.consumptions.add(consumption);
    const forget = (): void => void this.consumptions.delete(consumption);
    consumption.ended.then(forget, forget);
    return consumption;
  }

  check(): KafkaCheck {
    const noticed = this.troubles.check();
    if (!noticed.ok) return noticed;
    const reasons = [...this.consumptions].flatMap(({ trouble }) => trouble ?? []);
    return reasons.length === 0 ? noticed : { ok: false, reason: reasons.join('; ') };
  }

  close(): Promise<void> {
    this.closing ??= this.end();
    return this.closing;
  }

  private async end(): Promise<void> {
    const { closeTimeoutMs } = this.timings;
    const consumptions = [...this.consumptions];
    const closing = Promise.all(consumptions.map((consumption) => consumption.close()));
    if (!(await settledWithin(closeTimeoutMs / 2, closing))) {
      for (const consumption of consumptions) consumption.abandon();
      await settledWithin(closeTimeoutMs / 2, closing);
    }
    await this.outbox.close();
  }

  private reader(topic: string): TopicReader {
    const { chain, plainTopics = [], validate = () => undefined } = this.options;
    return { topic, chain, plain: plainTopics.includes(topic), validate };
  }

  private physical(topic: string): string {
    this.partitionsOf(topic);
    return topic + this.suffix;
  }

  private partitionsOf(topic: string): number {
    const partitions = this.partitions.get(topic);
    if (partitions === undefined) throw new Error(`Topic "${topic}" is not one of this bus's topics`);
    return partitions;
  }

  private checkChain(messages: readonly Message[]): void {
    const { chain } = this.options;
    const foreign = messages.find((message) => message.chain !== chain);
    if (foreign) throw new TypeError(`Message ${foreign.id} is of chain "${foreign.chain}", this bus is of "${chain}"`);
  }
}

/** The members that are not undefined. */
function defined<T extends object>(options: T): Partial<T> {
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined)) as Partial<T>;
}

/**
 * Opens a bus on Kafka. Throws `KafkaUnavailable` where no broker can be reached (it may be tried again), `TopicsUnfit` where topics are missing or
 * have another number of partitions.
 */
export async function openKafkaBus(options: KafkaBusOptions): Promise<KafkaBus> {
  const bus = new KafkaEventBus(options);
  try {
    await bus.open();
    return bus;
  } catch (error) {
    await bus.close();
    throw error;
  }
}
