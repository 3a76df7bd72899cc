import { type Kafka, Partitioners, type Producer, type TopicMessages } from 'kafkajs';
import { setTimeout as delay } from 'node:timers/promises';
import { settledWithin, within } from '../connection/deadline';
import { KafkaUnavailable, reasonOf, translated } from '../connection/errors';
import type { KafkaTimings } from '../connection/options';
import type { Troubles } from '../connection/troubles';
import type { OutgoingRecord } from '../messages/record';
import { type Chunk, chunksOf, type RequestLimits } from './chunks';

const PART = 'producer';
const ALL_REPLICAS = -1;

/** What somebody waits for. */
interface Job {
  readonly chunks: Chunk[];
  readonly resolve: () => void;
  readonly reject: (error: Error) => void;
}

/** What the outbox needs. */
export interface OutboxOptions {
  readonly kafka: Kafka;
  readonly timings: KafkaTimings;
  readonly troubles: Troubles;
  readonly limits: RequestLimits;
  /** So many records may wait; more are refused. */
  readonly waitingRecordsMax: number;
}

/**
 * Writes records in the order in which they were given, one request at a time. One at a time, because the client's idempotent producer loses
 * messages where requests for a partition overlap; and with a new producer after any failure, because it would number another request like
 * the failed one, which the broker, if that one had arrived after all, would take for its repeat and throw away.
 */
export class Outbox {
  private readonly waiting: Job[] = [];
  private waitingRecords = 0;
  private writing: Promise<void> | undefined;
  private producer: Promise<Producer> | undefined;
  private recovering: Promise<void> | undefined;
  private readonly stop = new AbortController();

  constructor(private readonly options: OutboxOptions) {}

  /** Connects, so that the first records need not wait for it. Throws `KafkaUnavailable`. */
  async open(): Promise<void> {
    await this.connected();
  }

  /**
   * Resolves when all replicas that are in step have the records. Where it rejects, any first part of them may have been written.
   * Throws `KafkaUnavailable` where trying again may help, RangeError for a record that is too large.
   */
  send(records: readonly OutgoingRecord[]): Promise<void> {
    if (this.stop.signal.aborted) return Promise.reject(new KafkaUnavailable('The bus is closed'));
    if (this.waitingRecords + records.length > this.options.waitingRecordsMax && this.waitingRecords > 0) {
      return Promise.reject(new KafkaUnavailable(`${this.waitingRecords} messages wait to be published already; try again later`));
    }
    return new Promise((resolve, reject) => {
      const chunks = chunksOf(records, this.options.limits);
      if (chunks.length === 0) return resolve();
      this.waitingRecords += records.length;
      this.waiting.push({ chunks, resolve, reject });
      this.writing ??= this.write();
    });
  }

  /** Ends after the request under way, or after the deadline; what waits is refused. */
  async close(): Promise<void> {
    this.stop.abort();
    this.refuseWaiting(new KafkaUnavailable('The bus was closed'));
    await settledWithin(this.options.timings.closeTimeoutMs, this.end());
  }

  /** What does not end by the deadline, such as a connection that is still being made, is let go of when it does. */
  private async end(): Promise<void> {
    if (this.writing) await settledWithin(this.options.timings.closeTimeoutMs / 2, this.writing);
    const producer = await this.producer?.catch(() => undefined);
    await producer?.disconnect();
    await this.recovering;
  }

  private async write(): Promise<void> {
    while (this.waiting.length > 0) await this.writeNext();
    // In the same turn as the look at what waits: whoever comes a moment later begins anew.
    this.writing = undefined;
  }

  private async writeNext(): Promise<void> {
    const jobs = this.nextJobs();
    const records = jobs.flatMap(({ chunks }) => chunks[0]?.records ?? []);
    this.waitingRecords -= records.length;
    try {
      await this.request(records);
    } catch (error) {
      return this.fail(jobs, translated('Kafka did not take the messages', error));
    }
    for (const job of jobs) {
      job.chunks.shift();
      if (job.chunks.length > 0) continue;
      this.waiting.splice(this.waiting.indexOf(job), 1);
      job.resolve();
    }
  }

  /** The first jobs whose next chunks fit into one request together. Only the last of them may have more. */
  private nextJobs(): Job[] {
    const { bytesMax, recordsMax } = this.options.limits;
    const jobs: Job[] = [];
    let bytes = 0;
    let records = 0;
    for (const job of this.waiting) {
      const chunk = job.chunks[0] as Chunk;
      bytes += chunk.bytes;
      records += chunk.records.length;
      if (jobs.length > 0 && (bytes > bytesMax || records > recordsMax)) break;
      jobs.push(job);
      if (job.chunks.length > 1) break;
    }
    return jobs;
  }

  private async request(records: readonly OutgoingRecord[]): Promise<void> {
    const { timings, troubles } = this.options;
    const byTopic = new Map<string, TopicMessages>();
    for (const { topic, ...record } of records) {
      const messages = byTopic.get(topic) ?? { topic, messages: [] };
      messages.messages.push(record);
      byTopic.set(topic, messages);
    }
    const sending = this.connected().then((producer) =>
      producer.sendBatch({ acks: ALL_REPLICAS, timeout: timings.requestTimeoutMs, topicMessages: [...byTopic.values()] }),
    );
    await within(timings.sendTimeoutMs, sending, () => new KafkaUnavailable(`no answer within ${timings.sendTimeoutMs} ms`));
    troubles.clear(PART);
  }

  private connected(): Promise<Producer> {
    this.producer ??= this.connect();
    return this.producer;
  }

  private async connect(): Promise<Producer> {
    const { kafka, timings } = this.options;
    const producer = kafka.producer({
      idempotent: true,
      maxInFlightRequests: 1,
      allowAutoTopicCreation: false,
      createPartitioner: Partitioners.DefaultPartitioner,
      retry: { initialRetryTime: timings.retryFirstMs, maxRetryTime: timings.retryMostMs, retries: timings.retries },
    });
    try {
      await producer.connect();
      return producer;
    } catch (error) {
      void producer.disconnect().catch(() => undefined);
      throw error;
    }
  }

  private fail(jobs: readonly Job[], error: Error): void {
    for (const job of jobs) {
      this.waiting.splice(this.waiting.indexOf(job), 1);
      for (const chunk of job.chunks.slice(1)) this.waitingRecords -= chunk.records.length;
      job.reject(error);
    }
    const failed = this.producer;
    this.producer = undefined;
    void failed?.then((producer) => producer.disconnect()).catch(() => undefined);
    if (!(error instanceof KafkaUnavailable)) return;
    this.options.troubles.set(PART, reasonOf(error));
    this.recovering ??= this.recover().finally(() => {
      this.recovering = undefined;
    });
  }

  /** Tries to connect until it works or somebody's publication did, so that the trouble does not outlast its cause. */
  private async recover(): Promise<void> {
    const { timings, troubles } = this.options;
    for (let waitMs = timings.retryFirstMs; !this.stop.signal.aborted; waitMs = Math.min(waitMs * 2, timings.retryMostMs)) {
      await delay(waitMs, undefined, { signal: this.stop.signal, ref: false }).catch(() => undefined);
      if (this.stop.signal.aborted) return;
      const connecting = this.connected();
      try {
        await connecting;
        return troubles.clear(PART);
      } catch {
        if (this.producer === connecting) this.producer = undefined;
      }
    }
  }

  private refuseWaiting(error: Error): void {
    // What is in the request under way gets that request's answer.
    const underWay = this.writing ? this.nextJobs() : [];
    for (const job of this.waiting.filter((job) => !underWay.includes(job))) {
      this.waiting.splice(this.waiting.indexOf(job), 1);
      job.reject(error);
    }
  }
}
