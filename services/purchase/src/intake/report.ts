import type { JsonObject, StoredEvent } from '@regulars/kernel';
import type { DocumentProjectionDefinition } from '@regulars/engine';
import type { DocumentCollection } from '@regulars/ports';

/** What became of the items of one store and business day. */
export interface IntakeReportRow extends JsonObject {
  readonly store: string;
  readonly day: string;
  readonly accepted: number;
  readonly duplicate: number;
  readonly quarantined: number;
}

/** Where the store could not be read. */
const NO_STORE = '-';

type Change = Partial<Record<'accepted' | 'duplicate' | 'quarantined', number>>;
interface CellChange {
  readonly store: string;
  readonly day: string;
  readonly change: Change;
}

/** The intake report: every item that was received is in exactly one of accepted, duplicate and quarantined. */
export const intakeReportProjection: DocumentProjectionDefinition<IntakeReportRow> = {
  name: 'intake-report',
  indexes: ['store', 'day'],
  handles: [
    'purchase.recorded.v1',
    'purchase.returned.v1',
    'purchase.return-withdrawn.v1',
    'purchase.voided.v1',
    'purchase.claimed.v1',
    'intake.duplicates-observed.v1',
    'intake.item-quarantined.v1',
    'intake.item-received-again.v1',
    'intake.item-redriven.v1',
  ],
  idsOf: (event) => cellChanges(event).map(cellId),
  evolve(before, event, id) {
    const { store, day, change } = cellChanges(event).find((cell) => cellId(cell) === id) as CellChange;
    const { accepted = 0, duplicate = 0, quarantined = 0 } = before ?? {};
    return {
      store,
      day,
      accepted: accepted + (change.accepted ?? 0),
      duplicate: duplicate + (change.duplicate ?? 0),
      quarantined: quarantined + (change.quarantined ?? 0),
    };
  },
};

function cellId({ store, day }: CellChange): string {
  return `${store}|${day}`;
}

interface Fields {
  readonly store?: string;
  readonly day: string;
  readonly businessDate: string;
  readonly exchange?: boolean;
  readonly numberTaken?: boolean;
  readonly entries: readonly { readonly store: string; readonly businessDate: string }[];
  readonly outcome: 'accepted' | 'duplicate';
  readonly timesReceived: number;
  readonly counts: readonly { readonly store: string; readonly day: string; readonly count: number }[];
}

function cellChanges(event: StoredEvent): readonly CellChange[] {
  const data = event.data as unknown as Fields;
  const cell = (day: string, change: Change): CellChange[] => [{ store: data.store ?? NO_STORE, day, change }];
  switch (event.type) {
    case 'purchase.returned.v1':
      // An exchange is one receipt: it is counted where its own number is recorded.
      return data.exchange ? [] : cell(data.businessDate, { accepted: 1 });
    case 'purchase.return-withdrawn.v1':
      // A return taken back by a void was accepted, and so was the void; one that lost its number is in quarantine instead.
      if (!data.numberTaken || data.exchange) return [];
      return data.entries.map(({ store, businessDate }) => ({ store, day: businessDate, change: { accepted: -1 } }));
    case 'purchase.recorded.v1':
    case 'purchase.voided.v1':
    case 'purchase.claimed.v1':
      return cell(data.businessDate, { accepted: 1 });
    case 'intake.duplicates-observed.v1':
      return data.counts.map(({ store, day, count }) => ({ store, day, change: { duplicate: count } }));
    case 'intake.item-quarantined.v1':
    case 'intake.item-received-again.v1':
      return cell(data.day, { quarantined: 1 });
    case 'intake.item-redriven.v1': {
      // One of the times it was received is the accepted one, counted with its receipt; the others repeated it.
      const repeats = data.outcome === 'accepted' ? data.timesReceived - 1 : data.timesReceived;
      return cell(data.day, { quarantined: -data.timesReceived, duplicate: repeats });
    }
    default:
      return [];
  }
}

/** Rows of the report with their sums. */
export interface IntakeReport {
  readonly rows: readonly (IntakeReportRow & { readonly received: number })[];
  readonly total: { readonly received: number; readonly accepted: number; readonly duplicate: number; readonly quarantined: number };
}

/** The report over a range of days, both ends included, of a store or of all that `covers` allows. */
export async function intakeReport(
  collection: DocumentCollection<IntakeReportRow>,
  filter: { readonly store?: string; readonly from?: string; readonly to?: string },
  covers: (store: string) => boolean,
): Promise<IntakeReport> {
  const rows: (IntakeReportRow & { received: number })[] = [];
  const total = { received: 0, accepted: 0, duplicate: 0, quarantined: 0 };
  const where: Record<string, string> = filter.store === undefined ? {} : { store: filter.store };
  let cursor: string | undefined;
  do {
    const page = await collection.find({
      where,
      range: { day: { from: filter.from, to: filter.to } },
      orderBy: 'day',
      limit: 1_000,
      cursor,
    });
    for (const { document } of page.items) {
      if (!covers(document.store)) continue;
      const received = document.accepted + document.duplicate + document.quarantined;
      rows.push({ ...document, received });
      total.received += received;
      total.accepted += document.accepted;
      total.duplicate += document.duplicate;
      total.quarantined += document.quarantined;
    }
    cursor = page.next;
  } while (cursor);
  return { rows, total };
}
