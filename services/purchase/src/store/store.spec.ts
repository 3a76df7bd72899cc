import { specOf } from '@regulars/testing';
import { store, type StoreCommand } from './decider';

const occurredAt = '2026-03-01T09:15:00.000Z';
const facts = { store: 's1', name: 'One', region: 'north', timeZone: 'Europe/Berlin', currency: 'EUR', opened: null, closed: null };
const register = (change = {}): StoreCommand => ({ type: 'register', occurredAt, store: { ...facts, ...change } });
const change = (to: object): StoreCommand => ({ type: 'change', occurredAt, store: { ...facts, ...to } });

const { given } = specOf(store);

describe('a store', () => {
  it('is registered once; the same again has no effect, other facts are refused', () => {
    expect(given().when(register())).toMatchObject([{ type: 'store.registered.v1', data: facts }]);
    expect(given(register()).when(register())).toEqual([]);
    expect(given(register()).when(register({ name: 'Two' }))).toBe('store.conflict');
  });

  it('is changed later, each time by an event of its own', () => {
    expect(given(register()).when(change({ closed: '2026-05-01' }))).toMatchObject([
      { type: 'store.changed.v1', data: { closed: '2026-05-01' } },
    ]);
    const [first] = given(register()).when(change({ name: 'B' })) as readonly { id: string }[];
    const [again] = given(register(), change({ name: 'B' }), change({ name: 'A' })).when(change({ name: 'B' })) as readonly {
      id: string;
    }[];
    expect(again?.id).not.toBe(first?.id);
    expect(given().when(change({}))).toBe('store.not-found');
  });

  it('never changes the time zone and currency that recorded days and amounts were made with', () => {
    expect(given(register()).when(change({ currency: 'CHF' }))).toBe('store.conflict');
    expect(given(register()).when(change({ timeZone: 'Europe/Vienna' }))).toBe('store.conflict');
  });
});
