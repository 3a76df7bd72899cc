import { INTAKE_RESULTS_TOPIC, type IntakeResult, type IntakeSettled, purchaseIntakeSettledV1 } from '@regulars/contracts';
import { fold } from '@regulars/engine';
import { CodedError, naturalId } from '@regulars/kernel';
import type { DeliveredMessage, EventStore, Message } from '@regulars/ports';
import { quarantine } from '../quarantine/decider';
import { quarantineIdOf, quarantineStream } from '../quarantine/put-in-quarantine';
import type { Delivery, Intake } from './intake';
import { parseLine } from './parse-line';
import type { IntakeItem } from './read-item';

/** What taking in records of the intake topic needs. */
export interface RecordIntakePorts {
  readonly chain: string;
  readonly eventStore: EventStore;
  readonly intake: Intake;
  /** Stores whose items may come this way. */
  readonly stores: '*' | readonly string[];
  /** Longer records are cut off and quarantined. */
  readonly recordBytesMax: number;
}

/** A record of the intake topic as the bus hands it over: its bytes as text, or in base64 where they are no UTF-8. */
export type IntakeRecord = Pick<DeliveredMessage, 'id' | 'source' | 'position' | 'key' | 'occurredAt' | 'data'>;

/**
 * Takes one record in, as a line of an NDJSON stream would be, and answers what to tell its sender; durable by then. The same record again
 * has no further effect and the same answer: an acceptance is known by its own event in the receipt's stream, a quarantined input by the
 * record noted in its entry, a duplicate by its tally, which is stored once. Throws `StoreUnavailable`; it may then be taken in again.
 */
export async function takeInRecord(ports: RecordIntakePorts, record: IntakeRecord): Promise<IntakeSettled> {
  const bytes = bytesOf(record);
  const item = itemOf(bytes, ports.recordBytesMax);
  // With its content: a topic that was made anew has other records in the same places.
  const id = naturalId('intake-record', ports.chain, record.id, bytes.toString('base64'));
  const { outcome, purchaseId, quarantineId, code } = (await quarantinedBefore(ports, item, id)) ?? (await takeIn(ports, item, id));
  const { source, position, key } = record;
  return { record: record.id, source, position, key, outcome, purchaseId, quarantineId, code };
}

/** The message that tells a record's sender what became of it; the same for each delivery of the record. */
export function settledMessage(chain: string, { id, key, occurredAt }: IntakeRecord, settled: IntakeSettled): Message {
  const { type } = purchaseIntakeSettledV1;
  const settledId = naturalId('intake-settled', id, settled.outcome, settled.purchaseId ?? '', settled.quarantineId ?? '');
  return { id: settledId, type, topic: INTAKE_RESULTS_TOPIC, key, occurredAt, chain, correlationId: id, causationId: id, data: settled };
}

function bytesOf({ data }: IntakeRecord): Buffer {
  const { raw, encoding } = data;
  if (typeof raw !== 'string') throw new CodedError('request.malformed', 'A record of the intake topic has its bytes in raw');
  return Buffer.from(raw, encoding === 'base64' ? 'base64' : 'utf8');
}

function itemOf(bytes: Buffer, bytesMax: number): IntakeItem {
  if (bytes.length <= bytesMax) return parseLine(bytes);
  const raw = bytes.toString('utf8', 0, bytesMax);
  return { value: undefined, malformed: `The record is longer than ${bytesMax} bytes; its beginning is kept.`, raw: () => raw };
}

/** What an earlier delivery came to that ended in quarantine; also where the entry has been settled since. */
async function quarantinedBefore({ chain, eventStore }: RecordIntakePorts, item: IntakeItem, id: string) {
  const quarantineId = quarantineIdOf(chain, item);
  const { records, entry } = fold(quarantine, await eventStore.readStream(quarantineStream(quarantineId)));
  return records.includes(id) ? { outcome: 'quarantined' as const, purchaseId: undefined, quarantineId, code: entry?.code } : undefined;
}

async function takeIn({ intake, stores }: RecordIntakePorts, item: IntakeItem, id: string): Promise<IntakeResult> {
  const delivery: Delivery = { id, record: id, correlationId: id, causationId: id, principal: { role: 'operations', stores } };
  try {
    const [result] = await intake.takeIn([item], delivery);
    if (!result) throw new Error('no outcome');
    return result;
  } finally {
    intake.end(delivery);
  }
}
