import { CodedError } from '@regulars/kernel';

/** Lets so many go at a time; some more wait, the rest are refused with CodedError `platform.busy`. */
export class Turns {
  private free: number;
  private readonly waiting: (() => void)[] = [];

  constructor(
    atATime: number,
    private readonly waitingMax: number,
  ) {
    this.free = atATime;
  }

  async take<Value>(run: () => Promise<Value>): Promise<Value> {
    if (this.free > 0) this.free--;
    else if (this.waiting.length < this.waitingMax) await new Promise<void>((go) => this.waiting.push(go));
    else throw new CodedError('platform.busy', `More than ${this.waitingMax} questions wait for the partitions of the ledger`);
    try {
      return await run();
    } finally {
      const next = this.waiting.shift();
      if (next) next();
      else this.free++;
    }
  }
}
