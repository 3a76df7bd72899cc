import type { Clock, Position, StoredEvent } from '@regulars/kernel';
import {
  type Append,
  type AppendOutcome,
  type EventStore,
  type ReadStreamOptions,
  StoreUnavailable,
  type SubscribeOptions,
} from '@regulars/ports';
import { type DirectoryLock, lockDirectory } from '../directory-lock';
import { AppendQueue } from './append-queue';
import { decodeEvent } from './event-codec';
import { GroupCommit } from './group-commit';
import { saveSnapshot } from './heads-snapshot';
import { type Failpoint, LogFile } from './log-file';
import { BATCH_EVENTS_DEFAULT, checkBatchSize, LogSubscription } from './log-subscription';
import { type LocatedEvent, RecentEvents } from './recent-events';
import type { RecordCursor } from './record-cursor';
import { toPosition } from './record-format';
import { type Recovered, recover, type Recovery } from './recovery';
import type { StreamHash } from './stream-hash';
import { StreamReader } from './stream-reader';
import { type VerifyProgress, type VerifyReport, verifyLog } from './verify';

const SEGMENT_BYTES_DEFAULT = 64 * 1024 * 1024;
const RING_EVENTS_DEFAULT = 16_384;
const RING_BYTES_MAX = 16 * 1024 * 1024;
const SNAPSHOT_BYTES_MIN = 64 * 1024 * 1024;
const SNAPSHOT_GROWTH = 0.12;

/** How a log is opened. */
export interface EventLogOptions {
  /** Made where it is missing. Belongs to one process at a time. */
  readonly directory: string;
  /** For `recordedAt` alone. */
  readonly clock: Clock;
  /** A new file is begun once the last one has so many bytes; default 64 MiB. */
  readonly segmentBytesMax?: number;
  /** Newest events kept in memory for subscribers that are up to date; default 16,384 (and never more than 16 MiB). */
  readonly ringEventsMax?: number;
  /** Hash of stream ids; another than the default makes sense in tests only. */
  readonly hash?: StreamHash;
  /** Called at named moments of writing; for tests. */
  readonly failpoint?: Failpoint;
}

/** Figures of an open log. */
export interface EventLogStats {
  /** Durable bytes. */
  readonly bytes: number;
  readonly segments: number;
  readonly streams: number;
  /** Memory of the table of stream heads. */
  readonly headsBytes: number;
  /** Why the last snapshot of the heads could not be saved; the next start then reads more. Undefined if all is well. */
  readonly snapshotProblem?: string | undefined;
}

/** The embedded event store. */
export interface EventLog extends EventStore {
  /** What opening found and did. */
  readonly recovery: Recovery;
  stats(): EventLogStats;
  /** Reads everything and checks checksums, chains, revisions and heads, while appends go on. Finds; never repairs. */
  verify(onProgress?: (progress: VerifyProgress) => void): Promise<VerifyReport>;
}

/**
 * Opens the log in a directory, or begins one there. A torn last write is cut and reported in `recovery`. Throws
 * LogDamaged on any other damage, DirectoryLocked where another process has the log open.
 */
export async function openEventLog(options: EventLogOptions): Promise<EventLog> {
  const lock = lockDirectory(options.directory);
  try {
    return new SegmentedEventLog(options, lock, await recover(options.directory, options.hash));
  } catch (error) {
    lock.release();
    throw error;
  }
}

class SegmentedEventLog implements EventLog {
  readonly recovery: Recovery;
  private readonly segments;
  private readonly heads;
  private readonly recent: RecentEvents;
  private readonly reader: StreamReader;
  private readonly queue = new AppendQueue();
  private readonly file: LogFile;
  private readonly groups: GroupCommit;
  private readonly subscriptions = new Set<LogSubscription>();
  private lastPosition: number;
  private writing: Promise<void> | undefined;
  private snapshotting: Promise<void> | undefined;
  private snapshotCovers: number;
  private snapshotProblem: string | undefined;
  private closed: Promise<void> | undefined;
  private isOpen = true;

  constructor(
    private readonly options: EventLogOptions,
    private readonly lock: DirectoryLock,
    recovered: Recovered,
  ) {
    const { directory, clock, segmentBytesMax = SEGMENT_BYTES_DEFAULT, ringEventsMax = RING_EVENTS_DEFAULT } = options;
    ({
      recovery: this.recovery,
      segments: this.segments,
      heads: this.heads,
      lastPosition: this.lastPosition,
      snapshotCovers: this.snapshotCovers,
    } = recovered);
    this.recent = new RecentEvents(ringEventsMax, RING_BYTES_MAX, this.lastPosition);
    this.reader = new StreamReader(this.segments, this.heads, this.recent);
    this.file = new LogFile(directory, this.segments, segmentBytesMax, (name) => options.failpoint?.(name));
    this.groups = new GroupCommit(this.queue, this.file, this.segments, this.reader, clock, (events) => this.publish(events));
  }

  async append(append: Append): Promise<AppendOutcome> {
    const [outcome] = await this.appendMany([append]);
    return outcome as AppendOutcome;
  }

  async appendMany(appends: readonly Append[]): Promise<readonly AppendOutcome[]> {
    await this.queue.room();
    this.checkOpen();
    const outcomes = this.queue.push(appends);
    this.writing ??= this.writeAll();
    return outcomes;
  }

  async readStream(streamId: string, options?: ReadStreamOptions): Promise<readonly StoredEvent[]> {
    this.checkOpen();
    return this.reader.read(streamId, options);
  }

  async *readAll(after?: Position, batchEventsMax = BATCH_EVENTS_DEFAULT): AsyncIterable<readonly StoredEvent[]> {
    this.checkOpen();
    checkBatchSize(batchEventsMax);
    const cursor = await this.cursorAfter(after);
    let batch: StoredEvent[] = [];
    while (await cursor.load(this.segments.end)) {
      while (cursor.next()) {
        batch.push(decodeEvent(cursor.buffer, cursor.at, cursor.bytes, cursor.position));
        if (batch.length < batchEventsMax) continue;
        yield batch;
        batch = [];
      }
    }
    if (batch.length > 0) yield batch;
  }

  subscribe(options: SubscribeOptions): LogSubscription {
    if (this.closed) throw new StoreUnavailable('The event log is closed');
    const { segments, recent } = this;
    const source = { segments, recent, cursorAfter: (position: Position | undefined) => this.cursorAfter(position) };
    const subscription = new LogSubscription(source, options);
    this.subscriptions.add(subscription);
    const forget = () => this.subscriptions.delete(subscription);
    subscription.ended.then(forget, forget);
    return subscription;
  }

  async head(): Promise<Position | undefined> {
    this.checkOpen();
    return this.lastPosition === 0 ? undefined : toPosition(this.lastPosition);
  }

  stats(): EventLogStats {
    const { segments, heads, snapshotProblem } = this;
    return { bytes: segments.end, segments: segments.list.length, streams: heads.count, headsBytes: heads.bytes, snapshotProblem };
  }

  verify(onProgress?: (progress: VerifyProgress) => void): Promise<VerifyReport> {
    return verifyLog(this.segments, this.heads, this.options.hash, onProgress);
  }

  close(): Promise<void> {
    return (this.closed ??= this.shutDown());
  }

  private checkOpen(): void {
    if (!this.isOpen) throw new StoreUnavailable('The event log is closed');
  }

  private async shutDown(): Promise<void> {
    await Promise.all([...this.subscriptions].map((subscription) => subscription.close()));
    this.isOpen = false;
    await this.writing;
    await this.snapshotting;
    if (this.segments.end > this.snapshotCovers) await this.snapshot();
    try {
      await this.file.close();
    } finally {
      this.segments.close();
      this.lock.release();
    }
  }

  private async writeAll(): Promise<void> {
    // What the same turn of the event loop brings goes into the same group.
    await Promise.resolve();
    while (!this.queue.isEmpty) await this.groups.next();
    this.writing = undefined;
  }

  private publish(events: readonly LocatedEvent[]): void {
    for (const located of events) {
      this.heads.move(located.event.streamId, located.previous, located.offset);
      this.recent.push(located);
    }
    const last = events[events.length - 1];
    if (!last) return;
    this.lastPosition = last.offset;
    for (const subscription of this.subscriptions) subscription.wake();
    const grown = this.segments.end - this.snapshotCovers;
    if (grown >= Math.max(SNAPSHOT_BYTES_MIN, SNAPSHOT_GROWTH * this.segments.end)) this.snapshotting ??= this.snapshot();
  }

  /** Saves the heads. Failing costs time at the next start, nothing else, so it must not stop the log. */
  private async snapshot(): Promise<void> {
    try {
      const durable = () => ({ end: this.segments.end, lastPosition: this.lastPosition });
      const beforeRename = () => this.options.failpoint?.('log.snapshot');
      this.snapshotCovers = await saveSnapshot(this.options.directory, this.heads, durable, beforeRename);
      this.snapshotProblem = undefined;
    } catch (error) {
      this.snapshotProblem = String(error);
    } finally {
      this.snapshotting = undefined;
    }
  }

  private cursorAfter(position: Position | undefined): Promise<RecordCursor> {
    return this.reader.cursorAfter(position, this.lastPosition);
  }
}
