import { fixedClock, type StoredEvent } from '@regulars/kernel';
import { type DocumentsInMemory, InMemoryDocumentStore, type InMemoryEventStore, noDocuments } from '@regulars/testing';
import {
  type Cursor,
  DeadLetters,
  documentProjection,
  type Feed,
  liveCollection,
  LiveProjection,
  LOG_SOURCE,
  Replays,
  type ReplayState,
} from '../src';
import { type Heard, heardProjection, newEventStore, say } from './words';

/** The projection that is replayed. */
export const definition = heardProjection();
/** What was said before anything is set up. */
export const SAID = ['ann:one', 'bob:two', 'ann:three', 'ann,bob:four'];

/** One event at a time, no further than allowed where reading began behind the live version's start. */
class HeldFeed {
  readonly openedFrom: Cursor[] = [];
  private allowed: number | undefined;
  private wake: (() => void)[] = [];

  constructor(private readonly events: InMemoryEventStore) {}

  /** Feeds opened from now on hand over the first so many events; later ones when they are allowed. */
  allow(count: number): void {
    this.allowed = count;
    for (const wake of this.wake.splice(0)) wake();
  }

  readonly open: Feed<StoredEvent> = ({ from, onBatch, onCaughtUp }) => {
    const held = this.allowed !== undefined;
    let closed = false;
    this.openedFrom.push(from);
    const subscription = this.events.subscribe({
      after: from[LOG_SOURCE],
      batchEventsMax: 1,
      onCaughtUp,
      onBatch: async ([event]) => {
        const { position } = event as StoredEvent;
        while (held && !closed && Number(position) > (this.allowed ?? 0)) await new Promise<void>((wake) => this.wake.push(wake));
        if (!closed) await onBatch([event as StoredEvent], { [LOG_SOURCE]: position });
      },
    });
    return {
      ended: subscription.ended,
      close: () => {
        closed = true;
        for (const wake of this.wake.splice(0)) wake();
        return subscription.close();
      },
    };
  };
}

interface Surroundings {
  readonly events: InMemoryEventStore;
  readonly kept: DocumentsInMemory;
  readonly documents?: InMemoryDocumentStore;
}

const opened: { close(): Promise<void> }[] = [];

/** Closes everything that was set up; for `afterEach`. */
export async function closeReplays(): Promise<void> {
  for (const each of opened.splice(0).reverse()) await each.close();
}

/** A live projection, caught up, and replays of it; call it again on the same surroundings to play a restart. */
export async function setUpReplays(surroundings?: Surroundings) {
  const { events, kept } = surroundings ?? { events: newEventStore(), kept: noDocuments() };
  if (!surroundings) await say(events, ...SAID);
  const documents = surroundings?.documents ?? new InMemoryDocumentStore(kept);
  const feed = new HeldFeed(events);
  const clock = fixedClock(Date.parse('2026-03-01T09:00:00.000Z'));
  const deadLetters = await DeadLetters.open(documents, clock);
  const report = () => undefined;
  const live = await LiveProjection.open({ projection: documentProjection(documents, definition), feed: feed.open, deadLetters, report });
  live.start();
  await live.live.reached((await events.head()) ?? '');
  let ids = kept.versions.get('replays/v1')?.size ?? 0;
  const replays = await Replays.open({
    documents,
    projections: [live as unknown as LiveProjection],
    clock,
    newId: () => String(++ids),
    measure: (position) => Number(position ?? 0),
    head: () => events.head(),
  });
  opened.push(live, replays);
  const until = async (id: string, state: ReplayState) => {
    for (;;) {
      const view = await replays.status(id);
      if (view.state === state) return view;
      await new Promise((resolve) => setImmediate(resolve));
    }
  };
  const processed = async (id: string, count: number) => {
    while ((await replays.status(id)).processed < count) await new Promise((resolve) => setImmediate(resolve));
  };
  const heard = async (listener: string) => (await (await liveCollection<Heard>(documents, definition)).get(listener))?.document.words;
  return { events, kept, documents, feed, clock, live, replays, until, processed, heard };
}

/** The replayed version can be written but not read back for its digest. */
export class UnreadableReplay extends InMemoryDocumentStore {
  override async collection(...[spec]: Parameters<InMemoryDocumentStore['collection']>): Promise<never> {
    const collection = await super.collection(spec);
    if (spec.version === 'r-1') {
      collection.all = () => {
        throw new Error('the disk is broken');
      };
    }
    return collection as never;
  }
}
