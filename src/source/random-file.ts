import { createWriteStream } from 'node:fs';
import { mkdtemp, open, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import type { SetDown } from '../decode/access/read.ts';
import { ParquetError } from '../decode/parquet/error.ts';

/** A file on disk, to be read in any order. Throws what opening and reading throw. */
export async function openRandomFile(path: string): Promise<SetDown> {
  const handle = await open(path);
  const { size } = await handle.stat();
  return {
    size,
    read: async (start, end) => {
      const buffer = Buffer.alloc(end - start);
      const { bytesRead } = await handle.read(buffer, 0, buffer.length, start);
      if (bytesRead < buffer.length) throw new ParquetError('the file became shorter while it was read');
      return buffer;
    },
    close: () => handle.close(),
  };
}

/** Longer ones do not fit onto the disk of a small machine. */
const longest = 4 * 1024 * 1024 * 1024;

/** Writes a stream into a file of its own, which is gone once it is closed. What the stream throws is passed on. */
export async function setDownInFile(
  chunks: AsyncIterable<Uint8Array>,
  mostBytes = longest,
): Promise<SetDown> {
  const folder = await mkdtemp(join(tmpdir(), 'tocsin-'));
  const remove = (): Promise<void> => rm(folder, { recursive: true, force: true });
  try {
    const path = join(folder, 'log');
    let size = 0;
    const counted = async function* (): AsyncGenerator<Uint8Array> {
      for await (const chunk of chunks) {
        size += chunk.length;
        if (size > mostBytes) throw new ParquetError(`a file of more than ${mostBytes} bytes; split it`);
        // The stream writes later, when the reader may have used its memory again.
        yield Uint8Array.from(chunk);
      }
    };
    await pipeline(counted, createWriteStream(path, { mode: 0o600 }));
    const file = await openRandomFile(path);
    return {
      ...file,
      close: async () => {
        await file.close();
        await remove();
      },
    };
  } catch (error) {
    await remove();
    throw error;
  }
}
