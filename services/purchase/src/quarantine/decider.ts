import { type Decider, naturalId, type Refusal, refused } from '@regulars/kernel';
import type { Quarantined, QuarantineEvent } from './events';

/** What may be asked of a quarantine entry; `occurredAt` is UTC. */
export type QuarantineCommand =
  | { readonly type: 'quarantine'; readonly occurredAt: string; readonly entry: Quarantined }
  | {
      readonly type: 'redriven';
      readonly occurredAt: string;
      readonly outcome: 'accepted' | 'duplicate';
      readonly purchaseId?: string | undefined;
      readonly corrected: boolean;
      readonly by: string;
    }
  | {
      readonly type: 'refuse-again';
      readonly occurredAt: string;
      readonly code: string;
      readonly detail: string;
      readonly waitsFor?: string | undefined;
    }
  | { readonly type: 'dismiss'; readonly occurredAt: string; readonly reason: string; readonly by: string };

/** An entry and how it stands. */
export interface QuarantineState {
  readonly entry?: Quarantined;
  readonly status: 'open' | 'redriven' | 'dismissed';
  /** How often the input came since it was last settled. */
  readonly timesReceived: number;
  /** How often the input came at all. */
  readonly arrivals: number;
  /** The receipts it was taken in as. */
  readonly taken: readonly string[];
  /** The records of the intake topic it came with. */
  readonly records: readonly string[];
  /** How often it was refused, each time for another reason than before. */
  readonly refusals: number;
}

/** One input in quarantine: the same input again is counted, not kept twice; it is settled once. */
export const quarantine: Decider<QuarantineCommand, QuarantineEvent, QuarantineState> = {
  initialState: () => ({ status: 'open', timesReceived: 0, arrivals: 0, refusals: 0, taken: [], records: [] }),
  evolve(state, event) {
    const known = event as QuarantineEvent;
    switch (known.type) {
      case 'intake.item-quarantined.v1':
        return { ...arrived(state, known.data), entry: known.data, status: 'open', timesReceived: 1 };
      case 'intake.item-received-again.v1':
        return { ...arrived(state, known.data), timesReceived: state.timesReceived + 1 };
      case 'intake.item-refused-again.v1':
        return state.entry ? { ...state, entry: { ...state.entry, ...known.data }, refusals: state.refusals + 1 } : state;
      case 'intake.item-redriven.v1':
        return { ...state, status: 'redriven', taken: [...state.taken, known.data.purchaseId ?? ''] };
      case 'intake.item-dismissed.v1':
        return { ...state, status: 'dismissed' };
      default:
        return known satisfies never;
    }
  },
  decide,
};

function arrived(state: QuarantineState, { record }: { readonly record?: string | undefined }): QuarantineState {
  return { ...state, arrivals: state.arrivals + 1, records: record === undefined ? state.records : [...state.records, record] };
}

function decide(command: QuarantineCommand, state: QuarantineState): readonly QuarantineEvent[] | Refusal {
  const { occurredAt } = command;
  const { entry, timesReceived } = state;
  if (command.type === 'quarantine') {
    const { quarantineId, record } = command.entry;
    if (record !== undefined && state.records.includes(record)) return [];
    if (!entry) return [{ type: 'intake.item-quarantined.v1', id: quarantineId, occurredAt, data: command.entry }];
    if (state.status === 'redriven') {
      // It was refused while its entry was being taken in, or comes again as wrong as it was: it needs settling again.
      const id = naturalId('quarantined-again', quarantineId, String(state.arrivals));
      return [{ type: 'intake.item-quarantined.v1', id, occurredAt, data: command.entry }];
    }
    const { day, store } = entry;
    const id = naturalId('received-again', quarantineId, String(state.arrivals));
    return [{ type: 'intake.item-received-again.v1', id, occurredAt, data: { quarantineId, day, store, record } }];
  }
  if (!entry) return refused('quarantine.not-found', 'No quarantine entry has this id');
  const { quarantineId, day, store } = entry;
  if (state.status !== 'open') return refused('quarantine.settled', `The entry is ${state.status}`);
  if (command.type === 'refuse-again') {
    const { code, detail, waitsFor } = command;
    if (code === entry.code && waitsFor === entry.waitsFor) return [];
    const id = naturalId('refused-again', quarantineId, String(state.refusals));
    return [{ type: 'intake.item-refused-again.v1', id, occurredAt, data: { quarantineId, code, detail, waitsFor } }];
  }
  if (command.type === 'dismiss') {
    const { reason, by } = command;
    return [{ type: 'intake.item-dismissed.v1', id: naturalId('dismissed', quarantineId), occurredAt, data: { quarantineId, reason, by } }];
  }
  const { purchaseId, corrected, by } = command;
  // What was taken in out of this entry before is there already, whoever finds its own event.
  const outcome = state.taken.includes(purchaseId ?? '') ? 'duplicate' : command.outcome;
  const data = { quarantineId, day, store, outcome, purchaseId, corrected, by, timesReceived };
  return [{ type: 'intake.item-redriven.v1', id: naturalId('redriven', quarantineId, String(state.arrivals)), occurredAt, data }];
}
