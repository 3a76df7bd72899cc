import { fixedClock } from '@regulars/kernel';
import type { ConsumeOptions, DeliveredMessage, EventBus } from '@regulars/ports';
import { GROUP, TOPIC, until, Workplace } from '../../spec-support/handled';
import { DeadLetters } from '../dead-letters/dead-letters';

/** A bus that hands over what a spec tells it to, and keeps to the port's promises about the end of a consumption. */
class HandDrivenBus implements EventBus {
  readonly consumptions: ConsumeOptions[] = [];
  private end: (error?: Error) => void = () => undefined;
  private held: string[] = [];

  publish(): Promise<void> {
    return Promise.resolve();
  }

  consume(options: ConsumeOptions): ReturnType<EventBus['consume']> {
    this.consumptions.push(options);
    const ended = new Promise<void>((resolve, reject) => {
      this.end = (error) => void options.onRevoked?.(this.held.splice(0)).then(() => (error ? reject(error) : resolve()));
    });
    ended.catch(() => undefined);
    return { ended, close: () => Promise.resolve(this.end()) };
  }

  async handOver(message: DeliveredMessage): Promise<void> {
    const { source, position } = message;
    this.held.push(source);
    await this.consumptions
      .at(-1)
      ?.onBatch([message], { [source]: position }, () => undefined)
      .catch((error: Error) => this.end(error));
  }
}

const messageOf = (source: string, key: string, position: string): DeliveredMessage => ({
  id: `${key}-${position}`,
  type: 'task.given.v1',
  topic: TOPIC,
  key,
  occurredAt: '2026-03-01T09:00:00.000Z',
  chain: 'demo',
  correlationId: 'c',
  data: {},
  source,
  position,
});

describe('a source that moves between processes', () => {
  let bus: HandDrivenBus;
  let work: Workplace;
  beforeEach(() => {
    bus = new HandDrivenBus();
    work = new Workplace(bus);
  });
  afterEach(() => work.close());

  it('brings with it what was parked elsewhere, also where a watermark came before its first message', async () => {
    await work.start('a');
    await until(() => bus.consumptions.length === 1);
    const elsewhere = await DeadLetters.open(work.documents, fixedClock(0));
    const { id: itemId, type, position, key, source, ...rest } = messageOf('tasks.v1/1', 'ann', '1');
    await elsewhere.park({
      consumer: GROUP,
      key,
      source,
      itemId,
      type,
      position,
      reason: 'no such account',
      item: { id: itemId, ...rest },
    });
    bus.consumptions[0]?.onWatermark?.(source, { logPosition: '7', observedAt: '2026-03-01T09:00:00.000Z' });
    await bus.handOver(messageOf(source, 'ann', '2'));
    expect(work.handled()).toEqual([]);
    expect(await work.parked()).toEqual(['ann-1', 'ann-2']);
  });

  it('takes its fault along when it does not come back', async () => {
    work.hold = ({ key }) => (key === 'ann' ? Promise.reject(new Error('the store is away')) : Promise.resolve());
    const { following } = await work.start('a');
    await until(() => bus.consumptions.length === 1);
    await bus.handOver(messageOf('tasks.v1/1', 'ann', '1'));
    expect(following.status().fault).toBe('the store is away');
    await until(() => bus.consumptions.length === 2);
    await bus.handOver(messageOf('tasks.v1/2', 'bob', '1'));
    expect(following.status().fault).toBe('the store is away');
    bus.consumptions[1]?.onCaughtUp?.();
    expect(following.status()).toMatchObject({ fault: undefined, caughtUp: true });
  });
});
