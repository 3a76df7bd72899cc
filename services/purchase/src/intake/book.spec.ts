import { fold } from '@regulars/engine';
import type { Append } from '@regulars/ports';
import { HookedStore, prepared, typesOf } from '../../spec-support/surroundings';
import { claimOf, exchange, linkedReturn, purchase, voidOf } from '../../spec-support/till';
import { receipt } from '../receipt/decider';
import { book, type Booked } from './book';
import { receiptId, receiptStream } from './prepare';

const idOf = (number: string) => receiptId('demo', { store: 's1', terminal: 't1', receipt: number });
const streamOf = (number: string) => receiptStream(idOf(number));
const shown = (booked: Booked) => (booked.outcome === 'refused' ? booked.refusal.code : booked.outcome);

/** Books what tills sent, one call, and answers outcomes or codes of refusals. */
async function bookAll(eventStore: HookedStore, ...values: readonly unknown[]): Promise<readonly string[]> {
  const booked = await book(values.map(prepared), { chain: 'demo', eventStore, correlationId: 'c' });
  return booked.map(shown);
}

const stateOf = async (store: HookedStore, number: string) => fold(receipt, await store.readStream(streamOf(number)));
const returnsOn = async (store: HookedStore, number: string) => (await stateOf(store, number)).returns.map(({ receipt: own }) => own);

/** Does something before the first append to a stream. */
function beforeFirstAppendTo(store: HookedStore, streamId: string, act: () => Promise<unknown>): void {
  store.before = async (appends: readonly Append[]) => {
    if (!appends.some((append) => append.streamId === streamId)) return;
    store.before = () => undefined;
    await act();
  };
}

const killed = () => Promise.reject(new Error('killed'));

describe('receipts of their own', () => {
  it('are booked in their order, each once, whether alone or together', async () => {
    const store = new HookedStore();
    expect(await bookAll(store, purchase('1'), purchase('2'), purchase('1'), purchase('2', { customer: 'c2' }))).toEqual([
      'accepted',
      'accepted',
      'duplicate',
      'purchase.conflict',
    ]);
    expect(await bookAll(store, purchase('2'))).toEqual(['duplicate']);
    expect(await typesOf(store)).toEqual(['purchase.recorded.v1', 'purchase.recorded.v1']);
  });

  it('may be followed by what touches them in the same call', async () => {
    const store = new HookedStore();
    const values = [purchase('1', { customer: null }), claimOf('1'), linkedReturn('2', '1'), purchase('3'), voidOf('3'), purchase('3')];
    expect(await bookAll(store, ...values)).toEqual(['accepted', 'accepted', 'accepted', 'accepted', 'accepted', 'duplicate']);
    expect(await stateOf(store, '1')).toMatchObject({ owner: 'c9', returns: [{ customer: 'c9' }] });
  });
});

describe('a linked return', () => {
  it('is booked at its purchase, and its own number is taken', async () => {
    const store = new HookedStore();
    expect(await bookAll(store, purchase('1'), linkedReturn('2', '1'))).toEqual(['accepted', 'accepted']);
    expect(await returnsOn(store, '1')).toEqual(['2']);
    expect(await stateOf(store, '2')).toMatchObject({ notedFor: { purchaseId: idOf('1'), returnId: idOf('2') } });
    expect(await bookAll(store, linkedReturn('2', '1'), purchase('2'))).toEqual(['duplicate', 'purchase.conflict']);
  });

  it('never brings back more than was bought, however many there are', async () => {
    const store = new HookedStore();
    expect(await bookAll(store, purchase('1'), linkedReturn('2', '1'), linkedReturn('3', '1'), linkedReturn('4', '1'))).toEqual([
      'accepted',
      'accepted',
      'accepted',
      'return.exceeds',
    ]);
    expect(await stateOf(store, '4')).toEqual(receipt.initialState());
  });

  it('never brings back more than was bought, in the same instant as well', async () => {
    const store = new HookedStore();
    await bookAll(store, purchase('1'));
    const numbers = ['2', '3', '4', '5'];
    const outcomes = await Promise.all(numbers.map((number) => bookAll(store, linkedReturn(number, '1'))));
    expect(outcomes.flat().sort()).toEqual(['accepted', 'accepted', 'return.exceeds', 'return.exceeds']);
    expect(await returnsOn(store, '1')).toHaveLength(2);
  });

  it('cut off between its two streams is completed by the repeat', async () => {
    const store = new HookedStore();
    await bookAll(store, purchase('1'));
    beforeFirstAppendTo(store, streamOf('2'), killed);
    await expect(bookAll(store, linkedReturn('2', '1'))).rejects.toThrow('killed');
    expect(await returnsOn(store, '1')).toEqual(['2']);
    expect(await bookAll(store, linkedReturn('2', '1'), linkedReturn('2', '1'))).toEqual(['accepted', 'duplicate']);
    expect(await returnsOn(store, '1')).toEqual(['2']);
    expect((await stateOf(store, '2')).notedFor).toBeDefined();
  });

  it('whose number is taken in the same instant is withdrawn, and a conflict', async () => {
    const store = new HookedStore();
    await bookAll(store, purchase('1'));
    beforeFirstAppendTo(store, streamOf('2'), () => bookAll(store, purchase('2')));
    expect(await bookAll(store, linkedReturn('2', '1'))).toEqual(['purchase.conflict']);
    expect(await stateOf(store, '1')).toMatchObject({ returns: [], withdrawn: [{ returnId: idOf('2') }] });
    expect(await stateOf(store, '2')).toMatchObject({ recorded: { kind: 'sale' } });
    expect(await bookAll(store, linkedReturn('2', '1'), linkedReturn('3', '1', 2))).toEqual(['purchase.conflict', 'accepted']);
  });

  it('whose number is taken already touches nothing', async () => {
    const store = new HookedStore();
    expect(await bookAll(store, purchase('1'), purchase('2'), linkedReturn('2', '1'))).toEqual([
      'accepted',
      'accepted',
      'purchase.conflict',
    ]);
    expect(await typesOf(store)).toEqual(['purchase.recorded.v1', 'purchase.recorded.v1']);
  });

  it('voided by its own receipt is withdrawn from its purchase', async () => {
    const store = new HookedStore();
    await bookAll(store, purchase('1'), linkedReturn('2', '1', 2));
    expect(await bookAll(store, voidOf('2'), voidOf('2'), linkedReturn('2', '1', 2))).toEqual(['accepted', 'duplicate', 'duplicate']);
    expect(await stateOf(store, '1')).toMatchObject({ returns: [], withdrawn: [{ returnId: idOf('2') }] });
    expect(await bookAll(store, linkedReturn('3', '1', 2))).toEqual(['accepted']);
  });

  it('whose void is cut off is withdrawn and voided by the repeat', async () => {
    const store = new HookedStore();
    await bookAll(store, purchase('1'), linkedReturn('2', '1'));
    beforeFirstAppendTo(store, streamOf('2'), killed);
    await expect(bookAll(store, voidOf('2'))).rejects.toThrow('killed');
    expect(await bookAll(store, voidOf('2'))).toEqual(['accepted']);
    expect(await typesOf(store)).toEqual([
      'purchase.recorded.v1',
      'purchase.returned.v1',
      'purchase.return-noted.v1',
      'purchase.return-withdrawn.v1',
      'purchase.voided.v1',
    ]);
  });
});

describe('an exchange', () => {
  it('takes back at the purchase and is recorded under its own number', async () => {
    const store = new HookedStore();
    expect(await bookAll(store, purchase('1'), exchange('2', '1'), exchange('2', '1'))).toEqual(['accepted', 'accepted', 'duplicate']);
    expect(await returnsOn(store, '1')).toEqual(['2']);
    expect(await stateOf(store, '2')).toMatchObject({ recorded: { kind: 'exchange', exchangeOf: idOf('1') } });
  });

  it('cut off between its two streams is completed by the repeat', async () => {
    const store = new HookedStore();
    await bookAll(store, purchase('1'));
    beforeFirstAppendTo(store, streamOf('2'), killed);
    await expect(bookAll(store, exchange('2', '1'))).rejects.toThrow('killed');
    expect(await bookAll(store, exchange('2', '1'), exchange('2', '1'))).toEqual(['accepted', 'duplicate']);
    expect(await returnsOn(store, '1')).toEqual(['2']);
  });

  it('that is voided withdraws what it took back', async () => {
    const store = new HookedStore();
    await bookAll(store, purchase('1'), exchange('2', '1'));
    expect(await bookAll(store, voidOf('2'), voidOf('1'))).toEqual(['accepted', 'accepted']);
    expect(await stateOf(store, '1')).toMatchObject({ returns: [], voided: true });
    expect(await stateOf(store, '2')).toMatchObject({ voided: true });
  });

  it('whose number is taken in the same instant is withdrawn, and a conflict', async () => {
    const store = new HookedStore();
    await bookAll(store, purchase('1'));
    beforeFirstAppendTo(store, streamOf('2'), () => bookAll(store, purchase('2', { customer: 'c2' })));
    expect(await bookAll(store, exchange('2', '1'))).toEqual(['purchase.conflict']);
    expect(await returnsOn(store, '1')).toEqual([]);
  });
});

describe('what comes before the receipt it touches', () => {
  it.each([
    ['a return', linkedReturn('2', '1')],
    ['an exchange', exchange('2', '1')],
    ['a void', voidOf('1')],
    ['a claim', claimOf('1')],
  ])('%s changes nothing', async (_what, value) => {
    const store = new HookedStore();
    expect(await bookAll(store, value)).toEqual(['purchase.unknown']);
    expect(await store.head()).toBeUndefined();
  });
});
