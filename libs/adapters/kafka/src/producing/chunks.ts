import { type OutgoingRecord, recordBytes } from '../messages/record';

/** What one request may hold. */
export interface RequestLimits {
  readonly bytesMax: number;
  readonly recordsMax: number;
}

/** Records that go in one request. */
export interface Chunk {
  readonly records: readonly OutgoingRecord[];
  readonly bytes: number;
}

/**
 * Cuts records, in their order, into chunks within the limits. Throws RangeError for a record that alone is larger; it names its place, not
 * its content.
 */
export function chunksOf(records: readonly OutgoingRecord[], { bytesMax, recordsMax }: RequestLimits): Chunk[] {
  const chunks: Chunk[] = [];
  let current: OutgoingRecord[] = [];
  let currentBytes = 0;
  const end = (): void => {
    if (current.length > 0) chunks.push({ records: current, bytes: currentBytes });
    current = [];
    currentBytes = 0;
  };
  for (const [index, record] of records.entries()) {
    const bytes = recordBytes(record);
    if (bytes > bytesMax)
      throw new RangeError(`Message ${index} for ${record.topic} takes ${bytes} bytes, at most ${bytesMax} can be carried`);
    if (currentBytes + bytes > bytesMax || current.length >= recordsMax) end();
    current.push(record);
    currentBytes += bytes;
  }
  end();
  return chunks;
}
