import type { ConsumeOptions, Positions } from '@regulars/ports';
import { busBug, consumeBug } from './planted-bug';
import type { PlantedBug } from './planted-bug';

const ONE_EACH = 'each message is handed to one consumer of a group, and both get some';
const NOTHING_LOST = 'nothing is lost, doubled or disordered while consumers join and leave a group';
const BEFORE = 'a source is taken back from one consumer before another is asked for its position';

type Ask = (sources: readonly string[]) => Promise<Positions>;

/** A bug in what a function answers, by what the bus knows of the group. */
function askBug(bug: string, caughtBy: string, rewrite: (ask: Ask) => (known: Map<string, string>) => Ask): PlantedBug {
  return busBug(bug, caughtBy, (honest) => {
    const known = new Map<string, string>();
    const rewritten = (from: ConsumeOptions['from']): ConsumeOptions['from'] => (typeof from === 'function' ? rewrite(from)(known) : from);
    return { consume: (options) => honest.consume({ ...options, from: rewritten(options.from) }) };
  });
}

/** Buses that share sources out wrongly. */
export const sharingBugs: readonly PlantedBug[] = [
  busBug('hands everything to every consumer of a group', ONE_EACH, (honest) => {
    let members = 0;
    return { consume: (options) => honest.consume({ ...options, group: `${options.group}-${members++}` }) };
  }),
  busBug('hands nothing to the second consumer of a group', ONE_EACH, (honest) => {
    const groups = new Set<string>();
    return {
      consume: (options) => {
        if (!groups.has(options.group)) return (groups.add(options.group), honest.consume(options));
        return { ended: Promise.resolve(), close: () => Promise.resolve() };
      },
    };
  }),
  askBug('skips a message when a source changes hands', NOTHING_LOST, (ask) => (known) => async (sources) => {
    const positions = { ...(await ask(sources)) };
    for (const source of sources) {
      const position = positions[source];
      if (position !== undefined && known.has(source))
        positions[source] = position.replace(/^\d+/, (digits) => String(Number(digits) + 1).padStart(digits.length, '0'));
      known.set(source, '');
    }
    return positions;
  }),
  askBug('does not ask again when a source comes back', NOTHING_LOST, (ask) => (known) => async (sources) => {
    const positions = await ask(sources);
    for (const source of sources) if (!known.has(source)) known.set(source, positions[source] ?? '-1');
    return Object.fromEntries(known);
  }),
  consumeBug('tells late that a source has gone', BEFORE, (options) => ({
    ...options,
    onRevoked: async (sources) => void setTimeout(() => void options.onRevoked?.(sources), 20),
  })),
];
