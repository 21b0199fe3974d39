import { describe, expect, it } from 'vitest';
import { crawlerOfList, crawlerSettings, listSettings, reputationSection } from './config-reputation.ts';

const parse = (written: object) => reputationSection.parse(written);
const problems = (written: object): readonly string[] =>
  reputationSection
    .safeParse(written)
    .error?.issues.map(({ path, message }) => `${path.join('.')}: ${message}`) ?? [];

describe('lists', () => {
  it('need nothing but a name where that is known', () =>
    expect(
      listSettings(parse({ lists: { 'spamhaus-drop': {}, 'tor-exits': { trust: 'context' } } })),
    ).toMatchObject([
      { name: 'spamhaus-drop', from: { url: 'https://www.spamhaus.org/drop/drop_v4.json' }, trust: 'block' },
      { name: 'tor-exits', trust: 'context', everyMs: 3_600_000 },
    ]));

  it('lead to no block unless that is said', () =>
    expect(listSettings(parse({ lists: { mine: { file: '/etc/bad.txt' } } }))).toMatchObject([
      { name: 'mine', from: { file: '/etc/bad.txt' }, trust: 'alert' },
    ]));

  it('that are known by name may be read elsewhere', () =>
    expect(listSettings(parse({ lists: { 'tor-exits': { file: 'tor.txt' } } }))).toMatchObject([
      { from: { file: 'tor.txt' }, trust: 'alert' },
    ]));

  it.each<[string, object, RegExp]>([
    ['without a place', { lists: { mine: {} } }, /lists\.mine: needs a url or a file; .*spamhaus-drop/],
    [
      'in two places',
      { lists: { mine: { url: 'https://a.example/', file: 'a' } } },
      /lists\.mine: has a url and a file/,
    ],
    [
      'from a place that is no web address',
      { lists: { mine: { url: 'file:///etc/passwd' } } },
      /lists\.mine\.url/,
    ],
    ['whose name could leave the folder', { lists: { '../x': { file: 'a' } } }, /lists/],
    ['asked for every minute', { lists: { mine: { file: 'a', everyMinutes: 1 } } }, /everyMinutes/],
    [
      'more than can be asked',
      { lists: Object.fromEntries(Array.from({ length: 31 }, (_, i) => [`l${i}`, { file: 'a' }])) },
      /has 31 lists; at most 30/,
    ],
    ['of crawlers that nobody knows', { crawlers: { teabot: {} } }, /crawlers/],
    ['with own networks that are none', { own: ['office'] }, /own\.0: must be an address or a network/],
  ])('%s are refused', (_name, written, reason) => expect(problems(written).join('\n')).toMatch(reason));
});

describe("crawlers' addresses", () => {
  it('are asked for only where that was said', () => {
    expect(crawlerSettings(parse({}))).toEqual([]);
    expect(crawlerSettings(parse({ crawlers: { googlebot: {} } }))).toMatchObject([
      { name: 'crawler_googlebot', from: { url: expect.stringMatching(/googlebot\.json$/) } },
    ]);
    expect(crawlerSettings(parse({ publishedCrawlers: true })).length).toBeGreaterThan(10);
  });

  it('may lie in a file', () =>
    expect(
      crawlerSettings(parse({ publishedCrawlers: true, crawlers: { bingbot: { file: 'b.json' } } })).find(
        ({ name }) => crawlerOfList(name) === 'bingbot',
      )?.from,
    ).toEqual({ file: 'b.json' }));

  it('are told from lists of the same name', () => {
    expect(crawlerOfList('crawler_googlebot')).toBe('googlebot');
    expect(crawlerOfList('googlebot')).toBeUndefined();
  });
});
