import { fixedClock } from '@regulars/kernel';
import { closeTallies, logPositionOf, setUpTally } from '../../spec-support/tally';
import type { LiveProjection } from './live-projection';
import type { ReplayState } from './replay-record';
import { Replays } from './replays';

afterEach(closeTallies);

describe('a replay of a projection that follows partitions', () => {
  const setUp = async (before?: Awaited<ReturnType<typeof setUpTally>>) => {
    const setting = await setUpTally(before);
    const { carrier, documents, live } = setting;
    if (!before) await carrier.carry('ann:one', 'bob:two', 'cem:three', 'ann:four', 'dan:five');
    live.start();
    let ids = before ? 1 : 0;
    const replays = await Replays.open({
      documents,
      projections: [live as unknown as LiveProjection],
      clock: fixedClock(0),
      newId: () => String(++ids),
      measure: (position) => Number(position ?? 0),
      head: async () => logPositionOf(carrier.number),
    });
    /** As a relay does, tells how far the log goes again and again. */
    const whileTelling = async <T>(work: Promise<T>): Promise<T> => {
      let ended = false;
      const settled = work.finally(() => (ended = true));
      // Awaited below, after the last telling.
      settled.catch(() => undefined);
      while (!ended) {
        await carrier.tell();
        await new Promise((resolve) => setImmediate(resolve));
      }
      return settled;
    };
    const until = async (id: string, state: ReplayState) => {
      for (;;) {
        const view = await replays.status(id);
        if (view.state === state) return view;
        await new Promise((resolve) => setImmediate(resolve));
      }
    };
    return { ...setting, replays, whileTelling, until };
  };

  it('is brought to one position with the live version, proved equal, switched to and goes on', async () => {
    const { carrier, replays, whileTelling, until, tally, live, words } = await setUp();
    await whileTelling(replays.start('tally', 'olga').then(() => until('1', 'ready')));
    expect(await replays.status('1')).toMatchObject({ digestsEqual: true, processed: 5, total: 5 });
    const position = await carrier.carry('ann:six', 'eve:seven');
    await whileTelling(replays.switch('1'));
    expect(tally.active).toBe('r-1');
    await whileTelling(live.live.reached(position));
    expect(words('r-1')).toEqual({ ann: ['one', 'four', 'six'], bob: ['two'], cem: ['three'], dan: ['five'], eve: ['seven'] });
    await replays.close();
  });

  it('is found different where the live version has lost something, after a restart as well', async () => {
    const setting = await setUp();
    const { replays, whileTelling, until, tally, live } = setting;
    await whileTelling(live.live.reached(logPositionOf(5)));
    tally.versions.get('v1')?.words.delete('cem');
    await whileTelling(replays.start('tally', 'olga').then(() => until('1', 'ready')));
    await replays.close();
    await live.close();
    const restarted = await setUp(setting);
    const switching = restarted.whileTelling(restarted.replays.switch('1'));
    await expect(switching).rejects.toMatchObject({ code: 'replay.digest-differs' });
    expect(tally.active).toBe('v1');
    await restarted.replays.close();
  });
});
