import { fixedClock } from '@regulars/kernel';
import { DeadLetters, fold } from '@regulars/engine';
import { StoreUnavailable } from '@regulars/ports';
import { InMemoryDocumentStore, noDocuments } from '@regulars/testing';
import fc from 'fast-check';
import { HookedStore, reportOf } from '../../spec-support/surroundings';
import { BERLIN, claimOf, delivery, exchange, itemOf, linkedReturn, NOW, purchase, voidOf } from '../../spec-support/till';
import { receiptId, receiptStream } from '../intake/prepare';
import { createPurchaseService, type PurchaseService } from '../purchase';
import { receipt } from '../receipt/decider';
import { writeStore } from '../store/register-store';
import type { QuarantineDocument } from './projection';
import { RedriveWaiting } from './redrive-waiting';

const clock = fixedClock(Date.parse(NOW));
const opened: PurchaseService[] = [];
afterEach(async () => {
  for (const service of opened.splice(0)) await service.close();
});

/** A purchase service; on what an earlier one left to play a restart. */
async function open({ eventStore = new HookedStore(), kept = noDocuments() } = {}) {
  const documents = new InMemoryDocumentStore(kept);
  const faults: string[] = [];
  const service = await createPurchaseService({
    chain: 'demo',
    eventStore,
    documents,
    deadLetters: await DeadLetters.open(documents, clock),
    clock,
    claimWindowDays: 30,
    futureToleranceMs: 0,
    report: (_what, { reason }) => void faults.push(reason),
  });
  opened.push(service);
  const registerStore = (store = BERLIN) =>
    writeStore(service.storeRegistry, { type: 'register', occurredAt: NOW, store }, { correlationId: 'registration' });
  let deliveries = 0;
  const send = async (...values: readonly unknown[]) => {
    const results = await service.intake.takeIn(values.map(itemOf), delivery(`${opened.length}-${deliveries++}`));
    return results.map(({ outcome, code }) => code ?? outcome);
  };
  const entries = async () => (await (await service.quarantineEntries()).find()).items.map(({ document }) => document);
  /** Looks again until all entries are as told. */
  const until = async (reached: (entry: QuarantineDocument) => boolean) => {
    for (;;) {
      await service.settled();
      if ((await entries()).every(reached)) return;
      await new Promise((resolve) => setImmediate(resolve));
    }
  };
  return {
    service,
    eventStore,
    kept,
    faults,
    registerStore,
    send,
    entries,
    redriven: () => until(({ status }) => status === 'redriven'),
    until,
  };
}

/** What the receipts come to, without what only tells in which order things came. */
async function receiptsIn(eventStore: HookedStore, numbers: readonly string[]) {
  const states = numbers.map(async (number) => {
    const id = receiptId('demo', { store: 's1', terminal: 't1', receipt: number });
    const { recorded, notedFor, returns, owner, voided } = fold(receipt, await eventStore.readStream(receiptStream(id)));
    return { recorded, notedFor, returns: returns.map(({ returnId }) => returnId).sort(), owner, voided };
  });
  return Promise.all(states);
}

describe('what waits for a receipt', () => {
  it.each([
    ['a return', linkedReturn('2', '1')],
    ['an exchange', exchange('2', '1')],
    ['a void', voidOf('1')],
  ])('%s is taken in as soon as it comes, and counted once', async (_what, early) => {
    const { registerStore, send, entries, redriven, eventStore } = await open();
    await registerStore();
    expect(await send(early)).toEqual(['purchase.unknown']);
    expect(await send(purchase('1'))).toEqual(['accepted']);
    await redriven();
    expect(await entries()).toMatchObject([{ status: 'redriven', settledBy: 'platform', waitsFor: '' }]);
    expect(await reportOf(eventStore)).toEqual({ received: 2, accepted: 2, duplicate: 0, quarantined: 0 });
  });

  it('is one accepted and the rest duplicates where it came several times', async () => {
    const { registerStore, send, redriven, eventStore } = await open();
    await registerStore();
    await send(linkedReturn('2', '1'), linkedReturn('2', '1'));
    await send(linkedReturn('2', '1'), purchase('1'));
    await redriven();
    expect(await reportOf(eventStore)).toEqual({ received: 4, accepted: 2, duplicate: 2, quarantined: 0 });
  });

  it('stays where it is refused for another reason then, and says which', async () => {
    const { registerStore, send, until, eventStore } = await open();
    await registerStore();
    await send(linkedReturn('2', '1', 3));
    await send(purchase('1'));
    await until(({ code, status, waitsFor }) => code === 'return.exceeds' && status === 'open' && waitsFor === '');
    expect(await reportOf(eventStore)).toEqual({ received: 2, accepted: 1, duplicate: 0, quarantined: 1 });
  });

  it('comes to the same in any order', async () => {
    const sent = [
      purchase('1', { customer: null }),
      claimOf('1'),
      linkedReturn('2', '1'),
      exchange('3', '1'),
      linkedReturn('4', '3', 2),
      purchase('5'),
      voidOf('5'),
    ];
    const numbers = ['1', '2', '3', '4', '5'];
    const inOrder = await open();
    await inOrder.registerStore();
    await inOrder.send(...sent);
    const expected = await receiptsIn(inOrder.eventStore, numbers);
    const anyOrder = fc.shuffledSubarray(sent, { minLength: sent.length, maxLength: sent.length });
    await fc.assert(
      fc.asyncProperty(anyOrder, fc.nat(sent.length), async (values, registeredBefore) => {
        const { registerStore, send, redriven, eventStore } = await open();
        for (const [place, value] of values.entries()) {
          if (place === registeredBefore) await registerStore();
          await send(value);
        }
        if (registeredBefore === values.length) await registerStore();
        await redriven();
        expect(await receiptsIn(eventStore, numbers)).toEqual(expected);
        expect(await reportOf(eventStore)).toEqual({ received: sent.length, accepted: sent.length, duplicate: 0, quarantined: 0 });
      }),
      { numRuns: 25 },
    );
  });
});

describe('what waits for a store', () => {
  it('is taken in when the store is registered, and that of others stays', async () => {
    const { registerStore, send, until, eventStore } = await open();
    expect(await send(purchase('1'), purchase('2'), purchase('3', { store: 's9' }))).toEqual(Array(3).fill('store.unknown'));
    await registerStore();
    await until(({ store, status }) => status === (store === 's1' ? 'redriven' : 'open'));
    expect(await reportOf(eventStore)).toEqual({ received: 3, accepted: 2, duplicate: 0, quarantined: 1 });
  });
});

describe('while a store is away', () => {
  it('what has come is taken in once the event store takes events again, without a restart', async () => {
    const { registerStore, send, redriven, faults, eventStore } = await open();
    await registerStore();
    await send(linkedReturn('2', '1'));
    let away = true;
    eventStore.before = (appends) => {
      if (away && appends.some(({ events }) => events.some(({ type }) => type === 'purchase.returned.v1')))
        throw new StoreUnavailable('away');
    };
    await send(purchase('1'));
    while (!faults.includes('away')) await new Promise((resolve) => setImmediate(resolve));
    away = false;
    await redriven();
    expect(await reportOf(eventStore)).toEqual({ received: 2, accepted: 2, duplicate: 0, quarantined: 0 });
  });

  it('nothing is passed over that a read model does not show yet', async () => {
    const redriven: string[] = [];
    let current = false;
    const reports: string[] = [];
    const waiting = new RedriveWaiting({
      eventStore: { readStream: async () => [{}] } as never,
      entries: async () => ({ find: async () => ({ items: current ? [{ id: 'q1' }] : [] }) }) as never,
      current: async () => current,
      redrive: async (id) => redriven.push(id),
      report: (reason) => void reports.push(reason),
    });
    waiting.note([{ type: 'intake.item-quarantined.v1', data: { waitsFor: 'purchase:1' } } as never]);
    await waiting.idle();
    expect(reports).toEqual(['The read models do not show yet what waits']);
    current = true;
    while (redriven.length === 0) await new Promise((resolve) => setImmediate(resolve));
    await waiting.stop();
    expect(redriven).toEqual(['q1']);
  });
});

describe('after a restart', () => {
  it('what came while nobody was watching is found', async () => {
    const first = await open();
    await first.registerStore();
    await first.send(linkedReturn('2', '1'));
    await first.service.settled();
    const { eventStore } = first;
    let withheld = true;
    eventStore.before = (appends) => {
      if (withheld && appends.some(({ events }) => events.some(({ type }) => type === 'purchase.returned.v1'))) throw new Error('killed');
    };
    await first.send(purchase('1'));
    await first.service.close();
    withheld = false;
    const second = await open(first);
    await second.redriven();
    expect(await reportOf(eventStore)).toEqual({ received: 2, accepted: 2, duplicate: 0, quarantined: 0 });
  });

  it.each([
    ['was taken in', 'purchase.returned.v1'],
    ['took its own number', 'purchase.return-noted.v1'],
  ])('what was cut off after it %s and before it was noted is counted once', async (_what, lastType) => {
    const first = await open();
    await first.registerStore();
    await first.send(linkedReturn('2', '1'));
    const { eventStore } = first;
    let dead = false;
    eventStore.before = async (appends) => {
      if (dead) throw new Error('killed');
      dead = appends.some(({ events }) => events.some(({ type }) => type === lastType));
    };
    await first.send(purchase('1'));
    while (!first.faults.includes('killed')) await new Promise((resolve) => setImmediate(resolve));
    await first.service.close();
    eventStore.before = () => undefined;
    const second = await open(first);
    await second.redriven();
    expect(await second.entries()).toMatchObject([{ status: 'redriven' }]);
    expect(await reportOf(eventStore)).toEqual({ received: 2, accepted: 2, duplicate: 0, quarantined: 0 });
    expect(await second.send(linkedReturn('2', '1'))).toEqual(['duplicate']);
  });
});
