import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gunzipSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { crawlers } from './crawlers.ts';
import { agentJudge } from './judge-agent.ts';
import { releaseOf } from './release.ts';
import { tools } from './tools.ts';

const judge = agentJudge();
const chrome =
  'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0.0.0 Safari/537.36';

describe('the judgement of a user agent', () => {
  it.each([
    ['', { kind: 'empty' }],
    ['-', { kind: 'empty' }],
    [chrome, { kind: 'browser', browser: { name: 'Chrome', version: 131 }, impossible: undefined }],
    ['Mozilla/5.00 (Nikto/2.1.5) (Evasions:None) (Test:map_codes)', { kind: 'scanner', name: 'Nikto' }],
    ['sqlmap/1.7.8#stable (https://sqlmap.org)', { kind: 'scanner', name: 'sqlmap' }],
    ['SQLMAP/1.0', { kind: 'scanner', name: 'sqlmap' }],
    ['Fuzz Faster U Fool v2.1.0', { kind: 'scanner', name: 'ffuf' }],
    ['gobuster/3.6', { kind: 'scanner', name: 'gobuster' }],
    ['Mozilla/5.0 zgrab/0.x', { kind: 'scanner', name: 'ZGrab' }],
    [`${chrome} (nikto/2.5.0)`, { kind: 'scanner', name: 'Nikto' }],
    [
      'Mozilla/5.0 (compatible; CensysInspect/1.1; +https://about.censys.io/)',
      { kind: 'survey', name: 'Censys' },
    ],
    ['curl/8.5.0', { kind: 'library', name: 'curl' }],
    ['python-requests/2.31.0', { kind: 'library', name: 'Requests' }],
    ['Go-http-client/2.0', { kind: 'library', name: 'Go' }],
    [
      'Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)',
      { kind: 'crawler', claims: 'googlebot' },
    ],
    ['AdsBot-Google (+http://www.google.com/adsbot.html)', { kind: 'crawler', claims: 'google-special' }],
    [
      'Mozilla/5.0 (compatible; bingbot/2.0; +http://www.bing.com/bingbot.htm)',
      { kind: 'crawler', claims: 'bingbot' },
    ],
    [
      'DuckDuckBot/1.1; (+http://duckduckgo.com/duckduckbot.html)',
      { kind: 'crawler', claims: 'duckduckbot' },
    ],
    ['Tiny robot of somebody', { kind: 'crawler', claims: undefined }],
    ['MyApp/7.2 (iOS 19)', { kind: 'other' }],
    [
      'Mozilla/4.0 (compatible; MSIE 7.0; Windows NT 6.1; Trident/7.0)',
      { browser: { name: 'Internet Explorer', version: 11 } },
    ],
  ])('%s', (text, expected) => {
    expect(judge(text)).toMatchObject(expected);
  });

  it.each([
    ['a template', 'Mozilla/5.0 ({{os}}) Chrome', 'which was to be filled in'],
    ['a shell variable', 'Mozilla/5.0 ${UA}', 'which was to be filled in'],
    ['a printf', 'Mozilla/5.0 (%s)', 'which was to be filled in'],
    ['nothing in words', 'undefined', 'word for nothing'],
    ['the name of the header', 'User-Agent: Mozilla/5.0 (X11)', 'the name of the header'],
    ['control characters', 'Mozilla/5.0\u0000', 'control characters'],
    ['a Windows that there is not', chrome.replace('10.0', '11.0'), 'there is no Windows NT 11.0'],
    ['two systems', chrome.replace('Win64; x64', 'Macintosh; x'), 'runs on Windows and on Macintosh'],
    ['two browsers', `${chrome} Firefox/120.0`, 'Chrome and Firefox'],
    ['a version without end', chrome.replace('131', '99999'), 'five digits'],
    [
      'a revision of another version',
      'Mozilla/5.0 (X11; Linux x86_64; rv:60.0) Gecko/20100101 Firefox/120.0',
      'Firefox 120 and revision 60',
    ],
  ])('finds %s impossible', (_name, text, reason) => {
    expect(judge(text).impossible).toContain(reason);
  });

  it.each([
    [
      'a phone that said it was everything',
      'Mozilla/5.0 (Mobile; Windows Phone 8.1; Android 4.0; like iPhone OS 7_0_3 Mac OS X AppleWebKit/537 (KHTML, like Gecko) Mobile Safari/537 Windows NT 6.2',
    ],
    [
      'Firefox while its revision stood still',
      'Mozilla/5.0 (Windows NT 10.0; rv:109.0) Gecko/20100101 Firefox/115.0',
    ],
    [
      'Firefox before versions went fast',
      'Mozilla/5.0 (Windows; U; Windows NT 6.1; en-US; rv:1.9.2) Gecko/20091014 Firefox/3.6',
    ],
    ['a browser of years to come', chrome.replace('131', '410')],
  ])('takes %s as it is', (_name, text) => {
    expect(judge(text).impossible).toBeUndefined();
  });

  it('gives the same judgement of the same text, and never throws', () => {
    const words = [
      'Mozilla/5.0',
      ' (',
      ')',
      ' Chrome/',
      ' Firefox/',
      'MSIE ',
      'rv:',
      '11',
      '.',
      '0',
      'Windows NT ',
    ];
    const parts = fc.constantFrom(...words, '\u0000', 'nikto/2', 'Googlebot', 'İ', '\ud800', '%s', '*');
    const text = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.array(parts).map((all) => all.join('')),
    );
    fc.assert(
      fc.property(text, (agent) => {
        expect(judge(agent)).toEqual(agentJudge()(agent));
      }),
      { numRuns: 200 },
    );
  });

  it('knows each tool and crawler by one name, and each mark is lower case', () => {
    const names = tools.map(({ name }) => name);
    expect(new Set(names).size).toBe(names.length);
    for (const { marks, kind, name } of tools)
      for (const mark of marks) {
        expect(mark).toBe(mark.toLowerCase());
        expect(judge(`x ${mark} y`)).toMatchObject({ kind, name });
      }
    for (const { marks, name } of crawlers)
      for (const mark of marks) expect(judge(`x ${mark} y`)).toMatchObject({ claims: name });
  });
});

describe('the release of a browser', () => {
  it.each([
    ['Chrome', 32, '2013-12', '2014-03'],
    ['Chrome', 100, '2022-01', '2022-06'],
    ['Firefox', 27, '2014-01', '2014-03'],
    ['Firefox', 115, '2023-04', '2023-12'],
    ['Internet Explorer', 6, '2001-07', '2001-09'],
  ] as const)('%s %i lies between %s and %s', (_browser, version, from, to) => {
    const at = releaseOf(_browser, version) ?? Number.NaN;
    expect(at).toBeGreaterThan(Date.parse(from));
    expect(at).toBeLessThan(Date.parse(to));
  });

  it('grows with the version', () => {
    for (let version = 2; version < 300; version++)
      expect(releaseOf('Chrome', version)).toBeGreaterThan(releaseOf('Chrome', version - 1) ?? Infinity);
  });

  it('is none where there never was such a version', () => {
    expect(releaseOf('Chrome', 0)).toBeUndefined();
    expect(releaseOf('Internet Explorer', 12)).toBeUndefined();
  });
});

const data =
  process.env['TOCSIN_TEST_DATA'] ?? fileURLToPath(new URL('../../../../shared/data', import.meta.url));
const published = join(data, 'reputation-lists/crawler-user-agents.json.gz');

describe.skipIf(!existsSync(published))('published agents of crawlers', () => {
  const known = JSON.parse(gunzipSync(readFileSync(published)).toString()) as readonly {
    readonly pattern: string;
    readonly instances: readonly string[];
    readonly tags?: readonly string[];
  }[];

  it('are taken for scanners only where they are filed as such', () => {
    const wrong = known
      .filter(({ tags = [] }) => !tags.includes('scanner'))
      .flatMap(({ instances }) => instances)
      .filter((agent) => judge(agent).kind === 'scanner');
    expect(known.length).toBeGreaterThan(1_000);
    expect(wrong).toEqual([]);
  });

  it('are hardly ever impossible', () => {
    const agents = known.flatMap(({ instances }) => instances);
    const impossible = agents.filter((agent) => judge(agent).impossible !== undefined);
    expect(agents.length).toBeGreaterThan(2_000);
    expect(impossible.length).toBeLessThanOrEqual(1);
  });
});
