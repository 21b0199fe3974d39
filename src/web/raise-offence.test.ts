import { describe, expect, it } from 'vitest';
import { grownAlert } from '../alert/grown.ts';
import type { EvidenceLine, Offence } from './offence.ts';
import { offenceRuleNames, offenceRules } from './offence-rules.ts';
import { offenceAlert, refusalAlert } from './raise-offence.ts';

const line = (position: number, more: Partial<EvidenceLine> = {}): EvidenceLine => ({
  time: 1_000 + position,
  client: '203.0.113.7',
  method: 'GET',
  host: 'shop.example',
  target: `/x${position}`,
  status: 404,
  agent: 'curl/8',
  object: 'access.log',
  position,
  ...more,
});
const offence = (more: Partial<Offence> = {}): Offence => ({
  rule: 'scanner',
  subject: { type: 'client', value: '203.0.113.7' },
  start: 0,
  first: 1_000,
  last: 2_000,
  count: 60,
  threshold: 50,
  window: 60_000,
  severity: 'medium',
  evidence: [line(0), line(90)],
  explanation: '203.0.113.7 got 60 bad responses',
  ...more,
});
const moment = { receivedAt: 5_000, decidedAt: 6_000 };
const idOf = (more: Partial<Offence>, at = moment) => offenceAlert(offence(more), at).alert.id;

describe('the alert of an offence', () => {
  it('says who did what, with the lines that prove it', () => {
    const { alert } = offenceAlert(offence(), moment);
    expect(alert).toMatchObject({
      rule: { id: 'scanner', title: offenceRules.scanner.title },
      severity: 'medium',
      title: 'Scanner: many bad responses in a minute: 203.0.113.7',
      time: 1_000,
      who: { kind: 'anonymous', name: '203.0.113.7' },
      what: { service: 'shop.example', action: 'GET', result: 'failure' },
      where: { origin: { type: 'address', address: '203.0.113.7' }, userAgent: 'curl/8' },
      techniques: [{ id: 'T1595', name: 'Active Scanning' }],
      correlation: { summary: '203.0.113.7 got 60 bad responses.', value: 60, start: 1_000, end: 2_000 },
      evidence: { provenance: { object: 'access.log', position: 90 } },
    });
    expect(alert.correlation?.events).toMatchObject([
      { target: 'shop.example/x0', reason: '404', result: 'failure' },
      { target: 'shop.example/x90' },
    ]);
  });

  it('is the same however often and whenever the offence is told', () =>
    expect(idOf({ count: 90, last: 9_000, evidence: [] }, { receivedAt: 7, decidedAt: 8 })).toBe(idOf({})));

  it.each([
    ['rule', { rule: 'missing-paths' }],
    ['subject', { subject: { type: 'client', value: '203.0.113.8' } as const }],
    ['kind of subject', { subject: { type: 'network', value: '203.0.113.7' } as const }],
    ['stretch of time', { start: 1 }],
    ['limit', { window: 30_000 }],
  ])('is another one of another %s', (_what, more) => expect(idOf(more)).not.toBe(idOf({})));

  it('names what is no client', () => {
    const { alert } = offenceAlert(
      offence({ rule: 'network-flood', subject: { type: 'network', value: '203.0.113.0/24' } }),
      moment,
    );
    expect(alert.title).toBe('Flood from one network: network 203.0.113.0/24');
    expect(alert.where.origin).toEqual({ type: 'unknown', text: '203.0.113.0/24' });
  });

  it('cuts a subject that is megabytes long', () => {
    const value = 'x'.repeat(1_000_000);
    const { alert } = offenceAlert(
      offence({ rule: 'agent-flood', subject: { type: 'agent', value } }),
      moment,
    );
    expect(alert.title.length).toBeLessThan(200);
  });

  it('needs no evidence', () =>
    expect(offenceAlert(offence({ evidence: [] }), moment).alert.correlation?.total).toBe(60));

  it('has a text for every rule', () => {
    for (const rule of offenceRuleNames) {
      const { alert } = offenceAlert(offence({ rule }), moment);
      expect(alert.rule.title).toBe(offenceRules[rule].title);
      expect(alert.tactics.length + alert.techniques.length, rule).toBe(offenceRules[rule].tags.length);
    }
  });

  it('grows, in whatever order it is told', () => {
    const less = offenceAlert(offence(), moment).alert;
    const more = offenceAlert(offence({ count: 90, last: 9_000, first: 500 }), moment).alert;
    const early = grownAlert(less, more);
    expect(early?.correlation).toMatchObject({ value: 90, start: 500, end: 9_000, total: 90 });
    expect(early?.time).toBe(less.time);
    expect(grownAlert(more, less)).toBeUndefined();
    expect(grownAlert(less, less)).toBeUndefined();
  });
});

describe('the alert of a refused block', () => {
  const refused = (why: 'protected' | 'too-many', subject = '203.0.113.7') =>
    refusalAlert(offence(), { subject, rule: 'scanner', why, detail: 'because' }, moment).alert;

  it('says why, and who', () => {
    expect(refused('protected')).toMatchObject({
      rule: { id: 'block-refused' },
      title: 'Not blocked, although it offends: 203.0.113.7',
      correlation: { summary: '203.0.113.7 is not blocked: because. 203.0.113.7 got 60 bad responses.' },
    });
  });

  it('is one an hour where there are too many, whoever they are', () => {
    expect(refused('too-many').id).toBe(refused('too-many', '192.0.2.1').id);
    expect(refused('protected').id).not.toBe(refused('protected', '192.0.2.1').id);
  });
});
