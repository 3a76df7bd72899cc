/** An event as the server in memory keeps it. */
export interface ServerEvent {
  readonly id: string;
  readonly streamName: string;
  readonly revision: number;
  readonly type: string;
  readonly contentType: string;
  readonly data: Uint8Array;
  readonly metadata: Uint8Array;
  /** Commit and prepare position are the same for what is written by one request. */
  readonly position: bigint;
  readonly createdTicks: bigint;
}

/** An event that was proposed. */
export type ProposedEvent = Pick<ServerEvent, 'id' | 'type' | 'contentType' | 'data' | 'metadata'>;

/** What the server decides about an append. */
export type Decision =
  | { readonly result: 'success'; readonly lastRevision: number; readonly position: bigint | undefined }
  | { readonly result: 'wrong-expected-version'; readonly current: number };

const TICKS_PER_MS = 10_000n;
const CREATED_MS = BigInt(Date.UTC(2026, 0, 1));

/** The log of the server in memory, with the order, positions and idempotency of the real one. */
export class ServerLog {
  readonly all: ServerEvent[] = [];
  private readonly streams = new Map<string, ServerEvent[]>();
  private readonly watchers = new Set<() => void>();
  private nextPosition = 1_000n;
  /** Takes repeats for conflicts, as the real server may where its index does not reach. */
  isForgetful = false;

  /** The server writes events of its own before anybody else does, and goes on to do so. */
  constructor() {
    this.writeSystemEvent('$users', '$UserCreated');
    this.writeSystemEvent('$settings', 'settings-without-a-dollar');
  }

  stream(name: string): readonly ServerEvent[] {
    return this.streams.get(name) ?? [];
  }

  /**
   * An append that expects `expected` (−1: no stream). A repeat at the expected place is a success too, with the
   * position of the last event then, or without one: the real server says none where it cannot find it at once.
   */
  append(streamName: string, expected: number, events: readonly ProposedEvent[]): Decision {
    const stream = this.stream(streamName);
    const current = stream.length - 1;
    if (expected > current) return { result: 'wrong-expected-version', current };
    if (expected < current) {
      const isRepeat = events.every(({ id }, index) => stream[expected + 1 + index]?.id === id);
      const last = stream[expected + events.length];
      if (!isRepeat || !last || this.isForgetful) return { result: 'wrong-expected-version', current };
      return { result: 'success', lastRevision: last.revision, position: last.revision % 2 === 0 ? last.position : undefined };
    }
    const written = events.map((event) => this.keep(streamName, event));
    this.notify();
    const last = written.at(-1);
    return { result: 'success', lastRevision: last?.revision ?? current, position: last?.position };
  }

  /** One of the server's own events, in the middle of everybody's. */
  writeSystemEvent(streamName = '$stats-127.0.0.1:2113', type = '$statsCollected'): void {
    const id = `00000000-0000-4000-8000-${String(this.nextPosition).padStart(12, '0')}`;
    this.keep(streamName, { id, type, contentType: 'application/json', data: Buffer.from('{}'), metadata: new Uint8Array() });
    this.notify();
  }

  /** Calls back whenever something was written; answers how to stop that. */
  watch(onChange: () => void): () => void {
    this.watchers.add(onChange);
    return () => this.watchers.delete(onChange);
  }

  private keep(streamName: string, event: ProposedEvent): ServerEvent {
    const stream = this.streams.get(streamName) ?? [];
    const position = this.nextPosition;
    // Positions are offsets in a file: they grow by the size of the record.
    this.nextPosition += BigInt(100 + event.data.length + event.metadata.length);
    const createdTicks = (CREATED_MS + BigInt(this.all.length)) * TICKS_PER_MS;
    const stored = { ...event, streamName, revision: stream.length, position, createdTicks };
    stream.push(stored);
    this.streams.set(streamName, stream);
    this.all.push(stored);
    return stored;
  }

  private notify(): void {
    for (const watcher of this.watchers) watcher();
  }
}
