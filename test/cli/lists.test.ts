import { createServer, type Server, type ServerResponse } from 'node:http';
import { writeFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { temporaryFolder, tocsin } from '../support/cli.ts';

const folder = temporaryFolder();
const at = (name: string) => join(folder.path, name);
const env = { XDG_CACHE_HOME: at('cache') };

let server: Server;
let url: string;
let answer: (response: ServerResponse) => void;
let asked: number;

beforeAll(async () => {
  server = createServer((_request, response) => {
    asked++;
    answer(response);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/bad.txt`;
  const line = (client: string, agent: string) =>
    `${client} - - [02/Mar/2026:08:00:00 +0000] "GET / HTTP/1.1" 200 512 "-" "${agent}"\n`;
  const googlebot = 'Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)';
  writeFileSync(
    at('log'),
    `${line('192.0.2.9', 'Mozilla/5.0')}${line('203.0.113.9', 'Mozilla/5.0')}${line('66.249.64.1', googlebot)}${line('198.51.100.1', googlebot).repeat(3)}`,
  );
  writeFileSync(at('bad.txt'), '# attackers\n192.0.2.0/24\n0.0.0.0/0\n::/0\n192.168.0.0/16\n');
  writeFileSync(at('hosts.txt'), '203.0.113.0/24\n192.0.2.0/24\n');
  writeFileSync(at('page.txt'), '<!doctype html>');
  writeFileSync(at('googlebot.json'), '{"prefixes":[{"ipv4Prefix":"66.249.64.0/27"}]}');
});
beforeEach(() => {
  asked = 0;
});
afterAll(() => {
  server.close();
  folder.remove();
});

interface Report {
  readonly offences: readonly {
    readonly rule: string;
    readonly severity: string;
    readonly subject: { readonly value: string };
  }[];
  readonly lists: Readonly<Record<string, readonly string[]>>;
  readonly board: {
    readonly clients: { readonly byRequests: readonly { client: string; lists: string[] }[] };
  };
}

async function traffic(...args: readonly string[]) {
  const result = await tocsin(['traffic', at('log'), '--json', '--quiet', ...args], { env });
  const report = result.stdout === '' ? undefined : (JSON.parse(result.stdout) as Report);
  const found = report?.offences
    .map(({ rule, severity, subject }) => `${rule} ${severity} ${subject.value}`)
    .sort();
  return { ...result, report, found };
}

describe('tocsin traffic --reputation', () => {
  it('tells who is on a list, and only them, whatever else the list names', async () => {
    const { report, found, stderr } = await traffic(
      '--reputation',
      at('bad.txt'),
      `context=${at('hosts.txt')}`,
    );
    expect(found).toEqual(['reputation medium 192.0.2.9']);
    expect(report?.lists).toEqual({ '192.0.2.9': ['bad-txt', 'hosts-txt'] });
    const rows = Object.fromEntries(
      (report?.board.clients.byRequests ?? []).map(({ client, lists }) => [client, lists]),
    );
    expect(rows).toMatchObject({ '203.0.113.9': ['hosts-txt'], '66.249.64.1': [] });
    expect(stderr).toContain('list bad-txt: entries left out: 2 too wide, 1 reserved or private');
  });

  it('shows on the board and of each offender which lists have it', async () => {
    const { stdout } = await tocsin(['traffic', at('log'), '--reputation', at('bad.txt')], { env });
    expect(stdout).toMatch(/^ {2}on lists: bad-txt$/m);
    expect(stdout).toMatch(/^ 192\.0\.2\.9 .* bad-txt$/m);
  });

  it('leaves out its own proxies', async () => {
    const { found } = await traffic('--reputation', at('bad.txt'), '--proxies', '192.0.2.9');
    expect(found).toEqual([]);
  });

  it('fetches a list once an hour', async () => {
    answer = (response) => response.end('192.0.2.9\n');
    expect((await traffic('--reputation', url)).found).toEqual(['reputation medium 192.0.2.9']);
    expect((await traffic('--reputation', `alert=${url}`)).found).toEqual([]);
    expect(asked).toBe(1);
  });

  it('says how old the copy is that holds where the server is away', async () => {
    answer = (response) => response.writeHead(503).end();
    const refresh = await tocsin(['lists', 'refresh', '--reputation', url], { env });
    expect(refresh.code).toBe(2);
    expect(refresh.stdout).toMatch(/^ bad-txt +block +1 +0 .* ago +http/m);
    expect(refresh.stderr).toMatch(/HTTP 503, so that the copy of 20\S+Z is used/);
  });

  it('checks who says that it is a crawler, where there is something to check it by', async () => {
    const { found } = await traffic('--crawlers', `googlebot=${at('googlebot.json')}`);
    expect(found).toEqual(['false-crawler low 198.51.100.1']);
  });

  it.each([
    [
      'a file that is not there',
      ['--reputation', 'nowhere.txt'],
      /list nowhere-txt \(nowhere\.txt\): ENOENT/,
    ],
    ['a page that is no list', ['--reputation', at('page.txt')], /is a page of HTML and no list/],
    ['a crawler that nobody knows', ['--crawlers', 'nosuchbot'], /--reputation, --crawlers: .*nosuchbot/],
    ['too many lists', ['--reputation', ...Array.from({ length: 31 }, (_, i) => `l${i}`)], /at most 30/],
  ])('refuses %s', async (_name, args, reason) => {
    const { code, stderr } = await traffic(...args);
    expect(code).toBe(2);
    expect(stderr).toMatch(reason);
    expect(stderr).not.toContain('fault in Tocsin');
  });
});

describe('tocsin lists', () => {
  it('says which lists have an address', async () => {
    const named = ['--reputation', at('bad.txt'), `context=${at('hosts.txt')}`];
    const { stdout, code } = await tocsin(['lists', 'find', '192.0.2.1', '198.51.100.1', ...named], { env });
    expect(code).toBe(0);
    expect(stdout).toBe('192.0.2.1: bad-txt (block), hosts-txt (context)\n198.51.100.1: on no list\n');
  });

  it('shows what providers publish of their addresses, and whose one is', async () => {
    writeFileSync(
      at('aws.json'),
      JSON.stringify({
        syncToken: '1',
        prefixes: [{ ip_prefix: '3.5.140.0/22', region: 'ap-northeast-2', service: 'S3' }],
        ipv6_prefixes: [],
      }),
    );
    writeFileSync(
      at('providers.yaml'),
      `data: ${at('data')}\ncontext: { places: { providers: { aws: { file: ${at('aws.json')} }, Backup & Co: { file: ${at('nowhere.txt')} } } } }\n`,
    );
    const of = (...args: readonly string[]) =>
      tocsin(['lists', ...args, '--config', at('providers.yaml')], { env });
    const list = await of('list');
    expect(list.stdout).toMatch(/^ aws +1 +\S.* ago +\/.*aws\.json$/m);
    expect(list.stdout).toMatch(/^ Backup & Co +- +never/m);
    expect(list.stderr).toMatch(/addresses of Backup & Co: .*ENOENT/);
    expect(list.code).toBe(2);
    expect(JSON.parse((await of('refresh', '--json')).stdout)).toMatchObject({
      providers: [
        { name: 'aws', networks: 1, problem: null },
        { name: 'Backup & Co', networks: null, problem: expect.stringContaining('ENOENT') as unknown },
      ],
    });
    const find = await of('find', '3.5.140.9', '192.0.2.1');
    expect(find.stdout).toBe(
      '3.5.140.9: on no list; it belongs to AWS S3 in ap-northeast-2\n192.0.2.1: on no list\n',
    );
  });

  it('gives the state of lists to programs', async () => {
    const { stdout } = await tocsin(['lists', 'list', '--reputation', at('bad.txt'), '--json'], { env });
    expect(JSON.parse(stdout)).toMatchObject({
      lists: [
        {
          name: 'bad-txt',
          kind: 'reputation',
          trust: 'block',
          problem: null,
          contents: { format: 'lines', entries: 1, tooWide: 2, reserved: 1, unreadable: 0 },
        },
      ],
    });
  });

  it('refuses what is no address', async () => {
    const { code, stderr } = await tocsin(['lists', 'find', '192.0.2', '--reputation', at('bad.txt')], {
      env,
    });
    expect(code).toBe(2);
    expect(stderr).toContain("'192.0.2' is no address");
  });
});

describe('the configuration', () => {
  beforeAll(() =>
    writeFileSync(
      at('tocsin.yaml'),
      `data: ${at('data')}
traffic:
  reputation:
    lists:
      bad: { file: ${at('bad.txt')}, trust: block }
      gone: { file: ${at('gone.txt')} }
    crawlers:
      googlebot: { file: ${at('googlebot.json')} }
`,
    ),
  );

  it('names the lists that traffic asks, and goes on without one that is not there', async () => {
    const { found, stderr } = await traffic('--config', at('tocsin.yaml'));
    expect(found).toEqual(['false-crawler low 198.51.100.1', 'reputation medium 192.0.2.9']);
    expect(stderr).toMatch(/list gone .*ENOENT.*there is no earlier copy/);
  });

  it('names the lists that are shown', async () => {
    const { stdout, code } = await tocsin(['lists', 'list', '--config', at('tocsin.yaml')], { env });
    expect(code).toBe(2);
    expect(stdout).toMatch(/^ bad +block +1 +3 /m);
    expect(stdout).toMatch(/^ gone +alert +- +- +never/m);
    expect(stdout).toMatch(/^ googlebot +crawler +1 +0 /m);
  });
});
