import type { ConsumeOptions, DeliveredMessage } from '@regulars/ports';
import { InMemoryEventBus } from '@regulars/testing';
import { busBug, consumeBug } from './planted-bug';
import type { PlantedBug } from './planted-bug';

const ASKED = 'a function is asked for positions once a source has come, before its first batch, and is obeyed';
const ASKED_IN_VAIN = 'where the function throws, the consumption ends with its error and hands nothing over';
const TAKEN_BACK = 'every source is taken back when a consumption ends, after the batches under way';
const COMMITTED = 'a group that asks for what was committed starts at the beginning and goes on where its batches ended';
const FIRST_GAP = 'a batch that fails comes again from its first message that was not done';
const ALL_OR_NOTHING = 'a batch that fails after all of it was done does not come again, one of which nothing was done does wholly';
const COMMITTED_ANEW = 'what was committed holds after the bus was started anew';
const AT_ONCE = 'as many sources as asked for have a batch under way at once, one each, of one source';
const HELD_UP = 'a source whose batch takes long does not hold up the others';

const askable = (from: ConsumeOptions['from']) => (typeof from === 'function' ? from : undefined);

/** A bug in what counts as done where a batch fails. */
function doneBug(
  bug: string,
  caughtBy: string,
  count: (messages: readonly DeliveredMessage[], told: ReadonlySet<DeliveredMessage>) => unknown,
): PlantedBug {
  return consumeBug(bug, caughtBy, (options) => ({
    ...options,
    onBatch: async (messages, upTo, done) => {
      const told = new Set<DeliveredMessage>();
      try {
        await options.onBatch(messages, upTo, (message) => void told.add(message));
      } catch (error) {
        const counted = count(messages, told) as readonly DeliveredMessage[];
        counted.forEach(done);
        throw error;
      }
    },
  }));
}

/** Buses that hand sources out, take them back, commit or run batches at once wrongly. */
export const assignmentBugs: readonly PlantedBug[] = [
  consumeBug('never asks a function', ASKED, (options) => ({ ...options, from: askable(options.from) ? {} : options.from })),
  consumeBug('asks a function twice', ASKED, (options) => {
    const ask = askable(options.from);
    return ask ? { ...options, from: async (sources) => (await ask(sources), ask(sources)) } : options;
  }),
  consumeBug('asks a function for sources that have not come', ASKED, (options) => {
    const ask = askable(options.from);
    return ask ? { ...options, from: async (sources) => ask(sources.map((source) => `${source}-other`)) } : options;
  }),
  consumeBug('takes a failed answer as the beginning', ASKED_IN_VAIN, (options) => {
    const ask = askable(options.from);
    return ask ? { ...options, from: (sources) => ask(sources).catch(() => ({})) } : options;
  }),
  consumeBug('never takes sources back', TAKEN_BACK, (options) => ({ ...options, onRevoked: undefined })),
  consumeBug('takes back one source alone', TAKEN_BACK, (options) => ({
    ...options,
    onRevoked: (sources) => options.onRevoked?.(sources.slice(0, 1)) ?? Promise.resolve(),
  })),
  busBug('takes sources back while a batch is under way', TAKEN_BACK, (honest) => ({
    consume: (options) => {
      const held: string[] = [];
      const ask = askable(options.from);
      const from = ask ? (sources: readonly string[]) => (held.push(...sources), ask(sources)) : options.from;
      const consumption = honest.consume({ ...options, from, onRevoked: undefined });
      const close = async (): Promise<void> => {
        await options.onRevoked?.(held);
        await consumption.close();
      };
      return { ended: consumption.ended, close };
    },
  })),
  consumeBug('begins anew where asked for what was committed', COMMITTED, (options) => ({
    ...options,
    from: options.from === 'committed' ? {} : options.from,
  })),
  consumeBug('commits for all groups together', COMMITTED, (options) => ({ ...options, group: 'all' })),
  doneBug('commits a batch that failed', FIRST_GAP, (messages) => messages),
  doneBug('commits over the gap', FIRST_GAP, (messages, told) =>
    messages.slice(0, messages.findLastIndex((message) => told.has(message)) + 1),
  ),
  doneBug('commits nothing of a batch that failed', ALL_OR_NOTHING, () => []),
  doneBug('counts the first message as done', ALL_OR_NOTHING, (messages, told) =>
    messages.filter((message, place) => !place || told.has(message)),
  ),
  { bug: 'forgets what was committed', caughtBy: COMMITTED_ANEW, open: (kept) => new InMemoryEventBus({ ...kept, committed: new Map() }) },
  consumeBug('runs one batch at a time whatever it is asked for', AT_ONCE, (options) => ({ ...options, sourcesAtOnce: 1 })),
  consumeBug('runs all sources at once whatever it is asked for', AT_ONCE, (options) => ({ ...options, sourcesAtOnce: 100 })),
  consumeBug('lets the slowest source hold up all', HELD_UP, (options) => {
    let line: Promise<unknown> = Promise.resolve();
    return {
      ...options,
      onBatch: (messages, upTo, done) => {
        const turn = line.then(() => options.onBatch(messages, upTo, done));
        line = turn.catch(() => undefined);
        return turn;
      },
    };
  }),
];
