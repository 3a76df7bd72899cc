import { readdirSync, readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openEventLog } from '@regulars/adapter-embedded';
import { fixedClock, type StoredEvent } from '@regulars/kernel';
import { type Platform, startPlatform } from '@regulars/platform';
import { tokenIssuedV1, tokenRevokedV1 } from '../../libs/hosting/src/access/events';
import { intakeEvents } from '../../services/purchase/src/intake/events';
import { quarantineEvents } from '../../services/purchase/src/quarantine/events';
import { receiptEvents } from '../../services/purchase/src/receipt/events';
import { storeEvents } from '../../services/purchase/src/store/events';

/**
 * Events as releases wrote them, never edited: every later version of the code must read them, and come to the same. A release that
 * stores a new form adds a file.
 */
const folder = join(__dirname, 'golden');
const releases = readdirSync(folder).map((file) => ({
  file,
  events: readFileSync(join(folder, file), 'utf8')
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as StoredEvent),
}));

/** Every form an event may be stored in. */
const schemas = {
  ...receiptEvents,
  ...storeEvents,
  ...quarantineEvents,
  ...intakeEvents,
  [tokenIssuedV1.type]: tokenIssuedV1.schema,
  [tokenRevokedV1.type]: tokenRevokedV1.schema,
};

describe('events of former releases', () => {
  it('cover every form that is stored', () => {
    const kept = new Set(releases.flatMap(({ events }) => events.map(({ type }) => type)));
    expect(Object.keys(schemas).filter((type) => !kept.has(type))).toEqual([]);
  });

  it.each(releases)('are read whole: $file', ({ events }) => {
    for (const { type, data } of events) expect({ type, data: schemas[type as keyof typeof schemas].parse(data) }).toEqual({ type, data });
  });

  describe('come to the same', () => {
    let dataDir: string;
    let platform: Platform;

    beforeAll(async () => {
      dataDir = await mkdtemp(join(tmpdir(), 'regulars-golden-'));
      const clock = fixedClock(Date.parse('2026-04-01T12:00:00Z'));
      const log = await openEventLog({ directory: join(dataDir, 'event-log'), clock });
      for (const { revision, streamId, ...event } of releases[0]?.events ?? []) {
        const { position: _, recordedAt: __, ...written } = event;
        await log.append({ streamId, expected: revision === 0 ? 'no-stream' : revision - 1, events: [written] });
      }
      await log.close();
      platform = await startPlatform({ dataDir, port: 0, quiet: true, clock, environment: {} });
    });
    afterAll(async () => {
      await platform.close();
      await rm(dataDir, { recursive: true });
    });

    const get = async (path: string): Promise<unknown> => {
      const response = await fetch(`${platform.url}${path}`, { headers: { authorization: `Bearer ${platform.adminToken}` } });
      return response.json();
    };

    it('in the ledger, the report and the quarantine', async () => {
      expect(await get('/v1/digest')).toMatchObject({
        digest: 'e190833129076070fe16ebdb6ee77a920c9614b197e579cccb8b1f6b1b669aee',
        customers: 4,
        rows: 7,
      });
      expect(await get('/v1/intake/report')).toMatchObject({ total: { received: 14, accepted: 10, duplicate: 2, quarantined: 2 } });
      expect(await get('/v1/quarantine')).toMatchObject({
        items: expect.arrayContaining([expect.objectContaining({ code: 'return.exceeds', status: 'open' })]),
      });
      expect(await get('/v1/status')).toMatchObject({ deadLetters: 0, quarantineOpen: 1 });
    });
  });
});
