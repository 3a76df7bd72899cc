import { StoreUnavailable } from '@regulars/ports';
import { appendOf, Directories, everything, open } from '../../spec-support/event-log-fixtures';
import type { EventLog } from './event-log';

const directories = new Directories();
let log: EventLog;
beforeEach(async () => {
  log = await open(directories.make());
});
afterEach(async () => {
  await log.close();
  directories.clear();
});

describe('An embedded event log', () => {
  it('refuses what it could not keep as it is, and stores the neighbours', async () => {
    const bad = [
      appendOf('', 'no-stream', 'x'),
      appendOf('lone \ud800 surrogate', 'no-stream', 'x'),
      appendOf('多'.repeat(400), 'no-stream', 'x'),
      appendOf('s', -1, 'x'),
      appendOf('s', 1.5, 'x'),
      appendOf('s', Number.NaN, 'x'),
      { ...appendOf('s', 'no-stream', 'x'), events: [{ ...appendOf('s', 'no-stream', 'x').events[0], data: { big: 1n } }] },
      {
        ...appendOf('s', 'no-stream', 'x'),
        events: [{ ...appendOf('s', 'no-stream', 'x').events[0], data: { text: 'x'.repeat(17_000_000) } }],
      },
    ] as ReturnType<typeof appendOf>[];
    const good = [log.append(appendOf('good', 'no-stream', 'a')), log.append(appendOf('good', 0, 'b'))];
    for (const append of bad)
      await expect(log.appendMany([append])).rejects.toThrow(/TypeError|RangeError|stream id|revision|larger|BigInt/);
    await Promise.all(good);
    expect((await everything(log)).map(({ id }) => id)).toEqual(['a', 'b']);
  });

  it('takes far more than fits into its queue and answers every one', async () => {
    const text = 'x'.repeat(1_000_000);
    const appends = Array.from({ length: 40 }, (_, index) => {
      const [event] = appendOf('s', 'no-stream', `e${index}`).events;
      return log.append({
        streamId: `s-${index}`,
        expected: 'no-stream',
        events: [{ ...(event as NonNullable<typeof event>), data: { text } }],
      });
    });
    expect((await Promise.all(appends)).map(({ outcome }) => outcome)).toEqual(appends.map(() => 'appended'));
    expect(await everything(log)).toHaveLength(40);
  });

  it('refuses positions that are not its own instead of skipping events', async () => {
    await log.append(appendOf('s', 'no-stream', 'a', 'b'));
    for (const position of ['', 'x', '1', '0000000000000033', '0000000000999999']) {
      await expect(log.readAll(position)[Symbol.asyncIterator]().next()).rejects.toThrow(RangeError);
      await expect(log.subscribe({ after: position, onBatch: async () => undefined }).ended).rejects.toThrow(RangeError);
    }
  });

  it('hands a live subscriber what a reader gets', async () => {
    const live = new Promise<readonly unknown[]>((resolve) => log.subscribe({ onBatch: async (events) => resolve(events) }));
    const [event] = appendOf('s', 'no-stream', 'a').events;
    await log.append({
      streamId: 's',
      expected: 'no-stream',
      events: [{ ...(event as NonNullable<typeof event>), store: 'st', causationId: 'c' }],
    });
    expect(await live).toStrictEqual(await log.readStream('s', { limit: 1 }));
    expect(await live).toEqual(await everything(log));
  });

  it('refuses everything once it is closed', async () => {
    await log.close();
    await expect(log.append(appendOf('s', 'no-stream', 'a'))).rejects.toThrow(StoreUnavailable);
    await expect(log.readStream('s')).rejects.toThrow(StoreUnavailable);
    await expect(log.readAll()[Symbol.asyncIterator]().next()).rejects.toThrow(StoreUnavailable);
    await expect(log.head()).rejects.toThrow(StoreUnavailable);
    expect(() => log.subscribe({ onBatch: async () => undefined })).toThrow(StoreUnavailable);
    await log.close();
  });
});
