import type { Collection, Document, Filter } from 'mongodb';
import { MongoBulkWriteError } from 'mongodb';
import type { Calls } from './calls';
import { DUPLICATE_KEY } from './errors';
import type { Positioned } from './stored-form';
import type { Alone } from './write-lock';

/** True where a position comes after another, by their UTF-8 bytes, as MongoDB compares them. */
function isAbove(position: string, other: string): boolean {
  return Buffer.compare(Buffer.from(position), Buffer.from(other)) > 0;
}

/** Writes of one batch in rounds to be made one after the other: in a round each id comes once, so the server may take it in any order. */
function roundsOf<S extends Positioned>(writes: readonly S[]): S[][] {
  const rounds: S[][] = [];
  const last = new Map<string, { readonly p: string; readonly round: number }>();
  for (const write of writes) {
    const before = last.get(write._id);
    // It can never have an effect after the one before it.
    if (before && !isAbove(write.p, before.p)) continue;
    const round = before ? before.round + 1 : 0;
    (rounds[round] ??= []).push(write);
    last.set(write._id, { p: write.p, round });
  }
  return rounds;
}

/**
 * Writes that take effect only where what is stored has a lower position, or nothing is stored. Each decides on the server, in one step, so any
 * number of processes may write at the same time and no position ever goes back; nothing depends on transactions.
 *
 * A look at the positions first parts what is new, what is newer and what is old, then the new are inserted and the newer replaced under the
 * condition. An upsert under the condition would do in one, but its duplicate key means two things (something newer is there, or another process
 * was quicker with something older), redelivered writes would each fail on the server, and FerretDB gives up a bulk at the first of them.
 */
export class ConditionalWrites<S extends Positioned> {
  constructor(
    private readonly collection: Collection<S & Document>,
    private readonly calls: Calls,
    /** Writes in one command. */
    private readonly bulkWritesMax: number,
    private readonly alone: Alone,
  ) {}

  /** Answers how many took effect; fewer than did where an answer was lost and the write repeated. */
  async write(writes: readonly S[]): Promise<number> {
    let applied = 0;
    for (const round of roundsOf(writes)) {
      for (let start = 0; start < round.length; start += this.bulkWritesMax) {
        const bulk = round.slice(start, start + this.bulkWritesMax);
        applied += await this.alone(this.collection.collectionName, () => this.writeBulk(bulk));
      }
    }
    return applied;
  }

  private async writeBulk(writes: readonly S[]): Promise<number> {
    const standing = await this.standing(writes);
    const absent: S[] = [];
    const newer: S[] = [];
    for (const write of writes) {
      const position = standing.get(write._id);
      if (position === undefined) absent.push(write);
      else if (isAbove(write.p, position)) newer.push(write);
    }
    const overtaken = absent.length ? await this.insert(absent) : [];
    // What is there now was put there by another process, perhaps with a lower position: the condition decides.
    const toReplace = [...newer, ...overtaken];
    const replaced = toReplace.length ? await this.replace(toReplace) : 0;
    return absent.length - overtaken.length + replaced;
  }

  private async standing(writes: readonly S[]): Promise<Map<string, string>> {
    const filter = { _id: { $in: writes.map(({ _id }) => _id) } } as unknown as Filter<S & Document>;
    const find = () =>
      this.collection.find<Positioned>(filter, { projection: { p: 1 }, batchSize: writes.length + 1, maxTimeMS: this.calls.timeoutMs });
    const found = await this.calls.run(() => find().toArray(), { repeatable: true });
    return new Map(found.map(({ _id, p }) => [_id, p]));
  }

  /** Answers those that were there already. */
  private insert(writes: readonly S[]): Promise<readonly S[]> {
    const insert = async (): Promise<readonly S[]> => {
      try {
        await this.collection.insertMany(writes as never, { ordered: false });
        return [];
      } catch (error) {
        return duplicatesOf(error).map((index) => writes[index] as S);
      }
    };
    return this.calls.run(insert, { repeatable: true });
  }

  /** Answers how many took effect. */
  private async replace(writes: readonly S[]): Promise<number> {
    const operations = writes.map(({ _id, ...replacement }) => ({
      replaceOne: { filter: { _id, p: { $lt: replacement.p } }, replacement },
    }));
    const replace = () => this.collection.bulkWrite(operations as never, { ordered: false });
    return (await this.calls.run(replace, { repeatable: true })).matchedCount;
  }
}

/** Which of the writes of a bulk met an id that was there; throws where anything else went wrong. */
function duplicatesOf(error: unknown): readonly number[] {
  if (!(error instanceof MongoBulkWriteError)) throw error;
  const failures = [error.writeErrors].flat();
  if (failures.length === 0 || error.result.getWriteConcernError()) throw error;
  if (failures.some(({ code }) => code !== DUPLICATE_KEY)) throw error;
  return failures.map(({ index }) => index);
}
