import { canonicalJson, type Decider, naturalId, type Refusal, refused } from '@regulars/kernel';
import type { Store, StoreEvent } from './events';

/** What may be asked of a store; `occurredAt` is UTC. */
export type StoreCommand =
  | { readonly type: 'register'; readonly occurredAt: string; readonly store: Store }
  /** All facts anew; time zone and currency are for ever, since recorded amounts and days were made with them. */
  | { readonly type: 'change'; readonly occurredAt: string; readonly store: Store };

/** The store, and how often it changed. */
export interface StoreState {
  readonly store?: Store;
  readonly changes: number;
}

/** A store of the chain: registered once, changed later. */
export const store: Decider<StoreCommand, StoreEvent, StoreState> = {
  initialState: () => ({ changes: 0 }),
  evolve: (state, event) => ({ store: event.data, changes: state.changes + 1 }),
  decide(command, state): readonly StoreEvent[] | Refusal {
    const next = command.store;
    const event = (type: StoreEvent['type']): StoreEvent[] => [
      { type, id: naturalId('store', next.store, String(state.changes)), occurredAt: command.occurredAt, data: next },
    ];
    if (state.store && canonicalJson(state.store) === canonicalJson(next)) return [];
    if (command.type === 'register') {
      return state.store ? refused('store.conflict', 'The store is registered with other facts') : event('store.registered.v1');
    }
    if (!state.store) return refused('store.not-found', 'The store is not registered');
    if (state.store.timeZone !== next.timeZone || state.store.currency !== next.currency) {
      return refused('store.conflict', 'Time zone and currency of a store never change: register a new store instead');
    }
    return event('store.changed.v1');
  },
};
