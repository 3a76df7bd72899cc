import { StoreUnavailable } from '@regulars/ports';
import fc from 'fast-check';
import { HookedStore, newIntake, typesOf } from '../../spec-support/surroundings';
import { delivery, purchase } from '../../spec-support/till';
import { type StreamLimits, takeInStream } from './take-in-stream';

const LIMITS: StreamLimits = { chunkItems: 100, lineBytesMax: 1_000 };

async function* pieces(...texts: readonly (string | Buffer)[]): AsyncGenerator<Buffer> {
  for (const text of texts) yield Buffer.from(text as string);
}

interface Options {
  readonly store?: HookedStore;
  readonly limits?: Partial<StreamLimits>;
  readonly stopping?: AbortSignal;
}

function stream(body: AsyncIterable<Buffer>, { store = new HookedStore(), limits, stopping = new AbortController().signal }: Options = {}) {
  return takeInStream(newIntake(store), body, delivery('d1'), { ...LIMITS, ...limits }, stopping);
}

interface ResultLine {
  readonly index: number;
  readonly outcome: string;
  readonly code?: string;
  readonly detail?: string;
  readonly problem?: { readonly code: string; readonly status: number };
}

async function linesOf(results: AsyncIterable<string>): Promise<readonly ResultLine[]> {
  let text = '';
  for await (const part of results) text += part;
  return text
    .split('\n')
    .slice(0, -1)
    .map((line) => JSON.parse(line) as ResultLine);
}

const line = (receipt: string, change = {}) => `${JSON.stringify(purchase(receipt, change))}\n`;
const outcomes = (lines: readonly ResultLine[]) => lines.map(({ index, outcome }) => `${index} ${outcome}`);

describe('a stream of items', () => {
  it('is answered line by line in order, over all its chunks', async () => {
    const receipts = Array.from({ length: 7 }, (_, number) => line(`r${number}`));
    const body = pieces(receipts.slice(0, 3).join(''), receipts.slice(3).join('') + line('r0') + '{}\n');
    const lines = await linesOf(stream(body, { limits: { chunkItems: 2 } }));
    expect(outcomes(lines)).toEqual([...receipts.map((_, index) => `${index} accepted`), '7 duplicate', '8 quarantined']);
  });

  it('is the same wherever it is cut, inside a character as well', async () => {
    const bytes = Buffer.concat([
      Buffer.from(line('r1', { staff: 'Jörg 北京' })),
      Buffer.from(`\r\n${line('r2', { staff: '😀' })}  \n`),
      Buffer.from([0x22, 0xc3, 0x28, 0x22, 0x0a]),
      Buffer.from(`{"a":1,"a":2}\n${line('long', { staff: 'ü'.repeat(300) })}${line('r1', { staff: 'Jörg 北京' })}${line('r3').trim()}`),
    ]);
    const whole = await linesOf(stream(pieces(bytes), { limits: { lineBytesMax: 500 } }));
    expect(outcomes(whole)).toEqual([
      '0 accepted',
      '1 quarantined',
      '2 quarantined',
      '3 quarantined',
      '4 quarantined',
      '5 duplicate',
      '6 accepted',
    ]);
    const cuts = fc.uniqueArray(fc.integer({ min: 1, max: bytes.length - 1 }), { maxLength: 30 });
    await fc.assert(
      fc.asyncProperty(cuts, fc.integer({ min: 1, max: 10 }), async (places, chunkItems) => {
        const ends = [...places.sort((a, b) => a - b), bytes.length];
        const cut = ends.map((end, index) => bytes.subarray(ends[index - 1] ?? 0, end));
        expect(await linesOf(stream(pieces(...cut), { limits: { lineBytesMax: 500, chunkItems } }))).toEqual(whole);
      }),
      { numRuns: 60 },
    );
    const bytewise = Array.from(bytes, (_, index) => bytes.subarray(index, index + 1));
    expect(await linesOf(stream(pieces(...bytewise), { limits: { lineBytesMax: 500 } }))).toEqual(whole);
  });

  it('may have blank lines, CRLF, and no newline at its end; they are no items', async () => {
    const body = pieces(`\n\r\n${line('r1').trim()}\r\n \t \n\n${line('r2').trim()}`);
    expect(outcomes(await linesOf(stream(body)))).toEqual(['0 accepted', '1 accepted']);
  });

  it('of nothing has no results', async () => {
    expect(await linesOf(stream(pieces()))).toEqual([]);
    expect(await linesOf(stream(pieces('', '\n \n')))).toEqual([]);
  });
});

describe('a line that is too long', () => {
  it('is quarantined, and its neighbours are taken', async () => {
    const store = new HookedStore();
    const long = `{"receipt":"${'x'.repeat(5_000)}"}\n`;
    const lines = await linesOf(
      stream(pieces(line('r1') + long + line('r2'), long.slice(0, 3_000), long.slice(3_000) + line('r3')), { store }),
    );
    expect(outcomes(lines)).toEqual(['0 accepted', '1 quarantined', '2 accepted', '3 quarantined', '4 accepted']);
    expect(lines[1]).toMatchObject({ code: 'request.malformed', detail: expect.stringContaining('1000 bytes') as string });
    const events = await store.readStream(`quarantine-${(lines[1] as unknown as { quarantineId: string }).quarantineId}`);
    expect(events[0]?.data).toMatchObject({ raw: long.slice(0, 1_000) });
  });

  it('is one exactly beyond the limit', async () => {
    const exact = line('r1').trim();
    const lineBytesMax = exact.length;
    expect(await linesOf(stream(pieces(`${exact}\n`), { limits: { lineBytesMax } }))).toMatchObject([{ outcome: 'accepted' }]);
    expect(await linesOf(stream(pieces(`${exact} \n`), { limits: { lineBytesMax } }))).toMatchObject([{ code: 'request.malformed' }]);
  });
});

describe('a stream that cannot be taken to its end', () => {
  const receipts = ['r1', 'r2', 'r3', 'r4'].map((receipt) => line(receipt));

  it('ends with the problem where the store takes no more, and acknowledges only what is stored', async () => {
    const store = new HookedStore();
    let appends = 0;
    store.before = () => {
      if (++appends === 3) throw new StoreUnavailable('the disk is full');
    };
    const lines = await linesOf(stream(pieces(...receipts), { store }));
    expect(outcomes(lines.slice(0, -1))).toEqual(['0 accepted', '1 accepted']);
    expect(lines.at(-1)?.problem).toMatchObject({ code: 'store.unavailable', status: 503 });
    expect(await typesOf(store)).toEqual(['purchase.recorded.v1', 'purchase.recorded.v1']);
  });

  it('ends with the problem where the platform stops, and what was being stored is answered', async () => {
    const store = new HookedStore();
    const stopping = new AbortController();
    store.before = () => stopping.abort();
    const lines = await linesOf(stream(pieces(...receipts), { store, stopping: stopping.signal }));
    expect(outcomes(lines.slice(0, -1))).toEqual(['0 accepted']);
    expect(lines.at(-1)?.problem).toMatchObject({ code: 'platform.stopping' });
    expect(await typesOf(store)).toEqual(['purchase.recorded.v1']);
  });

  it('sent again from where its answers ended loses and doubles nothing', async () => {
    const store = new HookedStore();
    let appends = 0;
    store.before = () => {
      if (++appends === 2) throw new StoreUnavailable('the disk is full');
    };
    const answered = (await linesOf(stream(pieces(...receipts), { store }))).length - 1;
    const again = await linesOf(stream(pieces(...receipts.slice(answered)), { store }));
    expect(again.every(({ outcome }) => outcome === 'accepted')).toBe(true);
    expect(await typesOf(store)).toHaveLength(receipts.length);
  });
});

describe('the memory of a stream', () => {
  it('is bounded: one piece is read ahead of the results that are taken', async () => {
    let read = 0;
    async function* endless(): AsyncGenerator<Buffer> {
      for (;;) yield Buffer.from(line(`r${read++}`));
    }
    const results = stream(endless());
    for (let taken = 1; taken <= 5; taken++) {
      await results.next();
      await new Promise((resolve) => setImmediate(resolve));
      expect(read).toBeLessThanOrEqual(taken + 1);
    }
    await results.return(undefined);
    expect(read).toBeLessThanOrEqual(6);
  });
});
