import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readFeed, type FeedShape } from './feed.ts';
import { indicatorValue, timeIn, type IndicatorType } from './indicator.ts';
import { simplePattern } from './stix-pattern.ts';

const sha256 = '275a021bbfb6489e54d471899f7db9d1663fc695ec2fe2a2c4538aabf651fd0f';

describe('a pattern', () => {
  it.each<[string, string, readonly (readonly [IndicatorType, string])[]]>([
    ['an address', "[ipv4-addr:value = '192.0.2.1']", [['address', '192.0.2.1']]],
    ['a network', "[ipv6-addr:value ISSUBSET '2001:db8::/32']", [['address', '2001:db8::/32']]],
    [
      'a domain, however it is spaced',
      " [ domain-name:value='evil.example' ] ",
      [['domain', 'evil.example']],
    ],
    [
      'a URL with a quote',
      "[url:value = 'https://evil.example/it\\'s']",
      [['url', "https://evil.example/it's"]],
    ],
    ['a hash with a quoted name', `[file:hashes.'SHA-256' = '${sha256}']`, [['hash', sha256]]],
    [
      'several by OR',
      "[ipv4-addr:value = '192.0.2.1' OR domain-name:value = 'evil.example']",
      [
        ['address', '192.0.2.1'],
        ['domain', 'evil.example'],
      ],
    ],
    [
      'several observations by OR',
      "[ipv4-addr:value = '192.0.2.1'] OR [ipv4-addr:value = '192.0.2.2']",
      [
        ['address', '192.0.2.1'],
        ['address', '192.0.2.2'],
      ],
    ],
    [
      'one of a list',
      "[ipv4-addr:value IN ('192.0.2.1', '192.0.2.2')]",
      [
        ['address', '192.0.2.1'],
        ['address', '192.0.2.2'],
      ],
    ],
    [
      'a user agent',
      "[network-traffic:extensions.'http-request-ext'.request_header.'User-Agent' = 'Pacu']",
      [['agent', 'Pacu']],
    ],
  ])('is read where it names %s', (_, pattern, expected) => {
    expect(simplePattern(pattern)?.map(({ type, text }) => [type, text])).toEqual(expected);
  });

  it.each([
    ['asks for two things together', "[ipv4-addr:value = '192.0.2.1' AND network-traffic:dst_port = 443]"],
    [
      'asks for one after the other',
      "[ipv4-addr:value = '192.0.2.1'] FOLLOWEDBY [url:value = 'https://a.example']",
    ],
    ['asks for both', "[ipv4-addr:value = '192.0.2.1'] AND [ipv4-addr:value = '192.0.2.2']"],
    ['asks for all others', "[ipv4-addr:value != '192.0.2.1']"],
    ['denies', "[NOT ipv4-addr:value = '192.0.2.1']"],
    ['has a wildcard', "[domain-name:value LIKE '%.evil.example']"],
    ['has an expression', "[domain-name:value MATCHES '(a+)+$']"],
    ['is qualified', "[ipv4-addr:value = '192.0.2.1'] WITHIN 5 SECONDS"],
    ['names something else', "[process:name = 'evil']"],
    ['is not closed', "[ipv4-addr:value = '192.0.2.1'"],
    ['has no end of its text', "[ipv4-addr:value = '192.0.2.1]"],
    ['is empty', ''],
    ['is very long', `[ipv4-addr:value = '${'1'.repeat(20_000)}']`],
  ])('is left out where it %s', (_, pattern) => {
    expect(simplePattern(pattern)).toBeUndefined();
  });

  it('never throws, and takes no longer for what is made to take long', () => {
    fc.assert(
      fc.property(
        fc.array(
          fc.constantFrom(
            '[',
            ']',
            ' OR ',
            "'",
            '\\',
            'ipv4-addr:value',
            ' = ',
            ' IN (',
            ',',
            ')',
            "'x'",
            ' ',
          ),
          { maxLength: 60 },
        ),
        (pieces) => {
          const parts = simplePattern(pieces.join(''));
          expect(parts === undefined || parts.length > 0).toBe(true);
        },
      ),
    );
    expect(simplePattern(`[${"ipv4-addr:value = '1' OR ".repeat(600)}`)).toBeUndefined();
  });
});

const bytes = (value: unknown): Uint8Array =>
  Buffer.from(typeof value === 'string' ? value : JSON.stringify(value));

function read(value: unknown, shape: FeedShape = {}) {
  const result = readFeed(bytes(value), shape);
  return result.type === 'read' ? result.contents : result.reason;
}

const found = (value: unknown, type: IndicatorType, text: string, time = 0, shape: FeedShape = {}) => {
  const contents = read(value, shape);
  if (typeof contents === 'string') return contents;
  return contents.set.find(type, indicatorValue(type, text) ?? text, time);
};

const indicator = (pattern: string, more: object = {}) => ({
  type: 'indicator',
  id: `indicator--${pattern.length}`,
  pattern_type: 'stix',
  pattern,
  modified: '2026-01-01T00:00:00Z',
  ...more,
});

describe('a STIX bundle', () => {
  const bundle = (...objects: object[]) => ({ type: 'bundle', objects });
  const plain = indicator("[ipv4-addr:value = '192.0.2.1']", { name: 'Emotet' });

  it('names what it warns of', () => {
    expect(found(bundle({ type: 'malware' }, plain), 'address', '192.0.2.1')).toMatchObject({
      label: 'Emotet',
    });
    expect(found([plain], 'address', '::ffff:192.0.2.1')).toMatchObject({ label: 'Emotet' });
    expect(found(bundle(plain), 'address', '192.0.2.2')).toBeUndefined();
  });

  it('counts until its time is over, by the clock of the event', () => {
    const timed = { ...plain, valid_until: '2026-06-01T00:00:00Z' };
    const over = Date.parse('2026-06-01T00:00:00Z');
    expect(found(bundle(timed), 'address', '192.0.2.1', over - 1)).toBeDefined();
    expect(found(bundle(timed), 'address', '192.0.2.1', over)).toBeUndefined();
    const longer = { ...timed, id: 'indicator--other', valid_until: '2027-01-01T00:00:00Z' };
    for (const both of [bundle(timed, longer), bundle(longer, timed)])
      expect(found(both, 'address', '192.0.2.1', over)).toBeDefined();
  });

  it('counts in its latest version only, in whatever order they come', () => {
    const revoked = { ...plain, revoked: true, modified: '2026-02-01T00:00:00Z' };
    for (const both of [bundle(plain, revoked), bundle(revoked, plain)])
      expect(read(both)).toBe('has no indicators as stix');
  });

  it('says how much of it is nothing to hold events against', () => {
    const yara = { ...plain, id: 'indicator--y', pattern_type: 'yara', pattern: 'rule x {}' };
    expect(read(bundle(plain, yara, indicator("[process:name = 'x']")))).toMatchObject({
      format: 'stix',
      leftOut: 2,
      set: { size: 1, counts: { address: 1 } },
    });
  });

  it('never names half the internet', () => {
    expect(read(bundle(indicator("[ipv4-addr:value ISSUBSET '0.0.0.0/0']")))).toMatch(/names nothing/);
  });
});

describe('an event of MISP', () => {
  const attribute = (type: string, value: string, more: object = {}) => ({
    type,
    value,
    to_ids: true,
    ...more,
  });
  const event = {
    info: 'OSINT: Emotet',
    Attribute: [
      attribute('ip-dst|port', '192.0.2.1|443'),
      attribute('filename|sha256', `evil.exe|${sha256}`),
      attribute('ip-src', '192.0.2.9', { to_ids: false }),
      attribute('ip-src', '192.0.2.8', { deleted: true }),
      attribute('comment', 'a comment'),
    ],
    Object: [
      { Attribute: [attribute('hostname', 'evil.example.net'), attribute('user-agent', 'EvilBot/1.0')] },
    ],
  };

  it.each<[string, unknown]>([
    ['one event', { Event: event }],
    ['a list of events', [{ Event: event }]],
    ['an answer with events', { response: [{ Event: event }] }],
  ])('is read as %s', (_, value) => {
    expect(found(value, 'address', '192.0.2.1')).toEqual({ label: 'OSINT: Emotet', until: undefined });
    expect(found(value, 'hash', sha256.toUpperCase())).toBeDefined();
    expect(found(value, 'domain', 'EVIL.example.net')).toBeDefined();
    expect(found(value, 'agent', 'EvilBot/1.0')).toBeDefined();
    for (const quiet of ['192.0.2.8', '192.0.2.9']) expect(found(value, 'address', quiet)).toBeUndefined();
    expect(read(value)).toMatchObject({ format: 'misp', leftOut: 1 });
  });

  it.each<[string, string, IndicatorType, string]>([
    ['user-agent', 'Evil|Bot/1.0', 'agent', 'Evil|Bot/1.0'],
    ['url', 'https://evil.example/a|b', 'url', 'https://evil.example/a|b'],
    ['domain|ip', 'evil.example.net|192.0.2.7', 'address', '192.0.2.7'],
    ['hostname|port', 'evil.example.net|443', 'domain', 'evil.example.net'],
  ])('has two values only in types of two: %s', (type, value, kind, wanted) => {
    const one = { Event: { info: 'x', Attribute: [attribute(type, value)] } };
    expect(found(one, kind, wanted)).toBeDefined();
    expect(read(one)).toMatchObject({ leftOut: 0 });
  });

  it('is read as an answer with attributes', () => {
    const value = {
      response: { Attribute: [attribute('domain', 'evil.example.net', { Event: { info: 'x' } })] },
    };
    expect(found(value, 'domain', 'evil.example.net')).toEqual({ label: 'x', until: undefined });
  });
});

describe('CSV', () => {
  it.each<[string, string, FeedShape, IndicatorType, string]>([
    ['one column', '# a list\n192.0.2.1\nevil.example.net\n', {}, 'domain', 'evil.example.net'],
    ['names of columns', 'first_seen,ioc,ioc_type\n2026,192.0.2.1:443,ip:port\n', {}, 'address', '192.0.2.1'],
    ['a hash', `"sha256","malware"\n"${sha256}","Emotet"\n`, {}, 'hash', sha256],
    ['a named column', 'a,b\nx,192.0.2.0/24\n', { column: 'b' }, 'address', '192.0.2.77'],
    ['a counted column', '1,https://evil.example/a#b\n', { column: 2 }, 'url', 'https://evil.example/a'],
    [
      'user agents, where it is said',
      'agent\nEvilBot/1.0\n',
      { type: 'agent', column: 'agent' },
      'agent',
      'EvilBot/1.0',
    ],
  ])('is read with %s', (_, text, shape, type, value) => {
    expect(found(text, type, value, 0, shape)).toBeDefined();
  });

  it.each([
    ['2026-06-01T00:00:00Z', Date.UTC(2026, 5, 1)],
    ['2026-06-01 10:20:30', Date.UTC(2026, 5, 1, 10, 20, 30)],
    ['2026-06-01T10:20', Date.UTC(2026, 5, 1, 10, 20)],
    ['2026-06-01T10:20:30.5', Date.UTC(2026, 5, 1, 10, 20, 30, 500)],
    ['2026-06-01T10:20:30+02:00', Date.UTC(2026, 5, 1, 8, 20, 30)],
    ['2026-06-01', Date.UTC(2026, 5, 1)],
    ['soon', undefined],
  ])('takes the time %s, in UTC where it names no zone, wherever it is read', (written, until) => {
    const zone = process.env.TZ;
    process.env.TZ = 'Asia/Kolkata';
    try {
      expect(timeIn(written)).toBe(until);
    } finally {
      if (zone === undefined) delete process.env.TZ;
      else process.env.TZ = zone;
    }
  });

  it('says until when, and what it is', () => {
    const text = 'value,valid_until,malware\n192.0.2.1,2026-06-01T00:00:00Z,Emotet\n';
    expect(found(text, 'address', '192.0.2.1', 0)).toEqual({ label: 'Emotet', until: Date.UTC(2026, 5, 1) });
    expect(found(text, 'address', '192.0.2.1', Date.UTC(2026, 6, 1))).toBeUndefined();
  });

  it.each([
    ['has another column', 'a,b\n1,2\n', { column: 'c' }, /has no column "c"; its first row is \["a","b"\]/],
    ['is a page', '<html><body>Not found</body></html>', {}, /names nothing/],
    ['is nothing', '', {}, /has no indicators/],
    ['is JSON that ends too early', '{"objects": [', {}, /no whole JSON/],
  ])('is refused where it %s', (_, text, shape, reason) => {
    expect(read(text, shape)).toMatch(reason);
  });
});

it('stays whole whatever a feed holds', () => {
  fc.assert(
    fc.property(fc.oneof(fc.jsonValue(), fc.string()), (value) => {
      expect(['read', 'refused']).toContain(readFeed(bytes(value), {}).type);
    }),
  );
  const deep = readFeed(bytes('{"objects":['.repeat(50_000)), {});
  expect(deep.type).toBe('refused');
});
