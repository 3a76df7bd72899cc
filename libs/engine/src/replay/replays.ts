import { setTimeout as delay } from 'node:timers/promises';
import { CodedError, type Position } from '@regulars/kernel';
import type { DocumentStore } from '@regulars/ports';
import type { Projector } from '../projections/projector';
import { compareVersions } from './compare-versions';
import type { LiveProjection } from './live-projection';
import { ReplayBuilders, type ReplayMeasures } from './replay-builders';
import { type ReplayRecord, type ReplayView, UNDER_WAY } from './replay-record';
import { ReplayRecords } from './replay-records';

/** How long to wait before a failure that could not be noted is noted again. */
const NOTE_AGAIN_MS = 500;

/** What replays need. */
export interface ReplaysOptions extends ReplayMeasures {
  readonly documents: DocumentStore;
  readonly projections: readonly LiveProjection[];
  readonly newId: () => string;
  /** Position of the last event, or how far a relay is known to have carried the log. */
  readonly head: () => Promise<Position | undefined>;
  readonly failpoint?: ((name: string) => void) | undefined;
}

/**
 * Replays: a projection is built again from the first event beside the live version, proved equal by digest, switched
 * to atomically, and back. At most one replay of a projection is under way; a record's revision fences off a stale owner. A replay that was
 * cut off by a restart is found again, paused, and goes on where its content stands.
 */
export class Replays {
  private readonly builders: ReplayBuilders;
  private readonly closing = new AbortController();
  /** Replays are rare and touch the same live versions: one operation at a time. */
  private turn: Promise<unknown> = Promise.resolve();

  private constructor(
    private readonly options: ReplaysOptions,
    private readonly records: ReplayRecords,
  ) {
    this.builders = new ReplayBuilders(options);
  }

  static async open(options: ReplaysOptions): Promise<Replays> {
    const replays = new Replays(options, await ReplayRecords.open(options.documents));
    for (const record of await replays.records.underWay()) {
      const live = replays.liveOf(record.projection).live.content.version;
      // The switch was made, and the process ended before it was noted.
      if (live === record.version) await replays.records.change(record, { state: 'switched' });
      else if (record.state === 'running') {
        await replays.records.change(record, { state: 'paused', error: 'cut off by a restart; resume to go on' });
      }
    }
    return replays;
  }

  /** Begins a replay. Throws `replay.projection-unknown`, or `replay.running` where one is under way. */
  start(projection: string, startedBy: string): Promise<ReplayView> {
    return this.inTurn(() => this.startNow(projection, startedBy));
  }

  private async startNow(projection: string, startedBy: string): Promise<ReplayView> {
    const live = this.liveOf(projection);
    if ((await this.records.underWay()).some((record) => record.projection === projection)) {
      throw new CodedError('replay.running', `A replay of ${projection} is under way`);
    }
    const id = this.options.newId();
    const record = await this.records.add({
      id,
      projection,
      state: 'running',
      version: `r-${id}`,
      replaces: live.live.content.version,
      startedAt: new Date(this.options.clock.now()).toISOString(),
      startedBy,
    });
    await this.build(record);
    return this.view(record);
  }

  async list(): Promise<readonly ReplayView[]> {
    return Promise.all((await this.records.latest()).map((record) => this.view(record)));
  }

  async status(id: string): Promise<ReplayView> {
    return this.view(await this.records.get(id));
  }

  /** Stops building for now. */
  pause(id: string): Promise<ReplayView> {
    return this.inTurn(() => this.pauseNow(id));
  }

  private async pauseNow(id: string): Promise<ReplayView> {
    const record = await this.records.inState(id, ['running']);
    const paused = await this.records.change(record, { state: 'paused' });
    await this.builders.stop(id);
    return this.view(paused);
  }

  /** Goes on where the content stands, after a restart as well. */
  resume(id: string): Promise<ReplayView> {
    return this.inTurn(() => this.resumeNow(id));
  }

  private async resumeNow(id: string): Promise<ReplayView> {
    const record = await this.records.inState(id, ['paused']);
    const running = await this.records.change(record, { state: 'running', error: undefined });
    await this.build(running);
    return this.view(running);
  }

  /** Gives a replay up and removes what it built. */
  cancel(id: string): Promise<ReplayView> {
    return this.inTurn(() => this.cancelNow(id));
  }

  private async cancelNow(id: string): Promise<ReplayView> {
    const record = await this.records.inState(id, UNDER_WAY);
    const cancelled = await this.records.change(record, { state: 'cancelled' });
    await this.discard(record);
    return this.view(cancelled);
  }

  /**
   * Makes the replayed version live: both versions are brought to the same position, their digests compared, and the
   * switch done in one step. Throws `replay.digest-differs` where they differ, unless forced.
   */
  switch(id: string, force = false): Promise<ReplayView> {
    return this.inTurn(() => this.switchNow(id, force));
  }

  private async switchNow(id: string, force: boolean): Promise<ReplayView> {
    const record = await this.records.inState(id, ['ready']);
    const live = this.liveOf(record.projection);
    const candidate = await this.builders.projectorOf(record, live);
    const digests = await compareVersions(live, candidate);
    if (!digests.digestsEqual && !force) {
      live.start();
      candidate.start();
      await this.records.change(record, digests);
      throw new CodedError('replay.digest-differs', `The replay of ${record.projection} gives another state than the live one`, digests);
    }
    this.options.failpoint?.('replay.before-switch');
    const replaces = live.live.content.version;
    if (!(await live.switchTo(candidate))) throw new CodedError('concurrency.conflict', 'Another version became live meanwhile');
    this.options.failpoint?.('replay.after-switch');
    this.builders.forget(id);
    const switched = await this.records.change(record, { state: 'switched', replaces, ...digests });
    await this.dropForgotten(live, replaces);
    return this.view(switched);
  }

  /** Of former versions only the one a roll back leads to is kept. */
  private async dropForgotten(live: LiveProjection, replaces: string): Promise<void> {
    const versions = new Set<string>();
    for (const { projection, version, replaces: former } of await this.records.latest()) {
      if (projection === live.name) versions.add(version).add(former);
    }
    versions.delete(live.live.content.version);
    versions.delete(replaces);
    for (const version of versions) await live.drop(version);
  }

  /** Brings the version back that was live before the switch, caught up to now. */
  rollback(id: string): Promise<ReplayView> {
    return this.inTurn(() => this.rollbackNow(id));
  }

  private async rollbackNow(id: string): Promise<ReplayView> {
    const record = await this.records.inState(id, ['switched']);
    const live = this.liveOf(record.projection);
    if (live.live.content.version !== record.version) throw new CodedError('replay.state', 'Another version has become live since');
    const former = await live.beside(record.replaces);
    former.start();
    await this.catchUp(former);
    if (!(await live.switchTo(former))) throw new CodedError('concurrency.conflict', 'Another version became live meanwhile');
    return this.view(await this.records.change(record, { state: 'rolled-back' }));
  }

  /** Stops all building; what was built stays and can be resumed after a restart. */
  async close(): Promise<void> {
    this.closing.abort();
    await this.builders.close();
  }

  private async build(record: ReplayRecord): Promise<void> {
    void this.finish(record.id, await this.builders.start(record, this.liveOf(record.projection)));
  }

  /** Waits until the content has everything, then notes the digests. Errors end in the record, never in nothing. */
  private async finish(id: string, projector: Projector<unknown>): Promise<void> {
    try {
      await this.catchUp(projector);
      await this.inTurn(() => this.noteReady(id, projector));
    } catch (error) {
      await this.noteFailed(id, error instanceof Error ? error.message : String(error));
    }
  }

  /** Tries until it is noted: what failed the replay may be that the store of the records is away. */
  private async noteFailed(id: string, reason: string): Promise<void> {
    // Cut off by a shutdown it is no failure: the next start finds it and it can be resumed.
    while (!this.closing.signal.aborted) {
      try {
        const record = await this.records.get(id);
        if (record.state === 'running') await this.records.change(record, { state: 'failed', error: reason });
        else if (record.state !== 'failed') return;
        return await this.discard(record);
      } catch {
        await delay(NOTE_AGAIN_MS, undefined, { signal: this.closing.signal }).catch(() => undefined);
      }
    }
  }

  private async noteReady(id: string, projector: Projector<unknown>): Promise<void> {
    const record = await this.records.get(id);
    if (record.state !== 'running' || this.closing.signal.aborted) return;
    const live = this.liveOf(record.projection);
    const digests = await compareVersions(live, projector);
    live.start();
    projector.start();
    await this.records.change(record, { state: 'ready', ...digests });
  }

  private async inTurn<T>(work: () => Promise<T>): Promise<T> {
    const mine = this.turn.then(work, work);
    this.turn = mine.catch(() => undefined);
    return mine;
  }

  private async catchUp(projector: Projector<unknown>): Promise<void> {
    const head = await this.options.head();
    if (head !== undefined) await projector.reached(head);
  }

  private async discard(record: ReplayRecord): Promise<void> {
    await this.builders.close(record.id);
    await this.liveOf(record.projection).drop(record.version);
  }

  private liveOf(projection: string): LiveProjection {
    const live = this.options.projections.find(({ name }) => name === projection);
    if (!live) throw new CodedError('replay.projection-unknown', `There is no projection ${projection}`);
    return live;
  }

  private async view(record: ReplayRecord): Promise<ReplayView> {
    return this.builders.view(record, await this.options.head());
  }
}
