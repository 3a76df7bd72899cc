import { CodedError, type Position } from '@regulars/kernel';
import type { DocumentCollection, DocumentStore } from '@regulars/ports';
import { type ReplayRecord, type ReplayState, UNDER_WAY } from './replay-record';

/** The records of replays, kept durably. A record's revision orders its changes, so that a stale owner's change has no effect. */
export class ReplayRecords {
  private constructor(private readonly records: DocumentCollection<ReplayRecord>) {}

  static async open(documents: DocumentStore): Promise<ReplayRecords> {
    const spec = { name: 'replays', version: 'v1', indexes: ['projection', 'state', 'startedAt'] };
    return new ReplayRecords(await documents.collection<ReplayRecord>(spec));
  }

  /** Keeps a new record. */
  async add(record: Omit<ReplayRecord, 'revision'>): Promise<ReplayRecord> {
    const document = { ...record, revision: 1 } as ReplayRecord;
    await this.records.write([{ id: document.id, position: revisionPosition(1), document }]);
    return document;
  }

  /** Changes a record. Throws `concurrency.conflict` where somebody else changed it since it was read. */
  async change(record: ReplayRecord, change: Partial<ReplayRecord>): Promise<ReplayRecord> {
    const revision = record.revision + 1;
    const document = { ...record, ...change, revision };
    const { applied } = await this.records.write([{ id: record.id, position: revisionPosition(revision), document }]);
    if (applied === 0) throw new CodedError('concurrency.conflict', 'Somebody else changed this replay meanwhile');
    return document;
  }

  /** One record; throws `replay.not-found`. */
  async get(id: string): Promise<ReplayRecord> {
    const found = await this.records.get(id);
    if (!found) throw new CodedError('replay.not-found', 'No replay has this id');
    return found.document;
  }

  /** One record in one of some states; throws `replay.not-found` or `replay.state`. */
  async inState(id: string, states: readonly ReplayState[]): Promise<ReplayRecord> {
    const record = await this.get(id);
    if (!states.includes(record.state)) {
      throw new CodedError('replay.state', `The replay is ${record.state}; this needs it ${states.join(' or ')}`, { state: record.state });
    }
    return record;
  }

  /** The latest, newest first. */
  async latest(): Promise<readonly ReplayRecord[]> {
    const page = await this.records.find({ orderBy: 'startedAt', descending: true, limit: 100 });
    return page.items.map(({ document }) => document);
  }

  /** Those that still hold their projection. */
  async underWay(): Promise<readonly ReplayRecord[]> {
    const pages = await Promise.all(UNDER_WAY.map((state) => this.records.find({ where: { state }, limit: 1_000 })));
    return pages.flatMap((page) => page.items.map(({ document }) => document));
  }
}

function revisionPosition(revision: number): Position {
  return String(revision).padStart(16, '0');
}
