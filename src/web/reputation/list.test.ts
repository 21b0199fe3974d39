import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gunzipSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ListShape } from './format.ts';
import { limitsFor, type Trust } from './limits.ts';
import { readList, type ListContents, type ListRead } from './list.ts';
import { rangeOf } from './range.ts';

function read(text: string | Uint8Array, shape: ListShape = {}, trust: Trust = 'block'): ListRead {
  return readList(typeof text === 'string' ? Buffer.from(text) : text, shape, limitsFor(trust));
}

function contents(text: string | Uint8Array, shape: ListShape = {}, trust: Trust = 'block'): ListContents {
  const result = read(text, shape, trust);
  if (result.type === 'refused') throw new Error(result.reason);
  return result.contents;
}

const one = (text: string): unknown => {
  const range = rangeOf(text);
  return range && { first: range.first, last: range.last };
};

describe('a list of addresses', () => {
  it.each<[string, string, ListShape, string]>([
    ['Spamhaus DROP as text', '; Spamhaus DROP List\n; Last-Modified: x\n192.0.2.0/24 ; SBL1\n', {}, 'lines'],
    ['Emerging Threats', '# Feodo\n\n#Spamhaus DROP Nets\n192.0.2.0/24\r\n', {}, 'lines'],
    ['addresses with counts', '192.0.2.0/24\t12\n', {}, 'lines'],
    ['addresses with a remark', '192.0.2.0/24 # somebody\n', {}, 'lines'],
    ['a range with spaces', '// remark\n192.0.2.0 - 192.0.2.255 somebody\n', {}, 'lines'],
    ['the first column of unnamed CSV', '192.0.2.0/24,somebody\n', {}, 'lines'],
    ['no line feed at the end, and a byte order mark', '\uFEFF  192.0.2.0/24', {}, 'lines'],
    [
      'Spamhaus DROP as JSON lines',
      '{"cidr":"192.0.2.0/24","sblid":"SBL1","rir":"arin"}\n{"type":"metadata","timestamp":1,"size":9,"records":1}\n',
      {},
      'json-lines',
    ],
    ['a JSON array of texts', '["192.0.2.0/24"]', {}, 'json'],
    ['a JSON array of objects', '[{"ip":"192.0.2.0/24","score":3}]', {}, 'json'],
    ['objects with a field of their own', '[{"where":"192.0.2.0/24"}]', { column: 'where' }, 'json'],
    ['ranges of a crawler', '{"creationTime":"x","prefixes":[{"ipv4Prefix":"192.0.2.0/24"}]}', {}, 'json'],
    [
      'ranges of a crawler over lines',
      '{\n "prefixes": [\n  {"ipv4Prefix":"192.0.2.0/24"}\n ]\n}\n',
      {},
      'json',
    ],
    [
      'ranges of AWS',
      '{"syncToken":"1","prefixes":[{"ip_prefix":"192.0.2.0/24"}],"ipv6_prefixes":[]}',
      {},
      'json',
    ],
    ['CSV with a name that says it', '\uFEFFseen,"IP",port\r\nx,192.0.2.0/24,1\r\n', {}, 'csv'],
    ['Tor exits with ports', 'fingerprint, ipaddr, port\nAB12, 192.0.2.0/24, 443\n', {}, 'csv'],
    ['CSV with names', 'who, where\nx, 192.0.2.0/24\n', { format: 'csv', column: 'where' }, 'csv'],
    ['CSV with names, by number', 'who,where\nx,192.0.2.0/24\n', { format: 'csv', column: 2 }, 'csv'],
    ['CSV without names', '"a ""b"", c",192.0.2.0/24\n', { format: 'csv', column: 2 }, 'csv'],
    [
      'CSV with ranges in two columns',
      '192.0.2.0,192.0.2.255,somebody\n',
      { format: 'csv', column: 1, lastColumn: 2 },
      'csv',
    ],
  ])('%s', (_name, text, shape, format) => {
    expect(contents(text, shape)).toEqual({
      format,
      v4: [one('192.0.2.0/24')],
      v6: [],
      entries: 1,
      tooWide: 0,
      reserved: 0,
      unreadable: 0,
    });
  });

  it('reads what Tor tells of its exits', () => {
    const text =
      'ExitNode 0011\nPublished 2026-01-05 09:00:00\nLastStatus 2026-01-05 10:00:00\nExitAddress 192.0.2.1 2026-01-05 10:00:00\n' +
      'ExitNode 0022\nExitAddress 192.0.2.3 2026-01-05 10:00:00\nExitAddress 2001:db8::1 2026-01-05 10:00:00\n';
    expect(contents(text)).toMatchObject({
      format: 'tor-exits',
      v4: [one('192.0.2.1'), one('192.0.2.3')],
      v6: [one('2001:db8::1')],
    });
  });

  it('takes neighbours together and counts what was written', () => {
    expect(
      contents('192.0.2.0/25\n192.0.2.128/25\n192.0.2.7\n2001:db8::/33\n2001:db8:8000::/33'),
    ).toMatchObject({
      v4: [one('192.0.2.0/24')],
      v6: [one('2001:db8::/32')],
      entries: 5,
    });
  });

  it.each([
    ['half the internet', '0.0.0.0/1', { tooWide: 1 }],
    ['all of it', '0.0.0.0/0', { tooWide: 1 }],
    ['all of IPv6', '::/0', { tooWide: 1 }],
    ['a range as wide as that', '16.0.0.0-99.0.0.0', { tooWide: 1 }],
    ['private addresses', '10.1.2.3', { reserved: 1 }],
    ['shared addresses', '100.64.0.0/10', { reserved: 1 }],
    ['this machine', '127.0.0.1', { reserved: 1 }],
    ['private addresses of IPv6', 'fd00::/32', { reserved: 1 }],
    ['link-local addresses', 'fe80::1', { reserved: 1 }],
    ['a range over private addresses', '9.255.255.0-10.0.0.1', { reserved: 1 }],
  ])('leaves %s out and says so', (_name, text, counted) => {
    expect(contents(`${text}\n192.0.2.1\n`)).toMatchObject({
      entries: 1,
      v4: [one('192.0.2.1')],
      ...counted,
    });
  });

  it.each<[string, string, ListShape, RegExp]>([
    ['a page', '<!DOCTYPE html><html>192.0.2.1', {}, /page of HTML/],
    ['a page after white space', '\n\n  <html>\n192.0.2.1', {}, /page of HTML/],
    ['nothing', '', {}, /no entry/],
    ['comments alone', '; EDROP is now part of DROP\n', {}, /no entry/],
    ['prose', 'Too many requests.\nTry again later.\n', {}, /no address or network/],
    ['an error in JSON', '{"error":"rate limit"}', {}, /no array of addresses/],
    ['half a document', '{"prefixes":[{"ipv4Prefix":"192.0.2.0/24"},', {}, /no whole JSON document/],
    [
      'JSON lines that end early',
      '{"cidr":"192.0.2.0/24"}\n{"type":"metadata","records":2}\n',
      {},
      /says that it has 2 entries, and has 1/,
    ],
    ['a JSON line that ends early', '{"cidr":"192.0.2.0/24"}\n{"cidr":"192.', {}, /no address or network/],
    ['only the whole internet', '0.0.0.0/0\n', {}, /too wide \(1\)/],
    ['CSV whose column nobody named', 'a,192.0.2.1\n', { format: 'csv' }, /which column/],
    ['CSV without the column', 'a,b\nc,192.0.2.1\n', { format: 'csv', column: 'ip' }, /no column "ip"/],
    ['the wrong column', 'a,192.0.2.1\n', { format: 'csv', column: 1 }, /no entry|no address/],
    [
      'a hundred networks of ten million',
      Array.from({ length: 20 }, (_, i) => `${20 + i}.0.0.0/9`).join('\n'),
      {},
      /too wide|addresses of IPv4/,
    ],
    [
      'too much in pieces that are not too wide',
      Array.from({ length: 20 }, (_, i) => `${20 + i}.0.0.0/10`).join('\n'),
      {},
      /names 83886080 addresses of IPv4; the most/,
    ],
    [
      'too much of IPv6',
      Array.from({ length: 8 }, (_, i) => `2${i}00::/19`).join('\n'),
      {},
      /names \d+ networks of IPv6/,
    ],
  ])('is not made of %s', (_name, text, shape, reason) => {
    const result = read(text, shape);
    expect(result).toEqual({ type: 'refused', reason: expect.stringMatching(reason) });
  });

  it('forgives a stray line among many', () => {
    const good = Array.from({ length: 40 }, (_, i) => `192.0.2.${i}`);
    expect(contents([...good, 'oops'].join('\n'))).toMatchObject({ entries: 40, unreadable: 1 });
  });

  it('never throws, whatever it is given', () => {
    const hostile = fc.oneof(
      fc.uint8Array({ maxLength: 200 }),
      fc
        .array(
          fc.constantFrom(
            '192.0.2.1',
            '/',
            '-',
            ' ',
            ',',
            '"',
            '{',
            '[',
            '\n',
            'ExitAddress ',
            ':',
            '::',
            '#',
          ),
        )
        .map((parts) => Buffer.from(parts.join(''))),
    );
    const shape = fc.record({
      format: fc.constantFrom('lines', 'tor-exits', 'json-lines', 'json', 'csv', undefined),
      column: fc.constantFrom(undefined, 1, 99, 'x', '__proto__'),
    });
    fc.assert(
      fc.property(hostile, shape, (bytes, how) => {
        expect(['read', 'refused']).toContain(read(bytes, how).type);
      }),
      { numRuns: 500 },
    );
  });

  it('stops at a million entries', () => {
    expect(read('1.1.1.1\n'.repeat(1_000_001))).toMatchObject({ reason: expect.stringContaining('1000000') });
  });
});

const data =
  process.env['TOCSIN_TEST_DATA'] ?? fileURLToPath(new URL('../../../../shared/data', import.meta.url));
const lists = join(data, 'reputation-lists');

describe.skipIf(!existsSync(lists))('published lists', () => {
  it.each<[string, ListShape, Trust, Partial<ListContents>]>([
    ['ipsum-level3.txt', {}, 'block', { entries: 14_217, reserved: 0, unreadable: 0 }],
    ['ipsum-level5.txt', {}, 'block', { entries: 1_413 }],
    ['tor-exits.csv', { format: 'csv', column: 'ipaddr' }, 'block', { entries: 5_933, unreadable: 0 }],
    ['x4bnet-vpn-ipv4.txt', {}, 'block', { entries: 10_862, tooWide: 0 }],
    ['x4bnet-vpn-ipv6.txt', {}, 'context', { entries: 498 }],
    ['x4bnet-datacenter-ipv4.txt', {}, 'context', { entries: 42_566 }],
    ['ipcat-datacenters.csv', { format: 'csv', column: 1, lastColumn: 2 }, 'context', { entries: 3_429 }],
    ['aws-ip-ranges.json.gz', {}, 'context', { format: 'json', entries: 16_828 }],
    ['ipranges-cc0/googlebot-ipv4.txt', {}, 'block', { entries: 169 }],
    ['ipranges-cc0/googlebot-ipv6.txt', {}, 'block', { entries: 146 }],
  ])('%s', (name, shape, trust, expected) => {
    const raw = readFileSync(join(lists, name));
    expect(contents(name.endsWith('.gz') ? gunzipSync(raw) : raw, shape, trust)).toMatchObject(expected);
  });

  it('refuse to be verdicts where they name whole hosting companies', () => {
    const raw = readFileSync(join(lists, 'x4bnet-datacenter-ipv4.txt'));
    expect(read(raw)).toMatchObject({
      type: 'refused',
      reason: expect.stringContaining('addresses of IPv4'),
    });
  });
});
