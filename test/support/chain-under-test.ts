import { setTimeout as sleep } from 'node:timers/promises';
import type { HttpClient, Streamed } from './http-client';
import { disturbed, History, type Item, keyOf, STORES } from './receipts';
import { ledgerDigest, pyramidOf, ranked } from './reference/contributions';
import { Reference } from './reference/reference';

const DEADLINE_MS = 60_000;

interface Status {
  readonly projections: readonly { readonly name: string; readonly caughtUp: boolean; readonly fault?: string }[];
  readonly quarantineOpen: number;
  readonly eventLog: { readonly head: string | null; readonly recovered: { readonly cutBytes: number } };
}

/** Whatever answers the requests of tills and operations: a platform process, or the services of a cluster together. */
export interface Served {
  readonly http: HttpClient;
}

/** A replay, as far as the suites look at it. */
export interface Replay {
  readonly id: string;
  readonly state: string;
  readonly digestsEqual?: boolean;
  readonly error?: string;
}

/**
 * A sender that never forgets: sends items in streams, again where no result came, over whatever serves the data now; and knows, by the
 * reference, what must be there. Items do not contradict each other, so all are accepted once.
 */
export class ChainUnderTest {
  /** Items whose result never came. */
  unacknowledged: Item[] = [];
  private readonly items = new Map<string, Item>();
  private sent = 0;
  private acknowledged = 0;
  private parts = 0;

  constructor(private readonly seed: number) {}

  /** Registers the stores. */
  async registerStores({ http }: Served): Promise<void> {
    for (const store of STORES) {
      const { status, text } = await http.post('/v1/stores', store);
      if (status !== 201) throw new Error(`store ${store.id}: ${text}`);
    }
  }

  /** Streams what waits and a new part of history: shuffled, with repeats. Answers what came back. */
  async ingest({ http }: Served, count: number, onResults?: (soFar: number) => void): Promise<Streamed> {
    const part = this.parts++;
    const fresh = new History(this.seed * 1_000 + part, `${part}-`).items(count);
    for (const item of fresh) this.items.set(JSON.stringify(item), item);
    return this.deliver(http, [...this.unacknowledged, ...disturbed(fresh, this.seed + part)], onResults);
  }

  /** Sends again what was not answered. */
  async resend({ http }: Served): Promise<void> {
    const { cut, problem } = await this.deliver(http, this.unacknowledged);
    if (cut || problem) throw new Error(`The resent stream did not end well: ${JSON.stringify({ cut, problem })}`);
  }

  /**
   * Checks that nothing acknowledged is lost and nothing counts twice: ledger, pyramid and accepted items are those of the reference.
   * Everything must have been answered.
   */
  async verify({ http }: Served): Promise<void> {
    expect(this.unacknowledged).toEqual([]);
    await atRest(http);
    const reference = new Reference().register(STORES);
    reference.take([...this.items.values()]);
    const entries = reference.entries();
    expect(await http.get('/v1/digest')).toMatchObject(ledgerDigest(entries));
    expect(await http.get('/v1/pyramid?asOf=2024-12-31')).toMatchObject(pyramidOf(ranked(entries)));
    const { total } = await http.get<{ total: ReturnType<Reference['totals']> }>('/v1/intake/report');
    expect(total.accepted).toBe(this.items.size);
    expect(total.received).toBe(total.accepted + total.duplicate + total.quarantined);
  }

  /** Checks the report against the sender's own counts: what was answered is counted, and nothing that was not sent. */
  async countsAgree({ http }: Served): Promise<void> {
    const { total } = await http.get<{ total: ReturnType<Reference['totals']> }>('/v1/intake/report');
    expect(total.quarantined).toBe(0);
    expect(total.received).toBeGreaterThanOrEqual(this.acknowledged);
    expect(total.received).toBeLessThanOrEqual(this.sent);
  }

  /** Every receipt that was acknowledged can be read. */
  async acknowledgedAreThere({ http }: Served): Promise<void> {
    const open = new Set(this.unacknowledged.map((item) => JSON.stringify(item)));
    for (const [text, item] of [...this.items].slice(-100)) {
      if (open.has(text) || item.of || item.receipt === undefined) continue;
      const { store, terminal, receipt } = keyOf(item);
      await http.get(`/v1/purchases/${store}/${terminal}/${receipt}`);
    }
  }

  /** Live and replayed state are the same. */
  async replayIsEqual({ http }: Served, projection = 'contribution'): Promise<void> {
    const replay = await finishedReplay(http, projection);
    expect(replay).toMatchObject({ state: 'ready', digestsEqual: true });
    const cancelled = await http.post(`/v1/replays/${replay.id}:cancel`, {});
    expect(cancelled.status).toBe(200);
  }

  /** Everything ever sent, once more: all must be known. */
  async allIsKnown({ http }: Served): Promise<void> {
    const { results, cut } = await this.deliver(http, [...this.items.values()]);
    expect(cut).toBe(false);
    expect(results.filter(({ outcome }) => outcome !== 'duplicate')).toEqual([]);
  }

  /** After some of the log was cut off: sends everything again, and then all is as it was. */
  async allIsThereAgain({ http }: Served): Promise<void> {
    // In a copy of the data directory: not among what this sender counts.
    const { results, cut } = await http.streamItems([...this.items.values()]);
    expect(cut).toBe(false);
    // A write holds many receipts; all but the last one must have stayed.
    expect(results.filter(({ outcome }) => outcome === 'duplicate').length).toBeGreaterThan(0);
    await atRest(http);
    const reference = new Reference().register(STORES);
    reference.take([...this.items.values()]);
    expect(await http.get('/v1/digest')).toMatchObject(ledgerDigest(reference.entries()));
  }

  private async deliver(http: HttpClient, items: readonly Item[], onResults?: (soFar: number) => void): Promise<Streamed> {
    this.sent += items.length;
    const streamed = await http.streamItems(items, onResults);
    expect(streamed.results.map(({ index }) => index)).toEqual(streamed.results.map((_, place) => place));
    this.acknowledged += streamed.results.length;
    this.unacknowledged = items.slice(streamed.results.length);
    return streamed;
  }
}

/**
 * Waits until projections have everything and no more waits in quarantine than will stay there; names what is in the way. What leaves
 * quarantine by itself has then left it.
 */
export async function atRest(http: HttpClient, quarantinedForGood = 0): Promise<void> {
  const deadline = Date.now() + DEADLINE_MS;
  let restingAt: string | null = null;
  for (;;) {
    const status = await http.get<Status>('/v1/status');
    // Seen twice at the same head: what was re-driven while the status was made has been read as well.
    const rests = status.quarantineOpen === quarantinedForGood && status.projections.every(({ caughtUp }) => caughtUp);
    if (rests && restingAt === status.eventLog.head) return;
    restingAt = rests ? status.eventLog.head : null;
    if (Date.now() > deadline) {
      const open = await http.get('/v1/quarantine?status=open&limit=5');
      throw new Error(`Not at rest: ${JSON.stringify(status.projections)} ${status.quarantineOpen} open: ${JSON.stringify(open)}`);
    }
    await sleep(50);
  }
}

/** Starts a replay and waits until it is no longer running. */
export async function finishedReplay(http: HttpClient, projection: string): Promise<Replay> {
  const { status, text, body } = await http.post<Replay>('/v1/replays', { projection });
  if (status !== 201) throw new Error(`The replay of ${projection} did not start: ${status} ${text}`);
  return settledReplay(http, body.id);
}

/** Waits until a replay is no longer running. */
export async function settledReplay(http: HttpClient, id: string): Promise<Replay> {
  const deadline = Date.now() + DEADLINE_MS;
  for (;;) {
    const replay = await http.get<Replay>(`/v1/replays/${id}`);
    if (replay.state !== 'running') return replay;
    if (Date.now() > deadline) throw new Error('The replay does not end');
    await sleep(10);
  }
}
