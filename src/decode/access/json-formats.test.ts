import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { holdsForEveryFormat } from './testing/properties.ts';
import { rowsOf } from './testing/rows.ts';

const time = Date.parse('2026-01-05T10:00:03.500Z');

const waf = (own: object = {}, request: object = {}): string =>
  JSON.stringify({
    timestamp: time,
    formatVersion: 1,
    webaclId: 'arn:aws:wafv2:us-east-1:111122223333:global/webacl/web/ba65eb35',
    terminatingRuleId: 'Default_Action',
    terminatingRuleType: 'REGULAR',
    action: 'ALLOW',
    httpSourceName: 'CF',
    ruleGroupList: [],
    nonTerminatingMatchingRules: [],
    responseCodeSent: null,
    httpRequest: {
      clientIp: '198.51.100.7',
      country: 'DE',
      headers: [
        { name: 'Host', value: 'www.example.com' },
        { name: 'user-agent', value: 'a "b"\n' },
        { name: 'Referer', value: 'https://example.com/' },
        { name: 'x-forwarded-for', value: '203.0.113.9' },
      ],
      uri: '/café',
      args: 'a=b',
      httpVersion: 'HTTP/2.0',
      httpMethod: 'GET',
      requestId: 'abc',
      ...request,
    },
    ...own,
  });

const apiGateway = (own: object = {}): string =>
  JSON.stringify({
    requestId: 'abc',
    ip: '198.51.100.7',
    requestTime: '05/Jan/2026:10:00:03 +0000',
    httpMethod: 'GET',
    resourcePath: '/pets/{id}',
    status: '403',
    protocol: 'HTTP/1.1',
    responseLength: '16',
    ...own,
  });

const cloudFront = (own: object = {}): string =>
  JSON.stringify({
    date: '2026-01-05',
    time: '10:00:03',
    'x-edge-location': 'FRA56-P1',
    'sc-bytes': '14872',
    'c-ip': '198.51.100.7',
    'cs-method': 'GET',
    'cs(Host)': 'd111111abcdef8.cloudfront.net',
    'cs-uri-stem': '/a',
    'sc-status': '404',
    'cs(Referer)': '-',
    'cs(User-Agent)': 'Mozilla/5.0%20(X11)',
    'cs-uri-query': '-',
    'x-edge-result-type': 'Error',
    'x-edge-request-id': 'abc==',
    'x-host-header': 'www.example.com',
    'cs-bytes': '300',
    'time-taken': '0.125',
    'x-forwarded-for': '-',
    ...own,
  });

const traefik = (own: object = {}): string =>
  JSON.stringify({
    ClientAddr: '198.51.100.7:39496',
    ClientHost: '198.51.100.7',
    DownstreamContentSize: 357,
    DownstreamStatus: 404,
    Duration: 2_500_000,
    RequestContentSize: 12,
    RequestHost: 'www.example.com',
    RequestMethod: 'GET',
    RequestPath: '/a?b=c',
    StartUTC: '2026-01-05T10:00:03.5Z',
    'request_User-Agent': 'curl/8.5.0',
    ...own,
  });

const caddy = (own: object = {}): string =>
  JSON.stringify({
    level: 'info',
    ts: time / 1000,
    logger: 'http.log.access',
    msg: 'handled request',
    request: {
      remote_ip: '198.51.100.7',
      method: 'GET',
      host: 'www.example.com',
      uri: '/a?b=c',
      headers: { 'User-Agent': ['curl/8.5.0'], 'X-Forwarded-For': ['203.0.113.9'] },
    },
    bytes_read: 12,
    duration: 0.0025,
    size: 357,
    status: 404,
    ...own,
  });

describe('logs in lines of JSON', () => {
  it.each<[name: string, line: string, part: object]>([
    [
      'WAF: a request that was let through has no status',
      waf(),
      {
        time,
        status: 0,
        client: '198.51.100.7',
        forwarded: '203.0.113.9',
        method: 'GET',
        host: 'www.example.com',
        path: '/café',
        query: 'a=b',
        agent: 'a "b"\n',
        referrer: 'https://example.com/',
        id: 'abc',
        country: 'DE',
        action: 'ALLOW',
        rule: 'Default_Action',
        labels: '',
      },
    ],
    ['WAF: a block is a 403', waf({ action: 'BLOCK' }), { action: 'BLOCK', status: 403 }],
    [
      'WAF: a block with an answer of its own',
      waf({ action: 'BLOCK', responseCodeSent: 429 }),
      { status: 429 },
    ],
    ['WAF: a captcha', waf({ action: 'CAPTCHA' }), { status: 405 }],
    ['WAF: a challenge', waf({ action: 'CHALLENGE' }), { status: 202 }],
    [
      'WAF: the rule inside the group that ended it',
      waf({
        action: 'BLOCK',
        terminatingRuleId: 'AWS-Common',
        ruleGroupList: [
          { ruleGroupId: 'AWS#A', terminatingRule: null },
          { ruleGroupId: 'AWS#B', terminatingRule: { ruleId: 'NoUserAgent_HEADER', action: 'BLOCK' } },
        ],
      }),
      { rule: 'AWS-Common/NoUserAgent_HEADER' },
    ],
    [
      'WAF: labels, and rules that only counted',
      waf({
        labels: [{ name: 'awswaf:managed:aws:bot-control:bot:name:curl' }],
        nonTerminatingMatchingRules: [
          { ruleId: 'rate', action: 'COUNT' },
          { ruleId: 'captcha', action: 'CAPTCHA' },
        ],
        ruleGroupList: [
          {
            nonTerminatingMatchingRules: [{ ruleId: 'SizeRestrictions', action: 'COUNT' }],
            excludedRules: [{ exclusionType: 'EXCLUDED_AS_COUNT', ruleId: 'Old' }],
          },
        ],
      }),
      { labels: 'awswaf:managed:aws:bot-control:bot:name:curl rate SizeRestrictions Old' },
    ],
    [
      'WAF: headers that come twice',
      waf(
        {},
        {
          headers: [
            { name: 'User-Agent', value: 'first' },
            { name: 'user-agent', value: 'second' },
            null,
            {},
          ],
        },
      ),
      { agent: 'first', host: '' },
    ],
    [
      'API Gateway: what the documentation shows for REST',
      apiGateway(),
      {
        time: Date.parse('2026-01-05T10:00:03Z'),
        status: 403,
        sent: 16,
        client: '198.51.100.7',
        method: 'GET',
        path: '/pets/{id}',
        id: 'abc',
      },
    ],
    [
      'API Gateway: what the documentation shows for HTTP',
      apiGateway({ httpMethod: undefined, resourcePath: undefined, routeKey: 'GET /pets' }),
      { method: 'GET', path: '/pets' },
    ],
    [
      'API Gateway: the path that was asked for',
      apiGateway({ path: '/pets/7?a=b' }),
      { path: '/pets/7', query: 'a=b' },
    ],
    [
      'API Gateway: names of $context',
      apiGateway({
        ip: undefined,
        '$context.identity.sourceIp': '203.0.113.9',
        requestTime: undefined,
        'context.requestTimeEpoch': String(time),
        user_agent: 'curl/8.5.0',
        domainName: 'api.example.com',
        responseLatency: 7,
      }),
      { client: '203.0.113.9', time, agent: 'curl/8.5.0', host: 'api.example.com', taken: 7 },
    ],
    [
      'API Gateway: members that are not there',
      apiGateway({ status: '-', responseLength: '-' }),
      { status: 0, sent: Number.NaN },
    ],
    [
      'CloudFront, version 2',
      cloudFront(),
      {
        time: Date.parse('2026-01-05T10:00:03Z'),
        status: 404,
        sent: 14872,
        received: 300,
        taken: 125,
        client: '198.51.100.7',
        host: 'www.example.com',
        path: '/a',
        query: '',
        agent: 'Mozilla/5.0 (X11)',
        referrer: '',
        id: 'abc==',
        action: 'Error',
      },
    ],
    [
      'CloudFront, version 2, in milliseconds',
      cloudFront({ date: undefined, 'timestamp(ms)': String(time) }),
      { time },
    ],
    [
      'Traefik',
      traefik(),
      {
        time,
        status: 404,
        sent: 357,
        received: 12,
        taken: 2.5,
        client: '198.51.100.7',
        method: 'GET',
        host: 'www.example.com',
        path: '/a',
        query: 'b=c',
        agent: 'curl/8.5.0',
      },
    ],
    [
      'Caddy',
      caddy(),
      {
        time,
        status: 404,
        sent: 357,
        received: 12,
        taken: 2.5,
        client: '198.51.100.7',
        forwarded: '203.0.113.9',
        path: '/a',
        query: 'b=c',
        agent: 'curl/8.5.0',
      },
    ],
    [
      'Caddy, as it was before 2.5',
      caddy({ request: { remote_addr: '[2001:db8::7]:80', uri: '/' } }),
      { client: '2001:db8::7' },
    ],
  ])('%s', async (_name, line, part) => {
    const { rows, rejections } = await rowsOf(line);
    expect(rejections).toEqual([]);
    expect(rows).toEqual([expect.objectContaining(part)]);
  });

  it.each([
    ['JSON that is cut', waf(), waf().slice(0, 400), 'not JSON'],
    ['an array', waf(), '[1]', 'expected a JSON object'],
    ['no request', waf(), waf({ httpRequest: null }), 'there is no httpRequest'],
    ['no time', waf(), waf({ timestamp: null }), 'there is no time'],
    ['a time without end', waf(), waf().replace(String(time), '1e999'), 'there is no time'],
    [
      'a day that there is not',
      apiGateway(),
      apiGateway({ requestTime: '35/Jan/2026:10:00:03 +0000' }),
      'there is no time',
    ],
    ['another log of Caddy', caddy(), caddy({ request: undefined, logger: 'tls' }), 'there is no request'],
    ['what is not UTF-8', waf(), Buffer.from([0x7b, 0xff, 0x7d]).toString('latin1'), 'not JSON'],
  ])('refuses %s with the reason, and goes on', async (_name, good, broken, reason) => {
    const { rows, rejections, records } = await rowsOf([good, broken, good].join('\n'));
    expect(rows).toHaveLength(2);
    expect(rejections).toEqual([expect.stringContaining(reason)]);
    expect(records).toBe(3);
  });

  it.each([
    ['WAF', (i: number) => waf({}, { uri: `/${'é'.repeat(i * 50)}` })],
    ['API Gateway', (i: number) => apiGateway({ path: `/${i}` })],
    ['CloudFront', (i: number) => cloudFront({ 'cs-uri-stem': `/${i}` })],
    ['Traefik', (i: number) => traefik({ RequestPath: `/${i}` })],
    ['Caddy', (i: number) => caddy({ status: 200 + i })],
  ])('%s holds what every format does', (_name, line) =>
    holdsForEveryFormat(
      [],
      Array.from({ length: 20 }, (_, i) => line(i)),
    ),
  );

  it('texts of long lines are not held all at once', async () => {
    const lines = Array.from({ length: 60 }, (_, i) => waf({}, { uri: `/${i}${'é'.repeat(200_000)}` }));
    const { rows } = await rowsOf(lines.join('\n'));
    expect(rows.map(({ path }) => path.length)).toEqual(lines.map((_, i) => 200_001 + String(i).length));
    expect(rows.every(({ agent }) => agent === 'a "b"\n')).toBe(true);
  });
});

const data =
  process.env['TOCSIN_TEST_DATA'] ?? fileURLToPath(new URL('../../../../shared/data', import.meta.url));
describe.skipIf(!existsSync(data))('real lines', () => {
  it.each([
    ['aws-format-samples/waf-raw.jsonl', 38, []],
    ['crowdsec-hub-tests/traefik_json/traefik_json.log', 6, [expect.stringContaining('not JSON')]],
    ['crowdsec-hub-tests/caddy-logs/caddy-logs.log', 10, ['there is no request in it']],
    ['crowdsec-hub-tests/caddy-basic-auth-bf/caddy-logs.log', 6, []],
  ])('%s', async (name, count, odd) => {
    const { rows, rejections } = await rowsOf(readFileSync(`${data}/${name}`));
    expect([rows.length, rejections]).toEqual([count, odd]);
    expect(rows.every(({ client, method }) => client !== '' && method !== '')).toBe(true);
  });
});
