import { Names, type NamesHandle } from './dictionary';
import type { Selection } from './fold';
import { RowGatherer, type GatheredSums } from './gather';
import type { Segment } from './segment';

/** What a customer's measures are made from. */
export interface CustomerTask {
  readonly segments: readonly Segment[];
  readonly customer: number;
  readonly customers: number;
  readonly selection: Selection;
  readonly stores: NamesHandle;
}

/** Sums of what was bought and brought back, in minor units. */
export interface Measures {
  /** Sold less returned. */
  readonly net: number;
  /** Sold. */
  readonly gross: number;
  readonly returned: number;
  /** Net less cost over the lines whose cost is known; null where it is known of none. */
  readonly margin: number | null;
  /** The part of net that `margin` speaks of. */
  readonly marginKnown: number;
  readonly visits: number;
}

/** One customer's measures. */
export interface CustomerMeasures extends Measures {
  /** First and last day (days since 1970-01-01) with a sale or return; null where there is none. */
  readonly firstDay: number | null;
  readonly lastDay: number | null;
  /** By store id, in UTF-8 byte order; only stores with a sale or return. */
  readonly byStore: readonly (Measures & { readonly store: string })[];
}

class Sum {
  net = 0;
  returned = 0;
  margin = 0;
  marginKnown = 0;
  visits = 0;
  entries = 0;

  add(sums: GatheredSums, visits: number): void {
    this.net += sums.net;
    this.returned += sums.returned;
    this.margin += sums.margin;
    this.marginKnown += sums.marginKnown;
    this.entries += sums.entries;
    this.visits += visits;
  }

  measures(): Measures {
    const { net, returned, margin, marginKnown, visits } = this;
    const known = margin !== 0 || marginKnown !== 0;
    return { net, gross: net + returned, returned, margin: known ? margin : null, marginKnown, visits };
  }
}

/** Sums up one customer's rows of a selection. */
export function customerMeasures({ segments, customer, customers, selection, stores }: CustomerTask): CustomerMeasures {
  const names = new Names(stores);
  const total = new Sum();
  const byStore = new Map<number, Sum>();
  const days = new Map<number, number>();
  new RowGatherer(segments).forEach(customer, customer + 1, customers, (_, day, store, category, sums) => {
    if (day < selection.fromDay || day > selection.toDay) return;
    if (selection.category !== undefined && category !== selection.category) return;
    if (selection.stores && selection.stores[store] !== 1) return;
    const visits = selection.category === undefined ? sums.visits : sums.bought;
    let ofStore = byStore.get(store);
    if (!ofStore) byStore.set(store, (ofStore = new Sum()));
    ofStore.add(sums, visits);
    total.add(sums, visits);
    days.set(day, (days.get(day) ?? 0) + sums.entries);
  });
  const present = [...days].filter(([, entries]) => entries > 0).map(([day]) => day);
  return {
    ...total.measures(),
    firstDay: present.length ? present.reduce((a, b) => Math.min(a, b)) : null,
    lastDay: present.length ? present.reduce((a, b) => Math.max(a, b)) : null,
    byStore: [...byStore]
      .filter(([, sum]) => sum.entries > 0)
      .sort(([a], [b]) => names.compare(a, b))
      .map(([store, sum]) => ({ store: names.name(store), ...sum.measures() })),
  };
}
