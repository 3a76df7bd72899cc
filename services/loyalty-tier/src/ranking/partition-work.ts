import type { Lane } from '../contribution/ledger-workers';
import { DAY_MAX } from '../contribution/ledger-rows';
import type { LedgerSnapshot } from '../contribution/snapshot';
import { entriesOf, netOf, visitsOf, type Sums } from '../contribution/sums';
import type { Content, RankingTask, Task } from './messages';
import type { Work } from './rounds';

/** Amounts and ids in one message: with it a message stays below 512 KiB. */
const PAIRS_MAX = 10_000;
const IDS_BYTES_MAX = 262_144;

interface Folded {
  readonly sums: Sums;
  /** Amount and number of everybody who is ranked. */
  readonly values: Float64Array;
  readonly numbers: Uint32Array;
}

/** The work of one partition on one question, over its ledger at the position in question. Sums are folded once and let go with it. */
export class PartitionWork {
  private folded: Promise<Folded> | undefined;

  constructor(
    private readonly snapshot: LedgerSnapshot,
    private readonly task: Task,
    private readonly lane: Lane,
  ) {}

  /** What is found out in a round, in one or several parts. Throws RangeError where an amount cannot be told exactly. */
  async answer(work: Work): Promise<readonly Content[]> {
    if (work.round === 'digest') return [{ round: 'digest', ...(await this.snapshot.digest()) }];
    const task = this.task as RankingTask;
    const folded = await (this.folded ??= this.fold(task));
    const { values, numbers } = folded;
    switch (work.round) {
      case 'distribution':
        return [await this.distribution(task, folded)];
      case 'values':
        return valueParts(await this.lane.run('valuesIn', { values, buckets: work.buckets }));
      case 'ties':
        return idParts(await this.lane.run('firstIds', { values, numbers, customers: this.snapshot.customers, ties: work.ties }));
      case 'bands':
        return [await this.bands(work, task, folded)];
    }
  }

  private async fold({ query, count }: RankingTask): Promise<Folded> {
    const { sums, customers } = await this.snapshot.contributions(query);
    const values = new Float64Array(new SharedArrayBuffer(customers.size * Float64Array.BYTES_PER_ELEMENT));
    const numbers = new Uint32Array(new SharedArrayBuffer(customers.size * Uint32Array.BYTES_PER_ELEMENT));
    const n = await this.lane.run('candidates', { sums, count, values, numbers });
    return { sums, values: values.subarray(0, n), numbers: numbers.subarray(0, n) };
  }

  private async distribution({ query, count, subject }: RankingTask, { sums, values }: Folded): Promise<Content> {
    const buckets = await this.lane.run('distribution', { values });
    const categoryKnown = query.category === undefined || this.snapshot.hasCategory(query.category);
    const number = subject === undefined ? -1 : this.snapshot.findCustomer(subject);
    if (number < 0) return { round: 'distribution', buckets, categoryKnown };
    const ever = await this.snapshot.customer(subject!, { fromDay: 0, toDay: DAY_MAX });
    const [amount, visits] = [netOf(sums, number), visitsOf(sums, number)];
    const ranked = entriesOf(sums, number) > 0 && (count === 'all' || amount > 0);
    const known = (ever?.firstDay ?? null) !== null;
    return { round: 'distribution', buckets, categoryKnown, subject: { amount, visits, ranked, known } };
  }

  private async bands({ cuts, subject }: Extract<Work, { round: 'bands' }>, task: RankingTask, folded: Folded): Promise<Content> {
    const { customers } = this.snapshot;
    const bands = new Uint8Array(new SharedArrayBuffer(customers.size));
    const compared = subject?.ranked ? { id: subject.id, amount: subject.amount } : undefined;
    const part = await this.lane.run('bands', { ...folded, customers, percents: task.percents, cuts, bands, subject: compared });
    // `summarise` has filled the bands in the thread: they lie in shared memory.
    const digest = task.labels && (await this.snapshot.digestOfBands(folded.sums, bands, task.labels));
    return { round: 'bands', ...part, bands: [...part.bands], outdone: [...part.outdone], digest };
  }
}

function valueParts(pairs: readonly number[]): Content[] {
  const parts: Content[] = [];
  for (let i = 0; i === 0 || i < pairs.length; i += 2 * PAIRS_MAX) {
    parts.push({ round: 'values', values: pairs.slice(i, i + 2 * PAIRS_MAX) });
  }
  return parts;
}

function idParts(lists: readonly (readonly string[])[]): Content[] {
  return lists.flatMap((ids, tie) => {
    const parts: Content[] = [];
    for (let from = 0; from === 0 || from < ids.length;) {
      let to = from;
      for (let bytes = 0; to < ids.length && bytes < IDS_BYTES_MAX; to++) bytes += Buffer.byteLength(JSON.stringify(ids[to])) + 1;
      parts.push({ round: 'ties', tie, ids: ids.slice(from, to) });
      from = Math.max(to, 1);
    }
    return parts;
  });
}
