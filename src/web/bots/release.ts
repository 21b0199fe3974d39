/**
 * When browsers came out: pairs of version and month. Between them versions are taken to be evenly spaced, which is right to some months.
 * Chrome https://chromiumdash.appspot.com/schedule, Firefox https://whattrainisitnow.com/calendar,
 * Internet Explorer https://learn.microsoft.com/lifecycle/faq/internet-explorer-microsoft-edge.
 */
const releases = {
  Chrome: [
    [1, '2008-09'],
    [10, '2011-03'],
    [30, '2013-10'],
    [60, '2017-07'],
    [90, '2021-04'],
    [120, '2023-12'],
    [140, '2025-09'],
  ],
  Firefox: [
    [1, '2004-11'],
    [3, '2008-06'],
    [4, '2011-03'],
    [27, '2014-02'],
    [52, '2017-03'],
    [78, '2020-06'],
    [100, '2022-05'],
    [140, '2025-06'],
  ],
  'Internet Explorer': [
    [2, '1995-11'],
    [4, '1997-09'],
    [5, '1999-03'],
    [6, '2001-08'],
    [7, '2006-10'],
    [8, '2009-03'],
    [9, '2011-03'],
    [10, '2012-09'],
    [11, '2013-10'],
  ],
} as const satisfies Readonly<Record<string, readonly (readonly [number, string])[]>>;

export type Browser = keyof typeof releases;

const day = 24 * 60 * 60 * 1000;
/** Later versions than the last one here come no faster than this; it may be years ago that this was written. */
const fastestMs = 14 * day;

/**
 * About when a version came out, in milliseconds since the epoch; for versions that are newer than this table the earliest time at which they
 * can. Undefined where there never was or will be such a version.
 */
export function releaseOf(browser: Browser, version: number): number | undefined {
  const table = releases[browser].map(([known, month]) => [known, Date.parse(`${month}-01`)] as const);
  const [lowest = [0, 0] as const] = table;
  const highest = table.at(-1) ?? lowest;
  if (version < lowest[0]) return undefined;
  if (version >= highest[0]) {
    if (browser === 'Internet Explorer' && version > highest[0]) return undefined;
    return highest[1] + (version - highest[0]) * fastestMs;
  }
  const above = table.findIndex(([known]) => known > version);
  const [before, after] = [table[above - 1] ?? lowest, table[above] ?? highest];
  return before[1] + ((version - before[0]) / (after[0] - before[0])) * (after[1] - before[1]);
}
