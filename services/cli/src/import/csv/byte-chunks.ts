import { createReadStream } from 'node:fs';
import { open } from 'node:fs/promises';
import { createGunzip } from 'node:zlib';
import { CliError, exitCodes } from '../../failure';

const CHUNK_BYTES = 128 * 1024;

/** The bytes of a file, unpacked where the content (not the name) says gzip; counts what was read from the disk. */
export interface ByteSource {
  readonly chunks: AsyncIterable<Buffer>;
  /** Bytes read from the file so far, before unpacking. */
  bytesRead(): number;
}

/** Opens a CSV or CSV.gz. Throws CliError for UTF-16, which no CSV column could be read from. */
export async function openBytes(file: string): Promise<ByteSource> {
  const head = await firstBytes(file);
  if ((head[0] === 0xff && head[1] === 0xfe) || (head[0] === 0xfe && head[1] === 0xff)) {
    throw new CliError(exitCodes.failed, 'The file is UTF-16', file, { whatToDo: 'Convert it: iconv -f UTF-16 -t UTF-8.' });
  }
  const disk = createReadStream(file, { highWaterMark: CHUNK_BYTES });
  const isGzip = head[0] === 0x1f && head[1] === 0x8b;
  return { chunks: isGzip ? unpacked(disk, file) : disk, bytesRead: () => disk.bytesRead };
}

async function firstBytes(file: string): Promise<Buffer> {
  const handle = await open(file, 'r');
  try {
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(2), 0, 2, 0);
    return buffer.subarray(0, bytesRead);
  } finally {
    await handle.close();
  }
}

async function* unpacked(disk: ReturnType<typeof createReadStream>, file: string): AsyncGenerator<Buffer> {
  const gunzip = createGunzip({ chunkSize: CHUNK_BYTES });
  disk.on('error', (error) => gunzip.destroy(error));
  disk.pipe(gunzip);
  try {
    for await (const chunk of gunzip) yield chunk as Buffer;
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new CliError(exitCodes.failed, 'The compressed file is damaged', `${file}: ${why}`, {
      whatToDo: 'Fetch the file again and repeat the import; what was acknowledged is not sent twice.',
    });
  } finally {
    disk.destroy();
    gunzip.destroy();
  }
}
