import { describe, expect, it } from 'vitest';
import type { Alert } from '../alert/alert.ts';
import { decodeValue } from '../decode/decode.ts';
import { renderAlert } from '../notify/terminal.ts';
import { correlatorDefaults, createCorrelator } from '../sigma/correlation/correlator.ts';
import { parseRules } from '../sigma/parse.ts';
import { parseConfig } from './config.ts';
import { contextOf } from './config-context.ts';
import { createEngine } from './engine.ts';

const estate = `estate:
  people:
    - name: Jane Doe
      team: Payments
      contact: jane@example.com
      identities: ['arn:aws:iam::111122223333:user/jane', 'arn:aws:sts::111122223333:assumed-role/deploy/jane-*']
`;
const policy = `alerts:
  severity:
    - { name: payments did it, when: { tocsin.person.team: Payments }, to: critical }
`;
const { rules, correlations } = parseRules(
  `title: Stopped
id: 6c0f8a38-5d8e-4b7d-9a0f-0d7a3f8f3c11
logsource: { product: aws, service: cloudtrail }
detection: { x: { eventName: StopLogging }, condition: x }
level: low
tocsin: { headline: 'by {tocsin.person.name|tocsin.actor.name}' }
---
title: Deleted twice
id: 6c0f8a38-5d8e-4b7d-9a0f-0d7a3f8f3c12
correlation: { type: event_count, rules: [deleted], timespan: 10m, condition: { gte: 2 } }
level: low
---
title: Deleted
id: 6c0f8a38-5d8e-4b7d-9a0f-0d7a3f8f3c13
name: deleted
logsource: { product: aws, service: cloudtrail }
detection: { x: { eventName: DeleteTrail }, condition: x }
`,
  'rule.yml',
);

const user = (name: string) => ({
  type: 'IAMUser',
  userName: name,
  arn: `arn:aws:iam::111122223333:user/${name}`,
  accountId: '111122223333',
});
const session = {
  type: 'AssumedRole',
  arn: 'arn:aws:sts::111122223333:assumed-role/deploy/jane-17',
  accountId: '111122223333',
};

function alertsOf(eventName: string, ...identities: object[]): readonly Alert[] {
  const config = parseConfig(estate + policy, 'tocsin.yaml', undefined);
  const setting = { context: contextOf(config.estate), policy: config.alerts };
  const engine = createEngine(rules, correlations, undefined, setting);
  const correlator = createCorrelator(engine.correlations, { ...correlatorDefaults, lateness: Infinity });
  const Records = identities.map((userIdentity, i) => ({
    eventVersion: '1.11',
    userIdentity: userIdentity as { type: string },
    eventTime: `2026-11-20T10:00:0${i}Z`,
    eventSource: 'cloudtrail.amazonaws.com',
    eventName,
    sourceIPAddress: '203.0.113.9',
    eventID: `event-${i}`,
  }));
  const { events } = decodeValue({ Records }, { source: 'test', object: 'o', receivedAt: 0 });
  const single = events.flatMap((event) => {
    const { findings, match } = engine.examine(event);
    correlator.take(match === undefined ? [] : [match], event.time);
    return findings.map((finding) => engine.raise(finding, 0));
  });
  return [...single, ...engine.raiseCorrelated(correlator.flush(), 0)];
}

const jane = { name: 'Jane Doe', team: 'Payments', contact: 'jane@example.com' };

describe('an alert', () => {
  it.each([
    ['says who is behind a user', user('jane')],
    ['says who is behind a session', session],
  ])('%s, and a policy can ask', (_name, identity) => {
    const [alert] = alertsOf('StopLogging', identity);
    expect(alert).toMatchObject({ title: 'by Jane Doe', severity: 'critical', who: { person: jane } });
    expect(alert && renderAlert(alert, { colour: false, width: 100 })).toMatch(
      / who {2}Jane Doe, Payments \(jane@example\.com\) as /,
    );
  });

  it('names nobody where nobody is known', () => {
    const [alert] = alertsOf('StopLogging', user('eve'));
    expect(alert).toMatchObject({ title: 'by eve', severity: 'low' });
    expect(alert?.who.person).toBeUndefined();
    expect(alert && renderAlert(alert, { colour: false, width: 100 })).not.toContain(' as ');
  });
});

describe('an alert of several events', () => {
  it('says who is behind all of them', () => {
    const [alert] = alertsOf('DeleteTrail', user('jane'), session);
    expect(alert?.who.person).toEqual(jane);
    expect(alert?.severity).toBe('critical');
    expect(alert?.correlation?.events.map(({ person }) => person)).toEqual(['Jane Doe', 'Jane Doe']);
  });

  it('blames nobody for what others did with them', () => {
    const [alert] = alertsOf('DeleteTrail', user('jane'), user('eve'));
    expect(alert?.who.person).toBeUndefined();
    expect(alert?.severity).toBe('low');
    expect(alert?.correlation?.events.map(({ person }) => person)).toEqual(['Jane Doe', undefined]);
  });
});

it.each([
  ["{ name: Jane, identities: ['*'] }", 'would be nearly everybody'],
  ['{ name: Jane, identities: [] }', 'identities'],
  ['{ name: Jane }', 'is missing'],
])('people in the configuration: %s: %s', (person, problem) => {
  expect(() => parseConfig(`estate: { people: [${person}] }`, 'tocsin.yaml', undefined)).toThrow(problem);
});
