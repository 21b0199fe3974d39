import { describe, expect, it } from 'vitest';
import { day, type RuleBacktest } from './backtest.ts';
import { judge, rate } from './judgement.ts';

function found(
  change: Partial<RuleBacktest> & { actors?: readonly (readonly [string, number])[] },
): RuleBacktest {
  const { actors = [['alice', 1]], ...other } = change;
  const alerts = actors.reduce((sum, [, n]) => sum + n, 0);
  return {
    id: 'r',
    title: 'Rule',
    severity: 'medium',
    alerts,
    first: 0,
    last: 0,
    peak: { time: 0, alerts: 1 },
    tops: {
      actor: actors.map(([key, n]) => ({ key, alerts: n })),
      account: [{ key: '111122223333', alerts }],
      region: [{ key: 'eu-west-1', alerts }],
      address: [],
    },
    examples: [],
    ...other,
  };
}

const said = (rule: RuleBacktest | undefined, days: number) => judge(rule, days, day).sentences.join(' ');

describe('a rule', () => {
  it('that raised nothing is silent, and the reader is told how to find out why', () => {
    expect(judge(undefined, 90, day).verdict).toBe('silent');
    expect(said(undefined, 90)).toContain('not have raised an alert in 90 days');
  });

  it('that raised little is fine', () => {
    expect(judge(found({ actors: [['alice', 3]] }), 90, day)).toEqual({
      verdict: 'fine',
      sentences: ['It would have raised 3 alerts in 90 days, about 0.2 a week.'],
    });
  });

  it('that is for one role mostly is noisy, with the exception that would help', () => {
    const judged = judge(
      found({
        actors: [
          ['backup-rotation/*', 2880],
          ['alice', 120],
        ],
      }),
      90,
      day,
    );
    expect(judged.verdict).toBe('noisy');
    expect(judged.sentences.join(' ')).toContain(
      'It would have raised 3,000 alerts in 90 days, about 33 a day; for level medium, more than 20 a week are too many to look at. 96 % are for the actor backup-rotation/*; without it there would be about 9.3 a week.',
    );
    expect(judged.exception).toEqual({
      field: 'tocsin.actor.name',
      modifier: 'startswith',
      value: 'backup-rotation/',
    });
  });

  it('that is noisy for everybody alike wants to be narrowed', () => {
    const actors = Array.from({ length: 20 }, (_, i) => [`user-${i}`, 50] as const);
    expect(said(found({ actors }), 30)).toContain('narrow the detection');
  });

  it('that fired on one day is no pattern yet', () => {
    const rule = found({ actors: [['alice', 40]], peak: { time: Date.UTC(2026, 4, 11), alerts: 39 } });
    expect(said(rule, 90)).toContain('98 % of them came in one day (2026-05-11)');
  });

  it.each([
    ['critical', 10, 'noisy'],
    ['high', 7, 'fine'],
    ['informational', 100, 'fine'],
  ] as const)('of level %s with %i alerts in a week is %s', (severity, alerts, verdict) => {
    expect(judge(found({ severity, actors: [['alice', alerts]] }), 7, day).verdict).toBe(verdict);
  });

  it('is not judged by one alert in an archive of one day', () => {
    expect(judge(found({ severity: 'critical' }), 1, day).verdict).toBe('fine');
  });
});

it('an address is left out where no actor stands out, an account only among others', () => {
  const actors = Array.from({ length: 20 }, (_, i) => [`user-${i}`, 5] as const);
  const rule = found({ actors });
  const tops = { ...rule.tops, address: [{ key: '192.0.2.1', alerts: 95 }] };
  expect(judge({ ...rule, tops }, 7, day).exception).toMatchObject({ value: '192.0.2.1' });
  const accounts = [
    { key: '111122223333', alerts: 95 },
    { key: '444455556666', alerts: 5 },
  ];
  expect(judge({ ...rule, tops: { ...rule.tops, account: accounts } }, 7, day).exception).toMatchObject({
    field: 'tocsin.account',
  });
});

it.each([
  [0.01, 'next to none'],
  [0.25, 'about 0.3 a week'],
  [12.4, 'about 12 a week'],
  [700, 'about 100 a day'],
])('%d a week is said as %s', (perWeek, text) => expect(rate(perWeek)).toBe(text));
