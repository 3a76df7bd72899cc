import type { IntakeResult } from '@regulars/contracts';
import { demoStores } from './chain';
import { type DemoItem, simulateDemo } from './simulate';

/** Days of the demo sent in one go by each till. */
const DAYS_AT_ONCE = 14;
/** Items of a till's first delivery that go one by one. */
const SINGLY = 10;

/** What came of the demo's items. */
export interface DemoSummary {
  readonly received: number;
  readonly accepted: number;
  readonly duplicate: number;
  readonly quarantined: number;
}

/**
 * Sends the demo chain through the platform's HTTP edge as its tills would: stores registered, a credential for each till, then
 * receipts one by one, in batches and as streams. Everything may be sent again after an interruption: receipts are recorded once.
 */
export async function loadDemo(url: string, adminToken: string, onProgress: (sent: number, total: number) => void): Promise<DemoSummary> {
  const call = async (token: string, path: string, body: string, type = 'application/json'): Promise<string> => {
    const headers = { authorization: `Bearer ${token}`, 'content-type': type };
    const response = await fetch(`${url}${path}`, { method: 'POST', headers, body });
    const text = await response.text();
    if (response.status >= 500 || response.status === 401)
      throw new Error(`The demo could not be loaded: ${path} answered ${response.status}`);
    return text;
  };
  const tokens = new Map<string, string>();
  for (const { terminals, share: _, ...store } of demoStores) {
    await call(adminToken, '/v1/stores', JSON.stringify(store));
    for (const terminal of terminals) {
      const issued = await call(
        adminToken,
        '/v1/tokens',
        JSON.stringify({ role: 'till', stores: [store.id], terminal, label: 'demo till' }),
      );
      tokens.set(`${store.id}/${terminal}`, (JSON.parse(issued) as { token: string }).token);
    }
  }

  const items = simulateDemo();
  const summary = { received: 0, accepted: 0, duplicate: 0, quarantined: 0 };
  for (const [round, deliveries] of deliveriesOf(items).entries()) {
    for (const delivery of deliveries) {
      const { store, terminal } = delivery[0] as DemoItem;
      const token = tokens.get(`${store}/${terminal}`) as string;
      for (const outcome of await send(delivery, round, (path, body, type) => call(token, path, body, type))) {
        summary.received++;
        summary[outcome]++;
      }
      onProgress(summary.received, items.length);
    }
  }
  return summary;
}

/** Rounds of some days; in each, one delivery a till. */
function deliveriesOf(items: readonly DemoItem[]): DemoItem[][][] {
  const rounds: Map<string, DemoItem[]>[] = [];
  for (const item of items) {
    const round = Math.floor(item.arrivesOnDay / DAYS_AT_ONCE);
    const tills = (rounds[round] ??= new Map());
    const till = `${item.store}/${item.terminal}`;
    tills.set(till, [...(tills.get(till) ?? []), item]);
  }
  return rounds.filter(Boolean).map((tills) => [...tills.values()]);
}

type Send = (path: string, body: string, type?: string) => Promise<string>;

/** The first go one by one, then come batches, then streams: every road a till may take. */
async function send(delivery: readonly DemoItem[], round: number, post: Send): Promise<IntakeResult['outcome'][]> {
  const bodies = delivery.map(({ body }) => body);
  if (round === 0) {
    const outcomes: IntakeResult['outcome'][] = [];
    for (const { kind, ...body } of bodies.slice(0, SINGLY)) {
      const path = `/v1/${kind === undefined ? 'purchase' : String(kind)}s`;
      const answer = JSON.parse(await post(path, JSON.stringify(body))) as Partial<IntakeResult>;
      outcomes.push(answer.outcome ?? 'quarantined');
    }
    return [...outcomes, ...(await sendBatch(bodies.slice(SINGLY), post))];
  }
  if (round === 1) return sendBatch(bodies, post);
  const answer = await post('/v1/purchases:stream', bodies.map((body) => `${JSON.stringify(body)}\n`).join(''), 'application/x-ndjson');
  return answer
    .trimEnd()
    .split('\n')
    .map((line) => (JSON.parse(line) as IntakeResult).outcome);
}

async function sendBatch(bodies: readonly unknown[], post: Send): Promise<IntakeResult['outcome'][]> {
  if (bodies.length === 0) return [];
  const answer = JSON.parse(await post('/v1/purchases:batch', JSON.stringify(bodies))) as { results: IntakeResult[] };
  return answer.results.map(({ outcome }) => outcome);
}
