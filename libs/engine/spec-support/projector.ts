import { fixedClock, type JsonObject, type StoredEvent } from '@regulars/kernel';
import type { CollectionSpec, DocumentCollection, DocumentStore, DocumentWrite } from '@regulars/ports';
import { InMemoryDocumentStore, type InMemoryEventStore } from '@regulars/testing';
import { DeadLetters, documentProjection, eventStoreFeed, type Feed, liveCollection, Projector } from '../src';
import { type Heard, heardProjection, newEventStore } from './words';

/** Under which the projector of `setUpProjector` parks items. */
export const CONSUMER = 'heard@v1';

interface Setting {
  readonly events?: InMemoryEventStore;
  readonly documents?: DocumentStore;
  readonly feed?: Feed<StoredEvent>;
  readonly forgiven?: ReadonlySet<string>;
}

const running: Projector<StoredEvent>[] = [];

/** Stops every projector that was set up; for `afterEach`. */
export async function stopProjectors(): Promise<void> {
  for (const projector of running.splice(0)) await projector.stop();
}

/** A projector over words, not started, with what surrounds it. */
export async function setUpProjector({ events = newEventStore(), documents = new InMemoryDocumentStore(), feed, forgiven }: Setting = {}) {
  const definition = heardProjection(forgiven);
  const projection = documentProjection(documents, definition);
  const letters = await DeadLetters.open(documents, fixedClock(0));
  const reports: string[] = [];
  const report = (what: string, { reason }: { reason: string }) => void reports.push(`${what}: ${reason}`);
  const projector = new Projector(projection, await projection.open('v1'), feed ?? eventStoreFeed(events), letters, report);
  running.push(projector);
  const heard = async (listener: string) => (await (await liveCollection<Heard>(documents, definition)).get(listener))?.document.words;
  const parked = async () =>
    (await letters.list()).items.map(({ item, reason }) => [(item as { data?: { word?: string } }).data?.word, reason]);
  return { events, documents, projector, letters, reports, heard, parked };
}

/** A document store whose writes to the read model fail so often. */
export class FailingWrites extends InMemoryDocumentStore {
  constructor(private failures: number) {
    super();
  }

  override async collection<D extends JsonObject>(spec: CollectionSpec): Promise<DocumentCollection<D>> {
    const collection = await super.collection<D>(spec);
    if (spec.name !== 'heard') return collection;
    const write = collection.write.bind(collection);
    collection.write = async (writes: readonly DocumentWrite<D>[]) => {
      if (this.failures-- > 0) throw new Error('the disk is slow');
      return write(writes);
    };
    return collection;
  }
}
