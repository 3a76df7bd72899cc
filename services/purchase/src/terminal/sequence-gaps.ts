import type { JsonObject, StoredEvent } from '@regulars/kernel';
import type { DocumentProjectionDefinition } from '@regulars/engine';

/** Most separate ranges kept for one terminal; a till this scattered has lost count itself. */
const RANGES_MAX = 5_000;

/** Which sequence numbers of a terminal have come, as ranges without touching neighbours, in order. */
export interface TerminalDocument extends JsonObject {
  readonly store: string;
  readonly terminal: string;
  readonly received: number;
  readonly ranges: readonly (readonly [number, number])[];
  /** True where there were more gaps than are kept: the smallest have been filled in. */
  readonly truncated: boolean;
}

interface Numbered {
  readonly store?: string;
  readonly terminal?: string;
  readonly sequence?: number;
}

/** Terminals by store and terminal, with what has come from them; quarantined receipts have come as well. */
export const terminalsProjection: DocumentProjectionDefinition<TerminalDocument> = {
  name: 'terminals',
  indexes: ['store'],
  handles: ['purchase.recorded.v1', 'purchase.returned.v1', 'intake.item-quarantined.v1'],
  idsOf: ({ data }) => {
    const { store, terminal, sequence } = data as Numbered;
    return store !== undefined && terminal !== undefined && sequence !== undefined ? [`${store}|${terminal}`] : [];
  },
  evolve(before, event: StoredEvent) {
    const { store = '', terminal = '', sequence = 0 } = event.data as Numbered;
    const document = before ?? { store, terminal, received: 0, ranges: [], truncated: false };
    const ranges = withNumber(document.ranges, sequence);
    if (ranges === document.ranges) return document;
    const bounded = ranges.length > RANGES_MAX ? withoutSmallestGap(ranges) : ranges;
    return { ...document, received: document.received + 1, ranges: bounded, truncated: document.truncated || bounded !== ranges };
  },
};

type Ranges = TerminalDocument['ranges'];

/** The ranges with one more number; the same array where it was in already. */
export function withNumber(ranges: Ranges, number: number): Ranges {
  let low = 0;
  let high = ranges.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((ranges[middle]?.[1] ?? 0) < number) low = middle + 1;
    else high = middle;
  }
  const at = ranges[low];
  const left = ranges[low - 1];
  if (at && at[0] <= number) return ranges;
  const joinsLeft = left !== undefined && left[1] === number - 1;
  const joinsRight = at !== undefined && at[0] === number + 1;
  const joined: readonly [number, number] = [joinsLeft ? left[0] : number, joinsRight ? at[1] : number];
  return [...ranges.slice(0, joinsLeft ? low - 1 : low), joined, ...ranges.slice(joinsRight ? low + 1 : low)];
}

function withoutSmallestGap(ranges: Ranges): Ranges {
  let smallest = 1;
  const gap = (index: number) => (ranges[index]?.[0] ?? 0) - (ranges[index - 1]?.[1] ?? 0);
  for (let index = 2; index < ranges.length; index++) if (gap(index) < gap(smallest)) smallest = index;
  const joined: readonly [number, number] = [ranges[smallest - 1]?.[0] ?? 0, ranges[smallest]?.[1] ?? 0];
  return [...ranges.slice(0, smallest - 1), joined, ...ranges.slice(smallest + 1)];
}

/** Missing receipts of a terminal: the numbers between the first and the last that came. */
export interface SequenceGaps {
  readonly store: string;
  readonly terminal: string;
  readonly first: number;
  readonly last: number;
  readonly received: number;
  readonly missing: readonly (readonly [number, number])[];
  readonly missingCount: number;
  readonly truncated: boolean;
}

/** The gaps of a terminal's document. */
export function sequenceGaps({ store, terminal, received, ranges, truncated }: TerminalDocument): SequenceGaps {
  const missing = ranges.slice(1).map(([from], index): [number, number] => [(ranges[index]?.[1] ?? 0) + 1, from - 1]);
  const missingCount = missing.reduce((sum, [from, to]) => sum + to - from + 1, 0);
  return { store, terminal, first: ranges[0]?.[0] ?? 0, last: ranges.at(-1)?.[1] ?? 0, received, missing, missingCount, truncated };
}
