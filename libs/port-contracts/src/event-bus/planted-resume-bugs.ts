import type { ConsumeOptions } from '@regulars/ports';
import { InMemoryEventBus } from '@regulars/testing';
import { batchBug, busBug, consumeBug } from './planted-bug';
import type { PlantedBug } from './planted-bug';

const GOES_ON = 'a consumer that goes on from where it had got to misses nothing and sees nothing from before';
const UP_TO = 'upTo covers every message of its batch and never goes back';
const NOTHING_CAME = 'a consumer for whose topics nothing came misses nothing that comes later';
const UNNAMED = 'a source that is not named starts at its beginning, also for a group that was here before';
const THROWS = 'a throw ends the consumption with its error, and the batch comes again';
const ONE_BATCH = 'the next batch waits until the one before is done';
const GROUPS = 'groups do not disturb each other: each gets everything, whoever is slow, failed or closed';
const CLOSE = 'close waits for the batch under way, then nothing comes; twice is as good as once';
const ANEW = 'what was published, and where a consumer had got to, holds after the bus was started anew';

const moved = (positions: ConsumeOptions['from'], by: number): Record<string, string> =>
  Object.fromEntries(
    Object.entries(typeof positions === 'object' ? positions : {}).map(([source, position]) => [
      source,
      // Whatever a bus keeps behind the digits it counts by stays.
      position.replace(/^\d+/, (digits) => String(Number(digits) + by).padStart(digits.length, '0')),
    ]),
  );

/** Buses that start, go on or end wrongly. */
export const resumeBugs: readonly PlantedBug[] = [
  consumeBug('begins at the beginning each time', GOES_ON, (options) => ({ ...options, from: {} })),
  consumeBug('skips one message when it goes on', GOES_ON, (options) => ({ ...options, from: moved(options.from, 1) })),
  consumeBug('hands the last message over again when it goes on', GOES_ON, (options) => ({ ...options, from: moved(options.from, -1) })),
  batchBug('says it has looked further than it has', GOES_ON, (messages, upTo) => [messages, moved(upTo, 1)]),
  batchBug('says nothing of how far it has looked', UP_TO, (messages) => [messages, {}]),
  consumeBug('goes back in a source where nothing came', UP_TO, (options) => ({
    ...options,
    onBatch: async (messages, upTo, done) => {
      await options.onBatch(messages, upTo, done);
      await options.onBatch([], moved(upTo, -1), done);
    },
  })),
  batchBug('jumps over what comes while a topic is idle', NOTHING_CAME, (messages, upTo) => [
    messages,
    messages.length ? upTo : moved(upTo, 5),
  ]),
  busBug('remembers for a group by itself', UNNAMED, (honest) => {
    const remembered = new Map<string, Readonly<Record<string, string>>>();
    return {
      consume: (options) =>
        honest.consume({
          ...options,
          from: { ...remembered.get(options.group), ...(options.from as object) },
          onBatch: async (messages, upTo, done) => {
            await options.onBatch(messages, upTo, done);
            remembered.set(options.group, upTo);
          },
        }),
    };
  }),
  { bug: 'keeps nothing', caughtBy: ANEW, open: () => new InMemoryEventBus() },
  consumeBug('goes on after a throw', THROWS, (options) => ({
    ...options,
    onBatch: (messages, upTo, done) => options.onBatch(messages, upTo, done).catch(() => undefined),
  })),
  busBug('ends without the error', THROWS, (honest) => ({
    consume: (options) => {
      const consumption = honest.consume(options);
      return { close: () => consumption.close(), ended: consumption.ended.catch(() => undefined) };
    },
  })),
  consumeBug('tries a failed batch again by itself', THROWS, (options) => ({
    ...options,
    onBatch: (messages, upTo, done) => options.onBatch(messages, upTo, done).catch(() => options.onBatch(messages, upTo, done)),
  })),
  consumeBug('does not wait for a batch', ONE_BATCH, (options) => ({
    ...options,
    onBatch: async (messages, upTo, done) => {
      options.onBatch(messages, upTo, done).catch(() => undefined);
    },
  })),
  busBug('shares the messages out among all groups', GROUPS, (honest) => {
    const taken = new Set<string>();
    return {
      consume: (options) =>
        honest.consume({
          ...options,
          onBatch: (messages, upTo, done) => {
            const free = messages.filter(({ id }) => !taken.has(id));
            for (const { id } of free) taken.add(id);
            return options.onBatch(free, upTo, done);
          },
        }),
    };
  }),
  busBug('lets one slow group hold up all', GROUPS, (honest) => {
    let line: Promise<unknown> = Promise.resolve();
    return {
      consume: (options) =>
        honest.consume({
          ...options,
          onBatch: (messages, upTo, done) => {
            const turn = line.then(() => options.onBatch(messages, upTo, done));
            line = turn.catch(() => undefined);
            return turn;
          },
        }),
    };
  }),
  busBug('closes without waiting for the batch', CLOSE, (honest) => ({
    consume: (options) => {
      const consumption = honest.consume(options);
      return {
        ...consumption,
        close: async () => {
          void consumption.close();
        },
      };
    },
  })),
  busBug('hands over more after close', CLOSE, (honest) => ({
    consume: (options) => {
      const { ended } = honest.consume(options);
      return { ended: Promise.resolve(), close: async () => void ended.catch(() => undefined) };
    },
  })),
  busBug('cannot be closed twice', CLOSE, (honest) => ({
    consume: (options) => {
      const consumption = honest.consume(options);
      let closed = false;
      return {
        ...consumption,
        close: async () => {
          if (closed) throw new Error('closed already');
          closed = true;
          await consumption.close();
        },
      };
    },
  })),
];
