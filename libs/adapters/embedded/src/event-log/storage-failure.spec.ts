import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { StoreUnavailable } from '@regulars/ports';
import { appendOf, Directories, everything, open, reopened } from '../../spec-support/event-log-fixtures';
import type { Failpoint } from './log-file';

const directories = new Directories();
afterEach(() => directories.clear());

const built = join(__dirname.replace('/src/', '/dist/'), 'event-log.js');

describe('A log whose disk refuses', () => {
  it.each(['log.before-write', 'log.after-write', 'log.after-sync'] as const)(
    'answers StoreUnavailable (%s), keeps nothing of it and goes on',
    async (moment) => {
      let refuses = false;
      const failpoint: Failpoint = (name) => {
        if (refuses && name === moment) throw new Error('ENOSPC');
      };
      const directory = directories.make();
      const log = await open(directory, { failpoint });
      await log.append(appendOf('s', 'no-stream', 'a'));
      const head = await log.head();
      const seen: string[] = [];
      const subscription = log.subscribe({ onBatch: async (events) => void seen.push(...events.map(({ id }) => id)) });

      refuses = true;
      const refused = await Promise.allSettled([
        log.append(appendOf('s', 0, 'b')),
        log.append(appendOf('t', 'no-stream', 'c')),
        log.append(appendOf('s', 0, 'x')),
      ]);
      for (const outcome of refused) expect(outcome).toMatchObject({ status: 'rejected', reason: expect.any(StoreUnavailable) as unknown });
      expect(await log.head()).toBe(head);
      expect((await everything(log)).map(({ id }) => id)).toEqual(['a']);
      expect(await log.readStream('t')).toEqual([]);

      refuses = false;
      expect(await log.append(appendOf('s', 0, 'b'))).toMatchObject({ outcome: 'appended', revision: 1, repeated: false });
      await log.close();
      expect(subscription).toBeDefined();
      expect(seen).toEqual(['a', 'b'].slice(0, seen.length));
      expect((await reopened(directory)).ids).toEqual(['a', 'b']);
    },
  );

  it('goes on where a new file could not be begun', async () => {
    let refuses = true;
    const failpoint: Failpoint = (name) => {
      if (refuses && name === 'log.segment-roll') throw new Error('ENOSPC');
    };
    const directory = directories.make();
    const log = await open(directory, { segmentBytesMax: 1, failpoint });
    await log.append(appendOf('s', 'no-stream', 'a')).catch(() => undefined);
    refuses = false;
    await log.append(appendOf('s', 'no-stream', 'a'));
    await log.append(appendOf('s', 0, 'b'));
    await log.close();
    expect((await reopened(directory)).ids).toEqual(['a', 'b']);
  });

  it('acknowledges exactly what fits under a real limit of file size', async () => {
    const directory = directories.make();
    const script = `
      process.on('SIGXFSZ', () => {});
      const { openEventLog } = require(${JSON.stringify(built)});
      (async () => {
        const log = await openEventLog({ directory: ${JSON.stringify(directory)}, clock: { now: () => 0 } });
        const acknowledged = [];
        for (let index = 0; index < 40; index++) {
          const event = { id: 'e' + index, type: 'x.v1', occurredAt: '', correlationId: '', chain: '', data: { text: 'x'.repeat(1500) } };
          try {
            await log.append({ streamId: 's-' + index, expected: 'no-stream', events: [event] });
            acknowledged.push(event.id);
          } catch (error) {
            if (error.name !== 'StoreUnavailable') throw error;
          }
        }
        console.log(JSON.stringify(acknowledged));
        process.exit(0);
      })();`;
    // Blocks of 1,024 bytes in bash.
    const child = spawnSync('bash', ['-c', 'ulimit -f 32; exec "$0" -e "$1"', process.execPath, script], { encoding: 'utf8' });
    expect(child.stderr).toBe('');
    const acknowledged = JSON.parse(child.stdout) as string[];
    expect(acknowledged.length).toBeGreaterThan(5);
    expect(acknowledged.length).toBeLessThan(40);
    expect((await reopened(directory)).ids).toEqual(acknowledged);
  });
});

describe('A log whose process is killed', () => {
  it.each(['log.before-write', 'log.after-write', 'log.after-sync', 'log.segment-roll', 'log.snapshot'])(
    'at %s has all it acknowledged',
    async (moment) => {
      const directory = directories.make();
      const script = `
      const { writeSync } = require('node:fs');
      const { openEventLog } = require(${JSON.stringify(built)});
      let reached = 0;
      const failpoint = (name) => {
        if (name === ${JSON.stringify(moment)} && ++reached === (name === 'log.snapshot' ? 1 : 3)) process.kill(process.pid, 'SIGKILL');
      };
      (async () => {
        const log = await openEventLog({ directory: ${JSON.stringify(directory)}, clock: { now: () => 0 }, segmentBytesMax: 800, failpoint });
        for (let index = 0; index < 20; index++) {
          const events = ['a', 'b'].map((part) => ({ id: index + part, type: 'x.v1', occurredAt: '', correlationId: '', chain: '', data: {} }));
          await log.append({ streamId: 's-' + (index % 3), expected: index < 3 ? 'no-stream' : 2 * Math.floor(index / 3) - 1, events });
          writeSync(1, index + 'a ' + index + 'b ');
        }
        await log.close();
      })();`;
      const child = spawnSync(process.execPath, ['-e', script], { encoding: 'utf8' });
      expect([child.signal, child.stderr]).toEqual(['SIGKILL', '']);
      const acknowledged = child.stdout.trim().split(' ').filter(Boolean);
      const { ids } = await reopened(directory);
      expect(ids.slice(0, acknowledged.length)).toEqual(acknowledged);
      expect([0, 2]).toContain(ids.length - acknowledged.length);
    },
  );
});
