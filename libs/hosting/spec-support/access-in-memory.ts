import { type Causation, fixedClock, isRefusal } from '@regulars/kernel';
import { type DocumentsInMemory, InMemoryDocumentStore, InMemoryEventStore, noDocuments } from '@regulars/testing';
import type { AccessContext } from '../src/access/handle-access';
import { issueToken, type TokenRequest } from '../src/access/issue-token';
import { newTokenText } from '../src/access/token-text';
import { TokenRegistry } from '../src/access/token-registry';

export const clock = fixedClock(Date.UTC(2026, 2, 1, 10));
/** The clock's time as text. */
export const at = '2026-03-01T10:00:00.000Z';
export const causation: Causation = { correlationId: 'c1', causationId: 'c1' };
export const till: TokenRequest = { role: 'till', stores: ['s1'], terminal: 'k1', label: 'front' };

/** Tokens over stores in memory, for specs. */
export class AccessInMemory {
  kept: DocumentsInMemory = noDocuments();
  events = new InMemoryEventStore(clock);
  context!: AccessContext;

  async open(): Promise<void> {
    const registry = await TokenRegistry.open({ events: this.events, documents: new InMemoryDocumentStore(this.kept) });
    this.context = { events: this.events, registry, chain: 'main' };
  }
  async restart(): Promise<void> {
    await this.context.registry.close();
    this.events = await this.events.reopen();
    await this.open();
  }
  async close(): Promise<void> {
    await this.context.registry.close();
    await this.events.close();
  }
  /** Issues one; throws on a refusal. */
  async issued(request: TokenRequest = till): Promise<{ tokenId: string; token: string }> {
    const result = await issueToken(this.context, request, newTokenText(), at, causation);
    if (isRefusal(result)) throw new Error(result.code);
    return result;
  }
}
