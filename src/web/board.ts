import { sentText, type Requests } from '../event/requests.ts';
import { amounts } from './amounts.ts';
import { boardClients } from './board-clients.ts';
import { boardRows } from './board-rows.ts';
import { lineColumns, outsideApp, urlSums, type BoardState } from './board-state.ts';
import { boardView, type BoardView } from './board-view.ts';
import { fits } from './bots/outside-app.ts';
import { heavyHitters } from './heavy-hitters.ts';
import { textCounts } from './text-counts.ts';
import { textTable, type TextTable } from './text-table.ts';
import { timeLine } from './time-line.ts';
import { longestKey } from './url-key.ts';
import { urlNumbers } from './url-numbers.ts';

export interface BoardSettings {
  /** The addresses of all clients, four words for each number (`ClientTable.words`). */
  readonly words: () => Uint32Array;
  /** Those of the rows of the last batch, where they are at hand (`ClientTable.rowWords`). */
  readonly rowWords?: (() => Uint32Array | undefined) | undefined;
  /** The texts of batches, shared with the signals. */
  readonly texts?: TextTable | undefined;
  /** Different for every process where attackers could choose texts so that they fall together. */
  readonly seed?: number | undefined;
  /** Whether compiled code counts what it can, as it does by default; what is shown is the same. */
  readonly compiled?: boolean | undefined;
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

/** Of an agent so many bytes are looked at. */
const longestAgent = 512;

const urlTimes = Object.keys(urlSums).length;
const urlColumns = urlTimes + 1;

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
  const seed = settings.seed ?? 0;
  const urlTable = { capacity: 32_768, textBytes: longestKey + 3, sums: 6 };
  const byClient = boardClients(seed, urlTable, settings.compiled);
  const { kernel } = byClient;
  const state: BoardState = {
    urls: kernel?.urls ?? heavyHitters(urlTable),
    clients: byClient.clients,
    agents: heavyHitters({ capacity: 8_192, textBytes: 200, sums: 2 }),
    methods: heavyHitters({ capacity: 256, ...small, textBytes: 32 }),
    hosts: heavyHitters({ capacity: 4_096, ...small }),
    countries: heavyHitters({ capacity: 1_024, ...small, textBytes: 8 }),
    sent: amounts(kernel?.sent),
    received: amounts(kernel?.received),
    distinctClients: byClient.distinct,
    line: timeLine(5),
    statuses: kernel?.statuses ?? new Float64Array(6),
    totals: {
      requests: 0,
      outsideApp: 0,
      first: Number.POSITIVE_INFINITY,
      last: Number.NEGATIVE_INFINITY,
    },
    rate,
    hasAppAgents: appAgents.length > 0,
  };
  const { urls, agents, sent, received, line, statuses, totals } = state;
  const texts = settings.texts ?? textTable({ seed });
  const counted = {
    agent: textCounts(agents, seed, true),
    method: textCounts(state.methods, seed, true),
    host: textCounts(state.hosts, seed, false),
    country: textCounts(state.countries, seed, false),
  };
  const compiled = kernel === undefined ? undefined : boardRows(kernel, byClient, state, seed);
  const numbers = urlNumbers(seed);
  /** Of each URL in the batch what is added to `urls`: the same sums, and at the end how often it came. */
  let urlBatch = new Float64Array(0);
  let touched = new Int32Array(0);
  /** Of each row: the class of its status, -1 where the row has no time; where its URL stands in `urlBatch`. */
  let classes = new Int8Array(0);
  let urlOf = new Int32Array(0);

  const countAll = ({ count, time, status, sent: sentOf, received: receivedOf }: Requests): void => {
    let place = 0;
    let lastTime = Number.NaN;
    const [requestsAt, , , sentAt, withSentAt] = line.columns;
    for (let row = 0; row < count; row++) {
      const at = time[row] ?? Number.NaN;
      if (Number.isNaN(at)) {
        classes[row] = -1;
        continue;
      }
      const statusClass = Math.min(5, ((status[row] ?? 0) / 100) | 0);
      classes[row] = statusClass;
      const sentNow = sentOf[row] ?? Number.NaN;
      totals.requests++;
      statuses[statusClass] = (statuses[statusClass] ?? 0) + 1;
      sent.add(sentNow);
      received.add(receivedOf[row] ?? Number.NaN);
      if (at !== lastTime) {
        lastTime = at;
        if (at < totals.first) totals.first = at;
        if (at > totals.last) totals.last = at;
        place = line.at(at);
      }
      addTo(requestsAt, place, 1);
      if (statusClass >= 4) addTo(line.columns[lineColumns.clientErrors + statusClass - 4], place, 1);
      if (sentNow >= 0) {
        addTo(sentAt, place, sentNow);
        addTo(withSentAt, place, 1);
      }
    }
  };

  const countUrls = (requests: Requests): void => {
    const { count, time, sent: sentOf, escaping } = requests;
    const hosts = texts.of(requests, 'host');
    const paths = texts.of(requests, 'path');
    numbers.begin(hosts, paths);
    const [lows, highs] = [numbers.low, numbers.high];
    let different = 0;
    let lastTime = Number.NaN;
    let stretch = 0;
    for (let row = 0; row < count; row++) {
      const statusClass = classes[row] ?? -1;
      if (statusClass < 0) continue;
      const url = numbers.of(hosts.ids[row] ?? 0, paths.ids[row] ?? 0);
      const at = url * urlColumns;
      if (at >= urlBatch.length) {
        const more = new Float64Array(Math.max(1_024 * urlColumns, urlBatch.length * 2));
        more.set(urlBatch);
        urlBatch = more;
      }
      const before = urlBatch[at + urlTimes] ?? 0;
      if (before === 0) touched[different++] = url;
      urlBatch[at + urlTimes] = before + 1;
      if (statusClass >= 3) addTo(urlBatch, at + statusClass - 3, 1);
      const sentNow = sentOf[row] ?? Number.NaN;
      if (sentNow >= 0) addTo(urlBatch, at + urlSums.sent, sentNow);
      urlOf[row] = at;
      const now = time[row] ?? 0;
      if (now !== lastTime) {
        lastTime = now;
        stretch = Math.floor(now / rate.window);
      }
      byClient.ask(row, lows()[url] ?? 0, highs()[url] ?? 0, stretch);
    }
    const pairs = byClient.countAsked();
    for (let row = 0; row < count; row++) {
      const pair = pairs[row] ?? 0;
      if (pair === 0) continue;
      const at = urlOf[row] ?? 0;
      if (pair > (urlBatch[at + urlSums.mostOfOneClient] ?? 0)) urlBatch[at + urlSums.mostOfOneClient] = pair;
      if (pair === rate.count + 1) addTo(urlBatch, at + urlSums.overRate, 1);
    }
    for (let i = 0; i < different; i++) {
      const number = touched[i] ?? 0;
      const at = number * urlColumns;
      const url = urls.add(
        numbers.low()[number] ?? 0,
        numbers.high()[number] ?? 0,
        urlBatch[at + urlTimes] ?? 0,
      );
      if (urls.wasNew()) urls.keepText(url, numbers.key.bytes, 0, numbers.write(number), escaping);
      for (let sum = 0; sum < urlTimes; sum++) {
        const held = urls.sums[sum];
        const amount = urlBatch[at + sum] ?? 0;
        if (held === undefined || amount === 0) continue;
        if (sum !== urlSums.mostOfOneClient) addTo(held, url, amount);
        else if (amount > (held[url] ?? 0)) held[url] = amount;
      }
      urlBatch.fill(0, at, at + urlColumns);
    }
  };

  const countAgents = (requests: Requests, classes: Int8Array): void => {
    const held = texts.of(requests, 'agent');
    counted.agent.take(requests, held, classes, (agent, times, isNew, text) => {
      if (!state.hasAppAgents) return;
      if (isNew) {
        const start = held.start[text] ?? 0;
        const end = Math.min(held.end[text] ?? 0, start + longestAgent);
        const written = sentText(held.bytes.subarray(start, end), requests.escaping, 'agent');
        if (!appAgents.some((isOwn) => isOwn(written))) agents.marks[agent] = outsideApp;
      }
      if (agents.marks[agent] === outsideApp) totals.outsideApp += times;
    });
  };

  const countTexts = (requests: Requests, classes: Int8Array): void => {
    countAgents(requests, classes);
    for (const column of ['method', 'host', 'country'] as const)
      counted[column].take(requests, texts.of(requests, column), classes);
  };

  const take = (requests: Requests, ids: Int32Array): void => {
    const { count } = requests;
    const rowWords = settings.rowWords?.();
    if (compiled !== undefined && kernel !== undefined && count <= kernel.rowsMost) {
      compiled.countAll(requests);
      byClient.take(requests, settings.words(), ids, compiled.classes, rowWords);
      compiled.countUrls(requests, texts.of(requests, 'host'), texts.of(requests, 'path'));
      countTexts(requests, compiled.classes);
      return;
    }
    if (classes.length < count) {
      classes = new Int8Array(count * 2);
      touched = new Int32Array(count * 2);
      urlOf = new Int32Array(count * 2);
    }
    countAll(requests);
    byClient.take(requests, settings.words(), ids, classes, rowWords);
    countUrls(requests);
    countTexts(requests, classes);
  };

  return { take, view: (options) => boardView(state, ordinary, settings.listsAt ?? onNoList, options) };
}

function onNoList(): readonly string[] {
  return [];
}

function addTo(column: Float64Array | undefined, at: number, amount: number): void {
  if (column !== undefined) column[at] = (column[at] ?? 0) + amount;
}
