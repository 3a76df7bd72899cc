import { fixedClock, isRefusal } from '@regulars/kernel';
import { HookedStore, newIntake, reportOf, typesOf } from '../../spec-support/surroundings';
import { delivery, itemOf, NOW, purchase } from '../../spec-support/till';
import { parseLine } from '../intake/parse-line';
import type { IntakeItem } from '../intake/read-item';
import { dismiss, type QuarantinePorts, redrive, type Settler } from './settle';

const olga: Settler = { principal: { role: 'operations', stores: '*' }, correlationId: 'c1', by: 'olga' };

/** An item in quarantine, and what may be done with it; answers are outcomes or codes. */
async function quarantined(item: IntakeItem) {
  const eventStore = new HookedStore();
  const intake = newIntake(eventStore);
  const [kept] = await intake.takeIn([item], delivery('d1'));
  const id = kept?.quarantineId ?? '';
  const clock = fixedClock(Date.parse(NOW));
  const ports: QuarantinePorts = { chain: 'demo', eventStore, clock, intake, reached: () => Promise.resolve() };
  const tryAgain = async (corrected?: Readonly<Record<string, unknown>>, settler = olga) => {
    const result = await redrive(ports, id, settler, corrected);
    return isRefusal(result) ? result.code : (result.code ?? result.outcome);
  };
  return { eventStore, intake, id, tryAgain, dismiss: (reason: string) => dismiss(ports, id, reason, olga) };
}

describe('an entry tried again as it came', () => {
  it.each([
    ['a key twice', '{"kind":"purchase","kind":"void"}'],
    ['a hostile key', JSON.stringify(purchase('1')).replace('{', '{"__proto__":{},')],
    ['a key twice in what would be valid', JSON.stringify(purchase('1')).replace('{', '{"customer":"c2",')],
  ])('with %s is as unreadable as before', async (_what, text) => {
    const { eventStore, tryAgain } = await quarantined(parseLine(Buffer.from(text)));
    expect(await tryAgain()).toBe('request.malformed');
    expect(await typesOf(eventStore)).toEqual(['intake.item-quarantined.v1']);
  });

  it('with bytes that were no text is not taken for what they look like', async () => {
    const bytes = Buffer.from(JSON.stringify({ kind: 'void', of: {}, reason: 'X' }).replace('X', '\u00ff'), 'latin1');
    const { tryAgain } = await quarantined(parseLine(bytes));
    expect(await tryAgain()).toBe('request.malformed');
  });

  it('is refused for the same reason while nothing has changed, and told once', async () => {
    const { eventStore, tryAgain } = await quarantined(itemOf(purchase('1', { store: 's9' })));
    expect(await tryAgain()).toBe('store.unknown');
    expect(await typesOf(eventStore)).toEqual(['intake.item-quarantined.v1']);
  });
});

describe('an entry corrected by a person', () => {
  const wrong = itemOf(purchase('1', { store: 's9' }));

  it('is taken in once, and settled', async () => {
    const { eventStore, tryAgain, dismiss: dismissIt, intake, id } = await quarantined(wrong);
    expect(await tryAgain(purchase('1'))).toBe('accepted');
    expect(await tryAgain(purchase('1'))).toBe('quarantine.settled');
    expect(await dismissIt('too late')).toMatchObject({ code: 'quarantine.settled' });
    expect((await eventStore.readStream(`quarantine-${id}`)).at(-1)?.data).toMatchObject({
      corrected: true,
      by: 'olga',
      outcome: 'accepted',
    });
    expect(await reportOf(eventStore)).toEqual({ received: 1, accepted: 1, duplicate: 0, quarantined: 0 });
    expect(intake.counters.received).toBe(1);
  });

  it('into what is recorded already is a duplicate', async () => {
    const { eventStore, tryAgain, intake } = await quarantined(wrong);
    await intake.takeIn([itemOf(purchase('1'))], delivery('d2'));
    expect(await tryAgain(purchase('1'))).toBe('duplicate');
    expect(await reportOf(eventStore)).toEqual({ received: 2, accepted: 1, duplicate: 1, quarantined: 0 });
  });

  it('into something else that is refused stays as it was', async () => {
    const { eventStore, tryAgain } = await quarantined(wrong);
    expect(await tryAgain(purchase('1', { currency: 'USD' }))).toBe('purchase.currency');
    expect(await typesOf(eventStore)).toEqual(['intake.item-quarantined.v1']);
    expect(await tryAgain(purchase('1'))).toBe('accepted');
  });

  it('is corrected only into what the person may hand in', async () => {
    const { tryAgain } = await quarantined(wrong);
    const elsewhere: Settler = { ...olga, principal: { role: 'operations', stores: ['s9'] } };
    expect(await tryAgain(purchase('1'), elsewhere)).toBe('access.forbidden');
  });

  it('or dismissed, is not tried again, and still counts as quarantined', async () => {
    const { eventStore, tryAgain, dismiss: dismissIt } = await quarantined(wrong);
    expect(await dismissIt('a test')).toBeUndefined();
    expect(await tryAgain(purchase('1'))).toBe('quarantine.settled');
    expect(await reportOf(eventStore)).toEqual({ received: 1, accepted: 0, duplicate: 0, quarantined: 1 });
  });
});
