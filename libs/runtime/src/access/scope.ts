import { problem } from '../problems/problem';
import type { Principal } from './principal';

/** Whether the principal's scope covers a store. */
export function coversStore(principal: Principal, store: string): boolean {
  return principal.role === 'administrator' || principal.stores === '*' || principal.stores.includes(store);
}

/** Throws `access.forbidden` unless the principal's scope covers the store. */
export function requireStore(principal: Principal, store: string): void {
  if (!coversStore(principal, store)) throw problem('access.forbidden', 'The token does not cover this store.');
}

/** Throws `access.forbidden` unless the principal's scope is the whole chain. */
export function requireChain(principal: Principal): void {
  if (principal.role !== 'administrator' && principal.stores !== '*')
    throw problem('access.forbidden', 'The token covers single stores only.');
}

/** For whoever writes receipts: the store must be in scope, and a till may write for its own terminal only (`access.wrong-terminal`). */
export function requireTerminal(principal: Principal, store: string, terminal: string): void {
  if (principal.role !== 'till') return requireStore(principal, store);
  if (!coversStore(principal, store) || principal.terminal !== terminal) {
    throw problem('access.wrong-terminal', 'The token was issued for another terminal.');
  }
}
