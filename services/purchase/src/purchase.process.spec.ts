import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ACCESS_TOKENS_TOPIC, INTAKE_RESULTS_TOPIC, INTAKE_TOPIC, PURCHASE_TOPIC } from '@regulars/contracts';
import { type RunningService, startService } from '@regulars/hosting';
import { fixedClock } from '@regulars/kernel';
import type { DeliveredMessage, Message } from '@regulars/ports';
import { createLogger, loadConfiguration } from '@regulars/runtime';
import { InMemoryDocumentStore, InMemoryEventBus, InMemoryEventStore, noDocuments } from '@regulars/testing';
import { NOW, purchase } from '../spec-support/till';
import { composePurchase, type PurchaseConnections } from './purchase.process';

const clock = fixedClock(Date.parse(NOW));

/** A store's record, as the bus hands plain records over. */
const record = (id: string, value: unknown): Message => ({
  id,
  type: INTAKE_TOPIC,
  topic: INTAKE_TOPIC,
  key: 's1',
  occurredAt: NOW,
  chain: 'main',
  correlationId: id,
  data: { raw: typeof value === 'string' ? value : JSON.stringify(value), encoding: 'utf8' },
});

describe('a purchase process', () => {
  let dataDir: string;
  let bus: InMemoryEventBus;
  let furtherBus: InMemoryEventBus;
  let eventStore: InMemoryEventStore;
  let running: RunningService;
  const heard: DeliveredMessage[] = [];
  let listener: ReturnType<InMemoryEventBus['consume']>;

  beforeEach(async () => {
    dataDir = mkdtempSync(join(tmpdir(), 'regulars-purchase-'));
    heard.length = 0;
    bus = new InMemoryEventBus();
    eventStore = new InMemoryEventStore(clock);
    const documents = new InMemoryDocumentStore(noDocuments());
    listener = bus.consume({
      group: 'spec',
      topics: [PURCHASE_TOPIC, ACCESS_TOKENS_TOPIC, INTAKE_RESULTS_TOPIC],
      from: {},
      onBatch: async (messages) => void heard.push(...messages),
    });
    const kept = Object.assign(bus, { close: async () => undefined });
    furtherBus = new InMemoryEventBus();
    const keptFurther = Object.assign(furtherBus, { close: async () => undefined });
    running = await startService<PurchaseConnections>({
      name: 'purchase',
      version: '1',
      configuration: loadConfiguration({ overrides: { dataDir, http: { port: 0 }, chain: { id: 'main' }, kafka: { alsoRelayTo: '.p6' } } }),
      logger: createLogger({ level: 'silent' }),
      clock,
      connections: {
        bus: { name: 'Kafka', open: async () => kept },
        'bus.p6': { name: 'Kafka topics .p6', open: async () => keptFurther },
        documents: { name: 'MongoDB', open: async () => documents },
        eventStore: { name: 'EventStoreDB', open: async () => eventStore },
      },
      compose: (context) => composePurchase(context, { alone: false }),
    });
    await running.started;
  });
  afterEach(async () => {
    await running.close();
    await listener.close();
    rmSync(dataDir, { recursive: true });
  });

  const token = () => readFileSync(join(dataDir, 'admin.token'), 'utf8').trim();
  async function call(method: string, path: string, body?: unknown) {
    const headers = { authorization: `Bearer ${token()}`, 'content-type': 'application/json' };
    const reply = await fetch(new URL(path, running.url), { method, headers, ...(body ? { body: JSON.stringify(body) } : {}) });
    return { status: reply.status, body: (await reply.json()) as Record<string, unknown> };
  }
  /** Waits for messages of a topic. */
  async function heardOn(topic: string, count: number): Promise<readonly DeliveredMessage[]> {
    for (;;) {
      const found = heard.filter((message) => message.topic === topic);
      if (found.length >= count) return found;
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  }
  const registerStore = () =>
    call('POST', '/v1/stores', { id: 's1', name: 'Mitte', region: 'north', timeZone: 'Europe/Berlin', currency: 'EUR' });

  it('takes in what stores write to the topic, as over HTTP, and says what became of it', async () => {
    expect((await registerStore()).status).toBe(201);
    expect((await call('POST', '/v1/purchases', purchase('1'))).status).toBe(201);
    await bus.publish([record('r1', purchase('1')), record('r2', purchase('2')), record('r3', 'no JSON'), record('r2', purchase('2'))]);
    const results = await heardOn(INTAKE_RESULTS_TOPIC, 4);
    expect(results.map(({ key, data }) => [key, data['record'], data['outcome']])).toEqual([
      ['s1', 'r1', 'duplicate'],
      ['s1', 'r2', 'accepted'],
      ['s1', 'r3', 'quarantined'],
      ['s1', 'r2', 'accepted'],
    ]);
    const { body } = await call('GET', '/v1/intake/report');
    expect(body['total']).toEqual({ received: 4, accepted: 2, duplicate: 1, quarantined: 1 });
    expect((await heardOn(PURCHASE_TOPIC, 2)).map(({ type }) => type)).toEqual(['purchase.recorded.v1', 'purchase.recorded.v1']);
    const status = (await call('GET', '/v1/status')).body;
    expect(status).toMatchObject({
      service: 'purchase',
      relay: { state: 'leading' },
      intakeTopic: { parked: 0 },
      deadLetters: 0,
      replays: [],
    });
  });

  it('fills a further set of topics with everything from the first event on', async () => {
    await registerStore();
    await call('POST', '/v1/purchases', purchase('1'));
    const [usual] = await heardOn(PURCHASE_TOPIC, 1);
    const further: DeliveredMessage[] = [];
    const topics = [PURCHASE_TOPIC, ACCESS_TOKENS_TOPIC];
    const following = furtherBus.consume({ group: 'spec', topics, from: {}, onBatch: async (messages) => void further.push(...messages) });
    while (further.length < 2) await new Promise((resolve) => setTimeout(resolve, 5));
    await following.close();
    expect(further.map(({ topic }) => topic).toSorted()).toEqual([ACCESS_TOKENS_TOPIC, PURCHASE_TOPIC]);
    expect(further.find(({ topic }) => topic === PURCHASE_TOPIC)).toMatchObject({ id: usual?.id, logPosition: usual?.logPosition });
    expect((await call('GET', '/v1/status')).body['alsoRelays']).toMatchObject({ '.p6': { state: 'leading' } });
    const metrics = await fetch(new URL('/metrics', running.url), { headers: { authorization: `Bearer ${token()}` } });
    expect(await metrics.text()).toContain('regulars_relay_leading{topics=".p6"} 1');
  });

  it('tells the others of its tokens, without their secrets', async () => {
    const [issued] = await heardOn(ACCESS_TOKENS_TOPIC, 1);
    expect(issued?.data).toMatchObject({ granted: { role: 'administrator', stores: '*' }, revokedAt: null });
    expect(JSON.stringify(issued)).not.toContain(token().split('_')[2]);
  });

  it('is ready while all of it works, and refuses replays, which only a process with its own log has', async () => {
    const { status, body } = await call('GET', '/health/ready');
    expect([status, Object.keys(body['checks'] as object)]).toEqual([
      200,
      expect.arrayContaining(['tokens', 'relay', 'projection stores', 'messages purchase.intake']),
    ]);
    expect((await call('POST', '/v1/replays', { projection: 'stores' })).body['code']).toBe('replay.projection-unknown');
  });
});
