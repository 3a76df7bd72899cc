import { appendOf, Directories, edit, open, segmentPaths } from '../../spec-support/event-log-fixtures';
import { encodeRecord, FIRST_OF_APPEND, LAST_OF_APPEND, SEGMENT_HEADER_BYTES } from './record-format';

const directories = new Directories();
afterEach(() => directories.clear());

async function sealedLog(): Promise<string> {
  const directory = directories.make();
  const log = await open(directory, { segmentBytesMax: 1 });
  for (let index = 0; index < 4; index++) await log.append(appendOf('s', index === 0 ? 'no-stream' : index - 1, `e${index}`));
  await log.close();
  return directory;
}

describe('Verifying a log', () => {
  it('finds nothing wrong with a whole one, while appends go on', async () => {
    const log = await open(await sealedLog());
    const progress: number[] = [];
    const [report] = await Promise.all([
      log.verify(({ bytes }) => progress.push(bytes)),
      ...Array.from({ length: 50 }, (_, index) => log.append(appendOf(`new-${index}`, 'no-stream', `n${index}`))),
    ]);
    expect(report.problems).toEqual([]);
    expect(report.events).toBeGreaterThanOrEqual(4);
    expect(progress.length).toBeGreaterThan(0);
    expect((await log.verify()).events).toBe(54);
    await log.close();
  });

  it('finds a changed byte in a file that opening trusts, and reading throws there', async () => {
    const directory = await sealedLog();
    const path = segmentPaths(directory)[1] as string;
    edit(path, (bytes) => void (bytes[bytes.length - 2] = 0));
    const log = await open(directory);
    const { problems } = await log.verify();
    expect(problems).toEqual([expect.stringContaining(path)]);
    await expect(log.readStream('s')).rejects.toThrow(/damaged/);
    await expect(log.readAll()[Symbol.asyncIterator]().next()).rejects.toThrow(/damaged/);
    expect(await log.append(appendOf('other', 'no-stream', 'o'))).toMatchObject({ outcome: 'appended' });
    await log.close();
  });

  it('finds a record with a right checksum that does not follow from the one before it', async () => {
    const directory = await sealedLog();
    const path = segmentPaths(directory)[2] as string;
    const base = Number(path.slice(-24, -4));
    edit(path, (bytes) => {
      const previous = bytes.readUInt32LE(SEGMENT_HEADER_BYTES + 20);
      const fields = { flags: FIRST_OF_APPEND | LAST_OF_APPEND, revision: 7, writeOffset: 0, previous, recordedAtMs: 0 };
      const json = bytes.toString('utf8', SEGMENT_HEADER_BYTES + 37);
      encodeRecord(bytes, SEGMENT_HEADER_BYTES, base + SEGMENT_HEADER_BYTES, fields, 's', json);
    });
    const log = await open(directory);
    expect((await log.verify()).problems.join()).toMatch(/revision 7 follows revision 1/);
    await log.close();
  });
});
