import type { JsonObject, StoredEvent } from '@regulars/kernel';
import type { DocumentProjectionDefinition } from '@regulars/engine';
import { type Quarantined, type QuarantineEvent, quarantineEvents } from './events';

/** A quarantine entry as operations see it. */
export interface QuarantineDocument extends JsonObject, Omit<Quarantined, 'quarantineId' | 'record'> {
  readonly id: string;
  readonly status: 'open' | 'redriven' | 'dismissed';
  readonly receivedAt: string;
  readonly timesReceived: number;
  /** Set where it waits for something and is open; empty else, so that it can be looked up. */
  readonly waitsFor: string;
  /** Set where it was settled: by whom, and why or into what. */
  readonly settledBy?: string;
  readonly dismissedBecause?: string;
  readonly purchaseId?: string;
}

/** Entries by id; findable by status, store, code and what they wait for. */
export const quarantineProjection: DocumentProjectionDefinition<QuarantineDocument> = {
  name: 'quarantine',
  indexes: ['status', 'store', 'code', 'waitsFor', 'receivedAt'],
  handles: Object.keys(quarantineEvents),
  idsOf: (event) => [(event.data as { quarantineId: string }).quarantineId],
  evolve(before, event) {
    const known = event as unknown as QuarantineEvent & StoredEvent;
    if (known.type === 'intake.item-quarantined.v1') {
      const { quarantineId: id, waitsFor = '', record: _, ...entry } = known.data;
      return { id, ...entry, waitsFor, status: 'open', receivedAt: known.recordedAt, timesReceived: 1 };
    }
    if (!before) throw new Error(`Entry of ${known.type} is missing`);
    switch (known.type) {
      case 'intake.item-received-again.v1':
        return { ...before, timesReceived: before.timesReceived + 1 };
      case 'intake.item-refused-again.v1': {
        const { code, detail, waitsFor = '' } = known.data;
        return { ...before, code, detail, waitsFor };
      }
      case 'intake.item-redriven.v1': {
        const { by: settledBy, purchaseId = '' } = known.data;
        return { ...before, status: 'redriven', waitsFor: '', settledBy, purchaseId };
      }
      case 'intake.item-dismissed.v1': {
        const { by: settledBy, reason: dismissedBecause } = known.data;
        return { ...before, status: 'dismissed', waitsFor: '', settledBy, dismissedBecause };
      }
      default:
        return known satisfies never;
    }
  },
};
