import assert from 'node:assert/strict';
import type { JsonObject, Position } from '@regulars/kernel';
import type { ConsumeOptions, Consumption, DeliveredMessage, EventBus, Message } from '@regulars/ports';
import { type Gate, newGate, until, within } from './patience';

/** A bus under test, with nothing published yet. */
export interface EventBusSubject {
  readonly bus: EventBus;
  /** Two topics that exist and are empty. */
  readonly topics: readonly [string, string];
  /** The chain whose messages it carries. */
  readonly chain: string;
}

/** How a clause comes by its bus. */
export interface EventBusLab {
  readonly create: () => Promise<EventBusSubject>;
  /** Stops the bus and starts one on what it kept; absent where nothing is kept. */
  readonly reopen?: ((subject: EventBusSubject) => Promise<EventBusSubject>) | undefined;
  readonly dispose: (subject: EventBusSubject) => Promise<void>;
  /** True where the consumers of one group share the sources out; else each has all of them. */
  readonly shares?: boolean | undefined;
  /** How long something that must happen may take, in milliseconds; default 10,000. */
  readonly patienceMs?: number | undefined;
}

/** What a clause asks of its lab; where that is absent the clause is left out. */
export interface ClauseNeeds {
  /** True where it needs `reopen`. */
  readonly reopens?: boolean | undefined;
  /** True where it needs `shares`. */
  readonly shares?: boolean | undefined;
}

/** One promise of the port and how to see that it is kept. `check` throws an AssertionError where it is not. */
export interface EventBusClause extends ClauseNeeds {
  readonly name: string;
  readonly check: (lab: EventBusLab) => Promise<void>;
}

/** A consumer that writes down what it gets. */
export interface Watcher {
  readonly consumption: Consumption;
  readonly batches: readonly { readonly messages: readonly DeliveredMessage[]; readonly upTo: Readonly<Record<string, Position>> }[];
  messages(): DeliveredMessage[];
  ids(): string[];
  /** What it remembers after the batches that succeeded. */
  readonly remembered: Record<string, Position>;
  /** Waits until it holds; fails when that takes too long or the consumption ends first with an error. */
  until(what: string, holds: () => boolean): Promise<void>;
  /** Waits for messages with these ids. */
  untilHas(ids: readonly string[]): Promise<void>;
}

/** What a watcher does inside its onBatch. */
export type During = (...batch: Parameters<ConsumeOptions['onBatch']>) => Promise<void>;

/** A bus for one clause, with what clauses do again and again. */
export interface Trial extends EventBusSubject {
  /** Starts a consumer of the first topic. `during` runs inside its onBatch. */
  watch(options?: Partial<Omit<ConsumeOptions, 'onBatch'>>, during?: During): Watcher;
  /** One message for the first topic. */
  message(id: string, some?: { readonly key?: string; readonly topic?: string; readonly data?: JsonObject }): Message;
  /** Waits until it holds; fails when that takes too long. Whoever changes what it looks at tells nobody, so it looks again and again. */
  until(what: string, holds: () => boolean): Promise<void>;
  /** Fails where the promise has not settled in time. */
  within<T>(what: string, promise: Promise<T>): Promise<T>;
  /** A gate that opens at the end at the latest. */
  gate(): Gate;
  /** The same trial on a bus started anew. */
  reopen(): Promise<Trial>;
}

/** Makes a clause that gets a new bus and cleans up after it. */
export function clause(name: string, check: (trial: Trial) => Promise<void>, needs: ClauseNeeds = {}): EventBusClause {
  return {
    name,
    ...needs,
    check: async (lab) => {
      const room = new TrialRoom(lab, await lab.create());
      try {
        await check(room.trial());
      } finally {
        await room.leave();
      }
    },
  };
}

class TrialRoom {
  private readonly watchers: RecordingWatcher[] = [];
  private readonly gates: Gate[] = [];
  private readonly patienceMs: number;

  constructor(
    private readonly lab: EventBusLab,
    private subject: EventBusSubject,
  ) {
    this.patienceMs = lab.patienceMs ?? 10_000;
  }

  trial(): Trial {
    const { bus, topics, chain } = this.subject;
    return {
      bus,
      topics,
      chain,
      watch: (options = {}, during) => {
        const watcher = new RecordingWatcher(bus, { group: 'watcher', topics: [topics[0]], from: {}, ...options }, during, this.patienceMs);
        this.watchers.push(watcher);
        return watcher;
      },
      message: (id, { key = 'key-0', topic = topics[0], data = {} } = {}) => {
        const occurredAt = '2026-03-01T10:00:00.000Z';
        return { id, key, topic, data, chain, occurredAt, type: 'contract.happened.v1', correlationId: `correlation-${id}` };
      },
      until: (what, holds) => until(what, holds, this.patienceMs),
      within: (what, promise) => within(what, promise, this.patienceMs),
      gate: () => {
        const gate = newGate();
        this.gates.push(gate);
        return gate;
      },
      reopen: async () => {
        assert.ok(this.lab.reopen, 'this bus cannot be started anew');
        await this.stopWatchers();
        this.subject = await this.lab.reopen(this.subject);
        return this.trial();
      },
    };
  }

  async leave(): Promise<void> {
    for (const gate of this.gates) gate.open();
    await this.stopWatchers();
    await this.lab.dispose(this.subject);
  }

  private async stopWatchers(): Promise<void> {
    const closing = this.watchers.map(({ consumption }) => within('close', consumption.close(), this.patienceMs));
    await Promise.allSettled(closing);
  }
}

class RecordingWatcher implements Watcher {
  readonly consumption: Consumption;
  readonly batches: { messages: readonly DeliveredMessage[]; upTo: Readonly<Record<string, Position>> }[] = [];
  readonly remembered: Record<string, Position>;
  private failure: unknown;
  private readonly looks = new Set<() => void>();

  constructor(
    bus: EventBus,
    options: Omit<ConsumeOptions, 'onBatch'>,
    during: During | undefined,
    private readonly patienceMs: number,
  ) {
    this.remembered = typeof options.from === 'object' ? { ...options.from } : {};
    const onBatch: ConsumeOptions['onBatch'] = async (messages, upTo, done) => {
      this.batches.push({ messages, upTo });
      this.look();
      await during?.(messages, upTo, done);
      Object.assign(this.remembered, upTo);
    };
    this.consumption = bus.consume({ ...options, onBatch });
    this.consumption.ended.catch((error: unknown) => {
      this.failure = error;
      this.look();
    });
  }

  messages(): DeliveredMessage[] {
    return this.batches.flatMap(({ messages }) => messages);
  }

  ids(): string[] {
    return this.messages().map(({ id }) => id);
  }

  async until(what: string, holds: () => boolean): Promise<void> {
    const seen = new Promise<void>((resolve, reject) => {
      const look = (): void => {
        if (this.failure !== undefined) reject(this.failure as Error);
        else if (holds()) resolve();
      };
      this.looks.add(look);
      look();
    });
    await within(what, seen, this.patienceMs);
  }

  async untilHas(ids: readonly string[]): Promise<void> {
    await this.until(`messages ${ids.join(', ')}`, () => {
      const got = new Set(this.ids());
      return ids.every((id) => got.has(id));
    });
  }

  private look(): void {
    for (const look of this.looks) look();
  }
}

/** Five keys: on a bus with partitions they lie in more than one. */
export const KEYS = ['key-0', 'key-1', 'key-2', 'key-3', 'key-4'] as const;

/** `count` messages, the keys taking turns, ids `<prefix>-<number>` and the number in the data. */
export function messagesOfAllKeys(trial: Trial, prefix: string, count: number): Message[] {
  return Array.from({ length: count }, (_, number) =>
    trial.message(`${prefix}-${number}`, { key: KEYS[number % KEYS.length], data: { number } }),
  );
}

/** The ids of messages. */
export function idsOf(messages: readonly Message[]): string[] {
  return messages.map(({ id }) => id);
}

/** Settles with the error a consumption ended with, or undefined. */
export async function endOf(trial: Trial, { consumption }: Watcher): Promise<unknown> {
  const end = consumption.ended.then(
    () => undefined,
    (error: unknown) => error,
  );
  return trial.within('the end of a consumption', end);
}
