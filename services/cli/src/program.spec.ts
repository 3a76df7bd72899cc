import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { FakePlatform } from '../spec-support/fake-platform';
import { sales, temporaryFile } from '../spec-support/mapped';
import { regulars, startRegulars } from '../spec-support/run-regulars';
import { allCommands, buildProgram } from './program';
import { cliReference } from './reference';

const mapping = `
name: simple
timeZone: Europe/Berlin
constants: { store: s1, terminal: t1, currency: EUR }
columns: { receipt: receipt, occurredAt: time, sku: sku, quantity: quantity, unitPrice: price, customer: customer }
stores: [{ id: s1, name: S1, region: north, timeZone: Europe/Berlin, currency: EUR }]
`;

describe('every command', () => {
  const commands = allCommands(buildProgram());

  it('explains itself with an example', () => {
    expect(commands.length).toBeGreaterThan(40);
    for (const command of commands) {
      let help = '';
      command.configureOutput({ writeOut: (text) => (help += text) }).outputHelp();
      expect(help).toContain(command.description().split(' ')[0]);
      if (command.parent) expect(help).toMatch(/Example:\n {2}\$ regulars /);
    }
  });

  it('is in the reference, with its options and example', () => {
    const reference = cliReference();
    for (const command of commands.filter(({ parent, commands: children }) => parent && children.length === 0)) {
      expect(reference).toContain(command.description());
      for (const option of command.options) expect(reference).toContain(`\`${option.flags.replaceAll('|', '\\|')}\``);
    }
    expect(reference).toContain('regulars import online_retail.csv.gz --mapping online-retail --register-stores');
  });
});

describe('the exit code', () => {
  let platform: FakePlatform;
  let environment: { REGULARS_URL: string; REGULARS_TOKEN: string };
  beforeAll(async () => {
    platform = new FakePlatform();
    environment = { REGULARS_URL: await platform.start(), REGULARS_TOKEN: 'secret' };
    platform.routes.set('GET /v1/digest', [200, { digest: 'abc', customers: 1, rows: 2, position: '7' }]);
    platform.routes.set('POST /v1/tokens', [201, { id: 'x1', token: 'till-secret' }]);
    platform.routes.set('POST /v1/stores', [
      409,
      { title: 'The store is registered with other facts', status: 409, code: 'store.conflict', detail: 'name' },
    ]);
    platform.routes.set('GET /v1/quarantine', [200, { items: [], next: 'c2' }]);
  });
  afterAll(() => platform.stop());

  it('is 0 for what worked, for help and for the version of nothing at all', async () => {
    expect(await regulars(['digest'], environment)).toEqual({ code: 0, out: 'abc  (1 customers, 2 rows, at 7)\n', err: '' });
    expect((await regulars(['replay', 'start', '--help'])).code).toBe(0);
    const listed = await regulars(['quarantine', 'list', '--status', 'open', '--store', 's1', '--json'], environment);
    expect([listed.code, JSON.parse(listed.out)]).toEqual([0, { items: [], next: 'c2' }]);
    expect(platform.requests.at(-1)).toMatchObject({ url: '/v1/quarantine?status=open&store=s1&limit=50', token: 'Bearer secret' });
  });

  it('is 1 for a refusal, told in the words of the platform and without a stack', async () => {
    const args = ['store', 'add', 's1', '--name', 'A', '--region', 'r', '--time-zone', 'UTC', '--currency', 'EUR'];
    const run = await regulars(args, environment);
    expect(run.code).toBe(1);
    expect(run.err).toBe(
      'The store is registered with other facts (store.conflict)\nname\nWhat to do: Change the store, or use another id.\n',
    );
    expect(JSON.parse((await regulars([...args, '--json'], environment)).err)).toMatchObject({
      error: { code: 'store.conflict', exitCode: 1 },
    });
  });

  it.each([
    [['nonsense'], 'unknown command'],
    [['pyramid', '--count', 'some'], 'Allowed choices are all, positive'],
    [['status'], 'Start one with `npm start`'],
    [['status', '--data', 'nowhere'], 'There is no such data directory'],
    [['status', '--url', 'http://127.0.0.1:1'], 'REGULARS_TOKEN is not set'],
    [['import', 'x.csv', '--mapping', 'nowhere'], 'No such mapping'],
    [['backup', 'copy'], 'There is no event log'],
  ])('is 2 for wrong usage: %j', async (args, words) => {
    const run = await regulars(args);
    expect([run.code, run.err]).toEqual([2, expect.stringContaining(words)]);
    expect(run.err).not.toMatch(/\n\s+at /);
  });

  it('is 3 where nobody answers', async () => {
    const run = await regulars(['status', '--json'], { REGULARS_URL: 'http://127.0.0.1:1', REGULARS_TOKEN: 'x' });
    expect([run.code, run.err]).toEqual([3, expect.stringContaining('The platform cannot be reached')]);
  });

  it('is 4 for an import with leftovers, 0 for one without', async () => {
    const good = 'a,2026-03-01 10:00,A,1,1.00,c1';
    const file = temporaryFile(sales(good, 'b,2026-02-30 10:00,A,1,1.00,c1'));
    writeFileSync(join(dirname(file), 'simple.yaml'), mapping);
    const run = await regulars(['import', 'sales.csv', '--mapping', 'simple.yaml', '--json'], environment, dirname(file));
    expect([run.code, JSON.parse(run.out)]).toMatchObject([
      4,
      { linesRead: 2, accepted: 1, rejectedLines: 1, rejectedFile: 'sales.csv.rejected.csv' },
    ]);
    writeFileSync(file, sales(good));
    expect((await regulars(['import', 'sales.csv', '--mapping', 'simple.yaml', '--restart'], environment, dirname(file))).code).toBe(0);
    expect(existsSync(`${file}.rejected.csv`)).toBe(false);
    const stores = await regulars(['import', 'sales.csv', '--mapping', 'simple.yaml', '--register-stores'], environment, dirname(file));
    expect([stores.code, stores.err]).toEqual([1, expect.stringContaining('store.conflict')]);
  });

  it('is 130 after Ctrl-C, which waits for what is under way; the same command goes on', async () => {
    const file = temporaryFile(sales(...Array.from({ length: 70_000 }, (_, at) => `${at},2026-03-01 10:00,A,1,1.00,c1`)));
    writeFileSync(join(dirname(file), 'simple.yaml'), mapping);
    let release = () => undefined as void;
    platform.hold = { after: 100, until: new Promise((resolve) => (release = resolve)) };
    const before = platform.answers.accepted;
    const args = ['import', 'sales.csv', '--mapping', 'simple.yaml', '--json'];
    const child = startRegulars(args, environment, dirname(file));
    while (platform.answers.accepted < before + 100 && child.process.exitCode === null) await sleep(10);
    child.process.kill('SIGINT');
    while (!child.errors().includes('Stopping') && child.process.exitCode === null) await sleep(10);
    platform.hold = undefined;
    release();
    const stopped = await child.ended;
    expect([stopped.code, stopped.err]).toEqual([130, expect.stringContaining('The same command goes on from here')]);
    const { linesRead, finished } = JSON.parse(stopped.out) as { linesRead: number; finished: boolean };
    expect(finished).toBe(false);
    const rest = await regulars(args, environment, dirname(file));
    expect([rest.code, JSON.parse(rest.out)]).toMatchObject([
      0,
      { finished: true, resumedAfterLine: linesRead, duplicate: 0, linesRead: 70_000 },
    ]);
  });

  it('is 5 for a digest that is not the one expected', async () => {
    expect((await regulars(['digest', '--compare', 'abc'], environment)).code).toBe(0);
    expect((await regulars(['digest', '--compare', 'abd'], environment)).code).toBe(5);
  });

  it('finds the platform that serves a data directory', async () => {
    const file = temporaryFile('');
    const data = join(dirname(file), 'data');
    mkdirSync(data);
    writeFileSync(join(data, 'platform.json'), JSON.stringify({ url: environment.REGULARS_URL, pid: process.pid }));
    writeFileSync(join(data, 'admin.token'), 'admin\n');
    platform.routes.set('GET /health/live', [200, {}]);
    const issued = await regulars(['till', 'add', '--store', 's1', '--terminal', 't1'], {}, dirname(file));
    expect([issued.code, issued.out]).toEqual([0, expect.stringContaining('till-secret')]);
    const asked = platform.requests.at(-1);
    expect([asked?.token, JSON.parse(asked?.body ?? '')]).toEqual(['Bearer admin', { role: 'till', stores: ['s1'], terminal: 't1' }]);
    expect(readFileSync(join(data, 'admin.token'), 'utf8')).toBe('admin\n');
  });
});
