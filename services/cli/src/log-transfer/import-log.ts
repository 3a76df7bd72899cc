import type { Append, EventStore } from '@regulars/ports';
import { CliError, exitCodes } from '../failure';
import { command, type GlobalOptions, shower } from '../terminal/command';
import { progressBar } from '../terminal/progress-bar';
import { mebibytes } from '../terminal/table';
import { openImportTarget } from './import-target';
import { checkLogFile, type LogFileFacts, readLogFile } from './log-file';
import { EventsDigest, type TransferredEvent } from './transferred-event';

/** Events appended in one go. */
const BATCH_EVENTS = 500;

/** What an import did. */
export interface ImportedLog extends LogFileFacts {
  /** Events that were there already, from an import before: nothing is written twice. */
  readonly repeated: number;
}

/** The appends that bring events into a store in their order: neighbours of one stream together. */
export function appendsOf(events: readonly TransferredEvent[]): Append[] {
  const appends: { streamId: string; expected: Append['expected']; events: Append['events'][number][] }[] = [];
  for (const { streamId, revision, recordedAt: _, ...event } of events) {
    const last = appends.at(-1);
    if (last?.streamId === streamId) last.events.push(event);
    else appends.push({ streamId, expected: revision === 0 ? 'no-stream' : revision - 1, events: [event] });
  }
  return appends;
}

async function appendAll(store: EventStore, events: readonly TransferredEvent[]): Promise<number> {
  let repeated = 0;
  const appends = appendsOf(events);
  const outcomes = await store.appendMany(appends);
  outcomes.forEach((outcome, index) => {
    const append = appends[index] as Append;
    if (outcome.outcome === 'appended') repeated += outcome.repeated ? append.events.length : 0;
    else {
      throw new CliError(exitCodes.failed, 'The target holds something else', `stream ${append.streamId} stands at ${outcome.actual}`, {
        whatToDo: 'Import into a new store: an event log cannot be mixed with another.',
      });
    }
  });
  return repeated;
}

/** Brings a checked file into a store. May be repeated after it was cut off: it goes on where it stood. */
export async function importLog(file: string, store: EventStore, onProgress: (bytes: number, total: number) => void): Promise<number> {
  let repeated = 0;
  let batch: TransferredEvent[] = [];
  for await (const event of readLogFile(file, onProgress)) {
    batch.push(event);
    if (batch.length < BATCH_EVENTS) continue;
    repeated += await appendAll(store, batch);
    batch = [];
  }
  return repeated + (await appendAll(store, batch));
}

/** Reads a store from its first event and compares it with what a file says. Throws CliError where they differ. */
export async function compareWithFile(store: EventStore, file: LogFileFacts, onProgress: (events: number) => void): Promise<void> {
  const digest = new EventsDigest();
  for await (const batch of store.readAll()) {
    for (const event of batch) digest.add(event);
    onProgress(digest.events);
  }
  if (digest.events === file.events && digest.hex() === file.digest) return;
  throw new CliError(
    exitCodes.checkFailed,
    'The store does not hold what the file holds',
    `file: ${file.events} events, digest ${file.digest}; store: ${digest.events} events, digest ${digest.hex()}`,
    { whatToDo: 'Something else writes to the store, or did before. Import into a store that is empty and that no service uses yet.' },
  );
}

/** `regulars import-log` */
export const importLogCommand = () =>
  command('import-log', 'Brings an exported event log into an empty store, and compares the two.', [
    'import-log chain.ndjson.gz --data ./new',
    "import-log chain.ndjson.gz --event-store 'esdb://127.0.0.1:2113?tls=false'",
    "import-log chain.ndjson.gz --event-store 'esdb://NAME:PASSWORD@events-1:2113' --event-store-ca ca.pem",
  ])
    .argument('<file>', 'made by `regulars export-log`')
    .option('--event-store <url>', 'connection string of an EventStoreDB, instead of a data directory')
    .option('--event-store-ca <file>', "certificates (PEM) EventStoreDB's is checked against; default: those of Node.js")
    .action(async (file: string, _options: unknown, self) => {
      const options = self.optsWithGlobals() as GlobalOptions & { eventStore?: string; eventStoreCa?: string };
      const bar = progressBar('importing');
      const say = (what: string) => (bytes: number, total: number) =>
        bar.update(bytes, total, `${what} ${mebibytes(bytes)} of ${mebibytes(total)}`);
      const facts = await checkLogFile(file, say('checking')).finally(() => bar.stop());
      const target = await openImportTarget(options);
      try {
        const repeated = await importLog(file, target, say('writing'));
        await compareWithFile(target, facts, (events) => bar.update(events, facts.events, 'comparing'));
        const imported: ImportedLog = { ...facts, repeated };
        const there = repeated > 0 ? ` ${repeated.toLocaleString('en-GB')} of them were there already.` : '';
        shower(options)(
          imported,
          `${facts.events.toLocaleString('en-GB')} events of chain ${facts.chain} are in the store, digest ${facts.digest} as in the file.${there}`,
        );
      } finally {
        bar.stop();
        await target.close();
      }
    });
