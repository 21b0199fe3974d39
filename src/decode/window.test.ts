import { buffer } from 'node:stream/consumers';
import { constants, createZstdCompress } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { decode } from './decode.ts';

/** As a stream packs it, which does not know how long it will be, and so asks for the whole window. */
async function packed(windowLog: number): Promise<Uint8Array> {
  const stream = createZstdCompress({ params: { [constants.ZSTD_c_windowLog]: windowLog } });
  const whole = buffer(stream);
  const event =
    '{"eventVersion":"1.08","eventID":"1","eventTime":"2026-11-23T08:00:00Z","eventSource":"a","eventName":"B"}';
  // Where the last write and the end come together, Node puts an empty frame behind them.
  await new Promise((resolve) => stream.write(event, resolve));
  stream.end();
  return whole;
}

describe('memory that zstd asks for', () => {
  it.each([
    ['8 MB, in a request, is there', 'http', 23, 1, ''],
    ['16 MB, in a request, is not', 'http', 24, 0, 'the zstd data needs more than 8 MB of memory to unpack'],
    ['128 MB, in a file, is there', 'file', 27, 1, ''],
    ['256 MB, in a file, is not', 'file', 28, 0, 'the zstd data needs more than 128 MB of memory to unpack'],
  ])('%s', async (_, source, windowLog, events, reason) => {
    let count = 0;
    let reasons = '';
    const from = { source, object: 'o', receivedAt: 5 };
    for await (const batch of decode(await packed(windowLog), from)) {
      count += batch.events.length;
      reasons += batch.rejections.map((rejection) => rejection.reason).join();
    }
    expect({ count, reasons: reasons.slice(0, reason.length || undefined) }).toEqual({
      count: events,
      reasons: reason,
    });
  });
});
