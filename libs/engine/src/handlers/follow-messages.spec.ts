import type { DeliveredMessage } from '@regulars/ports';
import { UNREADABLE_RECORD } from '@regulars/ports';
import { checkHistory } from '@regulars/testing';
import { GROUP, turn, until, Workplace } from '../../spec-support/handled';

let work: Workplace;
beforeEach(() => {
  work = new Workplace();
});
afterEach(() => work.close());

/** Handling waits until it is let go, message by message or all. */
function gate() {
  const begun: string[] = [];
  const waiting = new Map<string, () => void>();
  let open = false;
  work.hold = ({ id }: DeliveredMessage) => {
    begun.push(id);
    return open ? Promise.resolve() : new Promise<void>((go) => void waiting.set(id, go));
  };
  return {
    begun,
    letGo(id: string): void {
      waiting.get(id)?.();
    },
    letAllGo(): void {
      open = true;
      for (const go of waiting.values()) go();
    },
  };
}

describe('messages of different keys', () => {
  it('are handled at the same time, those of one key one after the other', async () => {
    const { begun, letGo, letAllGo } = gate();
    await work.give({ key: 'ann' }, { key: 'ann' }, { key: 'bob' }, { key: 'cem' });
    const { following } = await work.start('a');
    await until(() => begun.length === 3);
    expect([...begun].sort()).toEqual(['ann-1', 'bob-3', 'cem-4']);
    expect(following.status()).toMatchObject({ inFlight: 3, caughtUp: false });
    letGo('ann-1');
    await until(() => begun.length === 4);
    expect(begun[3]).toBe('ann-2');
    letAllGo();
    await until(() => following.status().caughtUp);
    expect(following.status()).toMatchObject({ inFlight: 0, parked: 0, lagSeconds: 0, fault: undefined });
  });

  it('are handled by no more at a time than allowed', async () => {
    const { begun, letAllGo } = gate();
    await work.give(...['ann', 'bob', 'cem', 'dan', 'eve'].map((key) => ({ key })));
    await work.start('a', { concurrency: 2 });
    await until(() => begun.length === 2);
    for (let turns = 0; turns < 50; turns++) await turn();
    expect(begun).toHaveLength(2);
    letAllGo();
    await work.settled();
  });
});

describe('a message with a passing fault', () => {
  it('is tried again, and those of its key wait for it', async () => {
    await work.give({ key: 'ann', failures: 1 }, { key: 'ann' }, { key: 'bob' });
    await work.start('a');
    await work.settled();
    expect(work.handled('ann')).toEqual(['ann-1', 'ann-2']);
    expect(work.reports).toEqual([]);
  });

  it('makes its source wait after bounded attempts, which the status shows; what ended behind it is not handled again', async () => {
    await work.give({ key: 'ann', failures: 7 }, { key: 'ann' }, { key: 'dan' }, { key: 'bob' });
    const { following } = await work.start('a');
    await until(() => following.status().fault !== undefined);
    expect(following.status()).toMatchObject({ fault: 'the store is away', caughtUp: false });
    await until(() => following.status().caughtUp);
    expect(following.status().fault).toBeUndefined();
    expect(work.reports).toEqual(Array.from({ length: 3 }, () => 'fault: the store is away'));
    expect(checkHistory(work.history)).toEqual({ problems: [], published: 4, handled: 4, parked: 0, repeated: 0 });
  });
});

describe('a message that can never be handled', () => {
  it('is parked with those of its key behind it; others go on, and it counts as done', async () => {
    await work.give({ key: 'ann' }, { key: 'ann', poison: true }, { key: 'bob' }, { key: 'ann' });
    const { following } = await work.start('a');
    await until(() => following.status().caughtUp);
    await work.give({ key: 'ann' }, { key: 'bob' });
    await work.settled();
    expect([work.handled('ann'), work.handled('bob')]).toEqual([['ann-1'], ['bob-3', 'bob-6']]);
    expect(await work.parked()).toEqual(['ann-2', 'ann-4', 'ann-5']);
    expect(work.reports).toEqual([
      'parked: no such account',
      'parked: waits behind a parked message of its key',
      'parked: waits behind a parked message of its key',
    ]);
    await following.close();
    const restarted = await work.start('b');
    await until(() => restarted.following.status().caughtUp);
    expect(restarted.following.status().parked).toBe(3);
    expect(checkHistory(await work.record())).toMatchObject({ problems: [], repeated: 0 });
  });

  it.each([
    ['its type or data are refused', { refuse: ({ type }: DeliveredMessage) => `no handler for ${type}` }, 'no handler for task.given.v1'],
    ['its error is one that cannot pass', { isPoison: (error: unknown) => error instanceof Error }, 'the store is away'],
  ])('is parked where %s', async (_, options, reason) => {
    await work.give({ key: 'ann', failures: 1 });
    const { letters } = await work.start('a', options);
    await work.settled();
    expect((await letters.list()).items).toMatchObject([{ itemId: 'ann-1', consumer: GROUP, reason }]);
  });

  it('may be a record that is no message', async () => {
    const reason = 'its bytes are no JSON';
    await work.bus.publish([
      {
        id: 'x',
        type: UNREADABLE_RECORD,
        topic: 'tasks.v1',
        key: 'ann',
        occurredAt: '',
        chain: '',
        correlationId: '',
        data: { reason, raw: '{', encoding: 'utf8' },
      },
    ]);
    const { letters, following } = await work.start('a');
    await until(() => following.status().parked === 1);
    expect((await letters.list()).items).toMatchObject([{ itemId: 'x', reason, item: { data: { raw: '{' } } }]);
    expect(work.history).toEqual([]);
  });

  it('is not done before it lies parked durably', async () => {
    await work.give({ key: 'ann', poison: true }, { key: 'ann' });
    const { letters, following } = await work.start('a');
    letters.park = () => Promise.reject(new Error('the documents are away'));
    await until(() => following.status().fault !== undefined);
    expect([following.status().fault, work.handled()]).toEqual(['the documents are away', []]);
    await following.close();
    await work.start('b');
    await work.settled();
    expect(await work.parked()).toEqual(['ann-1', 'ann-2']);
  });
});

describe('a re-drive', () => {
  it('handles what is parked in order, with what comes meanwhile behind it', async () => {
    await work.give({ key: 'ann', poison: true }, { key: 'ann' });
    const { following } = await work.start('a');
    await until(() => following.status().caughtUp);
    const { begun, letAllGo } = gate();
    work.forgiving = true;
    const redriving = following.redrive(GROUP, 'ann');
    await until(() => begun.length === 1);
    await work.give({ key: 'ann' }, { key: 'bob' });
    await until(() => begun.includes('bob-4'));
    letAllGo();
    expect(await redriving).toEqual({ redriven: 2 });
    await work.settled();
    expect(work.handled('ann')).toEqual(['ann-1', 'ann-2', 'ann-3']);
    expect(checkHistory(await work.record()).problems).toEqual([]);
  });

  it('stops at the first that fails again; of others and when closed it does nothing', async () => {
    await work.give({ key: 'ann', poison: true }, { key: 'ann' });
    const { following, letters } = await work.start('a');
    await until(() => following.status().parked === 2);
    expect(await following.redrive(GROUP, 'ann')).toEqual({ redriven: 0, failed: 'no such account' });
    expect((await letters.ofKey(GROUP, 'ann')).map(({ attempts }) => attempts)).toEqual([2, 1]);
    expect(await following.redrive('another', 'ann')).toEqual({ redriven: 0 });
    await following.close();
    work.forgiving = true;
    expect(await following.redrive(GROUP, 'ann')).toEqual({ redriven: 0 });
  });

  it('in another process lets the key go on here', async () => {
    await work.give({ key: 'ann', poison: true });
    const { following } = await work.start('a');
    await until(() => following.status().parked === 1);
    const other = await work.start('b', { topics: ['nothing.v1'], group: GROUP });
    work.forgiving = true;
    expect(await other.following.redrive(GROUP, 'ann')).toEqual({ redriven: 1 });
    await other.following.close();
    await work.give({ key: 'ann' });
    await work.settled();
    expect(work.handled('ann')).toEqual(['ann-1', 'ann-2']);
    expect(following.status().parked).toBe(0);
  });
});

describe('closing', () => {
  it('waits for what is under way and begins nothing more; the rest comes again, nothing twice', async () => {
    const { begun, letAllGo } = gate();
    await work.give({ key: 'ann' }, { key: 'ann' }, { key: 'bob' });
    const { following } = await work.start('a');
    await until(() => begun.length === 2);
    let closed = false;
    const closing = following.close().then(() => (closed = true));
    for (let turns = 0; turns < 20; turns++) await turn();
    expect(closed).toBe(false);
    letAllGo();
    await closing;
    expect([...work.handled()].sort()).toEqual(['ann-1', 'bob-3']);
    await work.start('b');
    await work.settled();
    expect(checkHistory(work.history)).toMatchObject({ problems: [], handled: 3 });
  });

  it('does not wait longer than its deadline, and says so', async () => {
    const { begun, letAllGo } = gate();
    await work.give({ key: 'ann' });
    const { following } = await work.start('a', { drainSecondsMax: 0 });
    await until(() => begun.length === 1);
    await following.close();
    expect(work.reports).toEqual(['late: 1 messages were still under way at the deadline; they come again']);
    letAllGo();
  });

  it('does not wait for the delay of a restart', async () => {
    await work.give({ key: 'ann', failures: 99 });
    const { following } = await work.start('a', { attemptsMax: 1, restart: { delayMsMin: 600_000, delayMsMax: 600_000 } });
    await until(() => following.status().fault !== undefined);
    await following.close();
    expect(following.status().inFlight).toBe(0);
  });
});
