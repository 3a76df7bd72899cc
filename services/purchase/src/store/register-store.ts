import { type Causation, type Refusal, refused } from '@regulars/kernel';
import { type CommandResult, handleCommand } from '@regulars/engine';
import type { EventStore } from '@regulars/ports';
import type { StoreDirectory } from './store-directory';
import { store, type StoreCommand } from './decider';
import type { Store, StoreEvent } from './events';

/** What writing a store needs. `reached` resolves when the read model includes a position. */
export interface StoreRegistryPorts {
  readonly chain: string;
  readonly eventStore: EventStore;
  readonly stores: StoreDirectory;
  readonly reached: (position: string) => Promise<void>;
}

/** What became of it: `false` where it already stood so. */
export type StoreWritten = { readonly store: Store; readonly written: boolean } | Refusal;

/** Registers or changes a store; the new facts hold for every receipt taken after this resolves. */
export async function writeStore(ports: StoreRegistryPorts, command: StoreCommand, causation: Causation): Promise<StoreWritten> {
  // Contributions add up over all stores, so all amounts must be of one currency.
  const other = ports.stores.list().find(({ currency }) => currency !== command.store.currency);
  if (other && command.type === 'register') return refused('store.currency', `The chain sells in ${other.currency}`);
  const result: CommandResult<StoreEvent> = await handleCommand(ports.eventStore, store, {
    ...causation,
    streamId: `store-${command.store.store}`,
    command,
    chain: ports.chain,
    store: command.store.store,
  });
  if (result.outcome === 'refused') return result.refusal;
  if (result.outcome === 'done') await ports.reached(result.position);
  return { store: command.store, written: result.outcome === 'done' };
}
