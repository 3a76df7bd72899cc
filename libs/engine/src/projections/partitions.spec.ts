import { emptyPartitions, InMemoryEventBus } from '@regulars/testing';
import { Carrier, closeTallies, logPositionOf, messageOf, setUpTally, TOPIC } from '../../spec-support/tally';

afterEach(closeTallies);

const LISTENERS = ['ann', 'bob', 'cem', 'dan', 'eve', 'fay', 'gus'];
const everybody = (word: string) => LISTENERS.map((listener) => `${listener}:${word}`);
const isPending = async (promise: Promise<unknown>) => {
  for (let turn = 0; turn < 200; turn++) await new Promise((resolve) => setImmediate(resolve));
  return (await Promise.race([promise.then(() => false), Promise.resolve(true)])) === true;
};

describe('a projection that follows partitions', () => {
  it('has passed a position of the log only when every partition has', async () => {
    const { carrier, live, words } = await setUpTally();
    live.start();
    const position = await carrier.carry('ann:one', 'ann:two');
    const reached = live.live.reached(position);
    expect(await isPending(reached)).toBe(true);
    expect(live.live.passed()).toBeUndefined();
    await carrier.tell();
    await reached;
    expect(live.live.passed()).toBe(position);
    expect(words()).toEqual({ ann: ['one', 'two'] });
  });

  it('knows again after a restart with the next watermark, though nothing new came', async () => {
    const surroundings = await setUpTally();
    const { carrier, live } = surroundings;
    live.start();
    const position = await carrier.carry(...everybody('one'));
    await carrier.tell();
    await live.live.reached(position);
    await live.close();

    const restarted = await setUpTally(surroundings);
    restarted.live.start();
    const reached = restarted.live.live.reached(position);
    expect(await isPending(reached)).toBe(true);
    await carrier.tell();
    await reached;
    expect(restarted.words()).toEqual(Object.fromEntries(LISTENERS.map((listener) => [listener, ['one']])));
  });

  it('takes in nothing twice when partitions go to another process and come back', async () => {
    const { bus, carrier, live, words } = await setUpTally();
    live.start();
    await carrier.carry(...everybody('one'));
    await carrier.tell();
    await live.live.reached(logPositionOf(carrier.number));
    const other = bus.consume({ group: 'tally@v1', topics: [TOPIC], from: {}, onBatch: async () => undefined });
    while (!(await isPending(new Promise(() => undefined)))) continue;
    await other.close();
    const position = await carrier.carry(...everybody('two'));
    await carrier.tell();
    await live.live.reached(position);
    expect(words()).toEqual(Object.fromEntries(LISTENERS.map((listener) => [listener, ['one', 'two']])));
  });

  it('hears of what another process parked when a partition comes', async () => {
    const surroundings = await setUpTally();
    const second = await setUpTally(surroundings);
    const { carrier, live, deadLetters } = surroundings;
    live.start();
    const position = await carrier.carry('ann:bad', 'bob:one');
    await carrier.tell();
    await live.live.reached(position);
    await live.close();
    expect([deadLetters.count(), second.deadLetters.count()]).toEqual([1, 0]);
    second.live.start();
    await carrier.tell();
    await second.live.live.reached(await carrier.carry('ann:two').then((last) => carrier.tell().then(() => last)));
    expect(second.words()).toEqual({ bob: ['one'] });
    expect((await second.deadLetters.list()).items.map(({ reason }) => reason)).toEqual([
      'cannot count bad',
      'waits behind a parked item of its key',
    ]);
  });

  it('says how long ago the log ended where the partition furthest behind stands', async () => {
    const { carrier, live } = await setUpTally();
    live.start();
    const atMs = (time: string) => Date.parse(`2026-03-01T${time}Z`);
    expect(await live.live.lagSeconds(atMs('10:00:00.000'))).toBeUndefined();
    await carrier.carry('ann:one');
    await carrier.tell(1, '2026-03-01T10:00:00.500Z');
    await live.live.reached(logPositionOf(1));
    expect(await live.live.lagSeconds(atMs('10:00:03.000'))).toBe(2.5);
    expect(await live.live.lagSeconds(atMs('09:00:00.000'))).toBe(0);
  });
});

describe('an advance over partitions', () => {
  /** Version v2 is brought to a position while v1 is further or less far. */
  const beside = async () => {
    const setting = await setUpTally();
    const { carrier, live } = setting;
    await carrier.carry(...everybody('one'));
    const position = await carrier.carry('ann:two', 'cem:two');
    await carrier.carry(...everybody('three'));
    await carrier.tell();
    return { ...setting, position, candidate: await live.beside('v2') };
  };

  it('takes in exactly what lies up to the position on every one of them, and goes on from there', async () => {
    const { carrier, words, position, candidate } = await beside();
    await candidate.advanceTo(position);
    const expected = Object.fromEntries(LISTENERS.map((listener) => [listener, ['one']]));
    expect(words('v2')).toEqual({ ...expected, ann: ['one', 'two'], cem: ['one', 'two'] });
    expect(await candidate.furthest()).toBe(position);
    await candidate.advanceTo(logPositionOf(carrier.number));
    expect(words('v2')['ann']).toEqual(['one', 'two', 'three']);
    expect(words('v2')['gus']).toEqual(['one', 'three']);
    await candidate.advanceTo(logPositionOf(carrier.number));
    expect(words('v2')['gus']).toEqual(['one', 'three']);
  });

  it('waits for the watermark of a partition on which nothing came', async () => {
    const bus = new InMemoryEventBus(emptyPartitions(5));
    const carrier = new Carrier(bus);
    const empty = await setUpTally();
    const { live, words } = await setUpTally({ ...empty, bus, carrier });
    const position = await carrier.carry('ann:one');
    const advancing = live.live.advanceTo(position);
    expect(await isPending(advancing)).toBe(true);
    await carrier.tell();
    await advancing;
    expect(words()).toEqual({ ann: ['one'] });
  });

  it('is exact for two versions after a restart, when nobody knows any more how far they had got', async () => {
    const surroundings = await beside();
    const { carrier, position, candidate, live } = surroundings;
    await candidate.advanceTo(position);
    live.start();
    await live.live.reached(logPositionOf(carrier.number));
    await live.close();

    const restarted = await setUpTally(surroundings);
    const [ours, theirs] = [restarted.live.live, await restarted.live.beside('v2')];
    const listening = Promise.all([ours.furthest(), theirs.furthest()]);
    await carrier.tell();
    const positions = (await listening).map((each) => each ?? '');
    const furthest = positions.reduce((highest, each) => (each > highest ? each : highest));
    await ours.advanceTo(furthest);
    await theirs.advanceTo(furthest);
    expect(await theirs.content.digest()).toBe(await ours.content.digest());
    expect(restarted.words('v2')).toEqual(restarted.words('v1'));
  });

  it('leaves what no relay carried to the source it came on', async () => {
    const { bus, carrier, live, words } = await setUpTally();
    await bus.publish([messageOf(90, 'ann', 'plain')]);
    const position = await carrier.carry('ann:one');
    await carrier.carry('ann:two');
    await carrier.tell();
    await live.live.advanceTo(position);
    expect(words()).toEqual({ ann: ['plain', 'one'] });
  });
});
