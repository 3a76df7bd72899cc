import type { StoredEvent } from '@regulars/kernel';

/** An event with its place in the log. */
export interface LocatedEvent {
  readonly event: StoredEvent;
  /** Offset of its record. */
  readonly offset: number;
  /** Offset of the stream's event before; 0 if none. */
  readonly previous: number;
  /** Bytes of its record. */
  readonly bytes: number;
}

/** The newest durable events in memory, bounded by number and bytes, so that those who are up to date read no files. */
export class RecentEvents {
  private readonly ring: (LocatedEvent | undefined)[];
  private first = 0;
  private count = 0;
  private bytes = 0;

  /** `floor`: offset of the last event that is not in here; 0 if there is none. */
  constructor(
    private readonly eventsMax: number,
    private readonly bytesMax: number,
    public floor: number,
  ) {
    this.ring = new Array<LocatedEvent | undefined>(eventsMax);
  }

  push(located: LocatedEvent): void {
    while (this.count > 0 && (this.count === this.eventsMax || this.bytes + located.bytes > this.bytesMax)) this.evict();
    if (located.bytes > this.bytesMax || this.eventsMax === 0) {
      this.floor = located.offset;
      return;
    }
    this.ring[(this.first + this.count) % this.eventsMax] = located;
    this.count++;
    this.bytes += located.bytes;
  }

  /** The event at this offset, if it is in here. */
  at(offset: number): LocatedEvent | undefined {
    if (offset <= this.floor) return undefined;
    const found = this.get(this.indexAfter(offset - 1));
    return found?.offset === offset ? found : undefined;
  }

  /** Up to `limit` events behind this offset, in order; undefined where some of them are no longer in here. */
  after(offset: number, limit: number): StoredEvent[] | undefined {
    if (offset < this.floor) return undefined;
    const from = this.indexAfter(offset);
    const events: StoredEvent[] = [];
    for (let index = from; index < this.count && events.length < limit; index++) events.push((this.get(index) as LocatedEvent).event);
    return events;
  }

  /** Index of the first event behind this offset. */
  private indexAfter(offset: number): number {
    let low = 0;
    let high = this.count;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.get(middle) as LocatedEvent).offset > offset) high = middle;
      else low = middle + 1;
    }
    return low;
  }

  private get(index: number): LocatedEvent | undefined {
    return index < this.count ? this.ring[(this.first + index) % this.eventsMax] : undefined;
  }

  private evict(): void {
    const oldest = this.ring[this.first] as LocatedEvent;
    this.ring[this.first] = undefined;
    this.first = (this.first + 1) % this.eventsMax;
    this.count--;
    this.bytes -= oldest.bytes;
    this.floor = oldest.offset;
  }
}
