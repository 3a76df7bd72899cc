import { randomUUID } from 'node:crypto';
import { StoreUnavailable } from '@regulars/ports';
import type { Collection, Filter, UpdateFilter } from 'mongodb';
import { MongoServerError } from 'mongodb';
import type { Calls } from './calls';
import { DUPLICATE_KEY } from './errors';

/** Which version of a collection is active; one document a collection. */
export interface VersionRecord {
  /** Name of the collection. */
  readonly _id: string;
  readonly active?: string;
  /** Names the switch that made it so: whoever lost the answer knows its own again. */
  readonly switchedBy?: string;
  /** Versions being dropped: none of them can become active. */
  readonly dropping?: readonly string[];
}

/** The register of active versions. Every change is one conditional update of one document. */
export class Versions {
  constructor(
    private readonly records: Collection<VersionRecord>,
    private readonly calls: Calls,
  ) {}

  async active(name: string): Promise<string | undefined> {
    return (await this.record(name))?.active;
  }

  /** Compare and set. Rejects with `StoreUnavailable` where the answer was lost and it cannot be told any more whether it took effect. */
  async switch(name: string, from: string | undefined, to: string): Promise<boolean> {
    const switchedBy = randomUUID();
    const filter: Filter<VersionRecord> = {
      _id: name,
      active: from === undefined ? { $exists: false } : { $eq: from },
      dropping: { $ne: to },
    };
    try {
      return await this.update(filter, { $set: { active: to, switchedBy } }, from === undefined);
    } catch (error) {
      if (!(error instanceof StoreUnavailable)) throw error;
      // Not repeated: after a lost answer "no longer `from`" could be the own doing.
      if ((await this.record(name))?.switchedBy === switchedBy) return true;
      throw error;
    }
  }

  /** Marks a version as being dropped, unless it is active; answers whether it did. */
  markDropping(name: string, version: string): Promise<boolean> {
    return this.update({ _id: name, active: { $ne: version } }, { $addToSet: { dropping: version } }, true, { repeatable: true });
  }

  /** Takes the mark away. */
  async unmarkDropping(name: string, version: string): Promise<void> {
    await this.update({ _id: name }, { $pull: { dropping: version } }, false, { repeatable: true });
  }

  private record(name: string): Promise<VersionRecord | null> {
    return this.calls.run(() => this.records.findOne({ _id: { $eq: name } }, { maxTimeMS: this.calls.timeoutMs }), { repeatable: true });
  }

  private update(
    filter: Filter<VersionRecord>,
    change: UpdateFilter<VersionRecord>,
    upsert: boolean,
    options = { repeatable: false },
  ): Promise<boolean> {
    return this.calls.run(async () => {
      try {
        const { matchedCount, upsertedCount } = await this.records.updateOne(filter, change, { upsert });
        return matchedCount + upsertedCount > 0;
      } catch (error) {
        // The record is there and does not fulfil the condition.
        if (error instanceof MongoServerError && error.code === DUPLICATE_KEY) return false;
        throw error;
      }
    }, options);
  }
}
