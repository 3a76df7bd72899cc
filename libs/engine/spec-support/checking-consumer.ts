import type { Consumption, DeliveredMessage, EventBus, Watermark } from '@regulars/ports';

/** A consumer that goes on from where it had got to, and looks at everything it is told. */
export class CheckingConsumer {
  readonly ids: string[] = [];
  readonly watermarks = new Map<string, Watermark>();
  private readonly remembered: Record<string, string> = {};
  private consumption: Consumption;

  constructor(
    private readonly bus: EventBus,
    private readonly topic: string,
    private readonly wrongs: string[],
    private readonly group: string,
  ) {
    this.consumption = this.start();
  }

  async restart(): Promise<void> {
    await this.consumption.close();
    this.consumption = this.start();
  }

  close(): Promise<void> {
    return this.consumption.close();
  }

  private start(): Consumption {
    return this.bus.consume({
      group: this.group,
      topics: [this.topic],
      from: { ...this.remembered },
      batchMessagesMax: 3,
      onBatch: async (messages, upTo) => {
        for (const message of messages) this.take(message);
        Object.assign(this.remembered, upTo);
      },
      onWatermark: (source, watermark) => this.hear(source, watermark),
    });
  }

  private take({ id, source, logPosition = '' }: DeliveredMessage): void {
    const told = this.watermarks.get(source)?.logPosition ?? '';
    if (logPosition <= told) this.wrongs.push(`${id} came after a watermark that covers it`);
    this.ids.push(id);
  }

  private hear(source: string, watermark: Watermark): void {
    const before = this.watermarks.get(source)?.logPosition ?? '';
    if (watermark.logPosition < before) this.wrongs.push(`the watermark of ${source} went back`);
    this.watermarks.set(source, watermark);
  }
}
