import { setTimeout as delay } from 'node:timers/promises';
import type { Position, StoredEvent } from '@regulars/kernel';
import type { DocumentCollection, DocumentStore, EventStore, Subscription } from '@regulars/ports';
import { type Authenticator, type CheckResult, type Principal, secretMatches } from '@regulars/runtime';
import { accessStream, type TokenIssued, tokenIssuedV1, tokenRevokedV1 } from './events';
import { parseToken } from './token-text';

/** A token as it is kept: all but its secret. */
export interface TokenDocument extends TokenIssued {
  /** ISO 8601 in UTC. */
  readonly issuedAt: string;
  /** ISO 8601 in UTC; null while it is in force. */
  readonly revokedAt: string | null;
  readonly [field: string]: string | readonly string[] | null;
}

interface Entry {
  readonly token: TokenDocument;
  readonly position: Position;
  readonly principal: Principal;
}

const CONSUMER = 'access-tokens';
/** So many events of others are passed over before the place is saved; a restart reads at most so many again. */
const EVENTS_PER_CHECKPOINT = 20_000;

/** What the registry is made from. */
export interface TokenRegistryPorts {
  readonly events: EventStore;
  readonly documents: DocumentStore;
  /** Pause after following broke off, in milliseconds; doubled up to its maximum. Default 100 to 5,000. */
  readonly pauseMs?: { readonly min: number; readonly max: number };
}

/**
 * All tokens in memory (a chain has a few thousand at most), so that a request is authenticated without waiting. Kept as
 * documents with a checkpoint, so a start reads the documents and the few events after it; then it follows the event store. Where
 * that breaks off (a document cannot be written now), what is known stays good, the process is not ready, and it is taken up again.
 */
export class TokenRegistry implements Authenticator {
  private readonly entries = new Map<string, Entry>();
  private subscription: Subscription | undefined;
  private taken: Position | undefined;
  private sinceCheckpoint = 0;
  private lost = false;
  private readonly closing = new AbortController();
  private loop: Promise<void> = Promise.resolve();
  private writing: Promise<void> = Promise.resolve();

  private constructor(
    private readonly ports: TokenRegistryPorts,
    private readonly collection: DocumentCollection<TokenDocument>,
  ) {}

  /** Loads what is kept and catches up with the event store; resolves when every token issued so far is known, rejects where it cannot be. */
  static async open(ports: TokenRegistryPorts): Promise<TokenRegistry> {
    const collection = await ports.documents.collection<TokenDocument>({ name: CONSUMER, version: 'v1', indexes: [] });
    const registry = new TokenRegistry(ports, collection);
    for await (const batch of collection.all()) {
      for (const { document, position } of batch) registry.remember(document, position);
    }
    registry.taken = await ports.documents.loadCheckpoint(CONSUMER);
    await new Promise<void>((resolve, reject) => (registry.loop = registry.follow(resolve, reject)));
    return registry;
  }

  authenticate(text: string): Principal | undefined {
    const parsed = parseToken(text);
    const entry = parsed && this.entries.get(parsed.tokenId);
    if (!parsed || !entry || !secretMatches(parsed.secret, entry.token.secretHash)) return undefined;
    return entry.token.revokedAt === null ? entry.principal : undefined;
  }

  /** The token with this id, revoked or not. */
  get(tokenId: string): TokenDocument | undefined {
    return this.entries.get(tokenId)?.token;
  }

  /** Every token, by time of issue. */
  list(): readonly TokenDocument[] {
    const order = (token: TokenDocument): string => `${token.issuedAt} ${token.tokenId}`;
    return [...this.entries.values()].map((entry) => entry.token).sort((a, b) => (order(a) < order(b) ? -1 : 1));
  }

  /** Takes what a use case has just stored, so that the next request sees it; the subscription's copy then changes nothing. */
  async learn(event: Pick<StoredEvent, 'type' | 'data' | 'occurredAt' | 'position'>): Promise<void> {
    await this.apply(event);
  }

  /** For readiness: not fine while it does not follow, as revocations by other processes are not seen then. */
  readonly check = (): CheckResult => (this.lost ? { ok: false, reason: 'tokens do not follow the event store now' } : { ok: true });

  /** Stops following. */
  async close(): Promise<void> {
    this.closing.abort();
    await this.subscription?.close();
    await this.loop;
    await this.writing.catch(() => undefined);
  }

  /** Follows until it is closed. `failed` is told what ends it before everything was known for the first time; it is then not taken up again. */
  private async follow(caughtUp: () => void, failed: (error: unknown) => void): Promise<void> {
    const { events, pauseMs = { min: 100, max: 5_000 } } = this.ports;
    const { signal } = this.closing;
    let pause = pauseMs.min;
    for (let known = false; !signal.aborted; pause = Math.min(pause * 2, pauseMs.max)) {
      const onCaughtUp = (): void => {
        known = true;
        this.lost = false;
        pause = pauseMs.min;
        caughtUp();
      };
      try {
        this.subscription = events.subscribe({ after: this.taken, onBatch: (batch) => this.take(batch), onCaughtUp });
        await this.subscription.ended;
      } catch (error) {
        if (!known) return failed(error);
      }
      if (signal.aborted) return;
      this.lost = true;
      await delay(pause, undefined, { signal }).catch(() => undefined);
    }
  }

  private async take(events: readonly StoredEvent[]): Promise<void> {
    for (const event of events) if (event.type.startsWith('access.')) await this.apply(event);
    await this.checkpoint(events);
    this.taken = events.at(-1)?.position ?? this.taken;
  }

  private async checkpoint(events: readonly StoredEvent[]): Promise<void> {
    const last = events.at(-1);
    if (!last) return;
    this.sinceCheckpoint += events.length;
    if (this.sinceCheckpoint < EVENTS_PER_CHECKPOINT && !events.some((event) => event.type.startsWith('access.'))) return;
    this.sinceCheckpoint = 0;
    await this.ports.documents.saveCheckpoint(CONSUMER, last.position);
  }

  private async apply(event: Pick<StoredEvent, 'type' | 'data' | 'occurredAt' | 'position'>): Promise<void> {
    const token = await this.tokenAfter(event);
    if (!token) return;
    const known = this.entries.get(token.tokenId)?.position ?? '';
    if (known > event.position) return;
    if (known < event.position) this.remember(token, event.position);
    // Also what is known already is written: the write of whoever learnt it first may have failed, and the checkpoint goes past it.
    const write = async (): Promise<void> => {
      await this.collection.write([{ id: token.tokenId, position: event.position, document: token }]);
    };
    this.writing = this.writing.then(write, write);
    await this.writing;
  }

  private async tokenAfter(event: Pick<StoredEvent, 'type' | 'data' | 'occurredAt'>): Promise<TokenDocument | undefined> {
    if (event.type === tokenIssuedV1.type) {
      return { ...tokenIssuedV1.schema.parse(event.data), issuedAt: event.occurredAt, revokedAt: null };
    }
    if (event.type !== tokenRevokedV1.type) return undefined;
    const { tokenId } = tokenRevokedV1.schema.parse(event.data);
    const known = this.get(tokenId) ?? (await this.issuedToken(tokenId));
    return known && { ...known, revokedAt: event.occurredAt };
  }

  /** A token revoked here before the subscription has come to its issue by another process. */
  private async issuedToken(tokenId: string): Promise<TokenDocument | undefined> {
    const [issued] = await this.ports.events.readStream(accessStream(tokenId), { limit: 1 });
    return issued && (await this.tokenAfter(issued));
  }

  private remember(token: TokenDocument, position: Position): void {
    const { tokenId, role, stores, terminal } = token;
    this.entries.set(tokenId, { token, position, principal: { tokenId, role, stores, ...(terminal === null ? {} : { terminal }) } });
  }
}
