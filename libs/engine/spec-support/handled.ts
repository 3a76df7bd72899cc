import { fixedClock } from '@regulars/kernel';
import type { DeliveredMessage, EventBus, Message } from '@regulars/ports';
import { emptyPartitions, type HistoryEntry, InMemoryDocumentStore, InMemoryEventBus } from '@regulars/testing';
import { DeadLetters, followMessages, type Following, type FollowMessagesOptions, Poison } from '../src';

export const GROUP = 'intake';
export const TOPIC = 'tasks.v1';

/** What happens to one message when it is handled; each passing fault is used up once. */
export interface Task {
  readonly key: string;
  /** So many attempts fail with a fault that passes. */
  readonly failures?: number;
  readonly poison?: boolean;
  /** So many turns of the event loop it takes. */
  readonly turns?: number;
}

export const turn = () => new Promise<void>((resolve) => setImmediate(resolve));

const forever = () => new Promise<never>(() => undefined);

/** Waits for something to become true. */
export async function until(holds: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await holds())) await turn();
}

/** A bus, tasks on it, and consumers that record what happens. */
export class Workplace {
  readonly history: HistoryEntry[] = [];
  readonly reports: string[] = [];
  readonly documents = new InMemoryDocumentStore();
  /** Poison is handled all the same from now on. */
  forgiving = false;
  /** Asked for each message before it is handled. */
  hold: (message: DeliveredMessage) => Promise<void> = () => Promise.resolve();
  private readonly tasks = new Map<string, Task>();
  private readonly left = new Map<string, number>();
  private readonly followings = new Map<Following, string>();
  private readonly partitions = emptyPartitions(3);
  /** Counts the crashes: whoever was started before does nothing any more. */
  private life = 0;
  bus: EventBus;

  constructor(bus?: EventBus) {
    this.bus = bus ?? new InMemoryEventBus(this.partitions);
  }

  /** Puts tasks on the bus; their ids are the key and a number. */
  async give(...tasks: readonly Task[]): Promise<readonly string[]> {
    const messages = tasks.map((task): Message => {
      const id = `${task.key}-${this.tasks.size + 1}`;
      this.tasks.set(id, task);
      this.left.set(id, task.failures ?? 0);
      this.history.push({ kind: 'published', key: task.key, id });
      return {
        id,
        type: 'task.given.v1',
        topic: TOPIC,
        key: task.key,
        occurredAt: '2026-03-01T09:00:00.000Z',
        chain: 'demo',
        correlationId: 'c',
        data: {},
      };
    });
    await this.bus.publish(messages);
    return messages.map(({ id }) => id);
  }

  /** Starts a consumer of the group, as a process of its own. */
  async start(consumer: string, options: Partial<FollowMessagesOptions> = {}): Promise<{ following: Following; letters: DeadLetters }> {
    const { life } = this;
    const letters = await DeadLetters.open(this.documents, fixedClock(0));
    const park = letters.park.bind(letters);
    letters.park = async (letter) => (life === this.life ? park(letter) : forever());
    const following = followMessages({
      bus: this.bus,
      group: GROUP,
      topics: [TOPIC],
      handle: (message) => this.handle(consumer, message, life),
      deadLetters: letters,
      clock: fixedClock(0),
      random: () => 0,
      report: (event, { reason }) => void this.reports.push(`${event}: ${reason}`),
      attemptsMax: 2,
      retry: { delayMsMin: 1, delayMsMax: 1 },
      restart: { delayMsMin: 1, delayMsMax: 2 },
      batchMessagesMax: 7,
      ...options,
    });
    this.followings.set(following, consumer);
    return { following, letters };
  }

  /** Ids of what lies parked, lowest position first. */
  async parked(): Promise<readonly string[]> {
    const letters = await DeadLetters.open(this.documents, fixedClock(0));
    return (await letters.list({ limit: 1_000 })).items.map(({ itemId }) => itemId);
  }

  /** Ids handled, in order, each time it was. */
  handled(key?: string): readonly string[] {
    return this.history.flatMap((entry) =>
      entry.kind === 'finished' && entry.outcome === 'handled' && (key === undefined || entry.key === key) ? [entry.id] : [],
    );
  }

  /** Waits until every task was handled or lies parked. */
  async settled(): Promise<void> {
    const ended = async () => {
      const all = new Set([...this.handled(), ...(await this.parked())]);
      return all.size === this.tasks.size;
    };
    await until(ended);
  }

  /** The history with what lies parked. */
  async record(): Promise<readonly HistoryEntry[]> {
    const parked = (await this.parked()).map((id): HistoryEntry => ({ kind: 'parked', key: this.tasks.get(id)?.key ?? '', id }));
    return [...this.history, ...parked];
  }

  /** Everything stops dead where it stands; the bus keeps what it has, with what was committed. */
  crash(): void {
    this.life++;
    for (const consumer of this.followings.values()) this.history.push({ kind: 'crashed', consumer });
    this.followings.clear();
    this.bus = new InMemoryEventBus(this.partitions);
  }

  async close(): Promise<void> {
    for (const following of this.followings.keys()) await following.close();
  }

  private async handle(consumer: string, message: DeliveredMessage, life: number): Promise<void> {
    if (life !== this.life) return forever();
    const { key, id } = message;
    this.history.push({ kind: 'began', consumer, key, id });
    const task = this.tasks.get(id);
    for (let turns = 0; turns < (task?.turns ?? 0); turns++) await turn();
    await this.hold(message);
    if (life !== this.life) return forever();
    const left = this.left.get(id) ?? 0;
    this.left.set(id, left - 1);
    const poison = task?.poison === true && !this.forgiving;
    const outcome = left > 0 || poison ? 'failed' : 'handled';
    this.history.push({ kind: 'finished', consumer, key, id, outcome });
    if (left > 0) throw new Error('the store is away');
    if (poison) throw new Poison('no such account');
  }
}
