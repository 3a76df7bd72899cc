import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import type { EventLogOptions } from '@regulars/adapter-embedded';
import { type EventToAppend, fixedClock, naturalId } from '@regulars/kernel';
import type { EventStore } from '@regulars/ports';
import { InMemoryEventStore } from '@regulars/testing';
import { regulars } from '../../spec-support/run-regulars';
import { importLog } from './import-log';

/** As the command itself does, only when it is needed. */
const openEventLog = async (options: EventLogOptions) => (await import('@regulars/adapter-embedded')).openEventLog(options);

const folder = mkdtempSync(join(tmpdir(), 'regulars-log-transfer-'));
const run = (...args: string[]) => regulars(args, {}, folder);
const silent = () => undefined;
afterAll(() => rmSync(folder, { recursive: true }));

const eventOf = (stream: string, revision: number): EventToAppend => ({
  id: naturalId('transfer', stream, String(revision)),
  type: 'sample.happened.v1',
  occurredAt: '2026-03-01T10:00:00.000Z',
  correlationId: 'c-1',
  causationId: revision % 2 ? 'cause' : undefined,
  chain: 'demo',
  store: revision % 3 ? 's1' : undefined,
  data: { stream, revision, text: '杭州 "\u2028" \u0000', nested: { list: [1, -2, null, true] } },
});

/** 20 streams whose events take turns, 1,200 in all. */
async function fill(store: EventStore): Promise<void> {
  for (let revision = 0; revision < 60; revision++) {
    const appends = Array.from({ length: 20 }, (_, number) => {
      const streamId = `stream-${number}`;
      return { streamId, expected: revision === 0 ? ('no-stream' as const) : revision - 1, events: [eventOf(streamId, revision)] };
    });
    for (const { outcome } of await store.appendMany(appends)) expect(outcome).toBe('appended');
  }
}

async function facts(store: EventStore): Promise<unknown[]> {
  const all: unknown[] = [];
  for await (const batch of store.readAll()) for (const { position: _, recordedAt: __, ...event } of batch) all.push(event);
  return all;
}

describe('an event log on its way to another store', () => {
  beforeAll(async () => {
    const log = await openEventLog({ directory: join(folder, 'old', 'event-log'), clock: fixedClock(Date.parse('2026-03-02T00:00:00Z')) });
    await fill(log);
    await log.close();
    expect(await run('export-log', 'log.ndjson.gz', '--data', 'old')).toMatchObject({ code: 0, err: '' });
  });

  it('arrives whole, in the same order, with the digest of the file', async () => {
    const imported = await run('import-log', 'log.ndjson.gz', '--data', 'new', '--json');
    expect([imported.code, imported.err, JSON.parse(imported.out)]).toMatchObject([0, '', { events: 1_200, chain: 'demo', repeated: 0 }]);
    const [old, fresh] = await Promise.all(
      ['old', 'new'].map((name) => openEventLog({ directory: join(folder, name, 'event-log'), clock: fixedClock(0) })),
    );
    expect(await facts(fresh!)).toEqual(await facts(old!));
    await Promise.all([old!.close(), fresh!.close()]);
  });

  it('may be imported again after it was cut off, and writes nothing twice', async () => {
    const store = new InMemoryEventStore(fixedClock(0));
    let appends = 0;
    const dying: EventStore = Object.create(store, {
      appendMany: {
        value: (many: Parameters<EventStore['appendMany']>[0]) => {
          if (++appends === 2) throw new Error('cut off');
          return store.appendMany(many);
        },
      },
    }) as EventStore;
    await expect(importLog(join(folder, 'log.ndjson.gz'), dying, silent)).rejects.toThrow('cut off');
    expect(await facts(store)).toHaveLength(500);
    expect(await importLog(join(folder, 'log.ndjson.gz'), store, silent)).toBe(500);
    expect(await facts(store)).toHaveLength(1_200);
  });

  it('is refused where the target holds other events', async () => {
    const log = await openEventLog({ directory: join(folder, 'taken', 'event-log'), clock: fixedClock(0) });
    await log.append({ streamId: 'stream-7', expected: 'no-stream', events: [{ ...eventOf('stream-7', 0), id: naturalId('other') }] });
    await log.append({ streamId: 'mine', expected: 'no-stream', events: [eventOf('mine', 0)] });
    await log.close();
    const refused = await run('import-log', 'log.ndjson.gz', '--data', 'taken');
    expect([refused.code, refused.err]).toEqual([1, expect.stringContaining('stream-7')]);
  });

  it('is compared: a store with one event more is told', async () => {
    const log = await openEventLog({ directory: join(folder, 'more', 'event-log'), clock: fixedClock(0) });
    await log.append({ streamId: 'mine', expected: 'no-stream', events: [eventOf('mine', 0)] });
    await log.close();
    const compared = await run('import-log', 'log.ndjson.gz', '--data', 'more');
    expect([compared.code, compared.err]).toEqual([5, expect.stringContaining('1200 events')]);
  });

  it.each([
    ['is cut off', (text: string) => text.slice(0, -400), 'JSON'],
    ['has lost its last line', (text: string) => `${text.trimEnd().split('\n').slice(0, -1).join('\n')}\n`, 'cut off'],
    ['has lost an event', (text: string) => text.replace(/\n.*"revision":41,.*\n/, '\n'), 'add up'],
    ['was changed', (text: string) => text.replace('"c-1"', '"c-2"'), 'add up'],
    ['is of another format', (text: string) => text.replace('"version":1', '"version":2'), 'line 1'],
    ['has a line too many', (text: string) => `${text}{}\n`, 'after its end'],
  ])('is refused before anything is written where the file %s', async (what, spoil, why) => {
    const text = gunzipSync(readFileSync(join(folder, 'log.ndjson.gz'))).toString('utf8');
    const file = `${what.replaceAll(' ', '-')}.ndjson`;
    writeFileSync(join(folder, file), spoil(text));
    const refused = await run('import-log', file, '--data', 'untouched');
    expect([refused.code, refused.err]).toEqual([5, expect.stringContaining(why)]);
  });

  it('is not exported over a file, nor from a log in use', async () => {
    expect(await run('export-log', 'log.ndjson.gz', '--data', 'old')).toMatchObject({ code: 1 });
    const log = await openEventLog({ directory: join(folder, 'old', 'event-log'), clock: fixedClock(0) });
    const refused = await run('export-log', 'second.ndjson', '--data', 'old');
    expect([refused.code, refused.err]).toEqual([1, expect.stringContaining('in use')]);
    await log.close();
  });
});
