import type { Requests } from '../event/requests.ts';
import { wordsInAddress } from './address.ts';
import { createBoardKernel, type BoardKernel } from './board-kernel.ts';
import { clientSums } from './board-state.ts';
import { byteHash } from './byte-hash.ts';
import { distinct, type Distinct } from './distinct.ts';
import { heavyHitters, type HeavyHitters, type HeavyHittersSettings } from './heavy-hitters.ts';

/** What the board counts by client. */
export interface BoardClients {
  readonly clients: HeavyHitters;
  readonly distinct: Distinct;
  /** The compiled code that does it, where there is some. */
  readonly kernel: BoardKernel | undefined;
  /**
   * Counts the clients of a batch.
   * @param words the addresses of all clients
   * @param ids the client of each row; -1 where there is none
   * @param classes the status class of each row; -1 where the row does not count
   * @param rowWords the addresses of the rows, where they are at hand
   */
  readonly take: (
    requests: Requests,
    words: Uint32Array,
    ids: Int32Array,
    classes: Int8Array,
    rowWords?: Uint32Array,
  ) => void;
  /** Says for a row of that batch for which URL (by its hash) it is, and in which stretch of time. */
  readonly ask: (row: number, urlLow: number, urlHigh: number, stretch: number) => void;
  /**
   * Counts by client, URL and stretch, for all rows of the batch; each must have been told. Gives for each row how often the client came for
   * the URL in the stretch for certain; 0 where the row has no client or does not count. Valid until the next batch.
   */
  readonly countAsked: () => Float64Array;
}

const precision = 14;
const clientTable = { capacity: 32_768, textBytes: wordsInAddress * 4, sums: 4 };
const pairTable = { capacity: 32_768, textBytes: 0, sums: 0 };

/**
 * @param urls how many URLs compiled code is to hold for the board
 * @param compiled whether compiled code does it, where there is some; what comes out is the same
 */
export function boardClients(seed: number, urls: HeavyHittersSettings, compiled = true): BoardClients {
  const kernel = compiled
    ? createBoardKernel({ seed, clients: clientTable, pairs: pairTable, urls, precision })
    : undefined;
  const clients = kernel?.clients ?? heavyHitters(clientTable);
  const pairs = kernel?.pairs ?? heavyHitters(pairTable);
  const distinctClients = distinct(precision, kernel?.registers);
  const hash = byteHash(seed);
  const pairHash = byteHash(seed);
  const addressBytes = new Uint8Array(wordsInAddress * 4);
  const addressView = new DataView(addressBytes.buffer);
  const [errors4, errors5, sentSum, receivedSum] = (
    ['clientErrors', 'serverErrors', 'sent', 'received'] as const
  ).map((name) => clients.sums[clientSums[name]]);
  let rows = 0;
  let isCompiled = false;
  /** Of each row: the class of its status, -1 where it is not counted here; the hash of its client; what was asked for. */
  let counted = new Int8Array(0);
  let lows = new Int32Array(0);
  let highs = new Int32Array(0);
  let stretches = new Int32Array(0);
  let urlLows = new Int32Array(0);
  let urlHighs = new Int32Array(0);
  let counts = new Float64Array(0);

  const makeRoom = (count: number): void => {
    if (kernel !== undefined && count <= kernel.rowsMost) {
      isCompiled = true;
      [counted, stretches] = [kernel.classes, kernel.stretches];
      [urlLows, urlHighs] = [kernel.urlLows, kernel.urlHighs];
      return;
    }
    if (!isCompiled && counted.length >= count) return;
    isCompiled = false;
    const room = count * 2;
    counted = new Int8Array(room);
    lows = new Int32Array(room);
    highs = new Int32Array(room);
    stretches = new Int32Array(room);
    urlLows = new Int32Array(room);
    urlHighs = new Int32Array(room);
    counts = new Float64Array(room);
  };

  const takePlainly = ({ sent, received }: Requests, words: Uint32Array, ids: Int32Array): void => {
    for (let row = 0; row < rows; row++) {
      if ((counted[row] ?? -1) < 0) continue;
      hash.takeWords(words, (ids[row] ?? 0) * wordsInAddress, wordsInAddress);
      lows[row] = hash.low;
      highs[row] = hash.high;
    }
    clients.bringNear(lows, rows);
    for (let row = 0; row < rows; row++) {
      const statusClass = counted[row] ?? -1;
      if (statusClass < 0) continue;
      const at = (ids[row] ?? 0) * wordsInAddress;
      const low = lows[row] ?? 0;
      const high = highs[row] ?? 0;
      distinctClients.add(low, high);
      const client = clients.add(low, high);
      if (clients.wasNew()) {
        for (let i = 0; i < wordsInAddress; i++) addressView.setUint32(i * 4, words[at + i] ?? 0);
        clients.keepText(client, addressBytes, 0, addressBytes.length, 'none');
      }
      if (statusClass >= 4) addTo(statusClass === 4 ? errors4 : errors5, client, 1);
      const sentNow = sent[row] ?? Number.NaN;
      const receivedNow = received[row] ?? Number.NaN;
      if (sentNow >= 0) addTo(sentSum, client, sentNow);
      if (receivedNow >= 0) addTo(receivedSum, client, receivedNow);
    }
  };

  const countPairsPlainly = (): void => {
    for (let row = 0; row < rows; row++) {
      if ((counted[row] ?? -1) < 0) continue;
      pairHash.low = urlLows[row] ?? 0;
      pairHash.high = urlHighs[row] ?? 0;
      pairHash.with((lows[row] ?? 0) ^ (stretches[row] ?? 0), highs[row] ?? 0);
      // Not asked for again, so that the hash of the pair may stand where that of its URL did.
      urlLows[row] = pairHash.low;
      urlHighs[row] = pairHash.high;
    }
    pairs.bringNear(urlLows, rows);
    for (let row = 0; row < rows; row++)
      counts[row] =
        (counted[row] ?? -1) < 0 ? 0 : pairs.atLeast(pairs.add(urlLows[row] ?? 0, urlHighs[row] ?? 0));
  };

  const copyAddresses = (words: Uint32Array, ids: Int32Array, addresses: Uint32Array): void => {
    for (let row = 0; row < rows; row++) {
      if ((counted[row] ?? -1) < 0) continue;
      const from = (ids[row] ?? 0) * wordsInAddress;
      const to = row * wordsInAddress;
      addresses[to] = words[from] ?? 0;
      addresses[to + 1] = words[from + 1] ?? 0;
      addresses[to + 2] = words[from + 2] ?? 0;
      addresses[to + 3] = words[from + 3] ?? 0;
    }
  };

  return {
    clients,
    distinct: distinctClients,
    kernel,
    take: (requests, words, ids, classes, rowWords) => {
      rows = requests.count;
      makeRoom(rows);
      copyClasses(ids, classes, rows, counted);
      if (kernel === undefined || !isCompiled) {
        takePlainly(requests, words, ids);
        return;
      }
      if (rowWords === undefined) copyAddresses(words, ids, kernel.addresses);
      else kernel.addresses.set(rowWords.subarray(0, rows * wordsInAddress));
      kernel.countClients(requests);
    },
    ask: (row, urlLow, urlHigh, stretch) => {
      urlLows[row] = urlLow;
      urlHighs[row] = urlHigh;
      stretches[row] = stretch;
    },
    countAsked: () => {
      if (kernel !== undefined && isCompiled) return kernel.countPairs(rows);
      countPairsPlainly();
      return counts;
    },
  };
}

/** The classes of the rows that have a client; -1 for others. */
function copyClasses(ids: Int32Array, classes: Int8Array, count: number, into: Int8Array): void {
  for (let row = 0; row < count; row++) into[row] = (ids[row] ?? -1) < 0 ? -1 : (classes[row] ?? -1);
}

function addTo(column: Float64Array | undefined, at: number, amount: number): void {
  if (column !== undefined) column[at] = (column[at] ?? 0) + amount;
}
