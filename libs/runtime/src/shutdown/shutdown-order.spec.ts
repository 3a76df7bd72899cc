import { PassThrough } from 'node:stream';
import { createLogger } from '../logging/logger';
import { shutdownOrder } from './shutdown-order';

describe('shutdown order', () => {
  const logged: string[] = [];
  const destination = new PassThrough();
  destination.on('data', (chunk: Buffer) => logged.push(chunk.toString('utf8')));
  const logger = createLogger({ destination });
  beforeEach(() => logged.splice(0));

  it('runs the steps one after the other, also past one that fails', async () => {
    const done: string[] = [];
    const step = (name: string, run: () => void = () => undefined) => ({
      name,
      deadlineSeconds: 5,
      run: async () => {
        done.push(`${name} begins`);
        await new Promise(setImmediate);
        run();
        done.push(`${name} ends`);
      },
    });
    const fail = (): never => {
      throw new Error('no');
    };
    const close = shutdownOrder([step('http'), step('projections', fail), step('stores')], logger);
    expect(await close()).toEqual([
      { name: 'http', outcome: 'done' },
      { name: 'projections', outcome: 'failed' },
      { name: 'stores', outcome: 'done' },
    ]);
    expect(done).toEqual(['http begins', 'http ends', 'projections begins', 'stores begins', 'stores ends']);
    expect(logged.join('')).toContain('"step":"projections"');
  });

  it('goes on when a step passes its deadline', async () => {
    jest.useFakeTimers();
    try {
      const last = jest.fn();
      const closed = shutdownOrder(
        [
          { name: 'hangs', deadlineSeconds: 3, run: () => new Promise(() => undefined) },
          { name: 'last', deadlineSeconds: 3, run: last },
        ],
        logger,
      )();
      await jest.advanceTimersByTimeAsync(2_999);
      expect(last).not.toHaveBeenCalled();
      await jest.advanceTimersByTimeAsync(1);
      expect(await closed).toEqual([
        { name: 'hangs', outcome: 'late' },
        { name: 'last', outcome: 'done' },
      ]);
    } finally {
      jest.useRealTimers();
    }
  });

  it('runs once, however often it is called', async () => {
    const run = jest.fn();
    const close = shutdownOrder([{ name: 'once', deadlineSeconds: 1, run }], logger);
    await Promise.all([close(), close()]);
    expect(run).toHaveBeenCalledTimes(1);
  });
});
