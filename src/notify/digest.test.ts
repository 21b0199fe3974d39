import { describe, expect, it } from 'vitest';
import type { Alert } from '../alert/alert.ts';
import { raisedStanding } from '../alert/standing.ts';
import type { Delivery } from '../store/delivery.ts';
import { digestMaker } from './digest.ts';
import { alertSections } from './sections.ts';
import { hostileAlert, hostileText, minimalAlert, normalAlert } from './testing/alerts.ts';

function delivery(alert: Alert, attempts = 0): Delivery {
  const standing = raisedStanding(alert);
  return {
    id: `d-${alert.id}`,
    channel: 'chat digest',
    alert,
    attempts,
    standing,
    revision: 0,
    told: undefined,
    owedSince: undefined,
  };
}

function made(alerts: readonly Alert[]): Alert {
  const maker = digestMaker(({ id }) => `https://tocsin.example/alerts/${id}`);
  for (const alert of alerts) maker.add(delivery(alert));
  return maker.alert(5_000);
}

const several = Array.from({ length: 30 }, (_, n): Alert => ({
  ...normalAlert,
  id: String(n).padStart(32, '0'),
  severity: n % 10 === 0 ? 'critical' : 'low',
  title: `number ${n}`,
  time: 1_000_000 + n * 1_000,
  where: { ...normalAlert.where, account: n < 20 ? '111122223333' : '444455556666' },
}));

describe('a digest', () => {
  it('counts by severity, rule and account, and names the worst and latest with their pages', () => {
    const sections = alertSections(made(several), 'https://tocsin.example/');
    expect(sections.title).toBe('30 alerts: 3 critical, 27 low');
    expect(sections.rows).toEqual([
      { label: 'When', value: 'from 1970-01-01 00:16:40 UTC to 1970-01-01 00:17:09 UTC' },
      { label: 'Severities', value: '3 critical, 27 low' },
      { label: 'Rules', value: '30 × S3 bucket opened to the public' },
      { label: 'Accounts', value: '20 × 111122223333, 10 × 444455556666' },
    ]);
    expect(sections.several?.events.slice(0, 4)).toEqual([
      '1. CRITICAL number 20 (1970-01-01 00:17:00 UTC)',
      '2. CRITICAL number 10 (1970-01-01 00:16:50 UTC)',
      '3. CRITICAL number 0 (1970-01-01 00:16:40 UTC)',
      '4. LOW number 29 (1970-01-01 00:17:09 UTC)',
    ]);
    expect(sections.several?.events.at(-1)).toBe('and 20 more');
    expect(sections.links.slice(0, 2)).toEqual([
      { text: 'All alerts', url: 'https://tocsin.example/' },
      { text: '1', url: `https://tocsin.example/alerts/${'20'.padStart(32, '0')}` },
    ]);
    expect(sections.look.word).toBe('CRITICAL');
  });

  it('is the same for the same deliveries, in whatever order, and another for others', () => {
    expect(made(several.toReversed()).id).toBe(made(several).id);
    expect(made(several.slice(1)).id).not.toBe(made(several).id);
  });

  it('is another where one of its alerts has changed, so that no receiver takes it for a repeat', () => {
    const idOf = (revision: number): string => {
      const maker = digestMaker(() => undefined);
      maker.add({ ...delivery(normalAlert), revision });
      return maker.alert(5_000).id;
    };
    expect(idOf(1)).not.toBe(idOf(0));
    expect(idOf(1)).toBe(idOf(1));
  });

  it('tells how its alerts stand by then', () => {
    const maker = digestMaker(() => undefined);
    const raised = { number: 1, type: 'raised', sentence: 'a success after failures' } as const;
    maker.add({
      ...delivery({ ...normalAlert, id: '1', title: 'first', time: 2, news: raised }),
      standing: { status: 'open', severity: 'critical', count: 2 },
    });
    maker.add({
      ...delivery({ ...normalAlert, id: '2', title: 'second', time: 1 }),
      standing: { status: 'false-positive', severity: 'critical', count: 1 },
    });
    const { title, digest } = maker.alert(5_000);
    expect(title).toBe('2 alerts: 2 critical');
    expect(digest?.top.map((one) => one.title)).toEqual([
      'first (a success after failures)',
      'second (now a false positive)',
    ]);
  });

  it('is given up by the age of its deliveries, and not of its alerts', () => {
    const maker = digestMaker(() => undefined);
    maker.add({ ...delivery({ ...normalAlert, decidedAt: 500 }), owedSince: 9_000 });
    expect(maker.since()).toBe(9_000);
  });

  it('says of its deliveries what the next attempt needs', () => {
    const maker = digestMaker(() => undefined);
    maker.add(delivery({ ...normalAlert, decidedAt: 500 }, 2));
    maker.add(delivery({ ...minimalAlert, decidedAt: 400 }, 1));
    expect([maker.attempts(), maker.since(), maker.ids().length]).toEqual([2, 400, 2]);
  });

  it('holds nothing of an attacker that would be markup, a link or without end', () => {
    const alert = made([hostileAlert, { ...minimalAlert, title: hostileText.repeat(1_000) }]);
    expect(JSON.stringify(alert).length).toBeLessThan(20_000);
    const text = JSON.stringify(alertSections(alert, undefined));
    for (const sign of ['\u001b', '\u202e', String.raw`\u001b`, String.raw`\u202e`])
      expect(text).not.toContain(sign);
  });
});
