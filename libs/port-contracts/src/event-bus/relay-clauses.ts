import assert from 'node:assert/strict';
import type { LogMessage, RelayBatch, RelayedBus, Watermark } from '@regulars/ports';
import { clause, idsOf, KEYS } from './clause';
import type { ClauseNeeds, EventBusClause, EventBusLab, EventBusSubject, Trial, Watcher } from './clause';

/** A relayed bus under test. */
export interface RelayedBusSubject extends EventBusSubject {
  readonly bus: RelayedBus;
}

/** How a clause comes by its relayed bus. */
export interface RelayedBusLab extends EventBusLab {
  readonly create: () => Promise<RelayedBusSubject>;
  readonly reopen?: ((subject: EventBusSubject) => Promise<RelayedBusSubject>) | undefined;
}

interface RelayTrial extends Trial {
  readonly bus: RelayedBus;
  /** Messages of the events `first` to `last` of the log, one each unless told otherwise, the keys taking turns. */
  events(first: number, last: number, messagesEach?: number): LogMessage[];
  /** Relays to the first topic, unless told otherwise. */
  relay(messages: readonly LogMessage[], some?: Partial<RelayBatch>): Promise<void>;
  reopen(): Promise<RelayTrial>;
}

const logPositionOf = (number: number): string => String(number).padStart(12, '0');
const OBSERVED = ['2026-03-01T10:00:00.000Z', '2026-03-01T10:00:01.000Z', '2026-03-01T10:00:02.000Z'] as const;
const watermark = (number: number, observedAt: string = OBSERVED[0]): Watermark => ({ logPosition: logPositionOf(number), observedAt });

function relayTrial(trial: Trial): RelayTrial {
  // The lab of a relayed bus makes nothing else.
  const bus = trial.bus as RelayedBus;
  return {
    ...trial,
    bus,
    events: (first, last, messagesEach = 1) =>
      Array.from({ length: (last - first + 1) * messagesEach }, (_, index) => {
        const event = first + Math.floor(index / messagesEach);
        const ordinal = index % messagesEach;
        const message = trial.message(`e${event}-${ordinal}`, { key: KEYS[event % KEYS.length], data: { number: event * 10 + ordinal } });
        return { ...message, logPosition: logPositionOf(event), ordinal };
      }),
    relay: (messages, some) => bus.relay({ messages, topics: [trial.topics[0]], epoch: 1, ...some }),
    reopen: async () => relayTrial(await trial.reopen()),
  };
}

const relayClause = (name: string, check: (trial: RelayTrial) => Promise<void>, needs?: ClauseNeeds): EventBusClause =>
  clause(name, (trial) => check(relayTrial(trial)), needs);

/** Fails unless a watcher got exactly these messages, those of each key in this order. */
function assertOnceInOrder(watcher: Watcher, expected: readonly LogMessage[]): void {
  assert.deepEqual(watcher.ids().sort(), idsOf(expected).sort());
  for (const key of KEYS) {
    const ofKey = (messages: readonly { readonly key: string; readonly id: string }[]): string[] =>
      messages.filter((message) => message.key === key).map(({ id }) => id);
    assert.deepEqual(ofKey(watcher.messages()), ofKey(expected), `messages of ${key}`);
  }
}

/** A watcher with what it was told of the log, between what it was handed over. */
class LogWatcher {
  readonly watcher: Watcher;
  /** By source: log positions of messages as numbers, watermarks as they came. */
  readonly heard = new Map<string, (string | Watermark)[]>();

  constructor(trial: RelayTrial, group: string) {
    const hear = (source: string, what: string | Watermark): unknown => this.heard.set(source, [...(this.heard.get(source) ?? []), what]);
    const options = {
      group,
      from: async (sources: readonly string[]) => (sources.forEach((source) => this.heard.set(source, [])), {}),
      onWatermark: (source: string, told: Watermark) => void hear(source, told),
    };
    this.watcher = trial.watch(options, async (messages) => {
      for (const { source, logPosition = 'none' } of messages) hear(source, logPosition);
    });
  }

  /** Whether every source has heard a watermark. */
  allHeard(wanted: Watermark): boolean {
    const isIt = (what: string | Watermark): boolean =>
      typeof what === 'object' && what.logPosition === wanted.logPosition && what.observedAt === wanted.observedAt;
    return this.heard.size > 0 && [...this.heard.values()].every((told) => told.some(isIt));
  }

  /** Fails unless each watermark stands behind everything it covers, before everything else, and none goes back. */
  assertTrue(): void {
    for (const [source, told] of this.heard) {
      const places = told.map((what) => (typeof what === 'object' ? `${what.logPosition} told` : what));
      assert.deepEqual(places, [...places].sort(), `messages and watermarks of ${source}`);
    }
  }
}

/** What a relayed bus promises beyond an EventBus. */
export const relayClauses: readonly EventBusClause[] = [
  relayClause('what was relayed arrives with the place of its event in the log', async (trial) => {
    const all = trial.events(1, 20);
    const watcher = trial.watch();
    await trial.relay(all.slice(0, 10));
    await trial.relay([]);
    await trial.relay(all.slice(10));
    await watcher.untilHas(idsOf(all));
    assertOnceInOrder(watcher, all);
    for (const { id, logPosition } of watcher.messages()) {
      assert.equal(logPosition, all.find((message) => message.id === id)?.logPosition);
      assert.ok(!('ordinal' in (watcher.messages()[0] ?? {})), 'the ordinal is for the bus alone');
    }
  }),

  relayClause('what a relay repeats after a restart is left out, and nothing is disordered', async (trial) => {
    const all = trial.events(1, 40);
    const running = trial.watch({ group: 'running', batchMessagesMax: 7 });
    const cuts = [
      [0, 13],
      [5, 20],
      [0, 9],
      [18, 19],
      [12, 33],
      [33, 33],
      [20, 40],
    ] as const;
    for (const [epoch, [first, end]] of cuts.entries()) await trial.relay(all.slice(first, end), { epoch: epoch + 1 });
    await running.untilHas(idsOf(all));
    const late = trial.watch({ group: 'late' });
    await late.untilHas(idsOf(all));
    // Whatever is left comes before this.
    const last = trial.events(41, 45);
    await trial.relay(last, { epoch: 9 });
    for (const watcher of [running, late]) {
      await watcher.untilHas(idsOf(last));
      assertOnceInOrder(watcher, [...all, ...last]);
    }
  }),

  relayClause('repeats are left out also for a consumer that was started anew from where it had got to', async (trial) => {
    const all = trial.events(1, 30);
    await trial.relay(all.slice(0, 20));
    const before = trial.watch();
    await before.untilHas(idsOf(all.slice(0, 20)));
    await trial.within('close', before.consumption.close());
    await trial.relay(all, { epoch: 2 });
    const after = trial.watch({ from: before.remembered });
    await after.untilHas(idsOf(all.slice(20)));
    await trial.within('close', after.consumption.close());
    const last = trial.events(31, 35);
    await trial.relay([...all.slice(25), ...last], { epoch: 3 });
    const again = trial.watch({ from: { ...before.remembered, ...after.remembered } });
    await again.untilHas(idsOf(last));
    assertOnceInOrder(after, all.slice(20));
    assertOnceInOrder(again, last);
  }),

  relayClause(
    'repeats are left out also after the bus was started anew',
    async (trial) => {
      const all = trial.events(1, 20);
      await trial.relay(all.slice(0, 15));
      const before = trial.watch({ from: 'committed' });
      await before.untilHas(idsOf(all.slice(0, 15)));
      const anew = await trial.reopen();
      await anew.relay(all, { epoch: 2 });
      const last = anew.events(21, 25);
      await anew.relay(last, { epoch: 2 });
      const after = anew.watch({ group: 'after', from: before.remembered });
      const committed = anew.watch({ from: 'committed' });
      const whole = anew.watch({ group: 'whole' });
      for (const watcher of [after, committed, whole]) await watcher.untilHas(idsOf(last));
      assertOnceInOrder(whole, [...all, ...last]);
      assert.deepEqual(
        [...after.ids(), ...committed.ids()].filter((id) => before.ids().includes(id)),
        [],
      );
    },
    { reopens: true },
  ),

  relayClause('all messages of one event arrive, also where the relay was cut between them', async (trial) => {
    const all = trial.events(1, 6, 3);
    const watcher = trial.watch();
    for (const end of [2, 4, 5, 10, 11, 18]) await trial.relay(all.slice(Math.max(0, end - 8), end), { epoch: end });
    await watcher.untilHas(idsOf(all));
    const last = trial.events(7, 11);
    await trial.relay([...all.slice(-2), ...last], { epoch: 20 });
    await watcher.untilHas(idsOf(last));
    assertOnceInOrder(watcher, [...all, ...last]);
  }),

  relayClause('every source of the topics is told how far the log was carried, each time and in its place', async (trial) => {
    const all = trial.events(1, 20);
    const running = new LogWatcher(trial, 'running');
    await trial.relay(all.slice(0, 10), { watermark: watermark(10) });
    await trial.relay(all.slice(10, 12));
    await trial.relay(all.slice(12, 15), { watermark: watermark(15) });
    await trial.relay([], { watermark: watermark(15, OBSERVED[1]) });
    await trial.relay(all.slice(15), { watermark: watermark(22) });
    await trial.relay([], { watermark: watermark(22, OBSERVED[2]) });
    for (const log of [running, new LogWatcher(trial, 'late')]) {
      await trial.until('the last watermark on all sources', () => log.allHeard(watermark(22, OBSERVED[2])));
      for (const told of [watermark(10), watermark(15), watermark(15, OBSERVED[1]), watermark(22)]) {
        assert.ok(log.allHeard(told), `not told to all sources: ${JSON.stringify(told)}`);
      }
      log.assertTrue();
      assertOnceInOrder(log.watcher, all);
    }
  }),

  relayClause('watermarks stay true, and do not go back, when a relay repeats itself', async (trial) => {
    const all = trial.events(1, 20);
    const log = new LogWatcher(trial, 'running');
    await trial.relay(all.slice(0, 10), { watermark: watermark(10) });
    await trial.relay(all.slice(4, 7), { watermark: watermark(7), epoch: 2 });
    await trial.relay([], { watermark: watermark(7, OBSERVED[1]), epoch: 2 });
    await trial.relay(all.slice(4), { watermark: watermark(20), epoch: 3 });
    await trial.until('the last watermark on all sources', () => log.allHeard(watermark(20)));
    log.assertTrue();
    assertOnceInOrder(log.watcher, all);
  }),

  relayClause('what an overtaken owner still says is left out', async (trial) => {
    const all = trial.events(1, 20);
    const log = new LogWatcher(trial, 'running');
    await trial.relay(all.slice(0, 10), { watermark: watermark(10), epoch: 7 });
    const stale = trial.events(11, 20).map((message) => ({ ...message, id: `stale-${message.id}` }));
    await trial.relay(stale, { watermark: watermark(21), epoch: 6 });
    await trial.relay(all.slice(10), { watermark: watermark(20), epoch: 7 });
    const late = new LogWatcher(trial, 'late');
    for (const each of [log, late]) {
      await trial.until('the last watermark on all sources', () => each.allHeard(watermark(20)));
      each.assertTrue();
      assertOnceInOrder(each.watcher, all);
    }
  }),

  relayClause('each topic gets its own messages, and consumers of one are told of it alone', async (trial) => {
    const [first, second] = trial.topics;
    const all = trial.events(1, 20).map((message, index) => ({ ...message, topic: index % 3 ? first : second }));
    await trial.relay(all, { topics: [first, second], watermark: watermark(20) });
    const both = trial.watch({ group: 'both', topics: [first, second] });
    const one = trial.watch({ group: 'one', topics: [second] });
    await both.untilHas(idsOf(all));
    const last = trial.events(21, 25).map((message) => ({ ...message, topic: second }));
    await trial.relay([...all.slice(10), ...last], { topics: [first, second], epoch: 2 });
    await one.untilHas(idsOf(last));
    await both.untilHas(idsOf(last));
    assert.deepEqual(one.ids().sort(), idsOf([...all.filter(({ topic }) => topic === second), ...last]).sort());
    assert.deepEqual(both.ids().sort(), idsOf([...all, ...last]).sort());
  }),
];
