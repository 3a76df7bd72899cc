import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { FakePlatform } from '../../spec-support/fake-platform';
import { sales, simpleMapping, temporaryFile } from '../../spec-support/mapped';
import { ApiClient } from '../platform-access/api-client';
import { importFile, type ImportJob } from './import-file';

let platform: FakePlatform;
let api: ApiClient;
beforeEach(async () => {
  platform = new FakePlatform();
  api = new ApiClient({ url: await platform.start(), token: 'secret' });
});
afterEach(async () => {
  api.close();
  await platform.stop();
});

function job(file: string, more: Partial<ImportJob> = {}): ImportJob {
  return {
    file,
    statePath: `${file}.import-state.json`,
    rejectedPath: `${file}.rejected.csv`,
    mapping: simpleMapping({
      returns: { when: 'negative quantity' },
      exclude: [{ name: 'bags', when: [{ column: 'sku', equals: 'BAG' }] }],
    }),
    api,
    concurrency: 1,
    restart: false,
    signal: new AbortController().signal,
    retryDelayMs: 1,
    ...more,
  };
}

const line = (receipt: number | string, sku = 'A', quantity: number | string = 1) =>
  `${receipt},2026-03-01 10:00,${sku},${quantity},1.00,c1`;
/** `count` receipts of two interleaved lines each, with lines to exclude and to reject among them. */
function history(count: number): string {
  const lines: string[] = [];
  for (let at = 1; at <= count; at++) {
    lines.push(line(at), ...(at > 1 ? [line(at - 1, 'B')] : []));
    if (at % 7 === 0) lines.push(line(`bag${at}`, 'BAG'));
    if (at % 11 === 0) lines.push(line(`bad${at}`, 'X', 'many'));
    if (at % 13 === 0) lines.push(line(`odd${at}`, 'two  spaces'));
  }
  return sales(...lines);
}

describe('an import', () => {
  it('accounts for every line, and writes what was not taken with line, reason and raw text', async () => {
    const file = temporaryFile(sales(line(1), line(2, 'two  spaces'), line(3, 'BAG'), line(4, 'A', 'many'), '5,"x', line(6, 'A', -1)));
    const summary = await importFile(job(file));
    expect(summary).toMatchObject({
      finished: true,
      linesRead: 6,
      linesInReceipts: 3,
      receipts: 3,
      accepted: 2,
      quarantined: 1,
      quarantinedLines: 1,
      excluded: { bags: 1 },
      rejectedLines: 2,
    });
    expect(readFileSync(`${file}.rejected.csv`, 'utf8').split('\n').sort()).toEqual(
      [
        '',
        'line,outcome,code,reason,raw',
        `3,quarantined,request.invalid,"1 to 100 letters, digits, single spaces and . _ : / # @ + - only","${line(2, 'two  spaces')}"`,
        `5,rejected,,"""many"" is no number","${line(4, 'A', 'many')}"`,
        '6,rejected,,a quote is opened and never closed,"5,""x"',
      ].sort(),
    );
    expect(platform.receipts.get('s1/t1/6')?.item.kind).toBe('return');
  });

  it('of a finished file sends nothing again; --restart does, harmlessly', async () => {
    const file = temporaryFile(gzipSync(history(20)), 'sales.csv.gz');
    const first = await importFile(job(file));
    const again = await importFile(job(file));
    expect(again).toMatchObject({ accepted: first.accepted, resumedAfterLine: first.linesRead, finished: true });
    expect(platform.answers.duplicate).toBe(0);
    const restarted = await importFile(job(file, { restart: true }));
    expect(restarted).toMatchObject({ accepted: 0, duplicate: first.accepted, linesRead: first.linesRead });
    expect(readFileSync(`${file}.rejected.csv`, 'utf8').match(/many/g)).toHaveLength(2);
  });

  it('goes on after any broken connection without losing or doubling anything', async () => {
    const content = history(120);
    const whole = await importFile(job(temporaryFile(content)));
    const expected = new Map([...platform.receipts].map(([key, { text }]) => [key, text]));
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 0, max: 130 }), fc.integer({ min: 1, max: 3 }), async (breakAfter, concurrency) => {
        platform.receipts.clear();
        platform.breakAfter = breakAfter;
        const file = temporaryFile(content);
        let summary = await importFile(job(file, { concurrency })).catch(() => undefined);
        summary ??= await importFile(job(file, { concurrency }));
        expect(new Map([...platform.receipts].map(([key, { text }]) => [key, text]))).toEqual(expected);
        expect(summary).toMatchObject({
          linesRead: whole.linesRead,
          receipts: whole.receipts,
          rejectedLines: whole.rejectedLines,
          quarantined: whole.quarantined,
        });
        expect(summary.accepted + summary.duplicate).toBe(whole.accepted);
        const rejected = readFileSync(`${file}.rejected.csv`, 'utf8').trim().split('\n').slice(1);
        expect(new Set(rejected).size).toBe(rejected.length);
        expect(rejected).toHaveLength(whole.rejectedLines + whole.quarantinedLines);
      }),
      { numRuns: 25 },
    );
  });

  it('stops when it is told to, keeps its place, and goes on from it', async () => {
    const file = temporaryFile(history(20_000));
    const stop = new AbortController();
    const stopped = await importFile(job(file, { signal: stop.signal, onProgress: () => stop.abort() }));
    expect(stopped.finished).toBe(false);
    expect(stopped.linesRead).toBeGreaterThan(0);
    const rest = await importFile(job(file));
    expect(rest).toMatchObject({ finished: true, resumedAfterLine: stopped.linesRead, duplicate: 0 });
    expect(rest.accepted).toBe(platform.receipts.size);
    expect(platform.answers).toEqual({ accepted: rest.accepted, duplicate: 0, quarantined: rest.quarantined });
  });

  it('refuses to go on with another file, another mapping or another platform', async () => {
    const file = temporaryFile(history(10));
    await importFile(job(file));
    await expect(importFile(job(file, { mapping: simpleMapping() }))).rejects.toThrow('The mapping has changed');
    platform.receipts.clear();
    await expect(importFile(job(file))).rejects.toThrow('not the platform the import was begun with');
    writeFileSync(file, history(11));
    await expect(importFile(job(file))).rejects.toThrow('not the one whose import was begun');
    writeFileSync(`${file}.import-state.json`, '{"version":1');
    await expect(importFile(job(file))).rejects.toThrow('progress of an earlier import cannot be read');
  });

  it('says which column a file lacks, and that a platform cannot be reached', async () => {
    await expect(importFile(job(temporaryFile('receipt,time\n1,2\n')))).rejects.toThrow('no column "sku", no column "quantity"');
    await platform.stop();
    await expect(importFile(job(temporaryFile(history(3))))).rejects.toThrow('The platform cannot be reached');
    platform = new FakePlatform();
    await platform.start();
  });

  it('sends nothing and writes nothing on a dry run, and judges by the same schema', async () => {
    const file = temporaryFile(history(20));
    const refused: string[] = [];
    const dry = await importFile(job(file, { api: undefined, onRefused: (at, reason) => refused.push(`${at} ${reason}`) }));
    expect(platform.receipts.size).toBe(0);
    expect(existsSync(`${file}.import-state.json`) || existsSync(`${file}.rejected.csv`)).toBe(false);
    const real = await importFile(job(file));
    const { linesRead, receipts, accepted, quarantined, rejectedLines, excluded } = real;
    expect(dry).toMatchObject({ linesRead, receipts, accepted, quarantined, rejectedLines, excluded });
    expect(refused).toHaveLength(quarantined + rejectedLines);
  });
});
