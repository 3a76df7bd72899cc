import { setTimeout as sleep } from 'node:timers/promises';
import { type KafkaBus, openKafkaBus } from '@regulars/adapter-kafka';
import { INTAKE_RESULTS_TOPIC, INTAKE_TOPIC, type IntakeSettled } from '@regulars/contracts';
import type { Consumption } from '@regulars/ports';
import { Kafka, logLevel, Partitioners, type Producer } from 'kafkajs';
import type { TestCluster } from './test-cluster';

const RESULTS_MS_MAX = 60_000;

/** A record as a store writes it: bytes, under a key that orders it. */
export interface IntakeRecord {
  readonly key: string;
  readonly value: Buffer;
}

/** The intake topic of a cluster as a store sees it that writes there itself: plain records in, results out. */
export class IntakeTopic {
  private readonly told = new Map<string, IntakeSettled[]>();
  private readonly consumption: Consumption;

  private constructor(
    private readonly topic: string,
    private readonly partitions: number,
    private readonly producer: Producer,
    private readonly bus: KafkaBus,
  ) {
    this.consumption = bus.consume({
      group: `results-${topic}`,
      topics: [INTAKE_RESULTS_TOPIC],
      from: {},
      sourcesAtOnce: 4,
      onBatch: async (messages) => {
        for (const { data } of messages) this.note(data as unknown as IntakeSettled);
      },
    });
    // A reader that fails shows as results that never come.
    this.consumption.ended.catch(() => undefined);
  }

  /** Connects to Kafka with a plain producer, as no part of the platform. */
  static async open(cluster: TestCluster): Promise<IntakeTopic> {
    const brokers = cluster.engines.brokers.split(',');
    const kafka = new Kafka({ clientId: 'store', brokers, logLevel: logLevel.NOTHING });
    const producer = kafka.producer({ idempotent: true, createPartitioner: Partitioners.DefaultPartitioner });
    await producer.connect();
    const topics = cluster.topics.filter(({ name }) => name === INTAKE_RESULTS_TOPIC);
    const partitions = cluster.topics.find(({ name }) => name === INTAKE_TOPIC)?.partitions ?? 1;
    const bus = await openKafkaBus({ connection: { brokers, clientId: 'test' }, topicSuffix: cluster.topicSuffix, chain: 'main', topics });
    return new IntakeTopic(INTAKE_TOPIC + cluster.topicSuffix, partitions, producer, bus);
  }

  /** Writes records, those of one key in order; answers where each lies, once all are durable. */
  async send(records: readonly IntakeRecord[]): Promise<string[]> {
    const messages = records.map(({ key, value }) => ({ key, value, partition: this.partitionOf(key) }));
    const written = await this.producer.send({ topic: this.topic, messages, acks: -1 });
    const next = new Map(written.map(({ partition, baseOffset }) => [partition, Number(baseOffset)]));
    return messages.map(({ partition }) => {
      const offset = next.get(partition) as number;
      next.set(partition, offset + 1);
      return placeOf(partition, offset);
    });
  }

  /** Waits until there is a result for each of the places; answers all that was said of each. */
  async results(places: readonly string[]): Promise<readonly (readonly IntakeSettled[])[]> {
    const deadline = Date.now() + RESULTS_MS_MAX;
    for (;;) {
      const missing = places.filter((place) => !this.told.has(place));
      if (missing.length === 0) return places.map((place) => this.told.get(place) ?? []);
      if (Date.now() > deadline) throw new Error(`No result for ${missing.length} records, such as the one at ${missing[0]}`);
      await sleep(50);
    }
  }

  async close(): Promise<void> {
    await Promise.all([this.producer.disconnect(), this.bus.close()]);
  }

  private partitionOf(key: string): number {
    return [...Buffer.from(key)].reduce((sum, byte) => (sum * 31 + byte) % 65_521, 7) % this.partitions;
  }

  private note(settled: IntakeSettled): void {
    const partition = Number(settled.source.split('/').at(-1));
    const place = placeOf(partition, Number(settled.position.slice(0, 16)));
    this.told.set(place, [...(this.told.get(place) ?? []), settled]);
  }
}

const placeOf = (partition: number, offset: number): string => `${partition}@${offset}`;
