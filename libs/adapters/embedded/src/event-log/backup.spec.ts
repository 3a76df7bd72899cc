import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { appendOf, crashedLog, Directories, edit, everything, open, reopened, segmentPaths } from '../../spec-support/event-log-fixtures';
import { backupEventLog } from './backup';
import { LogDamaged } from './log-damaged';

const directories = new Directories();
afterEach(() => directories.clear());

describe('A backup of an event log', () => {
  it('taken while appends go on is a prefix with all that was acknowledged before, and can be restored', async () => {
    const directory = directories.make();
    const log = await open(directory, { segmentBytesMax: 2000 });
    for (let index = 0; index < 30; index++) await log.append(appendOf(`s-${index}`, 'no-stream', `${index}/0`, `${index}/1`));
    const acknowledged = (await everything(log)).map(({ id }) => id);
    let writing = true;
    const writer = (async () => {
      for (let index = 30; writing; index++) await log.append(appendOf(`s-${index}`, 'no-stream', `${index}/0`, `${index}/1`));
    })();
    const copy = join(directories.make(), 'copy');
    const progress: number[] = [];
    const report = await backupEventLog(directory, copy, ({ bytes, totalBytes }) => progress.push(bytes / totalBytes));
    writing = false;
    await writer;
    const all = (await everything(log)).map(({ id }) => id);
    await log.close();

    expect(progress.at(-1)).toBe(1);
    const restored = join(directories.make(), 'deep', 'restored');
    expect(await backupEventLog(copy, restored)).toEqual({ ...report, leftOutBytes: 0 });
    const { ids } = await reopened(restored);
    expect(ids.slice(0, acknowledged.length)).toEqual(acknowledged);
    expect(ids).toEqual(all.slice(0, ids.length));
    expect(ids.length % 2).toBe(0);
  });

  it('leaves out a torn last write and says so', async () => {
    const directory = await crashedLog(directories, [appendOf('a', 'no-stream', 'a0'), appendOf('a', 0, 'a1')]);
    edit(segmentPaths(directory)[0] as string, (bytes) => bytes.subarray(0, bytes.length - 5));
    const copy = join(directories.make(), 'copy');
    expect((await backupEventLog(directory, copy)).leftOutBytes).toBeGreaterThan(0);
    expect((await reopened(copy)).ids).toEqual(['a0']);
    expect(readdirSync(directory)).not.toContain('cut');
  });

  it('is refused into a directory in use, of nothing, and of a damaged log, leaving nothing behind', async () => {
    const directory = await crashedLog(directories, [appendOf('a', 'no-stream', 'a0'), appendOf('a', 0, 'a1')]);
    const used = directories.make();
    writeFileSync(join(used, 'something'), '');
    await expect(backupEventLog(directory, used)).rejects.toThrow(/not empty/);
    const target = join(directories.make(), 'copy');
    await expect(backupEventLog(directories.make(), target)).rejects.toThrow(/no event log/);
    edit(segmentPaths(directory)[0] as string, (bytes) => void (bytes[80] = 0));
    await expect(backupEventLog(directory, target)).rejects.toThrow(LogDamaged);
    await expect(backupEventLog(directory, target)).rejects.toThrow(segmentPaths(directory)[0] as string);
    expect([existsSync(target), existsSync(`${target}.partial`)]).toEqual([false, false]);
    mkdirSync(`${target}.partial`);
    await expect(backupEventLog(directory, target)).rejects.toThrow(/did not finish/);
  });
});
