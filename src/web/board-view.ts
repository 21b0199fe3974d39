import { sentText, type TextColumnName } from '../event/requests.ts';
import type { AmountsView } from './amounts.ts';
import { addressText, wordsInAddress } from './address.ts';
import { clientSums, lineColumns, outsideApp, smallSums, urlSums, type BoardState } from './board-state.ts';
import type { HeavyHitter, HeavyHitters } from './heavy-hitters.ts';

/** The board at one moment, as plain data: what `tocsin traffic --json` prints. Times are milliseconds since the epoch. */
export interface BoardView {
  /** Null where there were no requests. */
  readonly first: number | null;
  readonly last: number | null;
  readonly requests: number;
  readonly statuses: Readonly<Record<'none' | '1xx' | '2xx' | '3xx' | '4xx' | '5xx', number>>;
  readonly sent: AmountsView;
  readonly received: AmountsView;
  /** `distinct` is an estimate: its standard error is 0.8 %. */
  readonly clients: {
    readonly distinct: number;
    readonly byRequests: readonly ClientRow[];
    readonly byErrors: readonly ClientRow[];
    readonly byBytes: readonly ClientRow[];
  };
  readonly urls: {
    readonly byRequests: readonly UrlRow[];
    /** For each class of answers: where it came most often, and where least (but did). */
    readonly redirects: Ranking;
    readonly clientErrors: Ranking;
    readonly serverErrors: Ranking;
    readonly overRate: {
      readonly limit: number;
      /** In milliseconds. */
      readonly window: number;
      readonly top: readonly UrlRow[];
    };
  };
  readonly methods: readonly (TextRow & { readonly ordinary: boolean })[];
  readonly agents: readonly TextRow[];
  /** Null where it was not said what the app's own agents are. */
  readonly outsideApp: { readonly requests: number; readonly agents: readonly TextRow[] } | null;
  readonly hosts: readonly TextRow[];
  readonly countries: readonly TextRow[];
  readonly series: {
    /** The length of a step in milliseconds. */
    readonly step: number;
    /** Requests at times far from all others, which are left out here. */
    readonly outside: number;
    readonly points: readonly SeriesPoint[];
  };
  /**
   * What a key that is not listed can have at most, and by which every count can at most be too high: 0 where everything fitted.
   */
  readonly errors: Readonly<
    Record<'clients' | 'urls' | 'agents' | 'methods' | 'hosts' | 'countries', number>
  >;
}

export interface SeriesPoint {
  readonly time: number;
  readonly requests: number;
  readonly clientErrors: number;
  readonly serverErrors: number;
  /** Mean of the bytes to the client; null where the log does not say. */
  readonly meanSent: number | null;
}

export interface Ranking {
  readonly most: readonly UrlRow[];
  readonly least: readonly UrlRow[];
}

/** `requests` is at most `error` too high. */
interface Row {
  readonly requests: number;
  readonly error: number;
  readonly clientErrors: number;
  readonly serverErrors: number;
}

export interface ClientRow extends Row {
  readonly client: string;
  /** The reputation lists that have it, context included. */
  readonly lists: readonly string[];
  readonly sent: number;
  readonly received: number;
}

export interface UrlRow extends Row {
  /** Host and path, with ids folded. */
  readonly url: string;
  readonly redirects: number;
  readonly sent: number;
  /** How often a client went over the rate, and the most requests of one client within its window. */
  readonly overRate: number;
  readonly mostOfOneClient: number;
}

/** The text is empty where the client sent none. */
export interface TextRow extends Row {
  readonly text: string;
}

export function boardView(
  state: BoardState,
  ordinaryMethods: ReadonlySet<string>,
  listsAt: (words: Uint32Array, at: number) => readonly string[],
  { top, points }: { readonly top: number; readonly points: number },
): BoardView {
  const { totals, statuses } = state;
  const clients = state.clients.keys().map(clientRow);
  const named = (rows: readonly ClientCounts[]): readonly ClientRow[] =>
    rows.map(({ words, ...row }) => ({ ...row, lists: listsAt(words, 0) }));
  const urls = state.urls.keys().map(urlRow);
  const agents = state.agents.keys();
  const ranking = (kind: 'redirects' | 'clientErrors' | 'serverErrors'): Ranking => {
    const having = urls.filter((url) => url[kind] > 0);
    const [most, least] = [
      (url: UrlRow) => [-url[kind], -url.requests],
      (url: UrlRow) => [url[kind], -url.requests],
    ];
    return { most: best(having, top, most, urlName), least: best(having, top, least, urlName) };
  };
  const texts = (held: readonly HeavyHitter[], column: TextColumnName): readonly TextRow[] =>
    best(
      held.map((one) => textRow(one, column)),
      top,
      ({ requests }) => [-requests],
      ({ text }) => text,
    );
  const line = state.line.view(points);
  return {
    first: totals.requests === 0 ? null : totals.first,
    last: totals.requests === 0 ? null : totals.last,
    requests: totals.requests,
    statuses: {
      none: statuses[0] ?? 0,
      '1xx': statuses[1] ?? 0,
      '2xx': statuses[2] ?? 0,
      '3xx': statuses[3] ?? 0,
      '4xx': statuses[4] ?? 0,
      '5xx': statuses[5] ?? 0,
    },
    sent: state.sent.view(),
    received: state.received.view(),
    clients: {
      distinct: Math.round(state.distinctClients.estimate()),
      byRequests: named(best(clients, top, ({ requests }) => [-requests], clientName)),
      byErrors: named(
        best(
          clients.filter((row) => errorsOf(row) > 0),
          top,
          (row) => [-errorsOf(row), -row.requests],
          clientName,
        ),
      ),
      byBytes: named(
        best(
          clients.filter((row) => bytesOf(row) > 0),
          top,
          (row) => [-bytesOf(row), -row.requests],
          clientName,
        ),
      ),
    },
    urls: {
      byRequests: best(urls, top, ({ requests }) => [-requests], urlName),
      redirects: ranking('redirects'),
      clientErrors: ranking('clientErrors'),
      serverErrors: ranking('serverErrors'),
      overRate: {
        limit: state.rate.count,
        window: state.rate.window,
        top: best(
          urls.filter(({ overRate }) => overRate > 0),
          top,
          ({ overRate, mostOfOneClient }) => [-overRate, -mostOfOneClient],
          urlName,
        ),
      },
    },
    methods: texts(state.methods.keys(), 'method').map((row) => ({
      ...row,
      ordinary: ordinaryMethods.has(row.text),
    })),
    agents: texts(agents, 'agent'),
    outsideApp: state.hasAppAgents
      ? {
          requests: totals.outsideApp,
          agents: texts(
            agents.filter(({ mark }) => mark === outsideApp),
            'agent',
          ),
        }
      : null,
    hosts: texts(state.hosts.keys(), 'host'),
    countries: texts(state.countries.keys(), 'country'),
    series: {
      step: line.step,
      outside: line.outside,
      points: line.points.map(({ time, sums }) => {
        const withSent = sums[lineColumns.withSent] ?? 0;
        return {
          time,
          requests: sums[lineColumns.requests] ?? 0,
          clientErrors: sums[lineColumns.clientErrors] ?? 0,
          serverErrors: sums[lineColumns.serverErrors] ?? 0,
          meanSent: withSent === 0 ? null : (sums[lineColumns.sent] ?? 0) / withSent,
        };
      }),
    },
    errors: {
      clients: floorOf(state.clients),
      urls: floorOf(state.urls),
      agents: floorOf(state.agents),
      methods: floorOf(state.methods),
      hosts: floorOf(state.hosts),
      countries: floorOf(state.countries),
    },
  };
}

const floorOf = (keys: HeavyHitters): number => keys.floor();
const clientName = ({ client }: ClientCounts): string => client;
const urlName = ({ url }: UrlRow): string => url;
const errorsOf = ({ clientErrors, serverErrors }: Row): number => clientErrors + serverErrors;
const bytesOf = ({ sent, received }: ClientCounts): number => sent + received;

/** The first `top` by rank, then by name, so that the same log always gives the same board. */
function best<T>(
  rows: readonly T[],
  top: number,
  rank: (row: T) => readonly number[],
  name: (row: T) => string,
): readonly T[] {
  return rows
    .map((row) => ({ row, rank: rank(row) }))
    .sort((a, b) => {
      for (const [i, value] of a.rank.entries()) {
        const difference = value - (b.rank[i] ?? 0);
        if (difference !== 0) return difference;
      }
      return name(a.row) < name(b.row) ? -1 : 1;
    })
    .slice(0, top)
    .map(({ row }) => row);
}

/** A client before it is looked up in lists, which is done only for those that are shown. */
type ClientCounts = Omit<ClientRow, 'lists'> & { readonly words: Uint32Array };

function clientRow({ count, error, sums, text }: HeavyHitter): ClientCounts {
  const bytes = new DataView(text.buffer, text.byteOffset, text.length);
  const words = Uint32Array.from({ length: wordsInAddress }, (_, i) => bytes.getUint32(i * 4));
  return {
    words,
    client: addressText(words),
    requests: count,
    error,
    clientErrors: sums[clientSums.clientErrors] ?? 0,
    serverErrors: sums[clientSums.serverErrors] ?? 0,
    sent: sums[clientSums.sent] ?? 0,
    received: sums[clientSums.received] ?? 0,
  };
}

function urlRow({ count, error, sums, text, escaping }: HeavyHitter): UrlRow {
  return {
    url: sentText(text, escaping, 'path'),
    requests: count,
    error,
    redirects: sums[urlSums.redirects] ?? 0,
    clientErrors: sums[urlSums.clientErrors] ?? 0,
    serverErrors: sums[urlSums.serverErrors] ?? 0,
    sent: sums[urlSums.sent] ?? 0,
    overRate: sums[urlSums.overRate] ?? 0,
    mostOfOneClient: sums[urlSums.mostOfOneClient] ?? 0,
  };
}

function textRow(
  { count, error, sums, text, isCut, escaping }: HeavyHitter,
  column: TextColumnName,
): TextRow {
  return {
    text: `${sentText(text, escaping, column)}${isCut ? '…' : ''}`,
    requests: count,
    error,
    clientErrors: sums[smallSums.clientErrors] ?? 0,
    serverErrors: sums[smallSums.serverErrors] ?? 0,
  };
}
