import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { holdsForEveryFormat } from './testing/properties.ts';
import { rowsOf } from './testing/rows.ts';

const arn = 'arn:aws:elasticloadbalancing:eu-central-1:111122223333:targetgroup/web/73e2d6bc24d8a067';
const alb = (own: {
  readonly client?: string;
  readonly request?: string;
  readonly agent?: string;
  readonly times?: string;
  readonly rest?: string;
}): string =>
  `h2 2026-01-05T10:00:03.186641Z app/web/50dc6c495c0c9188 ${own.client ?? '198.51.100.7:2817'} 10.0.0.1:80 ${own.times ?? '0.086 0.048 0.037'} 403 200 34 366 "${own.request ?? 'GET https://www.example.com:443/a?b=c HTTP/2.0'}" "${own.agent ?? 'curl/8.5.0'}" ECDHE-RSA-AES128-GCM-SHA256 TLSv1.2 ${arn} "Root=1-58337281-1d84f3d7"${own.rest ?? ' "www.example.com" "session-reused" 1 2026-01-05T10:00:03.100000Z "waf,fixed-response" "-" "-" "10.0.0.1:80" "200" "Ambiguous" "BadHeader" TID_1234abcd5678ef90'}`;

const request = {
  time: Date.parse('2026-01-05T10:00:03.186Z'),
  client: '198.51.100.7',
  status: 403,
  received: 34,
  sent: 366,
  taken: 171,
  method: 'GET',
  host: 'www.example.com',
  path: '/a',
  query: 'b=c',
  agent: 'curl/8.5.0',
};

describe('Application Load Balancers', () => {
  it.each<[name: string, line: string, part: object]>([
    [
      'all fields of today',
      alb({}),
      {
        ...request,
        id: 'Root=1-58337281-1d84f3d7',
        action: 'waf,fixed-response',
        labels: 'Ambiguous',
        rule: 'BadHeader',
      },
    ],
    [
      'fields that were added later',
      alb({}) + ' "m.example.com" "/x" "TransformSuccess" "new"',
      { ...request, rule: 'BadHeader' },
    ],
    ['a log from before there were actions', alb({ rest: '' }), { ...request, action: '', rule: '' }],
    ['an address of version 6 in brackets', alb({ client: '[2001:db8::7]:2817' }), { client: '2001:db8::7' }],
    ['an address of version 6 without', alb({ client: '2001:db8::7:2817' }), { client: '2001:db8::7' }],
    [
      'a host of version 6',
      alb({ request: 'GET http://[2001:db8::1]:80/ HTTP/1.1' }),
      { host: '[2001:db8::1]', path: '/' },
    ],
    ['a request that got no answer', alb({ times: '-1 -1 -1' }), { taken: Number.NaN }],
    [
      'quotes inside the agent',
      alb({ agent: 'a "b" c' }),
      { agent: 'a "b" c', action: 'waf,fixed-response' },
    ],
    ['quotes inside the agent that are escaped', alb({ agent: '\\x22b\\x22' }), { agent: '"b"' }],
    ['words in quotes inside the agent', alb({ agent: '" "x y z" w' }), { agent: '" "x y z" w' }],
    [
      'quotes inside the request',
      alb({ request: 'GET https://a.example:443/x" "y HTTP/1.1' }),
      { host: 'a.example', path: '/x" "y', agent: 'curl/8.5.0' },
    ],
    ['no agent', alb({ agent: '-' }), { agent: '' }],
    [
      'a request that could not be read has the name of the handshake',
      alb({ request: '- - - ' }),
      { method: '', path: '', host: 'www.example.com' },
    ],
    ['spaces in the path', alb({ request: 'GET https://a.example:443/x y HTTP/1.1' }), { path: '/x y' }],
    ['no path', alb({ request: 'GET https://a.example:443?x HTTP/1.1' }), { path: '', query: 'x' }],
    [
      'a path with a URL in it',
      alb({ request: 'GET http://a.example:80/?u=http://b/ HTTP/1.1' }),
      { query: 'u=http://b/' },
    ],
  ])('%s', async (_name, line, part) => {
    const { rows, rejections } = await rowsOf(line);
    expect(rejections).toEqual([]);
    expect(rows).toEqual([expect.objectContaining(part)]);
  });

  it.each([
    ['another kind of line', 'hello', 'there is no time'],
    ['a month that there is not', alb({}).replace('-01-05T', '-13-05T'), 'the time cannot be read'],
    ['a line that is cut in the request', alb({}).slice(0, 160), 'the request is not closed by a quote'],
    ['a line that is cut in the sizes', alb({}).slice(0, 115), 'there are no sizes'],
    ['an agent that is not closed', alb({}).slice(0, 195), 'the user agent is not closed'],
  ])('refuses %s with the reason, and goes on', async (_name, broken, reason) => {
    const { rows, rejections, records } = await rowsOf([alb({}), broken, alb({})].join('\n'));
    expect(rows).toHaveLength(2);
    expect(rejections).toEqual([expect.stringContaining(reason)]);
    expect(records).toBe(3);
  });

  it('holds what every format does', () =>
    holdsForEveryFormat(
      [],
      Array.from({ length: 20 }, (_, i) => alb({ agent: `${'a" '.repeat(i)}b` })),
    ));
});

const classic = (more: string, status = '200 200'): string =>
  `2026-01-05T10:00:03.945958Z my-elb 198.51.100.7:2817 10.0.0.1:80 0.000073 0.001048 0.000057 ${status} 0 29 ${more}`;

describe('Classic Load Balancers', () => {
  it.each<[name: string, line: string, part: object]>([
    [
      'HTTP',
      classic('"GET http://www.example.com:80/a?b HTTP/1.1" "curl/8.5.0" - -'),
      {
        time: Date.parse('2026-01-05T10:00:03.945Z'),
        client: '198.51.100.7',
        status: 200,
        taken: 1.178,
        host: 'www.example.com',
        path: '/a',
        query: 'b',
        agent: 'curl/8.5.0',
      },
    ],
    [
      'an agent with quotes',
      classic('"GET http://a:80/ HTTP/1.1" "a "b" c" DHE TLSv1.2'),
      { agent: 'a "b" c' },
    ],
    ['an old log without agents', classic('"GET http://a:80/ HTTP/1.1"'), { host: 'a', agent: '' }],
    ['TCP', classic('"- - - " "-" - -', '- -'), { status: 0, method: '', path: '', sent: 29 }],
  ])('%s', async (_name, line, part) => {
    const { rows, rejections } = await rowsOf(line);
    expect(rejections).toEqual([]);
    expect(rows).toEqual([expect.objectContaining(part)]);
  });

  it('holds what every format does', () =>
    holdsForEveryFormat(
      [],
      Array.from({ length: 20 }, (_, i) => classic(`"GET http://a:80/${i} HTTP/1.1" "a" - -`)),
    ));
});

const nlb = (host: string): string =>
  `tls 2.0 2026-01-05T10:00:03 net/nlb/c6e77e28c25b2234 g3d4b5e8bb8464cd 198.51.100.7:51341 10.0.0.1:443 5 2 98 246 unknown_ca arn:aws:acm:eu-central-1:111122223333:certificate/2a108f19 - ECDHE-RSA-AES128-SHA tlsv12 - ${host} h2 h2 "h2","http/1.1" 2026-01-05T10:00:02`;

describe('TLS of Network Load Balancers', () => {
  it('gives connections, with no word of HTTP', async () => {
    const { rows, rejections } = await rowsOf(nlb('www.example.com'));
    expect(rejections).toEqual([]);
    expect(rows).toEqual([
      expect.objectContaining({
        time: Date.parse('2026-01-05T10:00:03Z'),
        client: '198.51.100.7',
        host: 'www.example.com',
        status: 0,
        received: 98,
        sent: 246,
        taken: 5,
        action: 'unknown_ca',
        method: '',
        path: '',
      }),
    ]);
  });

  it('holds what every format does', () =>
    holdsForEveryFormat(
      [],
      Array.from({ length: 20 }, (_, i) => nlb(`${'a'.repeat(i)}.example.com`)),
    ));
});

const data =
  process.env['TOCSIN_TEST_DATA'] ?? fileURLToPath(new URL('../../../../shared/data', import.meta.url));
const real = `${data}/crowdsec-hub-tests/aws-alb-logs/aws-alb-logs.log`;
it.skipIf(!existsSync(real))('real lines of ALB are read to the last', async () => {
  const { rows, rejections } = await rowsOf(readFileSync(real));
  expect([rows.length, rejections]).toEqual([14, []]);
  expect(rows.map(({ host }) => host)).toContain('cacti.example.com');
  expect(rows.filter(({ agent }) => agent.startsWith('${jndi:'))).toHaveLength(2);
});
