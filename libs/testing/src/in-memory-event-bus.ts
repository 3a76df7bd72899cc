import type { ConsumeOptions, Consumption, Message, RelayBatch, RelayedBus } from '@regulars/ports';
import { Carried, type Entry } from './in-memory-carried';
import { InMemoryConsumer } from './in-memory-consumer';
import { Groups } from './in-memory-groups';
import { copyOf, emptyPartitions, type InMemoryPartitions } from './in-memory-partitions';

/**
 * An honest EventBus in memory, fed by a relay or by `publish`. It has more than one source unless told otherwise, so that consumers learn
 * not to count on one, and shares them out anew whenever a consumer of a group comes or goes. What is `protected` is there for planted
 * bugs to spoil.
 */
export class InMemoryEventBus implements RelayedBus {
  protected readonly groups = new Groups();
  private readonly consumers = new Set<InMemoryConsumer>();

  /** `kept`: what the bus keeps; hand it to a second one to play a restart. */
  constructor(protected readonly kept: InMemoryPartitions = emptyPartitions()) {}

  async publish(messages: readonly Message[]): Promise<void> {
    for (const message of messages) this.put({ message });
    this.wake();
  }

  async relay({ messages, watermark, topics, epoch }: RelayBatch): Promise<void> {
    const stray = messages.find(({ topic }) => !topics.includes(topic));
    if (stray) throw new TypeError(`Message ${stray.id} is for ${stray.topic}, which the relay does not write to`);
    for (const message of messages) this.put({ message, epoch });
    if (watermark) for (const entries of this.kept.entries) entries.push({ watermark, topics, epoch });
    this.wake();
  }

  consume(options: ConsumeOptions): Consumption {
    const member = this.groups.join(options.group, this.kept.entries.length, () => consumer.wake());
    const consumer = new InMemoryConsumer(options, this.kept, (partition, index) => this.carriedAt(partition, index), member);
    this.consumers.add(consumer);
    const forget = () => this.consumers.delete(consumer);
    consumer.ended.then(forget, forget);
    return consumer;
  }

  /** What had been carried to a partition before an index. */
  protected carriedAt(partition: number, index: number): Carried {
    const carried = new Carried();
    for (const entry of this.kept.entries[partition]?.slice(0, index) ?? []) carried.pass(entry);
    return carried;
  }

  private put(entry: Entry & { readonly message: Message }): void {
    const hash = [...entry.message.key].reduce((sum, character) => sum + (character.codePointAt(0) ?? 0), 0);
    this.kept.entries[hash % this.kept.entries.length]?.push({ ...entry, message: copyOf(entry.message) });
  }

  private wake(): void {
    for (const consumer of this.consumers) consumer.wake();
  }
}
