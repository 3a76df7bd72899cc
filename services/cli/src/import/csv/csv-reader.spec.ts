import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { temporaryFile } from '../../../spec-support/mapped';
import { CsvReader } from './csv-reader';

interface Found {
  readonly columns: readonly string[];
  readonly records: (readonly string[])[];
  readonly flaws: string[];
  readonly raws: string[];
}

async function read(content: string | Buffer, dialect: Partial<Parameters<typeof CsvReader.open>[1]> = {}): Promise<Found> {
  const reader = await CsvReader.open(temporaryFile(content), { delimiter: ',', quote: '"', header: true, ...dialect });
  const found: Found = { columns: [], records: [], flaws: [], raws: [] };
  for await (const block of reader.blocks()) {
    block.records.forEach((record, place) => {
      const raw = block.raw(place);
      const flaw = block.flaws?.get(place);
      found.raws.push(`${raw.line}|${raw.text}`);
      if (flaw === undefined) found.records.push(record);
      else found.flaws.push(`${raw.line}: ${flaw}`);
    });
  }
  return { ...found, columns: reader.columns ?? [] };
}

describe('a CSV file', () => {
  it.each([
    ['LF', '\n'],
    ['CRLF', '\r\n'],
    ['CR', '\r'],
  ])('is read with %s line ends, with and without the last one', async (_name, end) => {
    const text = ['a,b', '1,"x, ""y"""', '2,z'].join(end);
    for (const content of [text, text + end]) {
      const { columns, records, raws } = await read(content);
      expect(columns).toEqual(['a', 'b']);
      expect(records).toEqual([
        ['1', 'x, "y"'],
        ['2', 'z'],
      ]);
      expect(raws).toEqual(['2|1,"x, ""y"""', '3|2,z']);
    }
  });

  it('is unpacked by its content, whatever it is called', async () => {
    expect((await read(gzipSync('a,b\n1,2\n'))).records).toEqual([['1', '2']]);
    expect((await read(Buffer.concat([gzipSync('a,b\n1,2\n'), gzipSync('3,4\n')]))).records).toEqual([
      ['1', '2'],
      ['3', '4'],
    ]);
  });

  it('that is damaged gzip says so', async () => {
    await expect(read(gzipSync('a,b\n1,2\n'.repeat(1000)).subarray(0, 40))).rejects.toThrow('The compressed file is damaged');
  });

  it('may begin with a byte order mark; UTF-16 is refused', async () => {
    expect((await read('\ufeffa,b\n1,2\n')).columns).toEqual(['a', 'b']);
    await expect(read(Buffer.from('\ufeffa,b\n', 'utf16le'))).rejects.toThrow('UTF-16');
  });

  it('that is empty says so; one with a header only has no records', async () => {
    await expect(read('')).rejects.toThrow('The file is empty');
    expect(await read('a,b')).toMatchObject({ columns: ['a', 'b'], records: [] });
  });

  it('may have no header', async () => {
    expect(await read('1;2\n', { delimiter: ';', header: false, columnNames: ['a', 'b'] })).toMatchObject({
      columns: ['a', 'b'],
      records: [['1', '2']],
    });
  });

  it('keeps line breaks in quotes, and counts lines as an editor does', async () => {
    const { records, raws } = await read('a,b\n1,"x\ny"\n2,z\n');
    expect(records).toEqual([
      ['1', 'x\ny'],
      ['2', 'z'],
    ]);
    expect(raws).toEqual(['2|1,"x\ny"', '4|2,z']);
  });

  it('loses only the line that is no UTF-8; a real replacement character is none', async () => {
    const bad = Buffer.concat([Buffer.from('a,b\n1,\ufffd\n2,'), Buffer.from([0xe4]), Buffer.from('\n3,\u4e2d\n')]);
    const { records, flaws } = await read(bad);
    expect(records).toEqual([
      ['1', '\ufffd'],
      ['3', '\u4e2d'],
    ]);
    expect(flaws).toEqual(['3: not valid UTF-8']);
  });

  it('loses only the line with a stray quote, wherever the next quote is', async () => {
    const { records, flaws } = await read('a,b\n1,"x\n2,y\n3,"z"\n4,w\n');
    expect(records).toEqual([
      ['2', 'y'],
      ['3', 'z'],
      ['4', 'w'],
    ]);
    expect(flaws).toEqual(['2: a quote stands where none may be']);
    expect((await read('a,b\n1,"x\n2,y\n')).flaws).toEqual(['2: a quote is opened and never closed']);
    expect((await read(`a,b\n1,"x\n${'2,y\n'.repeat(50_000)}`)).records).toHaveLength(50_000);
  });

  it('names lines with too few or too many fields, and empty ones', async () => {
    expect((await read('a,b\n1\n1,2,3\n\n1,2\n')).flaws).toEqual([
      '2: has 1 fields where 2 are expected',
      '3: has 3 fields where 2 are expected',
      '4: empty line',
    ]);
  });

  it('with a line that never ends is refused before it fills the memory', async () => {
    await expect(read(`a,b\n1,${'x'.repeat(2_000_000)}`)).rejects.toThrow('longer than 1 MiB');
  });

  it('gives back any fields that were written', async () => {
    const value = fc.string({ unit: fc.constantFrom('a', '"', ',', '\n', ' ', 'é', '中', '\ufffd') });
    const row = fc.tuple(value, value, value);
    const written = (fields: readonly string[]) => fields.map((field) => `"${field.replaceAll('"', '""')}"`).join(',');
    await fc.assert(
      fc.asyncProperty(fc.array(row, { minLength: 1, maxLength: 30 }), fc.integer({ min: 1, max: 400 }), async (rows, times) => {
        const all = Array.from({ length: times }, () => rows).flat();
        const { records, flaws } = await read(`a,b,c\n${all.map(written).join('\n')}\n`);
        expect(flaws).toEqual([]);
        expect(records).toEqual(all);
      }),
      { numRuns: 40 },
    );
  });
});
