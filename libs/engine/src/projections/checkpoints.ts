import type { DocumentCollection, DocumentStore } from '@regulars/ports';
import { type Cursor, LOG_SOURCE, REDRIVEN } from './projection';

/** Says that a consumer has followed a source. A type and not an interface, so that it counts as JSON. */
type FollowedSource = { readonly consumer: string; readonly source: string };

const SOURCES = { name: 'projection-sources', version: '1', indexes: ['consumer'] } as const;
const SOURCES_PAGE = 1_000;
/** These documents are written once and never change. */
const ONCE = '1';

/**
 * How far a consumer has read, by source, kept as checkpoints: `<consumer>` for the log, `<consumer>/<source>` for every other source. A document
 * store does not list checkpoints, so the sources are listed beside them, as soon as there is one that is not the log. Processes that
 * share the sources of a consumer keep one set: each checkpoint only ever rises.
 */
export class SourceCheckpoints {
  private readonly listed = new Set<string>();

  constructor(
    private readonly store: DocumentStore,
    private readonly consumer: string,
  ) {}

  /** Where reading goes on, of every source there is a checkpoint of. */
  async load(): Promise<Cursor> {
    const cursor: Record<string, string> = {};
    const log = await this.store.loadCheckpoint(this.consumer);
    if (log !== undefined) cursor[LOG_SOURCE] = log;
    if ((await this.store.loadCheckpoint(this.marker)) === undefined) return cursor;
    for (const source of await this.list()) {
      const position = await this.store.loadCheckpoint(this.nameOf(source));
      if (position !== undefined) cursor[source] = position;
    }
    return cursor;
  }

  /** Saves a cursor; what it says of re-driven items is no source and left out. */
  async save(cursor: Cursor): Promise<void> {
    for (const [source, position] of Object.entries(cursor)) {
      if (source.startsWith(REDRIVEN)) continue;
      // A source that starts at its beginning has no position yet.
      if (position === '') continue;
      if (source !== LOG_SOURCE) await this.enlist(source);
      await this.store.saveCheckpoint(this.nameOf(source), position);
    }
  }

  private async enlist(source: string): Promise<void> {
    if (this.listed.has(source)) return;
    const { consumer } = this;
    await (await this.sources()).write([{ id: this.nameOf(source), position: ONCE, document: { consumer, source } }]);
    await this.store.saveCheckpoint(this.marker, ONCE);
    this.listed.add(source);
  }

  private async list(): Promise<readonly string[]> {
    const sources = await this.sources();
    let cursor: string | undefined;
    do {
      const page = await sources.find({
        where: { consumer: this.consumer },
        limit: SOURCES_PAGE,
        ...(cursor === undefined ? {} : { cursor }),
      });
      for (const { document } of page.items) this.listed.add(document.source);
      cursor = page.next;
    } while (cursor !== undefined);
    return [...this.listed];
  }

  private sources(): Promise<DocumentCollection<FollowedSource>> {
    return this.store.collection<FollowedSource>(SOURCES);
  }

  private nameOf(source: string): string {
    return source === LOG_SOURCE ? this.consumer : `${this.consumer}/${source}`;
  }

  /** Tells, without a look into the list, that there is one. No source has a name that begins with a slash. */
  private get marker(): string {
    return `${this.consumer}//sources`;
  }
}

const GENERATION_DIGITS = 12;

/** Counts how often a version was dropped. */
const droppedOf = (consumer: string): string => `${consumer}//dropped`;

/**
 * The name under which a version of a consumer keeps its checkpoints. Checkpoints never go back and cannot be removed, so one that is made anew
 * after it was dropped gets another name, and starts at the beginning.
 */
export async function versionConsumer(store: DocumentStore, consumer: string): Promise<string> {
  const dropped = await store.loadCheckpoint(droppedOf(consumer));
  return dropped === undefined ? consumer : `${consumer}~${Number(dropped)}`;
}

/**
 * Notes that a version is about to be dropped. Before the content goes: cut off in between, the version starts at the beginning over content that
 * is there, which has no effect; the other way round what is gone would never come again.
 */
export async function forgetCheckpoints(store: DocumentStore, consumer: string): Promise<void> {
  const dropped = Number((await store.loadCheckpoint(droppedOf(consumer))) ?? 0) + 1;
  await store.saveCheckpoint(droppedOf(consumer), String(dropped).padStart(GENERATION_DIGITS, '0'));
}
