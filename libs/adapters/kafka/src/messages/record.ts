/** A record as it is written to Kafka. */
export interface OutgoingRecord {
  /** The topic's name in Kafka. */
  readonly topic: string;
  /** Where it must lie; else the key decides. */
  readonly partition?: number | undefined;
  readonly key: Buffer | null;
  readonly value: Buffer | null;
  readonly headers: Readonly<Record<string, string>>;
}

/** A record as it was read from Kafka. */
export interface IncomingRecord {
  readonly key: Buffer | null;
  readonly value: Buffer | null;
  /** Milliseconds since 1970 as Kafka keeps them. */
  readonly timestamp: string;
  readonly offset: string;
  readonly headers?: Readonly<Record<string, Buffer | string | (Buffer | string)[] | undefined>> | undefined;
}

/** Kafka's own bytes around a record and each header, at most. */
const RECORD_OVERHEAD_BYTES = 40;
const HEADER_OVERHEAD_BYTES = 6;

/** How many bytes a record takes, at most. */
export function recordBytes({ key, value, headers }: OutgoingRecord): number {
  let bytes = RECORD_OVERHEAD_BYTES + (key?.length ?? 0) + (value?.length ?? 0);
  for (const [name, text] of Object.entries(headers)) bytes += HEADER_OVERHEAD_BYTES + name.length + Buffer.byteLength(text);
  return bytes;
}

/** How many bytes a record that was read holds, roughly. */
export function heldBytes({ key, value }: IncomingRecord): number {
  return 200 + (key?.length ?? 0) + (value?.length ?? 0);
}
