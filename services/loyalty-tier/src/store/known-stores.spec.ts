import { STORE_TOPIC, storeChangedV1 } from '@regulars/contracts';
import type { DeliveredMessage, Watermark } from '@regulars/ports';
import { position } from '../spec-support/purchases';
import { KnownStores } from './known-stores';

const watermark = (n: number): Watermark => ({ logPosition: position(n), observedAt: '2026-06-01T12:00:00.000Z' });
const changed = (n: number, store: string, region: string): DeliveredMessage => ({
  id: `m${n}`,
  type: storeChangedV1.type,
  topic: STORE_TOPIC,
  key: store,
  occurredAt: '2026-06-01T00:00:00Z',
  chain: 'main',
  correlationId: 'test',
  data: { store, region, name: store, timeZone: 'UTC', currency: 'CHF', opened: null, closed: null },
  source: 'a',
  position: position(n),
  logPosition: position(n),
});
const regions = (stores: KnownStores): Record<string, string> =>
  Object.fromEntries([...stores.newest()!.stores].map(([store, { region }]) => [store, region]));

test('stores are known as they were at the newest watermark that every source has come to', async () => {
  const stores = new KnownStores();
  await stores.begin(['a']);
  await stores.begin(['b']);
  stores.take([changed(1, 's1', 'north'), changed(2, 's2', 'south')], { a: position(2) });
  stores.pass('a', watermark(2));
  expect(stores.newest()).toBeUndefined();
  expect(stores.currency()).toBeUndefined();
  stores.pass('b', watermark(1));
  expect(regions(stores)).toEqual({ s1: 'north' });
  expect(stores.currency()).toBe('CHF');
  const before = stores.newest()!;
  stores.take([changed(3, 's1', 'east')], { a: position(3) });
  stores.pass('b', watermark(2));
  expect(regions(stores)).toEqual({ s1: 'north', s2: 'south' });
  stores.pass('a', watermark(3));
  stores.pass('b', watermark(3));
  expect(regions(stores)).toEqual({ s1: 'east', s2: 'south' });
  expect(before.stores.size).toBe(1);
  // A relay that begins again says old watermarks.
  stores.pass('a', watermark(1));
  expect(stores.newest()!.watermark.logPosition).toBe(position(3));
  expect(await stores.begin(['a', 'b'])).toEqual({ a: position(3) });
});

test('a reader waits for a position, and no longer than told', async () => {
  const stores = new KnownStores();
  await stores.begin(['a']);
  expect(await stores.reached(position(1), 1)).toBeUndefined();
  const reached = stores.reached(position(2), 60_000);
  stores.pass('a', watermark(1));
  stores.pass('a', watermark(2));
  expect((await reached)!.watermark.logPosition).toBe(position(2));
  expect(await stores.reached(position(3), 1)).toBeUndefined();
});

test('readers whose time is up leave nothing behind, also where no watermark comes any more', async () => {
  const stores = new KnownStores();
  await stores.begin(['a']);
  const readers = Array.from({ length: 50 }, (_, n) => stores.reached(position(2), 1 + (n % 5)));
  expect(await Promise.all(readers)).toEqual(readers.map(() => undefined));
  expect([...(Reflect.get(stores, 'waiting') as Iterable<unknown>)]).toEqual([]);
});

test('a message of a type nobody here knows is left out and told', () => {
  const stores = new KnownStores();
  const strange = { ...changed(1, 's1', 'north'), type: 'store.changed.v9' };
  expect(stores.take([strange, changed(2, 's2', 'south')], { a: position(2) })).toEqual({ unknown: 1 });
});
