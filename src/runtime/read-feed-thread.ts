import { parentPort, workerData } from 'node:worker_threads';
import { packFeed, type FeedShape } from '../context/intel/feed.ts';
import { buffersOf } from '../context/intel/indicator-set.ts';

/** What the thread is started with. */
export interface FeedReading {
  readonly bytes: Uint8Array;
  readonly shape: FeedShape;
}

/** The body of the thread of `readFeedApart`: answers with a `PackedFeed`, whose memory it gives away instead of having it copied. */
function read(): void {
  const { bytes, shape } = workerData as FeedReading;
  const packed = packFeed(bytes, shape);
  parentPort?.postMessage(packed, packed.type === 'read' ? buffersOf(packed.indicators) : []);
}

read();
