import { describe, expect, it } from 'vitest';
import { board, type BoardSettings } from './board.ts';
import { clientTable } from './clients.ts';
import { requestsOf, type Wanted } from './testing/requests.ts';

const start = Date.parse('2026-03-02T08:00:00Z');

function boardOf(rows: readonly Wanted[], settings: Partial<BoardSettings> = {}, top = 3) {
  const table = clientTable({ capacity: 1_000, proxies: [] });
  const watched = board({ words: table.words, ...settings });
  for (let at = 0; at < rows.length; at += 100) {
    const requests = requestsOf(
      rows.slice(at, at + 100).map((row) => ({ time: start, client: '192.0.2.1', ...row })),
      { escaping: 'backslash' },
    );
    watched.take(requests, table.idsOf(requests));
  }
  return watched.view({ top, points: 10 });
}

const times = (count: number, row: Wanted): readonly Wanted[] => Array.from({ length: count }, () => row);

describe('the board', () => {
  it('is empty where nothing came', () => {
    expect(boardOf([])).toMatchObject({ requests: 0, first: null, last: null, agents: [] });
  });

  it('tells clients by requests, by errors and by bytes', () => {
    const { clients } = boardOf([
      ...times(3, { client: '192.0.2.1', sent: 10 }),
      ...times(2, { client: '2001:db8::1', status: 404, sent: 1 }),
      { client: '192.0.2.3', status: 503, sent: 5_000, received: 20 },
      { client: 'nonsense' },
    ]);
    expect(clients.distinct).toBe(3);
    expect(clients.byRequests.map(({ client }) => client)).toEqual(['192.0.2.1', '2001:db8::1', '192.0.2.3']);
    expect(clients.byErrors).toMatchObject([
      { client: '2001:db8::1', clientErrors: 2, serverErrors: 0 },
      { client: '192.0.2.3', clientErrors: 0, serverErrors: 1 },
    ]);
    expect(clients.byBytes[0]).toMatchObject({ client: '192.0.2.3', sent: 5_000, received: 20 });
  });

  it('tells for each class of answers which URLs had it most and least', () => {
    const { urls, statuses } = boardOf([
      ...times(4, { path: '/old', status: 301 }),
      ...times(3, { path: '/item/7', status: 404 }),
      ...times(2, { path: '/item/8', status: 404, query: 'a=b' }),
      { path: '/cart', status: 404 },
      ...times(9, { path: '/cart', status: 200 }),
      { path: '/pay', status: 500 },
      { path: '/strange', status: 0 },
    ]);
    expect(statuses).toEqual({ none: 1, '1xx': 0, '2xx': 9, '3xx': 4, '4xx': 6, '5xx': 1 });
    expect(urls.byRequests[0]).toMatchObject({ url: '/cart', requests: 10, clientErrors: 1 });
    expect(urls.clientErrors.most.map(({ url, clientErrors }) => [url, clientErrors])).toEqual([
      ['/item/:id', 5],
      ['/cart', 1],
    ]);
    expect(urls.clientErrors.least[0]).toMatchObject({ url: '/cart' });
    expect(urls.redirects.most).toMatchObject([{ url: '/old', redirects: 4 }]);
    expect(urls.serverErrors.most).toMatchObject([{ url: '/pay', serverErrors: 1 }]);
  });

  it('lists URLs over the rate of one client, once for each client and window', () => {
    const settings = { perClientRate: { count: 5, window: 60_000 } };
    const { urls } = boardOf(
      [
        ...times(6, { path: '/over', client: '192.0.2.1' }),
        ...times(9, { path: '/over', client: '192.0.2.2' }),
        ...times(6, { path: '/over', client: '192.0.2.2', time: start + 60_000 }),
        ...times(5, { path: '/at', client: '192.0.2.1' }),
        ...times(5, { path: '/at', client: '192.0.2.1', time: start + 60_000 }),
      ],
      settings,
    );
    expect(urls.overRate).toMatchObject({
      limit: 5,
      window: 60_000,
      top: [{ url: '/over', overRate: 3, mostOfOneClient: 9 }],
    });
    expect(urls.overRate.top).toHaveLength(1);
  });

  it('tells methods that are out of the ordinary', () => {
    const { methods } = boardOf([...times(3, { method: 'GET' }), { method: 'TRACE' }, { method: 'get' }]);
    expect(methods.map(({ text, ordinary }) => [text, ordinary])).toEqual([
      ['GET', true],
      ['TRACE', false],
      ['get', false],
    ]);
  });

  it('tells agents outside the app, where it knows those of the app', () => {
    const rows = [{ agent: 'App/1.2 (Android)' }, { agent: 'app/1' }, { agent: '' }, { agent: 'curl/8' }];
    expect(boardOf(rows).outsideApp).toBeNull();
    expect(boardOf(rows, { appAgents: ['App/*', 'curl/8.1*'] }).outsideApp).toMatchObject({
      requests: 3,
      agents: [{ text: '' }, { text: 'app/1' }, { text: 'curl/8' }],
    });
  });

  it('undoes the escaping of the log once, and leaves the rest to whoever prints', () => {
    const { agents, urls } = boardOf([{ agent: 'a\\x1b[2J \\"q\\"', path: '/\\x1b%41' }]);
    expect(agents[0]?.text).toBe('a\u001b[2J "q"');
    expect(urls.byRequests[0]?.url).toBe('/\u001b%41');
  });

  it('counts over time, and hosts and countries where the log says them', () => {
    const { series, hosts, countries } = boardOf([
      { status: 404, sent: 10, host: 'a.example', country: 'DE' },
      { sent: 20, host: 'b.example' },
      { time: start + 2_000, status: 500, host: 'a.example' },
      { time: Number.NaN },
    ]);
    expect(series.points).toEqual([
      { time: start, requests: 2, clientErrors: 1, serverErrors: 0, meanSent: 15 },
      { time: start + 1_000, requests: 0, clientErrors: 0, serverErrors: 0, meanSent: null },
      { time: start + 2_000, requests: 1, clientErrors: 0, serverErrors: 1, meanSent: null },
    ]);
    expect(hosts).toMatchObject([
      { text: 'a.example', requests: 2, clientErrors: 1, serverErrors: 1 },
      { text: 'b.example', requests: 1 },
    ]);
    expect(countries).toMatchObject([{ text: 'DE', requests: 1, clientErrors: 1 }]);
  });

  it('stays the same size under a flood of URLs, clients and agents, and says how far off it may be', () => {
    const rows = Array.from({ length: 120_000 }, (_, i) =>
      i % 4 === 0
        ? { path: '/home', agent: 'App/1' }
        : { path: `/x${i}`, agent: `a${i}`, client: `10.${i >> 16}.${(i >> 8) & 255}.${i & 255}` },
    );
    const view = boardOf(rows);
    expect(view.urls.byRequests[0]).toMatchObject({ url: '/home', requests: 30_000, error: 0 });
    expect(view.agents[0]).toMatchObject({ text: 'App/1', requests: 30_000 });
    expect(view.errors.urls).toBeGreaterThan(0);
    expect(view.errors.urls).toBeLessThan(20);
    expect(Math.abs(view.clients.distinct / 90_001 - 1)).toBeLessThan(0.04);
  });
});
