import { sentText, type Requests, type TextColumnName } from '../event/requests.ts';
import { amounts } from './amounts.ts';
import { byteHash } from './byte-hash.ts';
import { wordsInAddress } from './address.ts';
import { clientSums, lineColumns, outsideApp, urlSums, type BoardState } from './board-state.ts';
import { boardView, type BoardView } from './board-view.ts';
import { fits } from './bots/outside-app.ts';
import { distinct } from './distinct.ts';
import { heavyHitters, type HeavyHitters } from './heavy-hitters.ts';
import { timeLine } from './time-line.ts';
import { longestKey, urlKey } from './url-key.ts';

export interface BoardSettings {
  /** The addresses of all clients, four words for each number (`ClientTable.words`). */
  readonly words: () => Uint32Array;
  /** Different for every process where attackers could choose texts so that they fall together. */
  readonly seed?: number | undefined;
  /** Methods that are nothing to look at. */
  readonly ordinaryMethods?: readonly string[] | undefined;
  /** Agents of one's own apps, `*` for anything: `MyApp/*`. Where there are none, no agent is outside the app. */
  readonly appAgents?: readonly string[] | undefined;
  /** The reputation lists that have the address whose words begin at `at`. */
  readonly listsAt?: ((words: Uint32Array, at: number) => readonly string[]) | undefined;
  /** More requests of one client to one URL within `window` milliseconds put the URL on the list of those over the rate. */
  readonly perClientRate?: { readonly count: number; readonly window: number } | undefined;
}

/** Those of RFC 9110 and RFC 5789 that browsers and apps send; TRACE and CONNECT are none of them. */
const browserMethods = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'];

/** Of a text so many bytes are looked at. */
const longestAgent = 512;

/** One a second, for a minute: people and apps that load a page do not come to that on one URL. */
const onePerSecond = { count: 60, window: 60_000 };

/** What traffic looks like: who asks for what and how it is answered. Memory is fixed, some 25 MB, whatever comes. */
export interface Board {
  /** Sees a batch; `clients` as the client table gives them. */
  readonly take: (requests: Requests, clients: Int32Array) => void;
  readonly view: (options: { readonly top: number; readonly points: number }) => BoardView;
}

export function board(settings: BoardSettings): Board {
  const appAgents = (settings.appAgents ?? []).map(fits);
  const rate = settings.perClientRate ?? onePerSecond;
  const ordinary = new Set(settings.ordinaryMethods ?? browserMethods);
  const small = { textBytes: 64, sums: 2 };
  const state: BoardState = {
    urls: heavyHitters({ capacity: 32_768, textBytes: longestKey + 3, sums: 6 }),
    clients: heavyHitters({ capacity: 32_768, textBytes: 16, sums: 4 }),
    agents: heavyHitters({ capacity: 8_192, textBytes: 200, sums: 2 }),
    methods: heavyHitters({ capacity: 256, ...small, textBytes: 32 }),
    hosts: heavyHitters({ capacity: 4_096, ...small }),
    countries: heavyHitters({ capacity: 1_024, ...small, textBytes: 8 }),
    sent: amounts(),
    received: amounts(),
    distinctClients: distinct(14),
    line: timeLine(5),
    statuses: new Float64Array(6),
    totals: {
      requests: 0,
      outsideApp: 0,
      first: Number.POSITIVE_INFINITY,
      last: Number.NEGATIVE_INFINITY,
    },
    rate,
    hasAppAgents: appAgents.length > 0,
  };
  const { urls, clients, agents, sent, received, distinctClients, line, statuses, totals } = state;
  /** Client, URL and stretch of time. */
  const pairs = heavyHitters({ capacity: 32_768, textBytes: 0, sums: 0 });
  const hash = byteHash(settings.seed ?? 0);
  const urlHash = byteHash(settings.seed ?? 0);
  const key = urlKey();
  const addressBytes = new Uint8Array(wordsInAddress * 4);
  const addressView = new DataView(addressBytes.buffer);

  const countText = (
    into: HeavyHitters,
    column: TextColumnName,
    requests: Requests,
    row: number,
    errorClass: number,
  ): number => {
    const start = requests.text[column].start[row] ?? 0;
    const end = requests.text[column].end[row] ?? 0;
    // An agent of a megabyte is told apart by its beginning and costs no more than a long one.
    const to = Math.min(end, start + longestAgent);
    hash.take(requests.bytes, start, to);
    const one = into.add(hash.low, hash.high);
    if (into.wasNew()) into.keepText(one, requests.bytes, start, end, requests.escaping);
    countError(into, one, errorClass);
    return one;
  };

  const take = (requests: Requests, ids: Int32Array): void => {
    const words = settings.words();
    const { text, bytes, escaping, count } = requests;
    for (let row = 0; row < count; row++) {
      const time = requests.time[row] ?? Number.NaN;
      if (Number.isNaN(time)) continue;
      const statusClass = Math.min(5, ((requests.status[row] ?? 0) / 100) | 0);
      const errorClass = statusClass - 4;
      const sentNow = requests.sent[row] ?? Number.NaN;
      const receivedNow = requests.received[row] ?? Number.NaN;
      totals.requests++;
      if (time < totals.first) totals.first = time;
      if (time > totals.last) totals.last = time;
      statuses[statusClass] = (statuses[statusClass] ?? 0) + 1;
      sent.add(sentNow);
      received.add(receivedNow);

      const place = line.at(time);
      addTo(line.columns[lineColumns.requests], place, 1);
      if (errorClass >= 0) addTo(line.columns[lineColumns.clientErrors + errorClass], place, 1);
      if (sentNow >= 0) {
        addTo(line.columns[lineColumns.sent], place, sentNow);
        addTo(line.columns[lineColumns.withSent], place, 1);
      }

      const id = ids[row] ?? -1;
      let clientLow = 0;
      let clientHigh = 0;
      if (id >= 0) {
        const at = id * wordsInAddress;
        hash.takeWords(words, at, wordsInAddress);
        clientLow = hash.low;
        clientHigh = hash.high;
        distinctClients.add(clientLow, clientHigh);
        const client = clients.add(clientLow, clientHigh);
        if (clients.wasNew()) {
          for (let i = 0; i < wordsInAddress; i++) addressView.setUint32(i * 4, words[at + i] ?? 0);
          clients.keepText(client, addressBytes, 0, addressBytes.length, 'none');
        }
        countError(clients, client, errorClass);
        if (sentNow >= 0) addTo(clients.sums[clientSums.sent], client, sentNow);
        if (receivedNow >= 0) addTo(clients.sums[clientSums.received], client, receivedNow);
      }

      const length = key.take(
        bytes,
        text.host.start[row] ?? 0,
        text.host.end[row] ?? 0,
        text.path.start[row] ?? 0,
        text.path.end[row] ?? 0,
      );
      urlHash.take(key.bytes, 0, length);
      const url = urls.add(urlHash.low, urlHash.high);
      if (urls.wasNew()) urls.keepText(url, key.bytes, 0, length, escaping);
      if (statusClass >= 3) addTo(urls.sums[statusClass - 3], url, 1);
      if (sentNow >= 0) addTo(urls.sums[urlSums.sent], url, sentNow);
      if (id >= 0) {
        urlHash.with(clientLow ^ Math.floor(time / rate.window), clientHigh);
        const pair = pairs.atLeast(pairs.add(urlHash.low, urlHash.high));
        const most = urls.sums[urlSums.mostOfOneClient];
        if (most !== undefined && pair > (most[url] ?? 0)) most[url] = pair;
        if (pair === rate.count + 1) addTo(urls.sums[urlSums.overRate], url, 1);
      }

      const agent = countText(agents, 'agent', requests, row, errorClass);
      if (state.hasAppAgents) {
        if (agents.wasNew()) {
          const start = text.agent.start[row] ?? 0;
          const end = Math.min(text.agent.end[row] ?? 0, start + longestAgent);
          const sent = sentText(bytes.subarray(start, end), escaping, 'agent');
          if (!appAgents.some((isOwn) => isOwn(sent))) agents.marks[agent] = outsideApp;
        }
        if (agents.marks[agent] === outsideApp) totals.outsideApp++;
      }
      countText(state.methods, 'method', requests, row, errorClass);
      if ((text.host.end[row] ?? 0) > (text.host.start[row] ?? 0))
        countText(state.hosts, 'host', requests, row, errorClass);
      if ((text.country.end[row] ?? 0) > (text.country.start[row] ?? 0))
        countText(state.countries, 'country', requests, row, errorClass);
    }
  };

  return { take, view: (options) => boardView(state, ordinary, settings.listsAt ?? onNoList, options) };
}

function onNoList(): readonly string[] {
  return [];
}

/** `errorClass` is 0 for a client's error, 1 for a server's, and below for none. */
function countError({ sums }: HeavyHitters, key: number, errorClass: number): void {
  if (errorClass >= 0) addTo(sums[errorClass], key, 1);
}

function addTo(column: Float64Array | undefined, at: number, amount: number): void {
  if (column !== undefined) column[at] = (column[at] ?? 0) + amount;
}
