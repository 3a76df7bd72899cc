import { StoreUnavailable } from '@regulars/ports';
import { asPortError, isBrokenConnection } from './errors';

/** How a call may be made. */
export interface CallOptions {
  /** Doing it twice is the same as doing it once: it is done again where the connection broke and the answer is unknown. */
  readonly repeatable: boolean;
}

/** Calls to the server, each ending within a time. What a call that was given up still does on the server has no other effect than a late one. */
export class Calls {
  private isClosed = false;

  constructor(
    /** How long one call may take, waiting for a server and a connection included. */
    readonly timeoutMs: number,
  ) {}

  /** Makes one call. Rejects with `StoreUnavailable` when there is no answer in time, and with errors in the words of the port. */
  async run<T>(call: () => Promise<T>, { repeatable }: CallOptions): Promise<T> {
    if (this.isClosed) throw new StoreUnavailable('The document store is closed');
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_, reject) => {
      const tell = (): void => reject(new StoreUnavailable(`The document store has not answered within ${this.timeoutMs} ms`));
      timer = setTimeout(tell, this.timeoutMs);
    });
    try {
      return await Promise.race([late, repeatable ? onceMore(call) : call()]);
    } catch (error) {
      throw asPortError(error);
    } finally {
      clearTimeout(timer);
    }
  }

  /** Makes one last call, which may fail or be given up; from now on every other is refused. */
  async runLast(call: () => Promise<unknown>): Promise<void> {
    if (this.isClosed) return;
    const last = this.run(call, { repeatable: false });
    this.isClosed = true;
    await last.catch(() => undefined);
  }
}

/** The driver does so itself for reads, and on replica sets for writes; a single server's connections break as well when it is restarted. */
async function onceMore<T>(call: () => Promise<T>): Promise<T> {
  try {
    return await call();
  } catch (error) {
    if (!isBrokenConnection(error)) throw error;
    return call();
  }
}
