import type { ConsumeOptions, Consumption, DeliveredMessage, EventBus, Message } from '@regulars/ports';

const POSITION_DIGITS = 12;
const LOOKED_AT_MAX = 1_000;

const copy = (message: Message): Message => JSON.parse(JSON.stringify(message)) as Message;
const toPosition = (index: number): string => String(index).padStart(POSITION_DIGITS, '0');

/** Two partitions, unless told, with nothing in them. */
export function emptyPartitions(count = 2): readonly Message[][] {
  return Array.from({ length: count }, () => []);
}

/** An honest EventBus in memory. It has more than one source unless told otherwise, so that consumers learn not to count on one. */
export class InMemoryEventBus implements EventBus {
  private readonly partitions: readonly Message[][];
  private readonly waiting = new Set<() => void>();

  /** `partitions`: what the bus keeps; hand it to a second one to play a restart. */
  constructor(partitions: readonly Message[][] = emptyPartitions()) {
    this.partitions = partitions;
  }

  async publish(messages: readonly Message[]): Promise<void> {
    for (const message of messages) {
      const hash = [...message.key].reduce((sum, character) => sum + (character.codePointAt(0) ?? 0), 0);
      this.partitions[hash % this.partitions.length]?.push(copy(message));
    }
    this.wake();
  }

  consume(options: ConsumeOptions): Consumption {
    const state = { closed: false };
    const ended = this.run(options, state);
    return {
      ended,
      close: async () => {
        state.closed = true;
        this.wake();
        await ended.catch(() => undefined);
      },
    };
  }

  private async run(options: ConsumeOptions, state: { readonly closed: boolean }): Promise<void> {
    const next = this.partitions.map((_, partition) => this.startIn(partition, options.from));
    // Never inside the caller's own tick: it has no Consumption in its hands yet.
    await Promise.resolve();
    while (!state.closed) {
      const before = [...next];
      const messages = this.take(next, options);
      if (before.every((index, partition) => index === next[partition])) {
        // Waits first and tells then: whoever is told may close, or publish, at once.
        const woken = new Promise<void>((resolve) => this.waiting.add(resolve));
        options.onCaughtUp?.();
        await woken;
        continue;
      }
      const upTo: Record<string, string> = {};
      for (const [partition, index] of next.entries()) if (index > 0) upTo[sourceOf(partition)] = toPosition(index - 1);
      await options.onBatch(messages, upTo);
    }
  }

  private startIn(partition: number, from: ConsumeOptions['from']): number {
    const position = Object.hasOwn(from, sourceOf(partition)) ? from[sourceOf(partition)] : undefined;
    return position === undefined ? 0 : Number(position) + 1;
  }

  /** The next messages of all partitions; moves `next` over everything looked at. */
  private take(next: number[], { topics, batchMessagesMax = 1_000 }: ConsumeOptions): DeliveredMessage[] {
    const taken: DeliveredMessage[] = [];
    for (const [partition, messages] of this.partitions.entries()) {
      const first = next[partition] ?? 0;
      const end = Math.min(messages.length, first + LOOKED_AT_MAX);
      let index = first;
      for (; index < end && taken.length < batchMessagesMax; index++) {
        const message = messages[index];
        if (message && topics.includes(message.topic)) {
          taken.push({ ...copy(message), source: sourceOf(partition), position: toPosition(index) });
        }
      }
      next[partition] = index;
    }
    return taken;
  }

  private wake(): void {
    const woken = [...this.waiting];
    this.waiting.clear();
    for (const resolve of woken) resolve();
  }
}

const sourceOf = (partition: number): string => `memory-${partition}`;
