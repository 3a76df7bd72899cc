import { Names, type NamesHandle } from '../contribution/dictionary';
import { assignBands, placesOf, summarise, type Ranking, type Standing } from '../contribution/ranking';
import type { Sums } from '../contribution/sums';
import { compareIds, isAbove, type SettledCut } from './ties';

/** What a partition's bands are made from. */
export interface BandsTask {
  readonly sums: Sums;
  readonly values: Float64Array;
  readonly numbers: Uint32Array;
  readonly customers: NamesHandle;
  readonly percents: readonly number[];
  readonly cuts: readonly SettledCut[];
  /** Receives the band of each customer number. */
  readonly bands: Uint8Array;
  /** Who is to be compared with everybody, in whichever partition. */
  readonly subject?: { readonly id: string; readonly amount: number } | undefined;
}

/** A partition's part of the bands. */
export interface PartBands {
  /** As `Band`, with the amount as a decimal integer. */
  readonly bands: readonly {
    readonly customers: number;
    readonly amount: string;
    readonly visits: number;
    readonly lowest: number | null;
  }[];
  /** How many come before the subject. */
  readonly before: number;
  /** For each cut: whether somebody with exactly its amount comes after the subject by id. */
  readonly outdone: readonly boolean[];
}

/** Puts a partition's customers into their bands and compares them with the subject. */
export function bandsOf(task: BandsTask): PartBands {
  const { values, numbers, cuts, subject } = task;
  const names = new Names(task.customers);
  const bandOf = assignBands(values, cuts);
  cuts.forEach((cut, band) => {
    if (cut.ofEqual === 0) return;
    for (const place of placesOf(values, cut.value)) {
      if (bandOf[place]! > band && isAbove(cut, cut.value, names.name(numbers[place]!))) bandOf[place] = band;
    }
  });
  const bands = summarise(task, values, numbers, bandOf).map((band) => ({ ...band, amount: String(band.amount) }));
  if (!subject) return { bands, before: 0, outdone: [] };
  const follows = (place: number): number => compareIds(names.name(numbers[place]!), subject.id);
  let before = 0;
  for (let i = 0; i < values.length; i++) {
    if (values[i]! > subject.amount || (values[i] === subject.amount && follows(i) < 0)) before++;
  }
  const outdone = cuts.map(({ value, ofEqual }) => ofEqual === 0 && placesOf(values, value).some((place) => follows(place) > 0));
  return { bands, before, outdone };
}

/** What is known of the subject before anybody is ranked. */
export interface Subject {
  readonly id: string;
  readonly amount: number;
  readonly visits: number;
  readonly ranked: boolean;
}

/** The ranking of all partitions together. Throws Error where they have not put everybody, and everybody once, into the bands. */
export function mergeBands(customers: number, cuts: readonly SettledCut[], parts: readonly PartBands[], subject?: Subject): Ranking {
  const bands = cuts.map((_, band) => {
    const own = parts.map((part) => part.bands[band]!);
    const lowest = own.map((part) => part.lowest).filter((value) => value !== null);
    return {
      customers: own.reduce((sum, part) => sum + part.customers, 0),
      amount: own.reduce((sum, part) => sum + BigInt(part.amount), 0n),
      visits: own.reduce((sum, part) => sum + part.visits, 0),
      lowest: lowest.length > 0 ? lowest.reduce((a, b) => Math.min(a, b)) : null,
    };
  });
  let above = 0;
  for (const [band, { customers: heads }] of bands.entries()) {
    above += heads;
    if (above !== cuts[band]!.count) throw new Error('the bands of the partitions do not hold as many customers as they counted');
  }
  return { customers, cumulative: cuts.map(({ count }) => count), bands, standing: subject && standingOf(subject, cuts, parts) };
}

function standingOf({ id, amount, visits, ranked }: Subject, cuts: readonly SettledCut[], parts: readonly PartBands[]): Standing {
  if (!ranked) return { amount, visits, rank: null, band: null, missing: [] };
  const band = cuts.findIndex((cut) => isAbove(cut, amount, id));
  const missing = cuts.map((cut, i) => {
    if (band <= i) return 0;
    if (cut.count === 0) return null;
    // Drawing level is enough where that passes somebody by id.
    const passes = cut.ofEqual > 0 ? compareIds(cut.lastId!, id) > 0 : parts.some(({ outdone }) => outdone[i]);
    return cut.value - amount + (passes ? 0 : 1);
  });
  return { amount, visits, rank: parts.reduce((sum, { before }) => sum + before, 0) + 1, band, missing };
}
