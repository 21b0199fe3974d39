import { once } from 'node:events';
import type { Worker } from 'node:worker_threads';
import { openFeed, readFeed, type FeedRead, type FeedShape, type PackedFeed } from '../context/intel/feed.ts';
import type { FeedReading } from './read-feed-thread.ts';
import { startThread } from './start-thread.ts';

/** Smaller ones are read sooner than a thread has started. */
const worthThread = 256 * 1024;

/**
 * Reads a feed of indicators, a large one on a thread of its own: half a million of them take seconds, in which a server would answer
 * nobody. Where this process may start no thread, or the thread ends by itself, it is read here.
 */
export async function readFeedApart(bytes: Uint8Array, shape: FeedShape): Promise<FeedRead> {
  if (bytes.length < worthThread) return readFeed(bytes, shape);
  let thread: Worker;
  try {
    thread = startThread('read-feed-thread', { workerData: { bytes, shape } satisfies FeedReading });
  } catch {
    return readFeed(bytes, shape);
  }
  try {
    const [packed] = (await once(thread, 'message')) as [PackedFeed];
    return openFeed(packed);
  } catch {
    return readFeed(bytes, shape);
  } finally {
    await thread.terminate();
  }
}
