import { type Clock, CodedError, type Position } from '@regulars/kernel';
import type { DocumentCollection, DocumentStore } from '@regulars/ports';
import { LOG_SOURCE } from '../projections/projection';
import type { Projector } from '../projections/projector';
import type { LiveProjection } from './live-projection';
import { type ReplayRecord, type ReplayState, type ReplayView, UNDER_WAY } from './replay-record';

/** What replays need. */
export interface ReplaysOptions {
  readonly documents: DocumentStore;
  readonly projections: readonly LiveProjection[];
  readonly clock: Clock;
  readonly newId: () => string;
  /** How far into the log a position lies, in bytes; for progress only. */
  readonly measure: (position: Position | undefined) => number;
  /** Position of the last event. */
  readonly head: () => Promise<Position | undefined>;
  readonly failpoint?: ((name: string) => void) | undefined;
}

interface Builder {
  readonly projector: Projector<unknown>;
  resumedAtMs: number;
  resumedAtBytes: number;
}

/**
 * Replays: a projection is built again from the first event beside the live version, proved equal by digest, switched
 * to atomically, and back. At most one replay of a projection is under way; a record's revision fences off a stale owner. A replay that was
 * cut off by a restart is found again, paused, and goes on where its content stands.
 */
export class Replays {
  private readonly builders = new Map<string, Builder>();

  private constructor(
    private readonly options: ReplaysOptions,
    private readonly records: DocumentCollection<ReplayRecord>,
  ) {}

  static async open(options: ReplaysOptions): Promise<Replays> {
    const records = await options.documents.collection<ReplayRecord>({
      name: 'replays',
      version: 'v1',
      indexes: ['projection', 'state', 'startedAt'],
    });
    const replays = new Replays(options, records);
    for (const record of await replays.underWay()) {
      if (record.state === 'running') await replays.change(record, { state: 'paused', error: 'cut off by a restart; resume to go on' });
    }
    return replays;
  }

  /** Begins a replay. Throws `replay.projection-unknown`, or `replay.running` where one is under way. */
  async start(projection: string, startedBy: string): Promise<ReplayView> {
    const live = this.liveOf(projection);
    if ((await this.underWay()).some((record) => record.projection === projection)) {
      throw new CodedError('replay.running', `A replay of ${projection} is under way`);
    }
    const id = this.options.newId();
    const record: ReplayRecord = {
      id,
      projection,
      state: 'running',
      version: `r-${id}`,
      replaces: live.live.content.version,
      startedAt: new Date(this.options.clock.now()).toISOString(),
      startedBy,
      revision: 1,
    };
    await this.records.write([{ id, position: revisionPosition(1), document: record }]);
    await this.build(record);
    return this.view(record);
  }

  async list(): Promise<readonly ReplayView[]> {
    const page = await this.records.find({ orderBy: 'startedAt', descending: true, limit: 100 });
    return Promise.all(page.items.map(({ document }) => this.view(document)));
  }

  async status(id: string): Promise<ReplayView> {
    return this.view(await this.get(id));
  }

  /** Stops building for now. */
  async pause(id: string): Promise<ReplayView> {
    const record = await this.inState(id, ['running']);
    const paused = await this.change(record, { state: 'paused' });
    await this.builders.get(id)?.projector.stop();
    return this.view(paused);
  }

  /** Goes on where the content stands, after a restart as well. */
  async resume(id: string): Promise<ReplayView> {
    const record = await this.inState(id, ['paused']);
    const running = await this.change(record, { state: 'running', error: undefined });
    await this.build(running);
    return this.view(running);
  }

  /** Gives a replay up and removes what it built. */
  async cancel(id: string): Promise<ReplayView> {
    const record = await this.inState(id, UNDER_WAY);
    const cancelled = await this.change(record, { state: 'cancelled' });
    await this.discard(record);
    return this.view(cancelled);
  }

  /**
   * Makes the replayed version live: both versions are brought to the same position, their digests compared, and the
   * switch done in one step. Throws `replay.digest-differs` where they differ, unless forced.
   */
  async switch(id: string, force = false): Promise<ReplayView> {
    const record = await this.inState(id, ['ready']);
    const live = this.liveOf(record.projection);
    const builder = await this.builderOf(record);
    const digests = await this.compare(live, builder.projector);
    if (!digests.digestsEqual && !force) {
      live.start();
      builder.projector.start();
      await this.change(record, digests);
      throw new CodedError('replay.digest-differs', `The replay of ${record.projection} gives another state than the live one`, digests);
    }
    this.options.failpoint?.('replay.before-switch');
    const replaces = live.live.content.version;
    if (!(await live.switchTo(builder.projector))) throw new CodedError('concurrency.conflict', 'Another version became live meanwhile');
    this.options.failpoint?.('replay.after-switch');
    this.builders.delete(id);
    return this.view(await this.change(record, { state: 'switched', replaces, ...digests }));
  }

  /** Brings the version back that was live before the switch, caught up to now. */
  async rollback(id: string): Promise<ReplayView> {
    const record = await this.inState(id, ['switched']);
    const live = this.liveOf(record.projection);
    if (live.live.content.version !== record.version) throw new CodedError('replay.state', 'Another version has become live since');
    const former = await live.beside(record.replaces);
    former.start();
    await this.catchUp(former);
    if (!(await live.switchTo(former))) throw new CodedError('concurrency.conflict', 'Another version became live meanwhile');
    return this.view(await this.change(record, { state: 'rolled-back' }));
  }

  /** Stops all building; what was built stays and can be resumed after a restart. */
  async close(): Promise<void> {
    for (const { projector } of this.builders.values()) {
      await projector.stop();
      await projector.content.close();
    }
    this.builders.clear();
  }

  private async build(record: ReplayRecord): Promise<void> {
    const builder = await this.builderOf(record);
    builder.resumedAtMs = this.options.clock.now();
    builder.resumedAtBytes = this.measured(builder.projector);
    builder.projector.start();
    void this.finish(record.id, builder.projector);
  }

  /** Waits until the content has everything, then notes the digests. Errors end in the record, never in nothing. */
  private async finish(id: string, projector: Projector<unknown>): Promise<void> {
    try {
      await this.catchUp(projector);
      const record = await this.get(id);
      if (record.state !== 'running') return;
      const live = this.liveOf(record.projection);
      const digests = await this.compare(live, projector);
      live.start();
      projector.start();
      await this.change(record, { state: 'ready', ...digests });
    } catch (error) {
      const record = await this.get(id);
      if (record.state !== 'running') return;
      await this.change(record, { state: 'failed', error: error instanceof Error ? error.message : String(error) });
      await this.discard(record);
    }
  }

  private async catchUp(projector: Projector<unknown>): Promise<void> {
    const head = await this.options.head();
    if (head !== undefined) await projector.reached(head);
  }

  /** Stops both, brings them to the same position and digests them. Leaves both stopped. */
  private async compare(live: LiveProjection, candidate: Projector<unknown>) {
    await live.live.stop();
    await candidate.stop();
    const ours = live.live.content.cursor()[LOG_SOURCE] ?? '';
    const theirs = candidate.content.cursor()[LOG_SOURCE] ?? '';
    await (ours < theirs ? live.live.advanceTo(theirs) : candidate.advanceTo(ours));
    const digestLive = await live.live.content.digest();
    const digestReplayed = await candidate.content.digest();
    return { digestLive, digestReplayed, digestsEqual: digestLive === digestReplayed };
  }

  private async builderOf(record: ReplayRecord): Promise<Builder> {
    const known = this.builders.get(record.id);
    if (known) return known;
    const projector = await this.liveOf(record.projection).beside(record.version);
    const builder = { projector, resumedAtMs: this.options.clock.now(), resumedAtBytes: 0 };
    this.builders.set(record.id, builder);
    return builder;
  }

  private async discard(record: ReplayRecord): Promise<void> {
    const builder = this.builders.get(record.id);
    this.builders.delete(record.id);
    await builder?.projector.stop();
    await builder?.projector.content.close();
    await this.liveOf(record.projection).drop(record.version);
  }

  private liveOf(projection: string): LiveProjection {
    const live = this.options.projections.find(({ name }) => name === projection);
    if (!live) throw new CodedError('replay.projection-unknown', `There is no projection ${projection}`);
    return live;
  }

  private async underWay(): Promise<readonly ReplayRecord[]> {
    const pages = await Promise.all(UNDER_WAY.map((state) => this.records.find({ where: { state }, limit: 1_000 })));
    return pages.flatMap((page) => page.items.map(({ document }) => document));
  }

  private async get(id: string): Promise<ReplayRecord> {
    const found = await this.records.get(id);
    if (!found) throw new CodedError('replay.not-found', 'No replay has this id');
    return found.document;
  }

  private async inState(id: string, states: readonly ReplayState[]): Promise<ReplayRecord> {
    const record = await this.get(id);
    if (!states.includes(record.state)) {
      throw new CodedError('replay.state', `The replay is ${record.state}; this needs it ${states.join(' or ')}`, { state: record.state });
    }
    return record;
  }

  private async change(record: ReplayRecord, change: Partial<ReplayRecord>): Promise<ReplayRecord> {
    const revision = record.revision + 1;
    const document = { ...record, ...change, revision };
    const { applied } = await this.records.write([{ id: record.id, position: revisionPosition(revision), document }]);
    if (applied === 0) throw new CodedError('concurrency.conflict', 'Somebody else changed this replay meanwhile');
    return document;
  }

  private async view({ revision: _, ...record }: ReplayRecord): Promise<ReplayView> {
    const total = this.options.measure(await this.options.head());
    const builder = this.builders.get(record.id);
    if (!builder)
      return { ...record, processed: UNDER_WAY.includes(record.state) ? 0 : total, total, ratePerSecond: null, etaSeconds: null };
    const processed = this.measured(builder.projector);
    const seconds = (this.options.clock.now() - builder.resumedAtMs) / 1000;
    const ratePerSecond = record.state === 'running' && seconds > 0 ? Math.round((processed - builder.resumedAtBytes) / seconds) : null;
    const etaSeconds = ratePerSecond ? Math.ceil((total - processed) / ratePerSecond) : null;
    return { ...record, processed, total, ratePerSecond, etaSeconds };
  }

  private measured(projector: Projector<unknown>): number {
    return this.options.measure(projector.content.cursor()[LOG_SOURCE]);
  }
}

function revisionPosition(revision: number): Position {
  return String(revision).padStart(16, '0');
}
