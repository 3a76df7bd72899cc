import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ACCESS_TOKENS_TOPIC, accessTokenChangedV1, PURCHASE_TOPIC, purchaseRecordedV1, STORE_TOPIC } from '@regulars/contracts';
import { type RunningService, startService } from '@regulars/hosting';
import { fixedClock } from '@regulars/kernel';
import type { LogMessage } from '@regulars/ports';
import { createLogger, loadConfiguration } from '@regulars/runtime';
import { InMemoryDocumentStore, InMemoryEventBus } from '@regulars/testing';
import { composeLoyaltyTier, type LoyaltyTierConnections } from './loyalty-tier.process';

const NOW = '2026-03-10T12:00:00.000Z';
const clock = fixedClock(Date.parse(NOW));
const SECRET = 'x'.repeat(43);
const TOKEN = `rgl_t1_${SECRET}`;
const TOPICS = [PURCHASE_TOPIC, STORE_TOPIC, ACCESS_TOKENS_TOPIC];

const place = (position: number) => String(position).padStart(4, '0');
const message = (position: number, part: Pick<LogMessage, 'type' | 'topic' | 'key' | 'data'>): LogMessage => ({
  ...part,
  id: `m${position}`,
  occurredAt: NOW,
  chain: 'main',
  correlationId: 'c',
  logPosition: place(position),
  ordinal: 0,
});
const token = (position: number, granted: object | null, revokedAt: string | null) =>
  message(position, {
    type: accessTokenChangedV1.type,
    topic: ACCESS_TOKENS_TOPIC,
    key: 't1',
    data: { tokenId: 't1', granted: granted as never, revokedAt },
  });
const issued = token(
  1,
  { role: 'manager', stores: '*', terminal: null, secretHash: createHash('sha256').update(SECRET).digest('hex') },
  null,
);
const revoked = token(3, null, NOW);
const bought = message(2, {
  type: purchaseRecordedV1.type,
  topic: PURCHASE_TOPIC,
  key: 'c1',
  data: {
    purchaseId: 'p1',
    customer: 'c1',
    currency: 'EUR',
    entries: [
      { store: 's1', businessDate: '2026-03-01', visits: 1, lines: [{ sku: 'a', category: null, quantity: 1000, net: 700, cost: null }] },
    ],
  },
});

describe('a loyalty-tier process', () => {
  let dataDir: string;
  let bus: InMemoryEventBus;
  let running: RunningService;
  const relay = (messages: readonly LogMessage[], upTo: number) =>
    bus.relay({ messages, watermark: { logPosition: place(upTo), observedAt: NOW }, topics: TOPICS, epoch: 1 });
  const get = (path: string) => fetch(new URL(path, running.url), { headers: { authorization: `Bearer ${TOKEN}` } });

  beforeEach(async () => {
    dataDir = mkdtempSync(join(tmpdir(), 'regulars-tier-'));
    bus = new InMemoryEventBus();
    await relay([issued, bought], 2);
    const documents = new InMemoryDocumentStore();
    const kept = Object.assign(bus, { close: async () => undefined });
    running = await startService<LoyaltyTierConnections>({
      name: 'loyalty-tier',
      version: '1',
      configuration: loadConfiguration({ overrides: { dataDir, http: { port: 0 }, chain: { id: 'main' } } }),
      logger: createLogger({ level: 'silent' }),
      clock,
      connections: {
        bus: { name: 'Kafka', open: async () => kept },
        documents: { name: 'MongoDB', open: async () => documents },
      },
      compose: (context) => composeLoyaltyTier(context, { sources: ['memory-0', 'memory-1'] }),
    });
    await running.started;
  });
  afterEach(async () => {
    await running.close();
    rmSync(dataDir, { recursive: true });
  });

  it('answers whoever holds a token that the bus told of, until the bus tells that it is revoked', async () => {
    const tier = await get('/v1/customers/c1/tier?asOf=2026-03-31');
    expect([tier.status, await tier.json()]).toEqual([200, expect.objectContaining({ customer: 'c1', contribution: 700, rank: 1 })]);
    await relay([revoked], 3);
    let status = 200;
    while (status === 200) ({ status } = await get('/v1/customers/c1/tier?asOf=2026-03-31'));
    expect(status).toBe(401);
  });

  it('is ready while it follows tokens and partitions', async () => {
    const ready = await get('/health/ready');
    expect([ready.status, await ready.json()]).toMatchObject([200, { checks: { tokens: 'ok', partitions: 'ok' } }]);
  });
});
