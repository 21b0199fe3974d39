import { describe, expect, it } from 'vitest';
import {
  heard,
  keyOf,
  limitOf,
  newlySilent,
  stateOf,
  type Sign,
  type SilenceSettings,
  type Subject,
} from './silence.ts';

const minute = 60_000;
const hour = 60 * minute;
const day = 24 * hour;
/** A Monday, 00:00 UTC. */
const monday = Date.UTC(2026, 0, 5);
const settings: SilenceSettings = {
  learningMs: 7 * day,
  floorMs: hour,
  tolerance: 4,
  expected: new Set(),
};
const sign = (at: number, more: Partial<Sign> = {}): Sign => ({
  kind: 'source',
  name: 'file',
  at,
  newestEvent: at,
  ...more,
});

/** What is known of a subject that was heard of at these times, while somebody listened all the time. */
function learnt(times: Iterable<number>, more: Partial<Sign> = {}): Subject {
  let subject: Subject | undefined;
  for (const at of times) subject = heard(subject, sign(at, more), 0, settings) ?? subject;
  if (subject === undefined) throw new Error('nothing was heard');
  return subject;
}

function* every(stepMs: number, from: number, to: number, when: (at: number) => boolean = () => true) {
  for (let at = from; at <= to; at += stepMs) if (when(at)) yield at;
}

/** Monday to Friday, 8 to 18 UTC. */
const isOffice = (at: number): boolean =>
  (at - monday) % (7 * day) < 5 * day && at % day >= 8 * hour && at % day <= 18 * hour;

/** When it is first missed after `from`, looked at every minute; undefined where that takes longer than a week. */
function missedAt(subject: Subject, from: number, pausedMs = 0): number | undefined {
  for (let at = from; at < from + 7 * day; at += minute)
    if (stateOf(subject, at, pausedMs, settings) === 'silent') return at;
  return undefined;
}

describe.each([
  ['a quarter of a minute', minute / 4],
  ['a little less than a minute', minute - 1],
  ['a minute', minute],
])('what is heard of every time after %s', (_, step) => {
  it('is missed as well: it need not have been silent for a while to be known', () => {
    const end = monday + 8 * day;
    const last = end - ((end - monday) % step);
    const missed = missedAt(learnt(every(step, monday, end)), end) ?? Number.POSITIVE_INFINITY;
    expect(missed - last).toBeLessThanOrEqual(hour + 2 * minute);
  });

  it('is not known by what came at once', () =>
    expect(missedAt(learnt(every(step, monday, monday + 5 * minute)), monday + 8 * day)).toBeUndefined());
});

describe('what is heard of every five minutes', () => {
  const end = monday + 8 * day;
  const subject = learnt(every(5 * minute, monday, end));

  it('is missed after the floor', () => expect(missedAt(subject, end)).toBe(end + hour + minute));

  it('is not missed while nobody listens', () =>
    expect(missedAt(subject, end, 3 * hour)).toBe(end + 4 * hour + minute));

  it('is not missed before it has been known for the learning period', () =>
    expect(missedAt(learnt(every(5 * minute, monday, monday + 6 * day)), monday + 6 * day)).toBeUndefined());

  it('is not missed where it is expected to be silent', () =>
    expect(stateOf(subject, end + day, 0, { ...settings, expected: new Set(['file']) })).toBe('expected'));
});

describe('what is heard of in office hours', () => {
  const friday = monday + 2 * 7 * day + 4 * day + 18 * hour;
  const subject = learnt(every(5 * minute, monday, friday, isOffice));

  it('is not missed over night, nor over a weekend', () => {
    const from = friday + minute;
    const monday8 = friday + 62 * hour;
    expect(missedAt(subject, from)).toBeGreaterThan(monday8);
  });

  it('is missed on Monday, as soon as the hours in which it comes late at times are over', () => {
    const monday8 = friday + 62 * hour;
    expect(missedAt(subject, friday + minute)).toBe(monday8 + 2 * hour);
  });

  it('is missed within a day on which it was heard', () => {
    const noon = friday - 6 * hour;
    const cut = learnt(every(5 * minute, monday, noon, isOffice));
    expect(missedAt(cut, noon)).toBe(noon + hour + minute);
  });
});

describe('a sign of life', () => {
  const before = learnt([monday]);

  it.each([
    ['an event that was there before', { newestEvent: monday }],
    ['older events, that are read again', { newestEvent: monday - day }],
  ])('is not %s', (_name, more) =>
    expect(heard(before, sign(monday + hour, more), 0, settings)).toBe(before),
  );

  it('is no event of a log that is days old', () =>
    expect(heard(undefined, sign(monday, { newestEvent: monday - 2 * day }), 0, settings)).toBeUndefined());

  it('is an event from the future, which counts as of now, so that later ones count too', () => {
    const ahead = heard(undefined, sign(monday, { newestEvent: monday + 99 * day }), 0, settings);
    expect(ahead?.newestEvent).toBe(monday);
    expect(heard(ahead, sign(monday + hour), 0, settings)?.lastSeen).toBe(monday + hour);
  });

  it('after an outage does not make outages usual at once', () => {
    const end = monday + 8 * day;
    const told = { ...learnt(every(5 * minute, monday, end)), alertId: 'x' };
    const back = heard(told, sign(end + 2 * day), 0, settings);
    expect(back?.alertId).toBeUndefined();
    expect(back && limitOf(back, end + 2 * day, settings)).toBe(4 * hour);
  });

  it('so rare that no rhythm is known teaches nothing', () => {
    const rare = learnt(every(4 * day, monday, monday + 32 * day));
    expect(stateOf(rare, monday + 365 * day, 0, settings)).toBe('learning');
  });
});

describe('what is silent because something else is', () => {
  const end = monday + 8 * day;
  const subjectsUntil = (ends: { source: number; account: number; region: number }) => {
    const account = '111122223333';
    const all = [
      learnt(every(5 * minute, monday, ends.source)),
      learnt(every(5 * minute, monday, ends.account), {
        kind: 'account',
        name: account,
        parent: 'source/file',
      }),
      learnt(every(5 * minute, monday, ends.region), {
        kind: 'region',
        name: `${account}/eu-west-1`,
        parent: `account/${account}`,
      }),
    ];
    return new Map(all.map((subject) => [keyOf(subject), subject]));
  };
  it.each([
    ['a source alone, where nothing comes from it', { source: end, account: end, region: end }, ['source']],
    ['an account, where others still come', { source: end + day, account: end, region: end }, ['account']],
    ['a region, where others still come', { source: end + day, account: end + day, region: end }, ['region']],
    ['nothing, where all comes', { source: end + day, account: end + day, region: end + day }, []],
  ])('is not told by itself: %s', (_name, ends, expected) => {
    const silent = newlySilent(subjectsUntil(ends), end + day, 0, settings);
    expect(silent.map(({ kind }) => kind)).toEqual(expected);
  });

  it('is not told where an account was closed, with its regions', () => {
    const closed = { ...settings, expected: new Set(['111122223333']) };
    const subjects = subjectsUntil({ source: end + day, account: end, region: end });
    expect(newlySilent(subjects, end + day, 0, closed)).toEqual([]);
  });
});

it('what comes by chance is seldom missed', () => {
  // A rhythm without any: gaps of an hour on average, spread as chance spreads them.
  let seed = 7;
  const random = (): number => (seed = (seed * 48_271) % 2_147_483_647) / 2_147_483_647;
  let subject: Subject | undefined;
  let missed = 0;
  let next = monday;
  for (let at = monday; at < monday + 52 * 7 * day; at += 5 * minute) {
    while (next <= at) {
      subject = heard(subject, sign(at), 0, settings);
      next = at - Math.log(random()) * hour;
    }
    if (subject?.alertId === undefined && subject && stateOf(subject, at, 0, settings) === 'silent') {
      missed += 1;
      subject = { ...subject, alertId: 'x' };
    }
  }
  expect(missed).toBeLessThanOrEqual(3);
});
