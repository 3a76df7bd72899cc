import { Carried, InMemoryEventBus, type InMemoryPartitions } from '@regulars/testing';
import type { RelayBatch } from '@regulars/ports';
import { batchBug, busBug, consumeBug } from './planted-bug';
import type { PlantedBug } from './planted-bug';

const ARRIVES = 'what was relayed arrives with the place of its event in the log';
const REPEATS = 'what a relay repeats after a restart is left out, and nothing is disordered';
const RESTARTED = 'repeats are left out also for a consumer that was started anew from where it had got to';
const ANEW = 'repeats are left out also after the bus was started anew';
const ONE_EVENT = 'all messages of one event arrive, also where the relay was cut between them';
const WATERMARKS = 'every source of the topics is told how far the log was carried, each time and in its place';
const TRUE = 'watermarks stay true, and do not go back, when a relay repeats itself';
const OVERTAKEN = 'what an overtaken owner still says is left out';
const TOPICS = 'each topic gets its own messages, and consumers of one are told of it alone';

type EntryOf = Parameters<Carried['pass']>[0];

class TakesAll extends Carried {
  override pass(): boolean {
    return true;
  }
}

class ForgetsOrdinals extends Carried {
  protected override sequenceOf(entry: EntryOf): string | undefined {
    return super.sequenceOf(entry)?.split('.')[0];
  }
}

class LetsWatermarksBack extends Carried {
  protected override isNew(entry: EntryOf, sequence: string, reached: { readonly sequence: string; readonly epoch: number }): boolean {
    return 'watermark' in entry || super.isNew(entry, sequence, reached);
  }
}

/** A bug in what is left out; `carried` gives the faulty one, with what came before if it is to know that. */
function carriedBug(bug: string, caughtBy: string, carried: () => Carried, knowsBefore = true): PlantedBug {
  class Faulty extends InMemoryEventBus {
    protected override carriedAt(partition: number, index: number): Carried {
      const made = carried();
      if (knowsBefore) for (const entry of this.kept.entries[partition]?.slice(0, index) ?? []) made.pass(entry);
      return made;
    }
  }
  return { bug, caughtBy, open: (kept) => new Faulty(kept) };
}

/** A bug in what a relay writes. */
function writeBug(bug: string, caughtBy: string, write: (batch: RelayBatch) => readonly RelayBatch[]): PlantedBug {
  return busBug(bug, caughtBy, (honest) => ({
    relay: async (batch) => {
      for (const part of write(batch)) await honest.relay(part);
    },
  }));
}

const forgetful = (caughtBy: string): PlantedBug =>
  carriedBug('forgets what was carried before a consumer came', caughtBy, () => new Carried(), false);

/** Relayed buses that repeat, lose or tell wrongly. */
export const relayBugs: readonly PlantedBug[] = [
  batchBug('forgets the place in the log', ARRIVES, (messages, upTo) => [
    messages.map((message) => ({ ...message, logPosition: undefined })),
    upTo,
  ]),
  writeBug('takes only a part', ARRIVES, (batch) => [{ ...batch, messages: batch.messages.slice(0, -1) }]),
  carriedBug('hands repeats over', REPEATS, () => new TakesAll()),
  forgetful(RESTARTED),
  {
    bug: 'forgets what was carried when it is started anew',
    caughtBy: ANEW,
    open: (kept: InMemoryPartitions) =>
      kept.entries.some(({ length }) => length > 0) ? forgetful(ANEW).open(kept) : new InMemoryEventBus(kept),
  },
  carriedBug('takes one message of each event', ONE_EVENT, () => new ForgetsOrdinals()),
  writeBug('tells before it has handed over', WATERMARKS, (batch) => [
    { ...batch, messages: [] },
    { ...batch, watermark: undefined },
  ]),
  writeBug('tells only where messages came', WATERMARKS, (batch) => [batch.messages.length ? batch : { ...batch, watermark: undefined }]),
  {
    bug: 'tells one source alone',
    caughtBy: WATERMARKS,
    open: (kept) => {
      const rest = new InMemoryEventBus(kept);
      return {
        publish: (messages) => rest.publish(messages),
        consume: (options) => rest.consume(options),
        relay: async ({ watermark, ...batch }) => {
          await rest.relay(batch);
          if (watermark) kept.entries[0]?.push({ watermark, topics: batch.topics, epoch: batch.epoch });
          await rest.publish([]);
        },
      };
    },
  },
  carriedBug('lets watermarks go back', TRUE, () => new LetsWatermarksBack()),
  writeBug('listens to overtaken owners', OVERTAKEN, (batch) => [{ ...batch, epoch: 1 }]),
  consumeBug('tells of every topic', TOPICS, (options) => ({ ...options, topics: ['contract-a', 'contract-b'] })),
];
