import { purchaseIntakeSettledV1 } from '@regulars/contracts';
import { StoreUnavailable } from '@regulars/ports';
import fc from 'fast-check';
import { Process, record, SOURCE } from '../../spec-support/record-process';
import { HookedStore, reportOf } from '../../spec-support/surroundings';
import { BERLIN, claimOf, exchange, linkedReturn, purchase, voidOf } from '../../spec-support/till';
import { type IntakeRecord, settledMessage } from './take-in-record';

describe('a record of the intake topic', () => {
  it('is taken in as a line of a stream is, bytes that are no JSON or no text as well', async () => {
    const process = new Process(new HookedStore());
    expect(await process.take(record(0, purchase('1')))).toMatchObject({
      record: 'record-0',
      source: SOURCE,
      key: 's1',
      outcome: 'accepted',
    });
    expect(await process.take(record(1, purchase('1')))).toMatchObject({ outcome: 'duplicate' });
    expect(await process.take(record(2, linkedReturn('2', '1')))).toMatchObject({ outcome: 'accepted' });
    const bad: [unknown, string][] = [
      [purchase('1', { lines: [{ sku: 'OTHER', quantity: 1, unitPrice: 5 }] }), 'purchase.conflict'],
      ['', 'request.malformed'],
      ['{"a":1,"a":2}', 'request.malformed'],
      [Buffer.from([0x7b, 0xff, 0x7d]), 'request.malformed'],
      [`"${'x'.repeat(5_000)}"`, 'request.malformed'],
      [purchase('9', { store: 's9' }), 'store.unknown'],
    ];
    for (const [place, [value, code]] of bad.entries()) {
      const settled = await process.take(record(10 + place, value));
      expect(settled).toMatchObject({ outcome: 'quarantined', code, quarantineId: expect.any(String) });
      purchaseIntakeSettledV1.schema.parse(settled);
    }
    expect(await reportOf(process.eventStore)).toEqual({ received: 9, accepted: 2, duplicate: 1, quarantined: 6 });
  });

  it('may be of the stores named in the settings only', async () => {
    const process = new Process(new HookedStore());
    expect(await process.take(record(0, purchase('1')), { stores: ['s2'] })).toMatchObject({ code: 'access.forbidden' });
    expect(await process.take(record(1, purchase('1')), { stores: ['s2', 's1'] })).toMatchObject({ outcome: 'accepted' });
  });

  it('is answered by the same message however often it is delivered, without anything of its content', async () => {
    const process = new Process(new HookedStore());
    const given = record(7, purchase('1', { customer: 'Jane Doe' }));
    const messages = [await process.take(given), await process.take(given)].map((settled) => settledMessage('demo', given, settled));
    expect(messages[1]).toEqual(messages[0]);
    expect(messages[0]).toMatchObject({ topic: 'purchase.intake-results.v1', key: 's1', correlationId: 'record-7' });
    expect(JSON.stringify(messages)).not.toContain('Jane');
  });

  it('in the same place of a topic that was made anew is another record', async () => {
    const process = new Process(new HookedStore());
    await process.take(record(0, purchase('1')));
    await process.take(record(1, purchase('1')));
    expect(await process.take(record(0, purchase('2')))).toMatchObject({ outcome: 'accepted' });
    await process.take(record(1, purchase('2')));
    expect(await reportOf(process.eventStore)).toEqual({ received: 4, accepted: 2, duplicate: 2, quarantined: 0 });
  });

  it('that was accepted stays so where its store has closed before it is delivered again', async () => {
    const process = new Process(new HookedStore());
    const given = record(0, purchase('1'));
    const first = await process.take(given);
    process.directory.note([{ id: 's1', position: '9', document: { ...BERLIN, closed: '2026-01-01' } }]);
    expect(await process.take(given)).toEqual(first);
    expect(await process.take(record(1, purchase('1')))).toMatchObject({ outcome: 'quarantined', code: 'store.not-open' });
  });

  it('that two processes take in at once counts once', async () => {
    for (const value of [purchase('1'), purchase('8', { store: 's9' }), 'no JSON']) {
      const store = new HookedStore();
      const given = record(0, value);
      const [one, other] = [new Process(store), new Process(store)];
      let inside = false;
      store.before = async () => {
        if (inside) return;
        inside = true;
        await other.take(given);
      };
      const settled = await one.take(given);
      expect(await other.take(given)).toEqual(settled);
      expect(await reportOf(store)).toMatchObject({ received: 1, duplicate: 0 });
    }
  });

  it('leaves nothing behind where nothing can be stored, and is no repeat afterwards', async () => {
    const process = new Process(new HookedStore());
    process.eventStore.before = () => Promise.reject(new StoreUnavailable('away'));
    await expect(process.take(record(0, purchase('1')))).rejects.toThrow(StoreUnavailable);
    process.eventStore.before = () => undefined;
    expect(await process.take(record(0, purchase('1')))).toMatchObject({ outcome: 'accepted' });
    expect(process.intake.counters).toEqual({ received: 1, accepted: 1, duplicate: 0, quarantined: 0 });
    await process.take(record(0, purchase('1')));
    expect(process.intake.counters.received).toBe(1);
  });
});

/** What stores write: every kind, repeats, contradictions, what comes too early, a store nobody knows yet, rubbish. */
const values: readonly unknown[] = [
  purchase('1'),
  purchase('1'),
  purchase('2', { customer: undefined }),
  purchase('1', { customer: 'other' }),
  linkedReturn('3', '1'),
  linkedReturn('4', '5'),
  purchase('5'),
  exchange('6', '2'),
  voidOf('3'),
  voidOf('1'),
  claimOf('2'),
  purchase('7', { store: 's9' }),
  purchase('7', { store: 's9' }),
  'no JSON',
  'no JSON',
];

type Step =
  | { readonly do: 'next' | 'register' | 'redrive' }
  | { readonly do: 'back'; readonly by: number }
  | { readonly do: 'crash'; readonly at: string };
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 6, arbitrary: fc.constant<Step>({ do: 'next' }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('back' as const), by: fc.integer({ min: 1, max: 6 }) }) },
  {
    weight: 2,
    arbitrary: fc.record({ do: fc.constant('crash' as const), at: fc.constantFrom('intake.after-append', 'intake.before-ack') }),
  },
  { weight: 1, arbitrary: fc.constantFrom<Step>({ do: 'register' }, { do: 'redrive' }) },
);

/** Plays the steps over the records, then takes in all that is left and settles what can be settled. */
async function play(records: readonly IntakeRecord[], steps: readonly Step[]) {
  const store = new HookedStore();
  let process = new Process(store);
  let registered = false;
  let next = 0;
  const answers = new Map<string, Set<string>>();
  const restart = (): void => {
    process = new Process(store);
    if (registered) process.register('s9');
  };
  const takeNext = async (): Promise<void> => {
    const taken = records[next];
    if (!taken) return;
    const settled = await process.take(taken);
    answers.set(taken.id, (answers.get(taken.id) ?? new Set()).add(settledMessage('demo', taken, settled).id));
    next++;
  };
  for (const now of steps) {
    switch (now.do) {
      case 'next':
        await takeNext();
        break;
      case 'redrive':
        await process.redriveAll();
        break;
      case 'register':
        registered = true;
        process.register('s9');
        break;
      case 'back':
        next = Math.max(0, next - now.by);
        restart();
        break;
      case 'crash':
        process.failpoint = (name) => {
          if (name === now.at) throw new Error('killed');
        };
        await takeNext().catch(() => undefined);
        restart();
        break;
    }
  }
  while (next < records.length) await takeNext();
  process.register('s9');
  for (let round = 0; round < 3; round++) await process.redriveAll();
  return { report: await reportOf(store), answers: [...answers.values()].map(({ size }) => size) };
}

describe('records that are delivered again', () => {
  it('have no further effect and the same answer, whatever dies, comes back or is settled in between', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.constantFrom(...values), { minLength: 1, maxLength: 14 }),
        fc.array(step, { maxLength: 40 }),
        async (written, steps) => {
          const records = written.map((value, offset) => record(offset, value));
          const { report, answers } = await play(records, steps);
          expect(report.received).toBe(records.length);
          expect(report.received).toBe(report.accepted + report.duplicate + report.quarantined);
          expect(answers).toEqual(records.map(() => 1));
        },
      ),
      { numRuns: 150 },
    );
  });

  it('leave the very report that single deliveries would', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.constantFrom(...values), { minLength: 1, maxLength: 14 }),
        fc.array(step, { maxLength: 40 }),
        async (written, steps) => {
          const records = written.map((value, offset) => record(offset, value));
          const repeats = steps.filter(({ do: what }) => what === 'next' || what === 'back' || what === 'crash');
          const once = await play(records, []);
          expect((await play(records, repeats)).report).toEqual(once.report);
        },
      ),
      { numRuns: 100 },
    );
  });
});
