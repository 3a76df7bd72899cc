import { Controller, Get } from '@nestjs/common';
import { Ctx, EventPattern, MessagePattern, Payload } from '@nestjs/microservices';
import { openLogBus } from '@regulars/adapter-embedded';
import { integrationEvent } from '@regulars/contracts';
import { DeadLetters, type Following, Poison } from '@regulars/engine';
import { CodedError, fixedClock } from '@regulars/kernel';
import type { EventBus, Message } from '@regulars/ports';
import { emptyPartitions, InMemoryDocumentStore, InMemoryEventBus, InMemoryEventStore } from '@regulars/testing';
import { Writable } from 'node:stream';
import { from, throwError } from 'rxjs';
import { z } from 'zod';
import { type TestServer, testServer } from '../../spec-support/test-server';
import { Public } from '../access/decorators';
import { createLogger } from '../logging/logger';
import { connectMessaging } from './connect-messaging';
import { MessageContext } from './message-context';

const TOPIC = 'tills.v1';
const clock = fixedClock(Date.parse('2026-03-01T09:00:00.000Z'));
const opened = integrationEvent({
  type: 'till.opened.v1',
  topic: TOPIC,
  summary: 'A till was opened.',
  schema: z.object({ till: z.string().max(9) }),
});
const closed = integrationEvent({ type: 'till.closed.v1', topic: TOPIC, summary: 'A till was closed.', schema: z.object({}) });

/** What the methods under test did, and what they are to do. */
const seen = {
  opened: [] as string[],
  contexts: [] as MessageContext[],
  counted: [] as unknown[],
  errors: [] as unknown[],
  hold: undefined as Promise<void> | undefined,
};
const error = () => seen.errors.shift();

@Controller()
class TillsController {
  @Get('tills')
  @Public()
  list(): readonly string[] {
    return seen.opened;
  }

  @EventPattern('till.opened.v1')
  async opened(@Payload() { till }: { till: string }, @Ctx() context: MessageContext): Promise<void> {
    await seen.hold;
    const thrown = error();
    if (thrown !== undefined) throw thrown;
    seen.opened.push(till);
    seen.contexts.push(context);
  }

  @EventPattern('till.counted.raw')
  counted(@Payload() data: unknown) {
    const thrown = error();
    seen.counted.push(data);
    return thrown === undefined ? from([1, 2]) : throwError(() => thrown);
  }
}

@Controller()
class AskingController {
  @MessagePattern('till.where')
  where(): string {
    return 'here';
  }
}

function messageOf(number: number, type: string, data: Message['data'], key = 'till-1'): Message {
  return {
    id: `m${number}`,
    type,
    topic: TOPIC,
    key,
    occurredAt: '2026-03-01T09:00:00.000Z',
    chain: 'demo',
    correlationId: 'c1',
    traceparent: 't1',
    data,
  };
}
const tillOpened = (number: number, till: string, key?: string) => messageOf(number, 'till.opened.v1', { till }, key);

const buses: readonly (readonly [string, (documents: InMemoryDocumentStore) => EventBus])[] = [
  ['a bus in memory', () => new InMemoryEventBus(emptyPartitions(3))],
  [
    'the bus on the event log',
    (documents) => openLogBus({ eventStore: new InMemoryEventStore(clock), publishers: [], chain: 'demo', checkpoints: documents, clock }),
  ],
];

describe.each(buses)('methods for messages over %s', (_, openBus) => {
  let documents: InMemoryDocumentStore;
  let letters: DeadLetters;
  let bus: EventBus;
  let server: TestServer;
  let following: Following | undefined;
  let logged: string;
  const destination = new Writable({ write: (chunk, _encoding, done) => ((logged += String(chunk)), done()) });
  const close = async () => {
    await following?.close();
    await server.close();
  };

  const start = async (controllers = [TillsController], options = {}) => {
    letters = await DeadLetters.open(documents, clock);
    const retry = { delayMsMin: 1, delayMsMax: 1 };
    const group = { bus, group: 'tills', topics: [TOPIC], deadLetters: letters, contracts: [opened, closed], clock, random: () => 0 };
    server = await testServer(controllers);
    const { health } = server;
    const logger = createLogger({ destination });
    [following] = await connectMessaging(server.app, [{ ...group, attemptsMax: 2, retry, restart: retry, ...options }], { logger, health });
    return server.listen();
  };
  const until = async (holds: () => boolean) => {
    while (!holds()) await new Promise((resolve) => setImmediate(resolve));
  };
  const caughtUp = () => until(() => following?.status().caughtUp === true);
  const parked = async () => (await letters.list()).items.map(({ itemId, reason }) => [itemId, reason]);

  beforeEach(() => {
    Object.assign(seen, { opened: [], contexts: [], counted: [], errors: [], hold: undefined });
    logged = '';
    following = undefined;
    documents = new InMemoryDocumentStore();
    bus = openBus(documents);
  });
  afterEach(close);

  it('get the data of their type and the rest as context, beside HTTP', async () => {
    const url = await start();
    await bus.publish([tillOpened(1, 'north'), messageOf(2, 'till.counted.raw', { raw: 'x' })]);
    await until(() => seen.opened.length === 1 && seen.counted.length === 1);
    expect([seen.opened, seen.counted]).toEqual([['north'], [{ raw: 'x' }]]);
    expect(seen.contexts[0]?.message).toMatchObject({ id: 'm1', type: 'till.opened.v1', key: 'till-1', topic: TOPIC, chain: 'demo' });
    expect(seen.contexts[0]?.causation).toEqual({ correlationId: 'c1', causationId: 'm1', traceparent: 't1' });
    expect(await (await fetch(`${url}/tills`)).json()).toEqual(['north']);
    expect(await parked()).toEqual([]);
  });

  it('that resolve have acknowledged: after a restart nothing comes again', async () => {
    await start();
    await bus.publish([tillOpened(1, 'north')]);
    await caughtUp();
    await until(() => seen.opened.length === 1);
    await close();
    await bus.publish([tillOpened(2, 'south')]);
    await start();
    await until(() => seen.opened.length === 2);
    expect(seen.opened).toEqual(['north', 'south']);
  });

  it('are called again after a passing fault, in order; readiness says so while it lasts', async () => {
    const url = await start();
    const ready = async () =>
      ((await (await fetch(`${url}/health/ready`)).json()) as { checks: Record<string, string> }).checks['messages tills'];
    seen.errors = [new Error('away'), new CodedError('concurrency.conflict', 'somebody else'), new Error('away')];
    let letGo: () => void = () => undefined;
    await bus.publish([tillOpened(1, 'north'), tillOpened(2, 'south')]);
    await until(() => following?.status().fault !== undefined);
    seen.hold = new Promise((go) => (letGo = go));
    expect(await ready()).toBe('messages cannot be handled; see the log');
    letGo();
    await caughtUp();
    expect(seen.opened).toEqual(['north', 'south']);
    expect(await ready()).toBe('ok');
    const lines = logged.trim().split('\n');
    expect(lines.map((line) => JSON.parse(line) as object)).toMatchObject([{ event: 'fault', group: 'tills', reason: 'somebody else' }]);
    expect(await parked()).toEqual([]);
  });

  it.each([
    ['poison', new Poison('no such till')],
    ['a refusal that stays', new CodedError('store.unknown', 'no such till')],
  ])('park a message with what follows for its key on %s, and take it in a re-drive', async (_what, thrown) => {
    await start();
    seen.errors = [thrown];
    await bus.publish([tillOpened(1, 'north'), tillOpened(2, 'south'), tillOpened(3, 'west', 'till-2')]);
    await until(() => letters.count() === 2 && seen.opened.includes('west'));
    expect(await parked()).toEqual([
      ['m1', 'no such till'],
      ['m2', 'waits behind a parked message of its key'],
    ]);
    expect(await following?.redrive('tills', 'till-1')).toEqual({ redriven: 2 });
    expect(seen.opened).toEqual(['west', 'north', 'south']);
    expect(await parked()).toEqual([]);
  });

  it('may answer an observable; its error counts', async () => {
    await start();
    seen.errors = [new Poison('not this one')];
    await bus.publish([messageOf(1, 'till.counted.raw', { n: 1 }), messageOf(2, 'till.counted.raw', { n: 2 }, 'till-2')]);
    await until(() => seen.counted.length === 2 && letters.count() === 1);
    expect((await parked()).map(([, reason]) => reason)).toEqual(['not this one']);
  });

  it('never see data that break their contract, nor a type nobody declares; what is for others is passed over', async () => {
    await start();
    await bus.publish([
      messageOf(1, 'till.opened.v1', { till: 'a secret too long' }, 'a'),
      messageOf(2, 'till.opened.v9', {}, 'b'),
      messageOf(3, 'till.closed.v1', {}, 'c'),
      tillOpened(4, 'north', 'd'),
    ]);
    await until(() => letters.count() === 2 && seen.opened.length === 1);
    await caughtUp();
    const reasons = new Map((await parked()) as [string, string][]);
    expect(reasons.get('m1')).toMatch(/^its data break the contract of till\.opened\.v1: till /);
    expect(reasons.get('m1')).not.toContain('secret');
    expect(reasons.get('m2')).toBe('no service declares the type till.opened.v9');
    expect(seen.opened).toEqual(['north']);
  });

  it('finish what is under way when the following closes, and begin nothing more', async () => {
    await start();
    let letGo: () => void = () => undefined;
    seen.hold = new Promise((go) => (letGo = go));
    await bus.publish([tillOpened(1, 'north'), tillOpened(2, 'south')]);
    await until(() => following?.status().inFlight === 1);
    const closing = close();
    letGo();
    await closing;
    expect(seen.opened).toEqual(['north']);
    seen.hold = undefined;
    await start();
    await until(() => seen.opened.length === 2);
    expect(seen.opened).toEqual(['north', 'south']);
  });

  it('cannot be asked: a @MessagePattern is refused at the start', async () => {
    await expect(start([AskingController] as never)).rejects.toThrow('"till.where" is a @MessagePattern');
  });
});
