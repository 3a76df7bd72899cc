import { fixedClock, isRefusal } from '@regulars/kernel';
import { documentProjection, LOG_SOURCE } from '@regulars/engine';
import type { Append, AppendOutcome, DocumentCollection } from '@regulars/ports';
import { InMemoryDocumentStore, InMemoryEventStore } from '@regulars/testing';
import { Intake, type IntakePorts } from '../src/intake/intake';
import type { PrepareContext, Prepared } from '../src/intake/prepare';
import { readItem } from '../src/intake/read-item';
import { intakeReport, intakeReportProjection, type IntakeReportRow } from '../src/intake/report';
import { StoreDirectory } from '../src/store/store-directory';
import { BERLIN, itemOf, NOW } from './till';

/** An event store on which something happens before appends: a rival writes, the disk is full, the process dies. */
export class HookedStore extends InMemoryEventStore {
  before: (appends: readonly Append[]) => Promise<void> | void = () => undefined;

  constructor() {
    super(fixedClock(Date.parse(NOW)));
  }

  override async appendMany(appends: readonly Append[]): Promise<readonly AppendOutcome[]> {
    await this.before(appends);
    return super.appendMany(appends);
  }
}

/** A directory that knows one store. */
export function stores(): StoreDirectory {
  const directory = new StoreDirectory();
  directory.note([{ id: BERLIN.store, position: '1', document: BERLIN }]);
  return directory;
}

const limits = { chain: 'demo', futureToleranceMs: 0, claimWindowDays: 30 };

/** An intake over a store. */
export function newIntake(eventStore: InMemoryEventStore, change: Partial<IntakePorts> = {}): Intake {
  return new Intake({ ...limits, eventStore, stores: stores(), clock: fixedClock(Date.parse(NOW)), ...change });
}

/** What a till sent, checked and prepared. */
export function prepared(value: unknown): Prepared {
  const context: PrepareContext = { ...limits, stores: stores(), nowMs: Date.parse(NOW) };
  const item = readItem(itemOf(value), context);
  if (isRefusal(item)) throw new Error(item.detail);
  return item;
}

/** The totals of the intake report over everything that is stored. */
export async function reportOf(eventStore: InMemoryEventStore) {
  const documents = new InMemoryDocumentStore();
  const version = await documentProjection(documents, intakeReportProjection).open('v1');
  for await (const events of eventStore.readAll()) await version.apply(events, { [LOG_SOURCE]: events.at(-1)?.position ?? '' });
  const { name, indexes } = intakeReportProjection;
  const rows: DocumentCollection<IntakeReportRow> = await documents.collection({ name, indexes, version: 'v1' });
  return (await intakeReport(rows, {}, () => true)).total;
}

/** Types of all events stored, in order. */
export async function typesOf(eventStore: InMemoryEventStore): Promise<readonly string[]> {
  const types: string[] = [];
  for await (const events of eventStore.readAll()) types.push(...events.map(({ type }) => type));
  return types;
}
