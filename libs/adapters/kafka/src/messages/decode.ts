import { naturalId } from '@regulars/kernel';
import type { JsonObject } from '@regulars/kernel';
import { type Message, UNREADABLE_RECORD, type UnreadableRecord, type Watermark } from '@regulars/ports';
import { WATERMARK_TYPE } from './encode';
import { header, instant, needed, RepeatedHeader, Unreadable } from './headers';
import { type Passed, parseSequence } from './position';
import type { IncomingRecord } from './record';
import { textOf } from './text';

/** What a record turned out to be. `passed` is what it says of a relay's order. */
export type Decoded =
  | { readonly kind: 'message'; readonly message: Message; readonly passed: Passed }
  | { readonly kind: 'watermark'; readonly watermark: Watermark; readonly passed: Passed };

/** What is known of a topic when its records are read. */
export interface TopicReader {
  /** The topic's name in the contracts. */
  readonly topic: string;
  readonly chain: string;
  /** True where records are no CloudEvents and are handed over as they are. */
  readonly plain: boolean;
  /** Why data do not fit their type's contract; undefined where they do. */
  readonly validate: (type: string, data: JsonObject) => string | undefined;
}

const headers = {
  specVersion: new RepeatedHeader('ce_specversion'),
  contentType: new RepeatedHeader('content-type'),
  chain: new RepeatedHeader('ce_chain'),
  type: new RepeatedHeader('ce_type'),
  epoch: new RepeatedHeader('ce_epoch'),
};

function rawOf(value: Buffer | null): { readonly raw: string; readonly encoding: 'utf8' | 'base64' } {
  const text = textOf(value ?? Buffer.alloc(0));
  return text === undefined ? { raw: (value as Buffer).toString('base64'), encoding: 'base64' } : { raw: text, encoding: 'utf8' };
}

function passedOf(record: IncomingRecord): Passed {
  const sequenceText = header(record, 'ce_sequence');
  const epochText = headers.epoch.of(record);
  const sequence = sequenceText === undefined ? undefined : parseSequence(sequenceText);
  if (sequenceText !== undefined && !sequence) throw new Unreadable('header ce_sequence is no sequence');
  const epoch = epochText === undefined ? undefined : Number(epochText);
  if (epochText !== undefined && (!/^\d+$/.test(epochText) || !Number.isSafeInteger(epoch)))
    throw new Unreadable('header ce_epoch is no number');
  return { sequence, epoch };
}

function dataOf(value: Buffer | null): JsonObject {
  if (value === null) throw new Unreadable('the record has no value');
  const text = textOf(value);
  if (text === undefined) throw new Unreadable('the value is not UTF-8');
  let data: unknown;
  try {
    data = JSON.parse(text);
  } catch {
    throw new Unreadable('the value is not JSON');
  }
  if (data === null || typeof data !== 'object' || Array.isArray(data)) throw new Unreadable('the value is no JSON object');
  return data as JsonObject;
}

function keyOf(record: IncomingRecord): string {
  if (record.key === null) throw new Unreadable('the record has no key');
  const key = textOf(record.key);
  if (key === undefined) throw new Unreadable('the key is not UTF-8');
  return key;
}

function readMessage(record: IncomingRecord, { topic, chain, validate }: TopicReader): Message {
  if (headers.specVersion.neededOf(record) !== '1.0') throw new Unreadable('CloudEvents of another version than 1.0');
  const contentType = headers.contentType.of(record);
  if (contentType !== undefined && contentType !== 'application/json' && !/^application\/json\s*(;|$)/i.test(contentType))
    throw new Unreadable('the content type is not application/json');
  if (headers.chain.neededOf(record) !== chain) throw new Unreadable('the message is of another chain');
  const type = headers.type.neededOf(record);
  const data = dataOf(record.value);
  const reason = validate(type, data);
  if (reason !== undefined) throw new Unreadable(reason);
  return {
    id: needed(record, 'ce_id'),
    type,
    topic,
    key: keyOf(record),
    occurredAt: instant(record, 'ce_time'),
    chain,
    store: header(record, 'ce_store'),
    data,
    correlationId: needed(record, 'ce_correlationid'),
    causationId: header(record, 'ce_causationid'),
    traceparent: header(record, 'ce_traceparent'),
  };
}

/** A record as it is: where it is no CloudEvent, or cannot be read. Its id follows from its place, so a repeat has the same. */
function asItIs(record: IncomingRecord, source: string, reader: TopicReader, type: string, data: JsonObject): Message {
  const id = naturalId('kafka-record', source, record.offset);
  const milliseconds = Number(record.timestamp);
  const written = new Date(Number.isFinite(milliseconds) && milliseconds >= 0 && milliseconds < 8.64e15 ? milliseconds : 0);
  const key = record.key === null ? '' : (textOf(record.key) ?? record.key.toString('base64'));
  return { id, type, topic: reader.topic, key, occurredAt: written.toISOString(), chain: reader.chain, data, correlationId: id };
}

/** Reads a record of a source (`topic/partition`). Never throws on what a record may hold: what cannot be read is a message that says so. */
export function decodeRecord(record: IncomingRecord, source: string, reader: TopicReader): Decoded {
  if (reader.plain) return { kind: 'message', message: asItIs(record, source, reader, reader.topic, rawOf(record.value)), passed: {} };
  let passed: Passed = {};
  try {
    passed = passedOf(record);
    if (headers.type.of(record) !== WATERMARK_TYPE) return { kind: 'message', message: readMessage(record, reader), passed };
    if (!passed.sequence) throw new Unreadable('a watermark without header ce_sequence');
    return { kind: 'watermark', watermark: { logPosition: passed.sequence.logPosition, observedAt: instant(record, 'ce_time') }, passed };
  } catch (error) {
    if (!(error instanceof Unreadable)) throw error;
    const data: UnreadableRecord = { reason: error.message, ...rawOf(record.value) };
    return { kind: 'message', message: asItIs(record, source, reader, UNREADABLE_RECORD, data), passed };
  }
}
