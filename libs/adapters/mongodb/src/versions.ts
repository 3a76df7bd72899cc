import { randomUUID } from 'node:crypto';
import { StoreUnavailable } from '@regulars/ports';
import type { Collection } from 'mongodb';
import { MongoServerError } from 'mongodb';
import type { Calls } from './calls';
import { DUPLICATE_KEY } from './errors';

/** What a collection's versions were after one change. */
export interface VersionRecord {
  /** `<name of the collection>/<number of the change, twelve digits>`. */
  readonly _id: string;
  readonly active?: string;
  /** Versions being dropped: none of them can become active. */
  readonly dropping: readonly string[];
  /** Names the change: whoever lost the answer knows its own again. */
  readonly by: string;
}

type State = Pick<VersionRecord, 'active' | 'dropping'>;

/** Changes that may come in between one change; many more than processes there are. */
const ATTEMPTS_MAX = 100;
const idOf = (name: string, change: number): string => `${name}/${String(change).padStart(12, '0')}`;

/**
 * The register of active versions. Each change is a record of its own that says the whole state, under the next number: that one insert of a number
 * wins is the compare-and-set. Other than after an update, it can be told after a lost answer whether it was one's own. A few records a replay.
 */
export class Versions {
  constructor(
    private readonly records: Collection<VersionRecord>,
    private readonly calls: Calls,
  ) {}

  async active(name: string): Promise<string | undefined> {
    return (await this.last(name))?.active;
  }

  /** Compare and set. Throws where `to` is being dropped. */
  switch(name: string, from: string | undefined, to: string): Promise<boolean> {
    return this.change(name, ({ active, dropping }) => {
      if (active !== from) return undefined;
      if (dropping.includes(to)) throw new Error(`Version ${to} of ${name} is being dropped; drop it to the end first`);
      return { active: to, dropping };
    });
  }

  /** Marks a version as being dropped, unless it is active; answers whether it did. */
  markDropping(name: string, version: string): Promise<boolean> {
    return this.change(name, ({ active, dropping }) =>
      active === version ? undefined : { ...(active === undefined ? {} : { active }), dropping: [...without(dropping, version), version] },
    );
  }

  /** Takes the mark away. */
  async unmarkDropping(name: string, version: string): Promise<void> {
    await this.change(name, ({ dropping, ...state }) => ({ ...state, dropping: without(dropping, version) }));
  }

  /** Makes one change of the state; `next` is asked again when another came in between, and answers undefined for none. */
  private async change(name: string, next: (state: State) => State | undefined): Promise<boolean> {
    const by = randomUUID();
    for (let attempt = 0; attempt < ATTEMPTS_MAX; attempt++) {
      const last = await this.last(name);
      const state = next(
        last ? { ...(last.active === undefined ? {} : { active: last.active }), dropping: last.dropping } : { dropping: [] },
      );
      if (!state) return false;
      const number = last ? Number(last._id.slice(name.length + 1)) : 0;
      if (await this.insert({ _id: idOf(name, number + 1), ...state, by })) return true;
    }
    throw new StoreUnavailable(`The versions of ${name} are changed by too many at once`);
  }

  private last(name: string): Promise<VersionRecord | null> {
    const ofName = { _id: { $gte: idOf(name, 0), $lte: `${name}/:` } };
    const find = () => this.records.findOne(ofName, { sort: { _id: -1 }, maxTimeMS: this.calls.timeoutMs });
    return this.calls.run(find, { repeatable: true });
  }

  /** Answers whether the record there is this one. */
  private async insert(record: VersionRecord): Promise<boolean> {
    const insert = async (): Promise<boolean> => {
      try {
        await this.records.insertOne(record);
        return true;
      } catch (error) {
        if (!(error instanceof MongoServerError) || error.code !== DUPLICATE_KEY) throw error;
        return (await this.records.findOne({ _id: record._id }))?.by === record.by;
      }
    };
    return this.calls.run(insert, { repeatable: true });
  }
}

const without = (versions: readonly string[], version: string): readonly string[] => versions.filter((other) => other !== version);
