import { setTimeout as sleep } from 'node:timers/promises';
import { checkHistory, type HistoryEntry, readHistory, writeHistory } from '@regulars/testing';
import { ConsumerGroup } from './support/consumer-group';

/** A little longer than the session timeout of the group. */
const PAST_SESSION_MS = 7_500;

/** Publishes until it is told to stop, a few messages at a time. */
function publishing(group: ConsumerGroup): () => Promise<void> {
  let going = true;
  const loop = (async () => {
    while (going) {
      await group.publish(20);
      await sleep(50);
    }
  })();
  return async () => {
    going = false;
    await loop;
  };
}

/** The same history with the first two messages of a key exchanged wherever they were handled. */
function withTwoExchanged(history: readonly HistoryEntry[], key: string): HistoryEntry[] {
  const [one, other] = history.flatMap((entry) => (entry.kind === 'published' && entry.key === key ? [entry.id] : []));
  const exchanged = new Map([
    [one, other],
    [other, one],
  ]);
  return history.map((entry) => {
    const id = entry.kind === 'began' || entry.kind === 'finished' ? exchanged.get(entry.id) : undefined;
    return id === undefined ? entry : ({ ...entry, id } as HistoryEntry);
  });
}

describe('messages of a key', () => {
  let group: ConsumerGroup;
  beforeEach(async () => {
    group = await ConsumerGroup.open(6);
  });
  afterEach(() => group.close());

  it('are handled in order, and none is lost, while consumers join, leave, are killed and freeze', async () => {
    await Promise.all([group.join('a'), group.join('b')]);
    const stop = publishing(group);
    await Promise.all([group.works('a'), group.works('b')]);
    await group.join('c');
    await group.works('c');
    expect(await group.leave('b')).toBe(0);
    await group.join('d');
    await group.works('d');
    await group.kill('a');
    group.freeze('c');
    await sleep(PAST_SESSION_MS);
    group.thaw('c');
    await group.join('e');
    await group.works('e');
    await stop();
    const history = await group.history();

    const { problems, published, handled, parked } = checkHistory(history);
    expect({ problems, parked, said: problems.length > 0 ? group.said : '' }).toEqual({ problems: [], parked: 0, said: '' });
    expect(handled).toBe(published);

    // The same recording with disorder, or a loss, planted in it.
    const recorded = readHistory(writeHistory(history));
    expect(checkHistory(withTwoExchanged(recorded, 'k3')).problems).toContainEqual(expect.stringMatching(/ of k3 before m3 was handled$/));
    const last = recorded.filter((entry) => entry.kind === 'published').at(-1)?.id;
    const lossy = recorded.filter((entry) => entry.kind === 'published' || entry.kind === 'crashed' || entry.id !== last);
    expect(checkHistory(lossy).problems).toEqual([expect.stringContaining(`${last} of`)]);
  });

  it('are found out of order where a consumer handles a batch all at once', async () => {
    await group.publish(100);
    await group.join('careless', 'careless');
    const { problems } = checkHistory(await group.history());
    expect(problems).toContainEqual(expect.stringMatching(/^careless began m\d+ of k\d+ before m\d+ was handled$/));
    expect(problems).toContainEqual(expect.stringMatching(/while m\d+ was under way$/));
  });
});
