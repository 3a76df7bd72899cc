import { addLedgerDigests, addDigests, type LedgerDigest } from '../contribution/digest';
import type { Ranking } from '../contribution/ranking';
import { mergeBands, type Subject } from './bands';
import { criticalBuckets, mergeDistributions, placeCuts } from './distribution';
import type { Content, RankingTask, Task } from './messages';
import { settleCuts, tiesOf, type SettledCut, type Tie } from './ties';
import { cutsFrom, mergeValues } from './values';

/** What every partition is to find out in a round. */
export type Work =
  | { readonly round: 'distribution' }
  | { readonly round: 'values'; readonly buckets: readonly number[] }
  | { readonly round: 'ties'; readonly ties: readonly Tie[] }
  | { readonly round: 'bands'; readonly cuts: readonly SettledCut[]; readonly subject?: Subject | undefined }
  | { readonly round: 'digest' };

/** What all partitions together come to. */
export type Result =
  | { readonly kind: 'ranking'; readonly ranking: Ranking; readonly digest?: string | undefined; readonly subjectKnown: boolean }
  | { readonly kind: 'category-unknown' }
  | { readonly kind: 'digest'; readonly digest: LedgerDigest };

type Of<Round extends Content['round']> = Extract<Content, { round: Round }>;
/** A round is over when each partition has answered: the contents of all, those of one partition one after the other. */
type Rounds = Generator<Work, Result, readonly Content[]>;

function only<Round extends Content['round']>(contents: readonly Content[], round: Round): Of<Round>[] {
  return contents.filter((content): content is Of<Round> => content.round === round);
}

/**
 * The rounds of a question: every instance goes through the same ones, since each follows from the answers before. Throws Error where the
 * answers do not fit together.
 */
export function roundsOf(task: Task): Rounds {
  return task.kind === 'digest' ? digestRounds() : rankingRounds(task);
}

function* digestRounds(): Rounds {
  const parts = only(yield { round: 'digest' }, 'digest');
  return { kind: 'digest', digest: parts.map(({ digest, customers, rows }) => ({ digest, customers, rows })).reduce(addLedgerDigests) };
}

function* rankingRounds({ query, percents, labels, subject: id }: RankingTask): Rounds {
  const distributions = only(yield { round: 'distribution' }, 'distribution');
  if (query.category !== undefined && !distributions.some(({ categoryKnown }) => categoryKnown)) return { kind: 'category-unknown' };
  const histogram = mergeDistributions(distributions.map(({ buckets }) => buckets));
  const placed = placeCuts(histogram, percents);
  const { subject, known } = subjectOf(id, distributions);

  const buckets = criticalBuckets(placed.cuts);
  const values = buckets.length === 0 ? [] : only(yield { round: 'values', buckets }, 'values');
  const cuts = cutsFrom(placed.cuts, histogram, mergeValues(values.map((part) => part.values)));

  const ties = tiesOf(cuts);
  const ids = ties.length === 0 ? [] : only(yield { round: 'ties', ties }, 'ties');
  const settled = settleCuts(
    cuts,
    ties,
    ties.map((_, tie) => ids.filter((part) => part.tie === tie).flatMap((part) => part.ids)),
  );

  const bands = only(yield { round: 'bands', cuts: settled, subject }, 'bands');
  const ranking = mergeBands(placed.customers, settled, bands, subject);
  const digest = labels && bands.map((part) => part.digest!).reduce(addDigests);
  return { kind: 'ranking', ranking, digest, subjectKnown: known };
}

function subjectOf(id: string | undefined, parts: readonly Of<'distribution'>[]): { subject?: Subject; known: boolean } {
  const seen = parts.map(({ subject }) => subject).filter((subject) => subject !== undefined);
  const known = seen.filter((subject) => subject.known);
  if (known.length > 1) throw new Error('one customer has purchases in several partitions');
  const found = known[0] ?? seen[0];
  if (id === undefined || found === undefined) return { known: false };
  const { amount, visits, ranked } = found;
  return { subject: { id, amount, visits, ranked }, known: found.known };
}
