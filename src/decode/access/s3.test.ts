import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { holdsForEveryFormat } from './testing/properties.ts';
import { rowsOf } from './testing/rows.ts';

const owner = '79a59df900b949e55d96a1e698fbacedfd6e09d98eacf8f8d5218e7cd47ef2be';
const tail =
  '- Ke1bUcazaN1j/gijN= SigV4 ECDHE-RSA-AES128-GCM-SHA256 AuthHeader data.s3.eu-central-1.amazonaws.com TLSv1.2 - Yes';
const line = (own: {
  readonly operation?: string;
  readonly key?: string;
  readonly request?: string;
  readonly answer?: string;
  readonly referrer?: string;
  readonly agent?: string;
  readonly tail?: string;
}): string =>
  `${owner} data [05/Jan/2026:10:00:03 +0000] 198.51.100.7 arn:aws:iam::111122223333:user/a 3E57427F3EXAMPLE ${own.operation ?? 'REST.GET.OBJECT'} ${own.key ?? 'a/b.pdf'} ${own.request ?? '"GET /data/a/b.pdf?x=1 HTTP/1.1"'} ${own.answer ?? '403 AccessDenied 243 - 11 -'} ${own.referrer ?? '"https://example.com/"'} "${own.agent ?? 'S3Console/0.4'}"${own.tail ?? ` ${tail}`}`;

describe('S3 server access logs', () => {
  it.each<[name: string, line: string, part: object]>([
    [
      'all fields of today',
      line({}),
      {
        time: Date.parse('2026-01-05T10:00:03Z'),
        client: '198.51.100.7',
        status: 403,
        sent: 243,
        received: Number.NaN,
        taken: 11,
        method: 'GET',
        host: 'data.s3.eu-central-1.amazonaws.com',
        path: '/data/a/b.pdf',
        query: 'x=1',
        agent: 'S3Console/0.4',
        referrer: 'https://example.com/',
        id: '3E57427F3EXAMPLE',
        action: 'REST.GET.OBJECT',
        rule: 'AccessDenied',
      },
    ],
    ['an old log names the bucket', line({ tail: ' -' }), { host: 'data', agent: 'S3Console/0.4' }],
    [
      'what was put',
      line({
        operation: 'REST.PUT.OBJECT',
        request: '"PUT /data/a HTTP/1.1"',
        answer: '200 - - 4406583 41754 28',
      }),
      { method: 'PUT', received: 4406583, sent: 0, taken: 41754, rule: '' },
    ],
    [
      'a key that was deleted among others has no request of its own',
      line({ operation: 'BATCH.DELETE.OBJECT', request: '-', answer: '204 - - - - -' }),
      { method: 'DELETE', path: 'a/b.pdf', status: 204, agent: 'S3Console/0.4' },
    ],
    [
      'what S3 does by itself has no method',
      line({ operation: 'S3.EXPIRE.OBJECT', request: '-', answer: '- - - - - -' }),
      { method: '', status: 0 },
    ],
    ['a key with a quote', line({ key: 'a"b', request: '"GET /data/a"b HTTP/1.1"' }), { path: '/data/a"b' }],
    [
      'a request that looks like more',
      line({ request: '"GET /data/a" 200 - x HTTP/1.1"' }),
      { path: '/data/a" 200 - x', status: 403 },
    ],
    [
      'an agent with quotes',
      line({ agent: 'a "b" c' }),
      { agent: 'a "b" c', host: 'data.s3.eu-central-1.amazonaws.com' },
    ],
    ['a referrer that is not quoted', line({ referrer: '-' }), { referrer: '', agent: 'S3Console/0.4' }],
    ['no status', line({ answer: '- - - - 5 -' }), { status: 0, sent: 0, taken: 5 }],
  ])('%s', async (_name, text, part) => {
    const { rows, rejections } = await rowsOf(text);
    expect(rejections).toEqual([]);
    expect(rows).toEqual([expect.objectContaining(part)]);
  });

  it.each([
    ['a line that is cut in the request', line({}).slice(0, 215), 'the request is not closed by a quote'],
    [
      'a line that is cut in the answer',
      line({ answer: '200 - 113 - 33' }).split(' "https')[0] ?? '',
      'there are no times',
    ],
    ['a day that there is not', line({}).replace('05/Jan', '35/Jan'), 'there is no time in brackets'],
    ['a word', 'hello', 'there is no bucket'],
  ])('refuses %s with the reason, and goes on', async (_name, broken, reason) => {
    const { rows, rejections, records } = await rowsOf([line({}), broken, line({})].join('\n'));
    expect(rows).toHaveLength(2);
    expect(rejections).toEqual([expect.stringContaining(reason)]);
    expect(records).toBe(3);
  });

  it('holds what every format does', () =>
    holdsForEveryFormat(
      [],
      Array.from({ length: 20 }, (_, i) => line({ key: `k${i}`, agent: '"'.repeat(i) + 'x' })),
    ));
});

const data =
  process.env['TOCSIN_TEST_DATA'] ?? fileURLToPath(new URL('../../../../shared/data', import.meta.url));
describe.skipIf(!existsSync(`${data}/aws-format-samples/s3access`))('samples of S3', () => {
  it.each([
    ['s3-webreadr.log', 6, 0],
    ['sample_s3_all_match.log', 5, 0],
    // Two of the lines end before the times.
    ['sample_s3_all_unmatch.log', 3, 2],
    ['sample_s3_contains_unmatch.log', 5, 0],
  ])('%s', async (name, good, odd) => {
    const { rows, rejections } = await rowsOf(readFileSync(`${data}/aws-format-samples/s3access/${name}`));
    expect([rows.length, rejections.length]).toEqual([good, odd]);
  });
});
