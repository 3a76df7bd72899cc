import type { LogMessage, Message, Watermark } from '@regulars/ports';
import { formatSequence, sequenceOfMessage, sequenceOfWatermark } from './position';
import type { OutgoingRecord } from './record';

/** CloudEvents type of a record that tells how far the log has been carried. */
export const WATERMARK_TYPE = 'regulars.watermark.v1';

/** The CloudEvents source of a chain's messages. */
export function eventSource(chain: string): string {
  return `urn:regulars:${encodeURIComponent(chain)}`;
}

/** Text that UTF-8 can carry. Throws TypeError on half a surrogate pair: it would arrive as another character. */
function carried(what: string, text: string): string {
  if (/[\ud800-\udfff]/.test(text) && Buffer.from(text, 'utf8').toString('utf8') !== text)
    throw new TypeError(`${what} is not well-formed text`);
  return text;
}

/** A message as CloudEvents in binary mode (CloudEvents Kafka binding 1.0.2 §3.2), with what else the bus must know as extensions. */
export function encodeMessage(message: Message, topic: string): OutgoingRecord {
  const { id, type, key, occurredAt, chain, store, data, correlationId, causationId, traceparent } = message;
  const headers: Record<string, string> = {
    ce_specversion: '1.0',
    ce_id: carried('The id', id),
    ce_type: carried('The type', type),
    ce_source: eventSource(chain),
    ce_time: carried('occurredAt', occurredAt),
    ce_chain: carried('The chain', chain),
    ce_correlationid: carried('The correlation id', correlationId),
    'content-type': 'application/json',
  };
  if (store !== undefined) headers.ce_store = carried('The store', store);
  if (causationId !== undefined) headers.ce_causationid = carried('The causation id', causationId);
  if (traceparent !== undefined) headers.ce_traceparent = carried('traceparent', traceparent);
  return { topic, key: Buffer.from(carried('The key', key), 'utf8'), value: Buffer.from(JSON.stringify(data), 'utf8'), headers };
}

/** A relay's message: with its place in the log and the relay's fencing token. */
export function encodeLogMessage(message: LogMessage, topic: string, epoch: number): OutgoingRecord {
  const record = encodeMessage(message, topic);
  const sequence = carried('The log position', formatSequence(sequenceOfMessage(message.logPosition, message.ordinal)));
  return { ...record, headers: { ...record.headers, ce_sequence: sequence, ce_epoch: String(epoch) } };
}

/** One key for all watermarks, and a value that is there but empty: of a topic that is compacted only the last one stays. */
const WATERMARK_KEY = Buffer.from(WATERMARK_TYPE, 'utf8');
const NOTHING = Buffer.alloc(0);

/** A watermark for one partition. No more headers than needed: there are many. */
export function encodeWatermark({ logPosition, observedAt }: Watermark, topic: string, partition: number, epoch: number): OutgoingRecord {
  return {
    topic,
    partition,
    key: WATERMARK_KEY,
    value: NOTHING,
    headers: {
      ce_type: WATERMARK_TYPE,
      ce_time: observedAt,
      ce_sequence: carried('The log position', formatSequence(sequenceOfWatermark(logPosition))),
      ce_epoch: String(epoch),
    },
  };
}
