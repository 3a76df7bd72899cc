import type { JsonObject, StoredEvent } from '@regulars/kernel';
import type { CollectionSpec, DocumentCollection, DocumentWrite } from '@regulars/ports';
import { InMemoryDocumentStore, noDocuments } from '@regulars/testing';
import fc from 'fast-check';
import { eventsOf, type Heard, heardProjection, newEventStore, say } from '../../spec-support/words';
import { type AfterWrite, documentProjection, liveCollection } from './document-projection';
import { LOG_SOURCE, Poison, type ProjectionVersion } from './projection';

const definition = heardProjection();
const upTo = (events: readonly StoredEvent[]) => ({ [LOG_SOURCE]: events.at(-1)?.position ?? '' });
const said = async (...sayings: readonly string[]) => {
  const store = newEventStore();
  await say(store, ...sayings);
  return eventsOf(store);
};
const open = (documents: InMemoryDocumentStore, afterWrite?: AfterWrite<Heard>) =>
  documentProjection(documents, definition, afterWrite).open('v1');
const apply = (version: ProjectionVersion<StoredEvent>, events: readonly StoredEvent[]) => version.apply(events, upTo(events));
const heard = async (documents: InMemoryDocumentStore) => {
  const words: Record<string, readonly string[]> = {};
  for await (const batch of (await liveCollection<Heard>(documents, definition)).all()) {
    for (const { id, document } of batch) words[id] = document.words;
  }
  return words;
};

/** Documents are written, checkpoints are not: as if the process had died in between. */
class CutOffBeforeCheckpoint extends InMemoryDocumentStore {
  override saveCheckpoint(): Promise<void> {
    return Promise.reject(new Error('cut off'));
  }
}

/** Something else happens between the first reading and writing. */
class OvertakenBeforeWriting extends InMemoryDocumentStore {
  constructor(
    private readonly honest: InMemoryDocumentStore,
    private readonly overtake: () => Promise<void>,
  ) {
    super();
  }

  override async collection<D extends JsonObject>(spec: CollectionSpec): Promise<DocumentCollection<D>> {
    const collection = await this.honest.collection<D>(spec);
    return Object.assign(Object.create(collection) as DocumentCollection<D>, {
      write: async (writes: readonly DocumentWrite<D>[]) => {
        await this.overtake();
        return collection.write(writes);
      },
    });
  }
}

describe('a document projection', () => {
  it('folds the events of a document in their order, several documents an event', async () => {
    const documents = new InMemoryDocumentStore();
    await apply(await open(documents), await said('ann:one', 'ann,bob:two', 'nobody:three', 'bob:four'));
    expect(await heard(documents)).toEqual({ ann: ['one', 'two'], bob: ['two', 'four'] });
  });

  it('keeps in each document the position of its own last event', async () => {
    const documents = new InMemoryDocumentStore();
    const events = await said('ann:one', 'ann,bob:two', 'bob:three', 'nobody:four');
    await apply(await open(documents), events);
    const stored = await (await liveCollection<Heard>(documents, definition)).getMany(['ann', 'bob']);
    expect(stored.map(({ position }) => position)).toEqual([events[1]?.position, events[2]?.position]);
  });

  it('has read as far as it was told, what it does not handle included', async () => {
    const version = await open(new InMemoryDocumentStore());
    const events = await said('ann:one', 'nobody:two');
    await apply(version, events);
    expect(version.cursor()).toEqual(upTo(events));
  });

  it('gives the same documents under any batching and redelivery', async () => {
    const listeners = fc.constantFrom('ann', 'bob', 'cem', 'ann,bob', 'cem,ann', 'nobody');
    const runs = fc.array(fc.record({ back: fc.nat(4), ahead: fc.integer({ min: 1, max: 5 }), restart: fc.boolean() }), { maxLength: 20 });
    await fc.assert(
      fc.asyncProperty(fc.array(listeners, { minLength: 1, maxLength: 25 }), runs, async (to, deliveries) => {
        const events = await said(...to.map((listener, number) => `${listener}:${number}`));
        const atOnce = new InMemoryDocumentStore();
        await apply(await open(atOnce), events);
        const documents = new InMemoryDocumentStore();
        let version = await open(documents);
        let next = 0;
        for (const { back, ahead, restart } of [...deliveries, { back: next, ahead: events.length, restart: true }]) {
          if (restart) version = await open(documents);
          const from = Math.max(0, next - back);
          await apply(version, events.slice(from, from + ahead));
          next = Math.max(next, Math.min(events.length, from + ahead));
        }
        expect(await heard(documents)).toEqual(await heard(atOnce));
        expect(await version.digest()).toBe(await (await open(atOnce)).digest());
      }),
      { numRuns: 60 },
    );
  });

  it('tells what it wrote after it was written, in order', async () => {
    const documents = new InMemoryDocumentStore();
    const told: string[] = [];
    const version = await open(documents, (standing) => {
      told.push(standing.map(({ id, document }) => `${id} ${document.words.join('+')}`).join(' '));
    });
    const [first, second, third] = await said('ann:one', 'ann:two', 'bob:three');
    await apply(version, [first, second] as StoredEvent[]);
    await apply(version, [third] as StoredEvent[]);
    expect(told).toEqual(['ann one+two', 'bob three']);
  });

  it('tells as well of documents that another process wrote first', async () => {
    const documents = new InMemoryDocumentStore();
    const events = await said('ann:one', 'bob:two', 'ann:three');
    const told: string[] = [];
    const late = await open(documents, (standing) => {
      told.push(standing.map(({ id, position, document }) => `${id} ${document.words.join('+')} ${position}`).join(' '));
    });
    await apply(await open(documents), events);
    await apply(late, events.slice(0, 2));
    expect(told).toEqual([`ann one+three ${events[2]?.position} bob two ${events[1]?.position}`]);
  });

  it('tells what stands there and not what it worked out when it is overtaken in the middle', async () => {
    const documents = new InMemoryDocumentStore();
    const events = await said('ann:one', 'ann:two');
    const other = await open(documents);
    const told: string[] = [];
    const overtaken = await open(new OvertakenBeforeWriting(documents, () => apply(other, events)), (standing) => {
      told.push(...standing.map(({ document }) => document.words.join('+')));
    });
    await apply(overtaken, events.slice(0, 1));
    expect(told).toEqual(['one+two']);
    expect(await heard(documents)).toEqual({ ann: ['one', 'two'] });
  });

  it('names the item of a batch that it can never take in, and nothing of the batch has taken effect', async () => {
    const documents = new InMemoryDocumentStore();
    const version = await open(documents);
    const events = await said('nobody:zero', 'ann:one', 'bob:bad', 'ann:two');
    const failure = await apply(version, events).catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(Poison);
    expect(failure).toMatchObject({ index: 2, message: 'cannot hear bad' });
    expect(await heard(documents)).toEqual({});
    expect(version.cursor()).toEqual({});
  });
});

describe('the digest', () => {
  const digestAfter = async (...sayings: readonly string[]) => {
    const version = await open(new InMemoryDocumentStore());
    await apply(version, await said(...sayings));
    return version.digest();
  };

  it('is equal for equal content, however it came about', async () => {
    expect(await digestAfter('bob:one', 'ann:two')).toBe(await digestAfter('ann:two', 'nobody:x', 'bob:one'));
  });

  it.each([[['ann:one']], [['ann:two', 'bob:one']], [['ann:one', 'bob:two', 'cem:three']], [['ann,bob:one']]])(
    'differs for other content: %j',
    async (sayings) => {
      expect(await digestAfter(...sayings)).not.toBe(await digestAfter('ann:one', 'bob:two'));
    },
  );
});

describe('the checkpoint', () => {
  it('says where reading goes on after a restart, and comes with a flush', async () => {
    const documents = new InMemoryDocumentStore();
    const version = await open(documents);
    const events = await said('ann:one', 'bob:two');
    await apply(version, events);
    expect((await open(documents)).cursor()).toEqual({});
    await version.flush();
    expect((await open(documents)).cursor()).toEqual(upTo(events));
  });

  it('is saved by itself once in five thousand events', async () => {
    const documents = new InMemoryDocumentStore();
    const version = await open(documents);
    const [event] = (await said('nobody:x')) as [StoredEvent];
    const many = (count: number, from: number) =>
      Array.from({ length: count }, (_, index) => ({ ...event, position: String(from + index).padStart(12, '0') }));
    await apply(version, many(4_999, 1));
    expect(await documents.loadCheckpoint('heard@v1')).toBeUndefined();
    await apply(version, many(1, 5_000));
    expect(await documents.loadCheckpoint('heard@v1')).toBe('000000005000');
  });

  it('is never ahead of the documents: cut off before it, they are found and the repeat has no effect', async () => {
    const kept = noDocuments();
    const events = await said('ann:one', 'ann,bob:two');
    const version = await open(new CutOffBeforeCheckpoint(kept));
    await apply(version, events);
    await expect(version.flush()).rejects.toThrow('cut off');
    const restarted = new InMemoryDocumentStore(kept);
    const again = await open(restarted);
    expect(again.cursor()).toEqual({});
    await apply(again, events);
    expect(await heard(restarted)).toEqual({ ann: ['one', 'two'], bob: ['two'] });
  });

  it('is kept of every source, by whoever follows it, and a re-driven item is none', async () => {
    const documents = new InMemoryDocumentStore();
    const [one, other] = [await open(documents), await open(documents)];
    await one.apply([], { 'words.v1/0': '5', 'words.v1/1': '7', 'words.v1/3': '' });
    await one.apply([], { 'redriven/x': '1' });
    await other.apply([], { 'words.v1/1': '6', 'words.v1/2': '2' });
    await one.flush();
    await other.flush();
    await other.flush();
    expect((await open(documents)).cursor()).toEqual({ 'words.v1/0': '5', 'words.v1/1': '7', 'words.v1/2': '2' });
    expect(await documents.loadCheckpoint('heard@v1/words.v1/1')).toBe('7');
    expect((await documentProjection(documents, definition).open('v2')).cursor()).toEqual({});
    await one.apply([], { 'words.v1/0': '6' });
    await one.flush();
    expect((await open(documents)).cursor()).toMatchObject({ 'words.v1/0': '6' });
  });

  it('makes no list of sources where there is the log alone', async () => {
    const kept = noDocuments();
    const documents = new InMemoryDocumentStore(kept);
    const version = await open(documents);
    await apply(version, await said('ann:one'));
    await version.flush();
    await open(documents);
    expect([...kept.versions.keys()]).toEqual(['heard/v1']);
  });

  it('of one version is not that of another', async () => {
    const documents = new InMemoryDocumentStore();
    const version = await open(documents);
    await apply(version, await said('ann:one'));
    await version.flush();
    expect((await documentProjection(documents, definition).open('v2')).cursor()).toEqual({});
  });

  it('goes with a version that is dropped: made again under its name, it starts at the beginning and is whole', async () => {
    const documents = new InMemoryDocumentStore();
    const projection = documentProjection(documents, definition);
    const events = await said('ann:one', 'bob:two');
    for (let life = 1; life <= 3; life++) {
      const version = await projection.open('v1');
      expect(version.cursor()).toEqual({});
      await version.apply(events, { ...upTo(events), 'words.v1/0': '5' });
      await version.flush();
      expect((await projection.open('v1')).cursor()).toEqual({ ...upTo(events), 'words.v1/0': '5' });
      expect(await heard(documents)).toEqual({ ann: ['one'], bob: ['two'] });
      await projection.drop('v1');
    }
  });

  it('stays where the version is the active one and dropping it is refused', async () => {
    const documents = new InMemoryDocumentStore();
    const projection = documentProjection(documents, definition);
    const version = await projection.open('v1');
    const events = await said('ann:one');
    await apply(version, events);
    await version.flush();
    await projection.switchVersion(undefined, version);
    await expect(projection.drop('v1')).rejects.toThrow();
    expect((await projection.open('v1')).cursor()).toEqual(upTo(events));
  });

  it('goes before the content: cut off in between, nothing is missing and the repeat has no effect', async () => {
    const documents = new InMemoryDocumentStore();
    const events = await said('ann:one');
    const version = await open(documents);
    await apply(version, events);
    await version.flush();
    jest.spyOn(documents, 'dropVersion').mockRejectedValueOnce(new Error('cut off'));
    await expect(documentProjection(documents, definition).drop('v1')).rejects.toThrow('cut off');
    const again = await open(documents);
    expect(again.cursor()).toEqual({});
    await apply(again, events);
    expect(await heard(documents)).toEqual({ ann: ['one'] });
  });
});
