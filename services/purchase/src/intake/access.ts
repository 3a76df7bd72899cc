import { type Refusal, refused } from '@regulars/kernel';
import type { Principal } from '@regulars/runtime';
import { factsOf, type IntakeItem } from './read-item';

/** Whether a caller may hand in an item: a till for its own terminal only (a claim: for its own store), others for their stores. */
export function accessRefusal(
  { role, stores, terminal }: Pick<Principal, 'role' | 'stores' | 'terminal'>,
  given: IntakeItem,
): Refusal | undefined {
  if (stores === '*') return undefined;
  const item = factsOf(given);
  if (item.store === undefined) return undefined; // It fails its schema, which says more.
  if (!stores.includes(item.store)) {
    return role === 'till'
      ? refused('access.wrong-terminal', 'This till belongs to another store')
      : refused('access.forbidden', 'This token does not cover the store');
  }
  if (role === 'till' && item.kind !== 'claim' && item.terminal !== terminal) {
    return refused('access.wrong-terminal', 'This till belongs to another terminal');
  }
  return undefined;
}
