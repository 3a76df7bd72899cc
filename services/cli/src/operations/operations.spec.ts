import { existsSync, mkdtempSync, openSync, readdirSync, readFileSync, rmSync, writeFileSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sales } from '../../spec-support/mapped';
import { platformProcess } from '../../spec-support/platform-process';
import { regulars, type Run } from '../../spec-support/run-regulars';

const folder = mkdtempSync(join(tmpdir(), 'regulars-operations-'));
const run = (...args: string[]): Promise<Run> => regulars(args, {}, folder);
const json = async <T>(...args: string[]): Promise<T> => JSON.parse((await run(...args, '--json')).out) as T;

const mapping = {
  name: 'own',
  timeZone: 'Europe/Berlin',
  constants: { store: 's1', terminal: 't1', currency: 'EUR' },
  columns: { receipt: 'receipt', occurredAt: 'time', sku: 'sku', quantity: 'quantity', unitPrice: 'price', customer: 'customer' },
};
const storeFacts = ['--name', 'S', '--region', 'north', '--time-zone', 'Europe/Berlin', '--currency', 'EUR'];

describe('operations on a real platform', () => {
  let platform: Awaited<ReturnType<typeof platformProcess>>;
  beforeAll(async () => {
    platform = await platformProcess(join(folder, 'data'));
    writeFileSync(join(folder, 'own.yaml'), JSON.stringify(mapping));
    writeFileSync(join(folder, 'sales.csv'), sales('1,2026-03-01 10:00,A,2,1.50,c1', '2,2026-03-01 11:00,A,1,1.50,c2'));
  });
  afterAll(async () => {
    await platform.stop();
    rmSync(folder, { recursive: true });
  });

  it('keeps an import of an unknown store in quarantine, and takes it when the store is registered', async () => {
    const imported = await run('import', 'sales.csv', '--mapping', 'own.yaml', '--json');
    expect([imported.code, JSON.parse(imported.out)]).toMatchObject([4, { quarantined: 2, accepted: 0 }]);
    expect(readFileSync(join(folder, 'sales.csv.rejected.csv'), 'utf8')).toContain('2,quarantined,store.unknown,');
    expect((await json<{ items: unknown[] }>('quarantine', 'list', '--status', 'open', '--store', 's1')).items).toHaveLength(2);
    expect((await run('quarantine', 'export')).out.trim().split('\n')).toHaveLength(2);
    expect(await run('store', 'add', 's1', ...storeFacts)).toMatchObject({ code: 0, err: '' });
    const { items } = await json<{ items: { id: string }[] }>('quarantine', 'list', '--status', 'open');
    for (const { id } of items) expect((await run('quarantine', 'redrive', id)).code).toBe(0);
    expect(await json('intake', 'report')).toMatchObject({ total: { accepted: 2, quarantined: 0 } });
    const again = await run('import', 'sales.csv', '--mapping', 'own.yaml', '--restart', '--json');
    expect([again.code, JSON.parse(again.out)]).toMatchObject([0, { duplicate: 2, accepted: 0, quarantined: 0 }]);
    expect(existsSync(join(folder, 'sales.csv.rejected.csv'))).toBe(false);
  });

  it('issues a credential for a till, and takes it back', async () => {
    const { id, token } = await json<{ id: string; token: string }>('till', 'add', '--store', 's1', '--terminal', 't9');
    const asTill = { REGULARS_URL: platform.url, REGULARS_TOKEN: token };
    expect((await regulars(['status'], asTill)).err).toContain('access.forbidden');
    expect((await run('till', 'revoke', id)).code).toBe(0);
    expect((await regulars(['status'], asTill)).err).toContain('access.unauthenticated');
    expect((await run('token', 'list')).out).toMatch(/administrator +\*/);
  });

  it('replays, switches and rolls back', async () => {
    const started = await json<{ id: string; state: string; digestsEqual: boolean }>('replay', 'start', 'contribution', '--switch');
    expect(started).toMatchObject({ state: 'switched', digestsEqual: true });
    expect((await run('replay', 'rollback', started.id)).code).toBe(0);
    expect(await json('replay', 'status', started.id)).toMatchObject({ state: 'rolled-back' });
  });

  it('verifies, backs up while it runs, and restores elsewhere to the same digest', async () => {
    const verified = await run('verify', '--json');
    expect([verified.code, JSON.parse(verified.out)]).toMatchObject([0, { sound: true, eventLog: { problems: [] } }]);
    expect((await run('backup', 'copy')).code).toBe(0);
    expect((await run('backup', 'copy')).code).toBe(1);
    expect((await run('restore', 'copy', '--data', 'other')).code).toBe(0);
    expect((await run('restore', 'copy', '--data', 'other')).code).toBe(1);
    const { digest } = await json<{ digest: string }>('digest');
    expect((await run('digest', '--data', 'other', '--compare', digest)).code).toBe(0);
  });

  it('finds a damaged log', async () => {
    expect((await run('backup', 'damaged')).code).toBe(0);
    const log = join(folder, 'damaged', 'event-log');
    const [segment = ''] = readdirSync(log).filter((name) => name.endsWith('.log'));
    writeSync(openSync(join(log, segment), 'r+'), 'X', 400);
    const found = await run('verify', '--data', 'damaged');
    expect([found.code, found.out]).toEqual([5, expect.stringContaining('DAMAGED')]);
    expect((await run('restore', 'damaged', '--data', 'from-damaged')).code).toBe(5);
  });
});
