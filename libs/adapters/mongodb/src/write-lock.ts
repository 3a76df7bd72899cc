import { setTimeout as sleep } from 'node:timers/promises';
import { StoreUnavailable } from '@regulars/ports';
import { type Collection, MongoServerError } from 'mongodb';
import type { Calls } from './calls';
import { DUPLICATE_KEY } from './errors';

/** One turn of a lock. */
export interface LockTurn {
  /** `<what is locked>/<number of the turn, twelve digits>`. */
  readonly _id: string;
  readonly isOver: boolean;
}

/** Runs a write alone, where the server needs that. */
export type Alone = <T>(what: string, write: () => Promise<T>) => Promise<T>;

/** MongoDB decides each conditional update in one step: nothing to do. */
export const notNeeded: Alone = (_what, write) => write();

const POLL_MS = 3;
/** Turns that are kept. A process that slept through so many could take an old one again. */
const TURNS_KEPT = 30;
const idOf = (what: string, turn: number): string => `${what}/${String(turn).padStart(12, '0')}`;

/**
 * For FerretDB 1, which looks up what to update and updates it in two steps, so that of two conditional writes at the same time both take effect.
 * What it does decide in one step is that an id is inserted once: the next turn of a lock belongs to whoever inserts its number. A turn that nobody
 * ends is over after twice the time of a call, as its owner has died.
 */
export class WriteLock {
  constructor(
    private readonly turns: Collection<LockTurn>,
    private readonly calls: Calls,
  ) {}

  readonly alone: Alone = async (what, write) => {
    const turn = await this.take(what);
    try {
      return await write();
    } finally {
      await this.end(what, turn);
    }
  };

  private async take(what: string): Promise<number> {
    const start = performance.now();
    const waitMsMax = this.calls.timeoutMs * 2;
    let blocking = '';
    let since = start;
    for (;;) {
      const last = await this.last(what);
      const now = performance.now();
      if (last && last._id !== blocking) [blocking, since] = [last._id, now];
      const turn = (last ? Number(last._id.slice(what.length + 1)) : 0) + 1;
      if ((!last || last.isOver || now - since > waitMsMax) && (await this.insert(idOf(what, turn)))) return turn;
      if (now - start > waitMsMax * 2) throw new StoreUnavailable('The document store is busy with other writes');
      await sleep(POLL_MS);
    }
  }

  private async end(what: string, turn: number): Promise<void> {
    const end = () => this.turns.updateOne({ _id: idOf(what, turn) }, { $set: { isOver: true } });
    await this.calls.run(end, { repeatable: true });
    if (turn > TURNS_KEPT) await this.calls.run(() => this.turns.deleteOne({ _id: idOf(what, turn - TURNS_KEPT) }), { repeatable: true });
  }

  private last(what: string): Promise<LockTurn | null> {
    const ofIt = { _id: { $gte: idOf(what, 0), $lte: `${what}/:` } };
    return this.calls.run(() => this.turns.findOne(ofIt, { sort: { _id: -1 } }), { repeatable: true });
  }

  private insert(_id: string): Promise<boolean> {
    const insert = async (): Promise<boolean> => {
      try {
        await this.turns.insertOne({ _id, isOver: false });
        return true;
      } catch (error) {
        if (error instanceof MongoServerError && error.code === DUPLICATE_KEY) return false;
        throw error;
      }
    };
    // Not repeated: an own turn whose answer was lost runs out by itself.
    return this.calls.run(insert, { repeatable: false });
  }
}
