import fc from 'fast-check';
import { header, instant, RepeatedHeader } from './headers';
import type { IncomingRecord } from './record';

const NAME = 'ce_type';
const withHeader = (value: unknown): IncomingRecord =>
  ({ key: null, value: null, timestamp: '0', offset: '0', headers: { [NAME]: value } }) as IncomingRecord;

/** What a reader says: a text, nothing, or why not. */
function said(read: (record: IncomingRecord) => string | undefined, value: unknown): string | undefined {
  try {
    return read(withHeader(value));
  } catch (error) {
    return `refused: ${(error as Error).message}`;
  }
}

describe('a header that is remembered', () => {
  it('says of record after record what reading it anew says', () => {
    const bytes = fc.oneof(
      fc.constantFrom('a', 'ab', 'abc', '', '\ufffd').map((text) => Buffer.from(text)),
      fc.uint8Array({ maxLength: 3 }).map((array) => Buffer.from(array)),
    );
    const value = fc.oneof(bytes, fc.string({ maxLength: 2 }), fc.constant(undefined), fc.array(bytes, { maxLength: 2 }));
    fc.assert(
      fc.property(fc.array(value, { maxLength: 12 }), (values) => {
        const remembered = new RepeatedHeader(NAME);
        for (const one of values) expect(said((record) => remembered.of(record), one)).toBe(said((record) => header(record, NAME), one));
      }),
    );
  });

  it('does not change when the bytes it was read from do', () => {
    const [remembered, bytes] = [new RepeatedHeader(NAME), Buffer.from('abc')];
    remembered.of(withHeader(bytes));
    bytes.write('x');
    expect(remembered.of(withHeader(Buffer.from('abc')))).toBe('abc');
    expect(remembered.of(withHeader(bytes))).toBe('xbc');
  });
});

describe('an instant', () => {
  it('is one where a date in UTC is written, whichever way it is looked at', () => {
    const digits = (least: number, most: number) => fc.integer({ min: least, max: most }).map((number) => String(number).padStart(2, '0'));
    const parts = fc.tuple(digits(0, 14), digits(0, 33), digits(0, 25), digits(0, 61), digits(0, 61), fc.constantFrom('', '.5', '.123'));
    fc.assert(
      fc.property(parts, ([month, day, hour, minute, second, fraction]) => {
        const text = `2026-${month}-${day}T${hour}:${minute}:${second}${fraction}Z`;
        const sound = !Number.isNaN(Date.parse(text));
        expect(said((record) => instant(record, NAME), text)).toBe(sound ? text : `refused: header ${NAME} is no instant in UTC`);
      }),
      { numRuns: 1_000 },
    );
  });
});
