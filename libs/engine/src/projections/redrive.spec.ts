import type { DocumentStore } from '@regulars/ports';
import { InMemoryDocumentStore } from '@regulars/testing';
import { CONSUMER, setUpProjector as setUp, stopProjectors } from '../../spec-support/projector';
import { saidStore, say } from '../../spec-support/words';

afterEach(stopProjectors);

describe('a re-drive', () => {
  const parkedSetting = async (forgiven: ReadonlySet<string>, documents: DocumentStore = new InMemoryDocumentStore()) => {
    const setting = await setUp({ documents, forgiven, events: await saidStore('ann:one', 'ann:bad', 'ann:two', 'bob:bad', 'ann:three') });
    setting.projector.start();
    await setting.projector.reached((await setting.events.head()) ?? '');
    return setting;
  };

  it('takes in what was parked, oldest first, and lets the key go on', async () => {
    const forgiven = new Set<string>();
    const { events, projector, letters, heard, parked } = await parkedSetting(forgiven);
    forgiven.add('bad');
    expect(await projector.redrive(CONSUMER, 'ann')).toEqual({ redriven: 3 });
    expect(await heard('ann')).toEqual(['one', 'bad', 'two', 'three']);
    expect(await parked()).toEqual([['bad', 'cannot hear bad']]);
    expect(letters.blocks(CONSUMER, 'ann', '999999999999')).toBe(false);
    await projector.reached(await say(events, 'ann:four'));
    expect(await heard('ann')).toEqual(['one', 'bad', 'two', 'three', 'four']);
  });

  it('stops at the first that fails again, which says so, and those behind it stay', async () => {
    const { projector, letters, heard } = await parkedSetting(new Set());
    expect(await projector.redrive(CONSUMER, 'ann')).toEqual({ redriven: 0, failed: 'cannot hear bad' });
    expect(await heard('ann')).toEqual(['one']);
    expect((await letters.ofKey(CONSUMER, 'ann')).map(({ attempts }) => attempts)).toEqual([2, 1, 1]);
  });

  it('of what is not parked does nothing', async () => {
    const { projector } = await parkedSetting(new Set());
    expect(await projector.redrive(CONSUMER, 'zoe')).toEqual({ redriven: 0 });
  });

  it.each([0, 1, 2])('takes each in exactly once though it is cut off between taking in and settling the letter at %i', async (place) => {
    const documents = new InMemoryDocumentStore();
    const forgiven = new Set<string>();
    const { events, projector, letters } = await parkedSetting(forgiven, documents);
    forgiven.add('bad');
    const settle = letters.settle.bind(letters);
    let settled = 0;
    letters.settle = (letter) => (settled++ === place ? Promise.reject(new Error('killed')) : settle(letter));
    await expect(projector.redrive(CONSUMER, 'ann')).rejects.toThrow('killed');
    await projector.stop();

    const restarted = await setUp({ documents, forgiven, events });
    restarted.projector.start();
    expect(await restarted.projector.redrive(CONSUMER, 'ann')).toEqual({ redriven: 3 - place });
    expect(await restarted.heard('ann')).toEqual(['one', 'bad', 'two', 'three']);
    expect(restarted.letters.blocks(CONSUMER, 'ann', '999999999999')).toBe(false);
  });
});
