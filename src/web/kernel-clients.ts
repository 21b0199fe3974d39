import type { Requests } from '../event/requests.ts';
import { wordsInAddress } from './address.ts';
import { addressReader } from './client-address.ts';
import {
  leastRecentlySeen,
  type ClientLedger,
  type ClientNumbering,
  type NumberedClients,
} from './client-ledger.ts';
import type { ClientState } from './plain-clients.ts';
import type { TrafficKernel } from './traffic-kernel.ts';

/** A client was seen last in a batch of two bytes. When these come to an end, so many of the last ones stay apart, and all before are one. */
const keptBatches = 32_768;
const mostBatches = 65_535;

/** Numbers clients by compiled code; goes on where `plainClients` was, and gives the same numbers as that would. */
export function kernelClients(
  { code, memory, clients, show }: TrafficKernel,
  { capacity, proxies }: ClientNumbering,
  { counters, evicted }: ClientLedger,
  state: ClientState,
): NumberedClients {
  const readAddress = addressReader(proxies);
  const rowsMost = code.rowsMost.value;
  const words = new Uint32Array(memory, clients.words, capacity * wordsInAddress);
  const seen = new Uint16Array(memory, clients.seen, capacity);
  const free = new Uint32Array(memory, clients.free, capacity);
  const ids = new Int32Array(memory, code.clientIds.value, rowsMost);
  const addresses = new Uint32Array(memory, code.addresses.value, rowsMost * wordsInAddress);
  /** The number of the batch, which two bytes hold. */
  let batch = Math.min(state.batch, keptBatches);
  /** Whether the addresses are those of all rows of the last batch. */
  let hasRows = false;
  words.set(state.words);
  for (const [id, last] of state.seen.entries()) seen[id] = earlier(last, state.batch - batch);
  free.set(state.free);
  code.goOn(state.given, state.free.length);

  const evict = (): boolean => {
    const gone = leastRecentlySeen(seen, code.numbersGiven(), batch, capacity);
    const known = code.numbersFree();
    for (const [i, id] of gone.entries()) {
      seen[id] = 0;
      free[known + i] = id;
      evicted.push(id);
    }
    counters.known -= gone.length;
    counters.evicted += gone.length;
    if (gone.length > 0) code.goOn(code.numbersGiven(), known + gone.length);
    return gone.length > 0;
  };

  const beginBatch = (): void => {
    if (batch < mostBatches) {
      batch++;
      return;
    }
    for (let id = 0; id < code.numbersGiven(); id++)
      seen[id] = earlier(seen[id] ?? 0, mostBatches - keptBatches);
    batch = keptBatches + 1;
  };

  /** Reads the addresses of some rows in the plain way. */
  const readPlainly = (requests: Requests, from: number, count: number): void => {
    for (let i = 0; i < count; i++) {
      const isReadable = readAddress(requests, from + i, addresses, i * wordsInAddress);
      ids[i] = isReadable ? 0 : -1;
      if (!isReadable) counters.unreadable++;
    }
  };

  /** Gives numbers to the addresses of so many rows. */
  const number = (count: number): void => {
    code.bringNear(count);
    for (let row = 0; row < count;) {
      row = code.numberClients(row, count, batch);
      if (row === count || evict()) continue;
      ids[row++] = -1;
      counters.crowdedOut++;
    }
    counters.known += code.takeNewcomers();
  };

  return {
    idsOf: (requests) => {
      const { count } = requests;
      beginBatch();
      hasRows = count <= rowsMost;
      if (proxies.length === 0 && show(requests, 'client')) {
        counters.unreadable += code.readAddresses(count);
        number(count);
        return ids.subarray(0, count);
      }
      if (count <= rowsMost) {
        readPlainly(requests, 0, count);
        number(count);
        return ids.subarray(0, count);
      }
      const all = new Int32Array(count);
      for (let from = 0; from < count; from += rowsMost) {
        const some = Math.min(rowsMost, count - from);
        readPlainly(requests, from, some);
        number(some);
        all.set(ids.subarray(0, some), from);
      }
      return all;
    },
    words: () => words,
    rowWords: () => (hasRows ? addresses : undefined),
  };
}

/** The number of a batch, less so many; 0, which is none, stays. */
function earlier(last: number, batches: number): number {
  return last === 0 ? 0 : Math.max(1, last - batches);
}
