import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openEventLog } from '@regulars/adapter-embedded';
import { fixedClock, naturalId } from '@regulars/kernel';
import { TestServer } from '../../libs/adapters/eventstoredb/spec-support/test-server';
import { regulars } from '../../services/cli/spec-support/run-regulars';

const eventOf = (stream: string, revision: number) => ({
  id: naturalId('import', stream, String(revision)),
  type: 'sample.happened.v1',
  occurredAt: '2026-03-01T10:00:00.000Z',
  correlationId: 'c-1',
  chain: 'demo',
  data: { stream, revision },
});

/** Not a real EventStoreDB, but a server that speaks its protocol: what a real one says more is for the suites that have one. */
describe('an exported log on its way to EventStoreDB', () => {
  const folder = mkdtempSync(join(tmpdir(), 'regulars-import-'));
  const run = (...args: string[]) => regulars(args, {}, folder);
  let server: TestServer;
  beforeAll(async () => {
    server = await new TestServer().start();
    const log = await openEventLog({ directory: join(folder, 'old', 'event-log'), clock: fixedClock(Date.parse('2026-03-02T00:00:00Z')) });
    for (const [number, stream] of ['a', 'b', 'c'].entries()) {
      const events = Array.from({ length: 400 }, (_, revision) => eventOf(stream, revision));
      expect((await log.append({ streamId: `stream-${number}`, expected: 'no-stream', events })).outcome).toBe('appended');
    }
    await log.close();
    expect((await run('export-log', 'log.ndjson.gz', '--data', 'old')).code).toBe(0);
  });
  afterAll(async () => {
    await server.stop();
    rmSync(folder, { recursive: true });
  });

  it('arrives with the digest of the file, and a repeat writes nothing', async () => {
    const imported = async () => {
      const { code, err, out } = await run('import-log', 'log.ndjson.gz', '--event-store', server.connectionString, '--json');
      expect([code, err]).toEqual([0, '']);
      return JSON.parse(out) as { events: number; repeated: number };
    };
    expect(await imported()).toMatchObject({ events: 1_200, repeated: 0 });
    expect(await imported()).toMatchObject({ events: 1_200, repeated: 1_200 });
  });

  it.each([
    [2, 'does not begin with esdb://', ['--event-store', 'http://name:secret@127.0.0.1:2113']],
    [2, 'unknown setting', ['--event-store', 'esdb://name:secret@127.0.0.1:2113?tlss=false']],
    [2, 'no such file of certificates', ['--event-store', 'esdb://name:secret@127.0.0.1:2113', '--event-store-ca', 'nowhere.pem']],
    [2, '--event-store is not', ['--event-store-ca', 'no.pem']],
    [3, '127.0.0.1:1', ['--event-store', 'esdb://name:secret@127.0.0.1:1?tls=false']],
  ])('ends with %i and says "%s", never the password', async (exitCode, words, args) => {
    const { code, err } = await run('import-log', 'log.ndjson.gz', ...args);
    expect([code, err]).toEqual([exitCode, expect.stringContaining(words)]);
    expect(err).not.toContain('secret');
  });
});
