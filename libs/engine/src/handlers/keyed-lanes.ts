/** Runs work of different keys at the same time, and of one key strictly one after the other. */
export class KeyedLanes {
  private readonly tails = new Map<string, Promise<void>>();

  /** Runs once everything given for the key before has ended; answers what the work answers. */
  run<T>(key: string, work: () => Promise<T>): Promise<T> {
    const mine = (this.tails.get(key) ?? Promise.resolve()).then(work);
    const tail: Promise<void> = mine.then(
      () => this.leave(key, tail),
      () => this.leave(key, tail),
    );
    this.tails.set(key, tail);
    return mine;
  }

  private leave(key: string, tail: Promise<void>): void {
    if (this.tails.get(key) === tail) this.tails.delete(key);
  }
}

/** At most so many at a time; the others wait in their order. */
export class Slots {
  private readonly waiting: (() => void)[] = [];
  private taken = 0;

  constructor(private readonly max: number) {
    if (!Number.isInteger(max) || max < 1) throw new RangeError('The number of slots must be a positive integer');
  }

  /** How many are taken now. */
  inUse(): number {
    return this.taken;
  }

  async use<T>(work: () => Promise<T>): Promise<T> {
    // Whoever leaves hands its place on, so nobody comes between.
    if (this.taken === this.max) await new Promise<void>((go) => this.waiting.push(go));
    else this.taken++;
    try {
      return await work();
    } finally {
      const next = this.waiting.shift();
      if (next) next();
      else this.taken--;
    }
  }
}
