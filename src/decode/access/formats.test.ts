import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { realtimeFields, standardFields } from './cloudfront-fields.ts';
import { cloudFrontRealtimeFormat } from './cloudfront-realtime.ts';
import { accessFormats, detectAccessFormat } from './formats.ts';
import { holdsForEveryFormat } from './testing/properties.ts';
import { rowsOf } from './testing/rows.ts';

const elb =
  '10.0.0.1:80 0.086 0.048 0.037 200 200 0 57 "GET https://www.example.com:443/ HTTP/1.1" "curl/8.5.0"';
const owner = '79a59df900b949e55d96a1e698fbacedfd6e09d98eacf8f8d5218e7cd47ef2be';
const cloudFrontLine =
  '2026-01-05\t10:00:03\tFRA56-P1\t1015\t198.51.100.7\tGET\td1.cloudfront.net\t/\t200\t-\tcurl/8.5.0\t-\t-\tMiss';

/** The beginning of a log of each kind, and who should take it. */
const beginnings: readonly (readonly [format: string | undefined, what: string, head: string])[] = [
  [
    'CloudFront standard logs',
    'version 1',
    `#Version: 1.0\n#Fields: ${standardFields.join(' ')}\n${cloudFrontLine}\n`,
  ],
  ['CloudFront standard logs', 'version 1, its first line alone', '#Version: 1.0\n'],
  ['CloudFront standard logs', 'the fields alone', `#Fields: ${standardFields.join(' ')}\n`],
  ['CloudFront standard logs', 'from the middle', `${cloudFrontLine}\n`],
  ['CloudFront standard logs', 'plain text of version 2', 'date\ttime\tc-ip\tcs-method\n'],
  [
    'CloudFront standard logs (JSON)',
    'JSON of version 2',
    '{"date":"2026-01-05","time":"10:00:03","c-ip":"198.51.100.7"}\n',
  ],
  ['CloudFront real-time logs', 'version 4', '1767607203.123\t198.51.100.7\t10.0.0.1\t0.1\t200\t512\tGET\n'],
  ['CloudFront real-time logs', 'version 6', '1767607203.123\t2001:db8::7\t10.0.0.1\t0.1\t200\t512\tGET\n'],
  [
    'Application Load Balancer',
    'HTTPS',
    `https 2026-01-05T10:00:03.186641Z app/a/b 198.51.100.7:2817 ${elb} - - arn "Root=1"\n`,
  ],
  [
    'Application Load Balancer',
    'no target',
    'h2 2026-01-05T10:00:03.186641Z app/a/b 198.51.100.7:2817 - -1 -1 -1 404 - 2 1 "GET https://a:443/ HTTP/2.0" "x"\n',
  ],
  [
    'Network Load Balancer (TLS)',
    'TLS',
    'tls 2.0 2026-01-05T10:00:03 net/a/b c 198.51.100.7:51341 10.0.0.1:443 5 2 98 246 - arn\n',
  ],
  ['Classic Load Balancer', 'HTTP', `2026-01-05T10:00:03.945958Z my-elb 198.51.100.7:2817 ${elb} - -\n`],
  [
    'S3 server access logs',
    'a request',
    `${owner} data [05/Jan/2026:10:00:03 +0000] 198.51.100.7 - 3E57 REST.GET.OBJECT a "GET /a HTTP/1.1" 200 - 1 1 1 1 "-" "x" -\n`,
  ],
  [
    'S3 server access logs',
    'a request that looks like the combined format',
    `${owner} data [05/Jan/2026:10:00:03 +0000] 198.51.100.7 - 3E57 REST.GET.OBJECT a "GET /a - - [05/Jan/2026:10:00:03 +0000] "x HTTP/1.1" 200 - 1 1 1 1\n`,
  ],
  [
    'AWS WAF',
    'a request',
    '{"timestamp":1767607203123,"formatVersion":1,"webaclId":"arn","terminatingRuleId":"Default_Action"}\n',
  ],
  [
    'AWS WAF',
    'only its beginning',
    '{"timestamp":1767607203123,"formatVersion":1,"webaclId":"arn","terminatingRuleId":"Def',
  ],
  [
    'API Gateway (JSON)',
    'REST',
    '{ "requestId":"a","ip":"198.51.100.7","requestTime":"05/Jan/2026:10:00:03 +0000","httpMethod":"GET","resourcePath":"/" }\n',
  ],
  [
    'Traefik (JSON)',
    'a request',
    '{"ClientAddr":"198.51.100.7:1","ClientHost":"198.51.100.7","DownstreamStatus":200,"RequestMethod":"GET"}\n',
  ],
  [
    'Caddy (JSON)',
    'a request',
    '{"level":"info","ts":1767607203.5,"logger":"http.log.access","request":{"remote_ip":"198.51.100.7"},"status":200}\n',
  ],
  [
    'nginx or Apache (combined)',
    'combined',
    '198.51.100.7 - - [05/Jan/2026:10:00:03 +0000] "GET / HTTP/1.1" 200 1 "-" "x"\n',
  ],
  [
    'nginx or Apache (combined)',
    'a virtual host in front',
    'example.com:443 198.51.100.7 - - [05/Jan/2026:10:00:03 +0000] "GET / HTTP/1.1" 200 1\n',
  ],
  [
    'nginx or Apache (combined)',
    'syslog in front',
    'Jan  5 10:00:03 web nginx[1]: 198.51.100.7 - - [05/Jan/2026:10:00:03 +0000] "GET / HTTP/1.1" 200 1\n',
  ],
  [
    undefined,
    'CloudTrail as S3 has it',
    '{"Records":[{"eventVersion":"1.08","requestID":"a","sourceIPAddress":"198.51.100.7"}]}',
  ],
  [
    undefined,
    'CloudTrail in lines',
    '{"eventVersion":"1.08","requestID":"a","sourceIPAddress":"198.51.100.7","userAgent":"x","httpMethod":"GET"}\n',
  ],
  [
    undefined,
    'CloudTrail with keys of other logs further down',
    '{"eventVersion":"1.08","requestParameters":{"webaclId":"a","httpRequest":{},"c-ip":"x"}}\n',
  ],
  [
    undefined,
    'a finding',
    '{"schemaVersion":"2.0","accountId":"111122223333","type":"Recon:EC2/Portscan"}\n',
  ],
  [
    undefined,
    'logs of IIS',
    '#Software: Microsoft Internet Information Services 10.0\n#Version: 1.0\n#Fields: date time s-ip cs-method\n',
  ],
  [
    undefined,
    'another log with such a header',
    '#Version: 1.0\n#Fields: date time s-ip cs-method\n2026-01-05 10:00:03\n',
  ],
  [
    undefined,
    'VPC flow logs',
    'version account-id interface-id srcaddr dstaddr\n2 111122223333 eni-1 10.0.0.1 10.0.0.2\n',
  ],
  [undefined, 'a table', 'date,time,place\n2026-01-05,10:00:03,here\n'],
  [undefined, 'text', 'hello\n'],
  [undefined, 'nothing', ''],
];

describe('a log is told by how it begins', () => {
  it.each(beginnings)('%s: %s', (format, _what, text) => {
    const head = Buffer.from(text);
    expect(detectAccessFormat(head)?.name).toBe(format);
    // And nobody else would take it, so that order decides nothing.
    expect(accessFormats.filter(({ detect }) => detect(head)).map(({ name }) => name)).toEqual(
      format === undefined ? [] : [format],
    );
  });

  it('and every format has such a beginning here', () => {
    expect(new Set(beginnings.flatMap(([format]) => format ?? []))).toEqual(
      new Set(accessFormats.map(({ name }) => name)),
    );
  });
});

it.each([
  [
    'a Parquet file that is cut off',
    'PAR1\x15\x04xxxxxxxx',
    /Parquet: the file does not end as Parquet does/,
  ],
  ['text', 'hello\nhello\n', /not a known access log/],
])('%s is refused as a whole, with a way out', async (_name, content, reason) => {
  const { rows, rejections, records } = await rowsOf(content);
  expect([rows, records]).toEqual([[], 1]);
  expect(rejections).toEqual([expect.stringMatching(reason)]);
});

describe('CloudFront real-time logs', () => {
  const values: Readonly<Record<string, string>> = {
    timestamp: '1767607203.123',
    'c-ip': '198.51.100.7',
    'sc-status': '404',
    'sc-bytes': '512',
    'cs-method': 'GET',
    'cs-host': 'd1.cloudfront.net',
    'cs-uri-stem': '/a',
    'cs-bytes': '300',
    'x-host-header': 'www.example.com',
    'time-taken': '0.125',
    'cs-user-agent': 'Mozilla/5.0%20(X11)',
    'cs-uri-query': 'b=c',
    'c-country': 'DE',
  };
  const lineOf = (fields: readonly string[], path = '/a'): string =>
    fields.map((field) => (field === 'cs-uri-stem' ? path : (values[field] ?? '-'))).join('\t');
  const expected = {
    time: 1767607203123,
    client: '198.51.100.7',
    status: 404,
    sent: 512,
    received: 300,
    taken: 125,
    method: 'GET',
    path: '/a',
    query: 'b=c',
    agent: 'Mozilla/5.0 (X11)',
    country: 'DE',
  };
  const some = Object.keys(values).filter((field) => field !== 'x-host-header');

  it('with all fields', async () => {
    const { rows } = await rowsOf(lineOf(realtimeFields));
    expect(rows).toEqual([expect.objectContaining({ ...expected, host: 'www.example.com' })]);
  });

  it('with the fields that were chosen', async () => {
    const { rows } = await rowsOf(lineOf(some), { realtimeFields: some });
    expect(rows).toEqual([expect.objectContaining({ ...expected, host: 'd1.cloudfront.net' })]);
  });

  it('says what to do where it was not told which', async () => {
    const { rows, rejections } = await rowsOf(lineOf(some));
    expect(rows).toEqual([]);
    expect(rejections).toEqual([expect.stringMatching(/^12 fields where 46 are named.*name the fields/)]);
  });

  it('holds what every format does', () =>
    holdsForEveryFormat(
      [],
      Array.from({ length: 20 }, (_, i) => lineOf(some, `/${i}`)),
      {
        format: cloudFrontRealtimeFormat(some),
      },
    ));
});

const data =
  process.env['TOCSIN_TEST_DATA'] ?? fileURLToPath(new URL('../../../../shared/data', import.meta.url));
const hub = `${data}/crowdsec-hub-tests`;
describe.skipIf(!existsSync(hub))('real logs of web servers', () => {
  const logs = existsSync(hub)
    ? readdirSync(hub)
        .filter((name) =>
          /apache|nginx_|nginx-http|nginx-bad|http-|bunker|whitelist|cve|CVE|traefik|ipv6|apiscp|zoneminder|sap/.test(
            name,
          ),
        )
        .flatMap((name) =>
          readdirSync(`${hub}/${name}`)
            .filter((file) => file.endsWith('.log'))
            .map((file) => `${name}/${file}`),
        )
    : [];

  it('are read, but for what is no line of theirs', async () => {
    const odd: string[] = [];
    let requests = 0;
    for (const log of logs) {
      const { rows, rejections } = await rowsOf(readFileSync(`${hub}/${log}`));
      requests += rows.length;
      odd.push(...rejections.map((reason) => `${log.replace(/\/.*/, '')}: ${reason.slice(0, 26)}`));
      for (const { client } of rows) expect(client).toMatch(/^[0-9a-f.:]+$/i);
    }
    expect(requests).toBe(717);
    // Error logs, other logs, and formats of other servers.
    expect(odd).toEqual([
      'CVE-2021-4034: not a known access log; ex',
      'apache2-logs: there is no time in bracke',
      'apache2-logs: there is no time in bracke',
      'haproxy-nextcloud-whitelist: not a known access log; ex',
      'nginx_http-logs: there is no time in bracke',
      'sympa_ww-http-scan: not a known access log; ex',
      'traefik_json: not JSON: Unexpected token',
      'zoraxy-http-bad-user-agent: not a known access log; ex',
      'zoraxy-http-logs: not a known access log; ex',
    ]);
  });
});
