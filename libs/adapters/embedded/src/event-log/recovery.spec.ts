import { readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { appendOf, crashedLog, Directories, edit, everything, open, reopened, segmentPaths } from '../../spec-support/event-log-fixtures';
import { LogDamaged } from './log-damaged';
import { SEGMENT_HEADER_BYTES } from './record-format';
import { recover } from './recovery';

const directories = new Directories();
afterEach(() => directories.clear());

const three = [appendOf('a', 'no-stream', 'a0'), appendOf('b', 'no-stream', 'b0'), appendOf('a', 0, 'a1', 'a2')];

/** A log of three writes as a crash leaves it, and where its last write begins. */
async function threeWrites() {
  const whole = await crashedLog(directories, three);
  const shorter = await crashedLog(directories, three.slice(0, 2));
  const size = (directory: string) => readFileSync(segmentPaths(directory)[0] as string).length;
  return { whole, path: segmentPaths(whole)[0] as string, lastWriteAt: size(shorter), size: size(whole) };
}

describe('Opening a log after a crash', () => {
  it('cuts a last append that ends at any byte, keeps what is cut and goes on', async () => {
    const { whole, path, lastWriteAt, size } = await threeWrites();
    const bytes = readFileSync(path);
    const directory = directories.crashed(whole);
    for (let length = lastWriteAt; length < size; length++) {
      writeFileSync(segmentPaths(directory)[0] as string, bytes.subarray(0, length));
      const { segments, heads, recovery } = await recover(directory);
      segments.close();
      expect([segments.end, heads.count, recovery.cutBytes]).toEqual([lastWriteAt, 2, length - lastWriteAt]);
      if (length === lastWriteAt) continue;
      expect(recovery.atPosition).toBe(String(lastWriteAt).padStart(16, '0'));
      expect(readFileSync(recovery.keptIn as string)).toEqual(bytes.subarray(lastWriteAt, length));
    }
    const log = await open(directory);
    expect((await everything(log)).map(({ id }) => id)).toEqual(['a0', 'b0']);
    expect(await log.append(three[2] as (typeof three)[number])).toMatchObject({ outcome: 'appended', revision: 2, repeated: false });
    await log.close();
    expect(readFileSync(segmentPaths(directory)[0] as string)).toEqual(bytes);
  });

  it('cuts a last write with any byte changed, and one followed by zeros', async () => {
    const { whole, lastWriteAt, size } = await threeWrites();
    for (let at = lastWriteAt; at < size; at += 11) {
      const directory = directories.crashed(whole);
      edit(segmentPaths(directory)[0] as string, (bytes) => void (bytes[at] = (bytes[at] as number) ^ 0x10));
      expect((await reopened(directory)).ids).toEqual(['a0', 'b0']);
    }
    edit(segmentPaths(whole)[0] as string, (bytes) => Buffer.concat([bytes, Buffer.alloc(5000)]));
    expect(await reopened(whole)).toMatchObject({ ids: ['a0', 'b0', 'a1', 'a2'], recovery: { cutBytes: 5000 } });
  });

  it('cuts a whole last write whose first block was lost, though later blocks of it are there', async () => {
    const directory = directories.make();
    const log = await open(directory);
    await log.append(appendOf('a', 'no-stream', 'a0'));
    const start = log.stats().bytes;
    await log.appendMany(['b', 'c', 'd'].map((stream) => appendOf(stream, 'no-stream', `${stream}0`)));
    const crashed = directories.crashed(directory);
    await log.close();
    edit(segmentPaths(crashed)[0] as string, (bytes) => void bytes.fill(0, start, start + 20));
    expect((await reopened(crashed)).ids).toEqual(['a0']);
  });

  it('refuses any changed byte before the last write, naming file and place', async () => {
    const { whole, path, lastWriteAt } = await threeWrites();
    for (let at = 0; at < lastWriteAt; at += 13) {
      const directory = directories.crashed(whole);
      const damaged = segmentPaths(directory)[0] as string;
      edit(damaged, (bytes) => void (bytes[at] = (bytes[at] as number) ^ 0x01));
      const before = readFileSync(damaged);
      await expect(open(directory)).rejects.toThrow(`The event log is damaged: ${damaged} at byte `);
      expect(readFileSync(damaged)).toEqual(before);
    }
    expect((await reopened(whole)).ids).toHaveLength(4);
    expect(path).toContain(whole);
  });

  it('refuses to cut what a clean close had covered', async () => {
    const directory = directories.make();
    const log = await open(directory);
    for (const append of three) await log.append(append);
    await log.close();
    const path = segmentPaths(directory)[0] as string;
    const whole = readFileSync(path);
    edit(path, (bytes) => void (bytes[bytes.length - 3] = 0));
    await expect(open(directory)).rejects.toThrow(LogDamaged);
    edit(path, () => whole.subarray(0, whole.length - 3));
    await expect(open(directory)).rejects.toThrow(LogDamaged);
    edit(path, () => whole);
    expect((await reopened(directory)).ids).toHaveLength(4);
  });
});

describe('A log of many files', () => {
  const appends = Array.from({ length: 5 }, (_, index) => appendOf('s', index === 0 ? 'no-stream' : index - 1, `e${index}`));
  const crashed = () => crashedLog(directories, appends, { segmentBytesMax: 1 });

  it('is one log', async () => {
    const directory = await crashed();
    expect(segmentPaths(directory)).toHaveLength(5);
    expect((await reopened(directory)).ids).toEqual(['e0', 'e1', 'e2', 'e3', 'e4']);
  });

  it('is refused when a file in the middle is damaged, cut short, longer or missing', async () => {
    const changes: ((path: string) => void)[] = [
      (path) => edit(path, (bytes) => void (bytes[SEGMENT_HEADER_BYTES + 40] = 0)),
      (path) => edit(path, (bytes) => void (bytes[3] = 0)),
      (path) => edit(path, (bytes) => bytes.subarray(0, bytes.length - 1)),
      (path) => edit(path, (bytes) => Buffer.concat([bytes, Buffer.alloc(1)])),
      (path) => rmSync(path),
    ];
    for (const change of changes) {
      for (const index of [0, 2]) {
        const directory = await crashed();
        change(segmentPaths(directory)[index] as string);
        await expect(open(directory)).rejects.toThrow(LogDamaged);
      }
    }
  });

  it('comes back when it crashed while a file was begun', async () => {
    for (const length of [0, 10, SEGMENT_HEADER_BYTES - 1, SEGMENT_HEADER_BYTES]) {
      const directory = await crashed();
      truncateSync(segmentPaths(directory)[4] as string, length);
      expect((await reopened(directory)).ids).toEqual(['e0', 'e1', 'e2', 'e3']);
    }
  });
});

describe('The snapshot of stream heads', () => {
  async function closedLog() {
    const directory = directories.make();
    const log = await open(directory);
    for (let index = 0; index < 500; index++) void log.append(appendOf(`s-${index}`, 'no-stream', `e${index}`));
    await log.close();
    return directory;
  }

  it('is used, and whatever is done to it changes nothing but the start', async () => {
    const directory = await closedLog();
    const snapshot = `${directory}/heads.snapshot`;
    const whole = readFileSync(snapshot);
    const expected = (await reopened(directory)).ids;
    expect((await reopened(directory)).recovery.snapshotIgnored).toBeUndefined();
    for (let at = 0; at < whole.length; at += Math.ceil(whole.length / 12)) {
      edit(snapshot, () => Buffer.concat([whole.subarray(0, at), Buffer.from([(whole[at] as number) ^ 0x40]), whole.subarray(at + 1)]));
      const { ids, recovery } = await reopened(directory);
      expect(ids).toEqual(expected);
      expect(recovery.snapshotIgnored).toMatch(/snapshot/);
      edit(snapshot, () => whole.subarray(0, at));
      expect((await reopened(directory)).ids).toEqual(expected);
    }
  });

  it('of a log that was longer is ignored', async () => {
    const directory = await closedLog();
    const older = await crashedLog(directories, three);
    edit(`${directory}/heads.snapshot`, () => undefined);
    for (const path of segmentPaths(directory)) edit(path, () => readFileSync(segmentPaths(older)[0] as string));
    const { ids, recovery } = await reopened(directory);
    expect(ids).toEqual(['a0', 'b0', 'a1', 'a2']);
    expect(recovery.snapshotIgnored).toMatch(/ends at/);
  });

  it('with another hash function is ignored', async () => {
    const directory = await closedLog();
    const { ids, recovery } = await reopened(directory, { hash: (streamId, out) => out.fill(streamId.length) });
    expect(ids).toHaveLength(500);
    expect(recovery.snapshotIgnored).toMatch(/another/);
  });
});
