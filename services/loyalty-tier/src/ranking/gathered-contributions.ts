import { LOG_SOURCE } from '@regulars/engine';
import { canonicalJson, type Clock, CodedError, type Position } from '@regulars/kernel';
import type {
  ContributionSource,
  DigestAtPosition,
  LedgerStats,
  RankedCustomers,
  RankingQuestion,
} from '../contribution/contribution-source';
import type { LedgerDigest } from '../contribution/digest';
import { scopeQuery, unknownScope } from '../contribution/scope';
import type { KnownStores, StoreTable } from '../store/known-stores';
import type { Task } from './messages';
import type { Outcome } from './question-board';
import { RecentResults } from './recent-results';
import type { Result } from './rounds';
import { Turns } from './turns';

/** How long, and how often, all partitions are asked for one answer. */
export interface Patience {
  /** Milliseconds for one attempt. */
  readonly attemptMs: number;
  readonly attempts: number;
}

/** What answers are gathered from. */
export interface GatheredPorts {
  readonly ask: (at: Position, task: Task, withinMs: number) => Promise<Outcome>;
  readonly stores: KnownStores;
  readonly stats: () => LedgerStats;
  readonly clock: Clock;
  readonly patience?: Patience | undefined;
}

const PATIENCE: Patience = { attemptMs: 10_000, attempts: 3 };
const UNDER_WAY_MAX = 4;
const WAITING_MAX = 64;

/**
 * The ledgers of all partitions taken together, at the newest watermark the bus has told: exact, since every partition answers for the same
 * position of the log. Throws CodedError `platform.busy` where the partitions do not answer in time, or too many questions wait
 * already, `platform.not-ready` where nothing is known of the log yet.
 */
export class GatheredContributions implements ContributionSource {
  private readonly turns = new Turns(UNDER_WAY_MAX, WAITING_MAX);
  private readonly recent: RecentResults;

  constructor(private readonly ports: GatheredPorts) {
    this.recent = new RecentResults(ports.clock);
  }

  async ranked({ fromDay, toDay, scope, count, percents, labels, subject }: RankingQuestion): Promise<RankedCustomers> {
    const { at, result } = await this.gather(({ stores }) => {
      const query = { fromDay, toDay, ...scopeQuery(scope, namesIn(stores)) };
      return { kind: 'ranking', query, count, percents, labels, subject } as Task;
    });
    if (result.kind === 'category-unknown') throw unknownScope(scope);
    if (result.kind !== 'ranking') throw new Error('the partitions answered another question');
    const { ranking, digest, subjectKnown } = result;
    return { ranking, digest, subjectKnown, positions: { [LOG_SOURCE]: at } };
  }

  async digest(): Promise<LedgerDigest> {
    const { position: _, ...digest } = await this.digestAtPosition();
    return digest;
  }

  async digestAtPosition(): Promise<DigestAtPosition> {
    const { at, result } = await this.gather(() => ({ kind: 'digest' }));
    if (result.kind !== 'digest') throw new Error('the partitions answered another question');
    return { ...result.digest, position: at };
  }

  stats(): LedgerStats {
    return this.ports.stats();
  }

  private async gather(taskAt: (table: StoreTable) => Task): Promise<{ at: Position; result: Result }> {
    const { stores, patience: { attemptMs, attempts } = PATIENCE } = this.ports;
    let atLeast: Position = '';
    for (let attempt = 1; attempt <= attempts; attempt++) {
      const table = await stores.reached(atLeast, attemptMs);
      if (!table) {
        if (stores.newest()) continue;
        throw new CodedError('platform.not-ready', 'Nothing is known yet of how far the log has been carried');
      }
      const task = taskAt(table);
      const at = table.watermark.logPosition;
      const outcome = await this.recent.of(`${at} ${canonicalJson(task)}`, () =>
        this.turns.take(() => this.ports.ask(at, task, attemptMs)),
      );
      if (outcome.outcome === 'answered') return { at, result: outcome.result };
      if (outcome.outcome === 'declined' && outcome.reason === 'amount') {
        throw new RangeError('a contribution is beyond ±9,007,199,254,740,991 minor units');
      }
      if (outcome.outcome === 'declined' && outcome.standsAt !== undefined) atLeast = outcome.standsAt;
    }
    throw new CodedError('platform.busy', `Not all partitions of the ledger have answered, ${attempts} times within ${attemptMs} ms`);
  }
}

function namesIn(stores: StoreTable['stores']) {
  return {
    hasStore: (store: string) => stores.has(store),
    // Only the partitions know; where none does, they say so.
    hasCategory: () => true,
    storesOf: (region: string) => [...stores.values()].filter((facts) => facts.region === region).map(({ store }) => store),
  };
}
