import { closeFile, openFile, syncFile, truncateFile, writeFully } from './files';
import { SEGMENT_HEADER_BYTES } from './record-format';
import { createSegment, type Segments } from './segments';

/** The moments of writing at which tests may wait, fail or die. A failpoint that throws makes the write fail there. */
export type Failpoint = (
  name: 'log.before-write' | 'log.after-write' | 'log.after-sync' | 'log.segment-roll' | 'log.snapshot',
) => void | Promise<void>;

/** The end of the log, where one write at a time is made durable or undone. */
export class LogFile {
  private fd: number | undefined;
  /** Set where bytes may lie behind the durable end: they are removed before anything else is written. */
  private mustTruncate = false;

  constructor(
    private readonly directory: string,
    private readonly segments: Segments,
    private readonly segmentBytesMax: number,
    private readonly failpoint: Failpoint,
  ) {}

  /** Makes the end ready for a write: removes what a failed one left, starts a new segment where the last is full. */
  async prepare(): Promise<void> {
    if (this.mustTruncate) await this.truncate();
    const { last } = this.segments;
    if (last.size < this.segmentBytesMax || last.size === SEGMENT_HEADER_BYTES) return;
    const segment = await createSegment(this.directory, last.base + last.size);
    await this.close();
    this.segments.list.push(segment);
    await this.failpoint('log.segment-roll');
  }

  /**
   * Writes the first `length` bytes of the buffer behind the durable end. They are durable when it resolves, and gone when it
   * throws. The caller moves the durable end (the segment's size), at the same moment as it shows the events.
   */
  async write(buffer: Buffer, length: number): Promise<void> {
    const { last } = this.segments;
    this.fd ??= await openFile(last.path, 'r+');
    try {
      await this.failpoint('log.before-write');
      await writeFully(this.fd, buffer, length, last.size);
      await this.failpoint('log.after-write');
      await syncFile(this.fd);
      await this.failpoint('log.after-sync');
    } catch (error) {
      this.mustTruncate = true;
      // If the disk refuses this as well, the next write begins with it.
      await this.truncate().catch(() => undefined);
      throw error;
    }
  }

  async close(): Promise<void> {
    if (this.mustTruncate) await this.truncate();
    if (this.fd !== undefined) await closeFile(this.fd);
    this.fd = undefined;
  }

  private async truncate(): Promise<void> {
    const { last } = this.segments;
    this.fd ??= await openFile(last.path, 'r+');
    await truncateFile(this.fd, last.size);
    await syncFile(this.fd);
    this.mustTruncate = false;
  }
}
