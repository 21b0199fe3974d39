import type { Requests } from '../event/requests.ts';
import type { BoardClients } from './board-clients.ts';
import type { BoardKernel } from './board-kernel.ts';
import type { BoardState } from './board-state.ts';
import { byteHash } from './byte-hash.ts';
import type { NumberedTexts } from './numbered-texts.ts';
import { urlKey } from './url-key.ts';

/** Counts the rows of a batch over time and by URL by compiled code (assembly/board-rows.ts): what the board does where there is none. */
export interface BoardRows {
  /** Of each row the class of its status, -1 where it has no time; once `countAll` was called. */
  readonly classes: Int8Array;
  readonly countAll: (requests: Requests) => void;
  /** Counts by URL, after clients were counted. */
  readonly countUrls: (requests: Requests, hosts: NumberedTexts, paths: NumberedTexts) => void;
}

/** From here on an amount is counted here, and not by compiled code. */
const largeAmount = 2 ** 31;
/** So many numbers are given to URLs before all are given anew, beside those of one batch. */
const mostUrls = 32_768;

export function boardRows(
  { code, rows, urls, urlsAt, show }: BoardKernel,
  byClient: Pick<BoardClients, 'countAsked'>,
  { line, sent, received, statuses, totals, rate }: BoardState,
  seed: number,
): BoardRows {
  const key = urlKey();
  const hash = byteHash(seed);
  let hosts: NumberedTexts | undefined;
  let paths: NumberedTexts | undefined;
  let generations = '';

  const countLarge = (requests: Requests, row: number): void => {
    const statusClass = Math.min(5, ((requests.status[row] ?? 0) / 100) | 0);
    const sentNow = requests.sent[row] ?? Number.NaN;
    rows.classes[row] = statusClass;
    statuses[statusClass] = (statuses[statusClass] ?? 0) + 1;
    sent.add(sentNow);
    received.add(requests.received[row] ?? Number.NaN);
    const { lineSums } = rows;
    lineSums[0] = (lineSums[0] ?? 0) + 1;
    if (statusClass >= 4) lineSums[statusClass - 3] = (lineSums[statusClass - 3] ?? 0) + 1;
    if (sentNow >= 0) {
      lineSums[3] = (lineSums[3] ?? 0) + sentNow;
      lineSums[4] = (lineSums[4] ?? 0) + 1;
    }
  };

  /** Gives the URL of a row its number. */
  const numberUrl = (row: number, hostsNow: NumberedTexts, pathsNow: NumberedTexts): void => {
    hash.take(key.bytes, 0, write(rows.hosts[row] ?? 0, rows.paths[row] ?? 0, hostsNow, pathsNow));
    code.numberUrl(row, hash.low, hash.high);
  };
  const write = (host: number, path: number, hostsNow: NumberedTexts, pathsNow: NumberedTexts): number =>
    key.take(
      hostsNow.bytes,
      hostsNow.start[host] ?? 0,
      hostsNow.end[host] ?? 0,
      pathsNow.start[path] ?? 0,
      pathsNow.end[path] ?? 0,
      pathsNow.bytes,
    );

  return {
    classes: rows.classes,
    countAll: (requests) => {
      show(requests);
      const { count, time } = requests;
      const isLarge = (row: number): boolean =>
        (requests.sent[row] ?? 0) >= largeAmount || (requests.received[row] ?? 0) >= largeAmount;
      const { lineSums } = rows;
      for (let row = 0; row < count;) {
        const at = time[row] ?? Number.NaN;
        if (Number.isNaN(at)) {
          rows.classes[row++] = -1;
          continue;
        }
        if (at < totals.first) totals.first = at;
        if (at > totals.last) totals.last = at;
        const place = line.at(at);
        for (let i = 0; i < lineSums.length; i++) lineSums[i] = line.columns[i]?.[place] ?? 0;
        const before = lineSums[0] ?? 0;
        if (isLarge(row)) countLarge(requests, row++);
        else row = code.countRun(row, count);
        totals.requests += (lineSums[0] ?? 0) - before;
        for (let i = 0; i < lineSums.length; i++) {
          const column = line.columns[i];
          if (column !== undefined) column[place] = lineSums[i] ?? 0;
        }
      }
    },
    countUrls: (requests, hostsNow, pathsNow) => {
      const { count, escaping } = requests;
      const now = `${hostsNow.generation} ${pathsNow.generation}`;
      if (hostsNow !== hosts || pathsNow !== paths || now !== generations || code.urlsNumbered() > mostUrls)
        code.clearUrls();
      hosts = hostsNow;
      paths = pathsNow;
      generations = now;
      rows.hosts.set(hostsNow.ids.subarray(0, count));
      rows.paths.set(pathsNow.ids.subarray(0, count));
      for (let row = 0; row < count;) {
        row = code.countUrls(row, count, rate.window);
        if (row < count) numberUrl(row, hostsNow, pathsNow);
      }
      byClient.countAsked();
      code.countOfOne(count, rate.count);
      const different = code.bringUrlsNear(urlsAt);
      for (let from = 0; ;) {
        from = code.endUrls(urlsAt, from);
        const fresh = code.takeFresh();
        for (let i = 0; i < fresh; i++) {
          const number = rows.fresh[i * 2] ?? 0;
          const length = write(rows.urlHosts[number] ?? 0, rows.urlPaths[number] ?? 0, hostsNow, pathsNow);
          urls.keepText(rows.fresh[i * 2 + 1] ?? 0, key.bytes, 0, length, escaping);
        }
        if (from === different) break;
        urls.makeRoom();
      }
    },
  };
}
