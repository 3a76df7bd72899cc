import { type StoredEvent } from '@regulars/kernel';
import { StoreUnavailable } from '@regulars/ports';
import fc from 'fast-check';
import { HookedStore, newIntake, reportOf, typesOf } from '../../spec-support/surroundings';
import { claimOf, delivery, exchange, itemOf, linkedReturn, purchase, voidOf } from '../../spec-support/till';
import type { Intake } from './intake';
import { receiptId, receiptStream } from './prepare';

const outcomes = (results: Awaited<ReturnType<Intake['takeIn']>>) => results.map(({ outcome, code }) => code ?? outcome);

/** Takes values in as one delivery. */
async function takeIn(intake: Intake, values: readonly unknown[], id = 'd1', principal?: Parameters<typeof delivery>[1]) {
  return intake.takeIn(values.map(itemOf), delivery(id, principal));
}

async function quarantineEventsOf(store: HookedStore): Promise<readonly StoredEvent[]> {
  const events: StoredEvent[] = [];
  for await (const batch of store.readAll()) events.push(...batch.filter(({ type }) => type.startsWith('intake.item-')));
  return events;
}

describe('the intake', () => {
  it('answers each item in its place, counted from where the caller is', async () => {
    const intake = newIntake(new HookedStore());
    const results = await intake.takeIn([purchase('1'), {}, purchase('1')].map(itemOf), delivery('d1'), 10);
    const purchaseId = receiptId('demo', { store: 's1', terminal: 't1', receipt: '1' });
    expect(results).toMatchObject([
      { index: 10, outcome: 'accepted', purchaseId },
      { index: 11, outcome: 'quarantined', code: 'request.invalid' },
      { index: 12, outcome: 'duplicate', purchaseId },
    ]);
    expect(intake.counters).toEqual({ received: 3, accepted: 1, duplicate: 1, quarantined: 1 });
  });

  it('tallies duplicates by store and day, each answer in an event of its delivery', async () => {
    const store = new HookedStore();
    const intake = newIntake(store);
    const nextDay = purchase('2', { occurredAt: '2026-03-02T10:00:00+01:00' });
    await takeIn(intake, [purchase('1'), nextDay, purchase('1'), purchase('1'), nextDay]);
    await takeIn(intake, [purchase('1')]);
    const tallies = await store.readStream('intake-d1');
    expect(tallies.map(({ data }) => data)).toEqual([
      {
        counts: [
          { store: 's1', day: '2026-03-01', count: 2 },
          { store: 's1', day: '2026-03-02', count: 1 },
        ],
      },
      { counts: [{ store: 's1', day: '2026-03-01', count: 1 }] },
    ]);
  });

  it('acknowledges nothing, and counts nothing, where nothing can be stored', async () => {
    const store = new HookedStore();
    const intake = newIntake(store);
    store.before = () => Promise.reject(new StoreUnavailable('the disk is full'));
    await expect(takeIn(intake, [purchase('1'), {}])).rejects.toThrow(StoreUnavailable);
    expect(intake.counters).toEqual({ received: 0, accepted: 0, duplicate: 0, quarantined: 0 });
    expect(await store.head()).toBeUndefined();
  });
});

describe('what cannot be accepted', () => {
  it('is kept with the reason and the raw input', async () => {
    const store = new HookedStore();
    const item = purchase('1', { store: 's9' });
    const [result] = await takeIn(newIntake(store), [item]);
    expect(result).toMatchObject({ outcome: 'quarantined', code: 'store.unknown' });
    expect(await store.readStream(`quarantine-${result?.quarantineId}`)).toMatchObject([
      { data: { kind: 'purchase', raw: JSON.stringify(item), code: 'store.unknown', store: 's9', receipt: '1', waitsFor: 'store:s9' } },
    ]);
  });

  it('is one entry however often it comes, in one delivery or several, and counted each time', async () => {
    const store = new HookedStore();
    const intake = newIntake(store);
    const first = await takeIn(
      intake,
      Array.from({ length: 20 }, () => ({})),
    );
    const second = await takeIn(intake, [{}], 'd2');
    expect(new Set([...first, ...second].map(({ quarantineId }) => quarantineId)).size).toBe(1);
    const events = await quarantineEventsOf(store);
    expect(events.map(({ type }) => type)).toEqual([
      'intake.item-quarantined.v1',
      ...Array<string>(20).fill('intake.item-received-again.v1'),
    ]);
    expect(await reportOf(store)).toEqual({ received: 21, accepted: 0, duplicate: 0, quarantined: 21 });
  });

  it('with other content than the recorded receipt keeps both versions, on the day of its business', async () => {
    const store = new HookedStore();
    const intake = newIntake(store);
    await takeIn(intake, [purchase('1')]);
    expect(outcomes(await takeIn(intake, [purchase('1', { customer: 'c2' })]))).toEqual(['purchase.conflict']);
    const conflictsWith = receiptId('demo', { store: 's1', terminal: 't1', receipt: '1' });
    expect(await quarantineEventsOf(store)).toMatchObject([{ data: { conflictsWith, day: '2026-03-01' } }]);
    expect((await store.readStream(receiptStream(conflictsWith))).map(({ data }) => data['customer'])).toEqual(['c1']);
  });

  it.each([
    ['in the future', purchase('1', { occurredAt: '2026-03-10T13:00:00.001+01:00' }), 'purchase.future'],
    ['in another currency', purchase('1', { currency: 'USD' }), 'purchase.currency'],
    ['of an unknown kind', { kind: 'gift', ...purchase('1') }, 'request.invalid'],
    [
      'with a discount beyond its line',
      purchase('1', { lines: [{ sku: 'X', quantity: 1, unitPrice: 5, discount: 6 }] }),
      'purchase.amount',
    ],
    ['back before its purchase', linkedReturn('2', '1'), 'purchase.unknown'],
    ['that is no object', 'text', 'request.invalid'],
    ['that is nothing', null, 'request.invalid'],
  ])('%s says so, and its neighbours are taken', async (_what, value, code) => {
    const results = await takeIn(newIntake(new HookedStore()), [purchase('8'), value, purchase('9')]);
    expect(outcomes(results)).toEqual(['accepted', code, 'accepted']);
  });
});

describe('access', () => {
  const till = { role: 'till', stores: ['s1'], terminal: 't1' } as const;
  const elsewhere = { terminal: 't2' };

  it.each([
    ['a till for its own terminal', till, purchase('1'), 'accepted'],
    ['a till for another terminal', till, purchase('1', elsewhere), 'access.wrong-terminal'],
    ['a till for another store', { ...till, stores: ['s2'] }, purchase('1'), 'access.wrong-terminal'],
    [
      'a till that voids on another terminal',
      till,
      { ...voidOf('1'), of: { store: 's1', terminal: 't2', receipt: '1' } },
      'access.wrong-terminal',
    ],
    ['a till for an item that names no store', till, {}, 'request.invalid'],
    ['staff for their store', { role: 'staff', stores: ['s1'] }, purchase('1', elsewhere), 'accepted'],
    ['staff for another store', { role: 'staff', stores: ['s2'] }, purchase('1'), 'access.forbidden'],
    ['operations for all stores', { role: 'operations', stores: '*' }, purchase('1', elsewhere), 'accepted'],
  ] as const)('of %s', async (_what, principal, value, outcome) => {
    const store = new HookedStore();
    expect(outcomes(await takeIn(newIntake(store), [value], 'd1', principal))).toEqual([outcome]);
    if (outcome !== 'accepted') expect(await typesOf(store)).toEqual(['intake.item-quarantined.v1']);
  });

  it('lets a till claim any receipt of its store', async () => {
    const intake = newIntake(new HookedStore());
    await takeIn(intake, [purchase('1', { customer: null, ...elsewhere })]);
    const claim = { ...claimOf('1'), of: { store: 's1', terminal: 't2', receipt: '1' } };
    expect(outcomes(await takeIn(intake, [claim], 'd2', till))).toEqual(['accepted']);
  });
});

describe('the intake report', () => {
  const number = fc.constantFrom('1', '2', '3', '4', '5');
  const value = fc.oneof(
    number.map((receipt) => purchase(receipt)),
    number.map((receipt) => purchase(receipt, { customer: null })),
    fc.tuple(number, number, fc.integer({ min: 1, max: 3 })).map(([own, of, quantity]) => linkedReturn(own, of, quantity)),
    fc.tuple(number, number).map(([own, of]) => exchange(own, of)),
    number.map(voidOf),
    fc.tuple(number, fc.constantFrom('c1', 'c9')).map(([of, customer]) => claimOf(of, customer)),
    fc.constantFrom<unknown>({}, null, 'text', { kind: 'gift' }, purchase('1', { store: 's9' })),
  );

  it('has every item that was sent in exactly one of accepted, duplicate and quarantined', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.array(value, { maxLength: 8 }), { maxLength: 6 }), async (deliveries) => {
        const store = new HookedStore();
        const intake = newIntake(store);
        const told = { received: 0, accepted: 0, duplicate: 0, quarantined: 0 };
        for (const [index, values] of deliveries.entries()) {
          const results = await takeIn(intake, values, `d${index}`);
          told.received += values.length;
          for (const { outcome } of results) told[outcome]++;
        }
        expect(told.received).toBe(told.accepted + told.duplicate + told.quarantined);
        expect(await reportOf(store)).toEqual(told);
        expect(intake.counters).toEqual(told);
      }),
      { numRuns: 150 },
    );
  });

  it.each([
    ['return', linkedReturn('2', '1')],
    ['exchange', exchange('2', '1')],
  ])('counts a %s once that lost its number in the same instant', async (_what, lost) => {
    const store = new HookedStore();
    const intake = newIntake(store);
    await takeIn(intake, [purchase('1')]);
    const own = receiptStream(receiptId('demo', { store: 's1', terminal: 't1', receipt: '2' }));
    store.before = async (appends) => {
      if (!appends.some(({ streamId }) => streamId === own)) return;
      store.before = () => undefined;
      await takeIn(newIntake(store), [purchase('2', { customer: 'c2' })], 'd2');
    };
    expect(outcomes(await takeIn(intake, [lost], 'd3'))).toEqual(['purchase.conflict']);
    expect(await reportOf(store)).toEqual({ received: 3, accepted: 2, duplicate: 0, quarantined: 1 });
  });
});
