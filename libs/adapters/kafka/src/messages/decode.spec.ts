import { UNREADABLE_RECORD } from '@regulars/ports';
import type { LogMessage, Message } from '@regulars/ports';
import fc from 'fast-check';
import { logMessage, sampleMessage } from '../../spec-support/messages';
import { decodeRecord, type TopicReader } from './decode';
import { encodeLogMessage, encodeMessage, encodeWatermark } from './encode';
import type { IncomingRecord, OutgoingRecord } from './record';

const reader: TopicReader = { topic: 'sample.v1', chain: 'demo', plain: false, validate: () => undefined };
const SOURCE = 'sample.v1-x/3';

/** A record as Kafka gives it back. */
function read(
  { key, value, headers }: OutgoingRecord,
  changed: Record<string, string | Buffer | (string | Buffer)[] | undefined> = {},
): IncomingRecord {
  const all = { ...Object.fromEntries(Object.entries(headers).map(([name, text]) => [name, Buffer.from(text)])), ...changed };
  return { key, value, headers: all, offset: '42', timestamp: '1772359200000' };
}

const text = fc.string({ minLength: 1, unit: 'grapheme' });
const message = fc.record<Message>({
  id: text,
  type: text,
  topic: fc.constant('sample.v1'),
  key: fc.string({ unit: 'grapheme' }),
  occurredAt: fc.date({ min: new Date(0), max: new Date(4e12), noInvalidDate: true }).map((date) => date.toISOString()),
  chain: fc.constant('demo'),
  store: fc.option(text, { nil: undefined }),
  correlationId: text,
  causationId: fc.option(text, { nil: undefined }),
  traceparent: fc.option(text, { nil: undefined }),
  data: fc.dictionary(fc.string({ unit: 'binary' }), fc.jsonValue()).map((data) => JSON.parse(JSON.stringify(data)) as Message['data']),
});

describe('a message', () => {
  it('comes back as it was', () => {
    fc.assert(
      fc.property(message, (one) => {
        const decoded = decodeRecord(read(encodeMessage(one, 'physical')), SOURCE, reader);
        expect(decoded).toEqual({ kind: 'message', message: one, passed: { sequence: undefined, epoch: undefined } });
      }),
    );
  });

  it('of a relay comes back with its place in the log', () => {
    fc.assert(
      fc.property(message, text, fc.nat(999), fc.maxSafeNat(), (one, logPosition, ordinal, epoch) => {
        const relayed: LogMessage = { ...one, logPosition, ordinal };
        const { passed } = decodeRecord(read(encodeLogMessage(relayed, 'physical', epoch)), SOURCE, reader);
        expect(passed).toEqual({ sequence: { logPosition, rank: String(ordinal).padStart(3, '0') }, epoch });
      }),
    );
  });

  it('is not sent with text that would arrive as another', () => {
    expect(() => encodeMessage(sampleMessage(1, 'half \ud83d'), 'sample.v1')).toThrow('The key is not well-formed text');
  });

  it('watermarks come back', () => {
    const watermark = { logPosition: '000000000007', observedAt: '2026-03-01T10:00:00.000Z' };
    const decoded = decodeRecord(read(encodeWatermark(watermark, 'sample.v1', 3, 5)), SOURCE, reader);
    expect(decoded).toEqual({ kind: 'watermark', watermark, passed: { sequence: { logPosition: '000000000007', rank: '~' }, epoch: 5 } });
  });
});

describe('a record that cannot be read', () => {
  const sound = encodeLogMessage(logMessage(1), 'sample.v1', 4);
  const reasonOf = (record: IncomingRecord, by: TopicReader = reader): unknown => {
    const decoded = decodeRecord(record, SOURCE, by);
    if (decoded.kind !== 'message') throw new Error('a watermark');
    expect(decoded.message.type).toBe(UNREADABLE_RECORD);
    return decoded.message.data.reason;
  };

  it.each<[string, Parameters<typeof read>[1]]>([
    ['header ce_id is missing', { ce_id: undefined }],
    ['header ce_id is missing', { ce_id: '' }],
    ['header ce_type is missing', { ce_type: undefined }],
    ['header ce_type comes twice', { ce_type: ['a', 'b'] }],
    ['header ce_id is not UTF-8', { ce_id: Buffer.from([0xff, 0xfe]) }],
    ['header ce_time is no instant in UTC', { ce_time: 'yesterday' }],
    ['header ce_time is no instant in UTC', { ce_time: '2026-13-45T10:00:00Z' }],
    ['header ce_sequence is no sequence', { ce_sequence: 'seven' }],
    ['header ce_epoch is no number', { ce_epoch: '-1' }],
    ['header ce_epoch is no number', { ce_epoch: '99999999999999999999' }],
    ['CloudEvents of another version than 1.0', { ce_specversion: '0.3' }],
    ['the content type is not application/json', { 'content-type': 'application/avro' }],
    ['the message is of another chain', { ce_chain: 'other' }],
  ])('says: %s', (reason, changed) => {
    expect(reasonOf(read(sound, changed))).toBe(reason);
  });

  it.each<[string, Partial<IncomingRecord>]>([
    ['the record has no value', { value: null }],
    ['the value is not UTF-8', { value: Buffer.from([0x7b, 0xc3, 0x28, 0x7d]) }],
    ['the value is not JSON', { value: Buffer.from('{') }],
    ['the value is no JSON object', { value: Buffer.from('[1]') }],
    ['the record has no key', { key: null }],
    ['the key is not UTF-8', { key: Buffer.from([0x80]) }],
  ])('says: %s', (reason, changed) => {
    expect(reasonOf({ ...read(sound), ...changed })).toBe(reason);
  });

  it('says what its contract says', () => {
    expect(reasonOf(read(sound), { ...reader, validate: (type) => `no contract for ${type.length} letters` })).toBe(
      'no contract for 18 letters',
    );
  });

  it('keeps its bytes, its key, its place and an id that a repeat has as well', () => {
    const record = { ...read(sound, { ce_id: undefined }), value: Buffer.from([0xff, 0xad]), key: Buffer.from('key') };
    const { message: one, passed } = decodeRecord(record, SOURCE, reader) as Extract<ReturnType<typeof decodeRecord>, { kind: 'message' }>;
    expect(one).toMatchObject({
      key: 'key',
      chain: 'demo',
      occurredAt: '2026-03-01T10:00:00.000Z',
      data: { raw: '/60=', encoding: 'base64' },
    });
    expect(passed.epoch).toBe(4);
    expect(decodeRecord(record, SOURCE, reader)).toMatchObject({ message: { id: one.id } });
    expect(decodeRecord({ ...record, offset: '43' }, SOURCE, reader)).not.toMatchObject({ message: { id: one.id } });
  });

  it('never throws, whatever a record holds', () => {
    const bytes = fc.uint8Array({ maxLength: 40 }).map((array) => Buffer.from(array));
    const name = fc.oneof(fc.constantFrom(...Object.keys(sound.headers), '__proto__', 'constructor'), fc.string());
    const headers = fc.dictionary(name, fc.oneof(bytes, fc.string(), fc.array(bytes, { maxLength: 2 })));
    fc.assert(
      fc.property(fc.option(bytes), fc.option(bytes), headers, fc.string(), (key, value, some, timestamp) => {
        const mixed = { ...sound.headers, ...some };
        const decoded = decodeRecord({ key, value, headers: mixed, offset: '7', timestamp }, SOURCE, reader);
        expect(['message', 'watermark']).toContain(decoded.kind);
      }),
      { numRuns: 500 },
    );
  });
});

describe('a record of a plain topic', () => {
  it('is handed over as it is', () => {
    const record: IncomingRecord = {
      key: Buffer.from('store-1'),
      value: Buffer.from('{"any":"thing"'),
      offset: '9',
      timestamp: '1772359200000',
    };
    const decoded = decodeRecord(record, SOURCE, { ...reader, plain: true });
    expect(decoded).toMatchObject({
      kind: 'message',
      message: { type: 'sample.v1', topic: 'sample.v1', key: 'store-1', data: { raw: '{"any":"thing"', encoding: 'utf8' } },
    });
  });
});
