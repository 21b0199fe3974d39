import { describe, expect, it } from 'vitest';
import { createEngine } from './engine.ts';
import { parseConfig } from './config.ts';
import { knownOf } from './config-estate.ts';
import { parseRules } from '../sigma/parse.ts';
import { denied, s3Call } from '../facts/testing/cloudtrail.ts';
import type { Alert } from '../alert/alert.ts';

const { rules } = parseRules(
  `
title: A bucket policy was written
id: 6c0f8a38-5d8e-4b7d-9a0f-0d7a3f8f3c11
logsource: { product: aws, service: cloudtrail }
detection:
  selection: { eventName: PutBucketPolicy }
  condition: selection
level: medium
tags: [attack.t1530]
`,
  'rule.yml',
);
const open = { Effect: 'Allow', Principal: '*', Action: 's3:GetObject', Resource: 'arn:aws:s3:::invoices/*' };
const call = s3Call('PutBucketPolicy', { bucketName: 'invoices', bucketPolicy: { Statement: [open] } });

const estate = `
estate:
  accounts:
    '111122223333': { name: payments, environment: production, ou: Workloads/Prod }
`;

/** The alert about one call, under a policy that the configuration spells. */
function alertUnder(alerts: string, event = call): Alert {
  const config = parseConfig(`${estate}\nalerts:\n${alerts}`, 'tocsin.yaml', undefined);
  const engine = createEngine(rules, [], new Set(), { known: knownOf(config.estate), policy: config.alerts });
  const [finding] = engine.find(event);
  if (finding === undefined) throw new Error('the rule does not match');
  return engine.raise(finding, 0);
}

const change = (when: string, how: string, name = 'because') =>
  `  severity:\n    - { name: ${name}, when: ${when}, ${how} }\n`;
const except = (when: string, until: string, more = '') =>
  `  exceptions:\n    - { name: known, when: ${when}, reason: agreed, owner: jane, until: ${until}${more} }\n`;

describe('the severity of an alert', () => {
  it.each([
    [
      'stays without a change that holds',
      '{ tocsin.estate.environment: test }',
      'to: critical',
      'medium',
      [],
    ],
    [
      'is set',
      '{ tocsin.estate.environment: production }',
      'to: critical',
      'critical',
      ['raised from medium to critical: because'],
    ],
    [
      'goes up by steps',
      '{ tocsin.estate.ou|startswith: Workloads/ }',
      'by: 1',
      'high',
      ['raised from medium to high: because'],
    ],
    [
      'goes down by steps',
      '{ tocsin.account: "111122223333" }',
      'by: -1',
      'low',
      ['lowered from medium to low: because'],
    ],
    [
      'never goes past the ends',
      '{ tocsin.account: "111122223333" }',
      'by: -4',
      'informational',
      ['lowered from medium to informational: because'],
    ],
    [
      'is raised to a floor',
      '{ tocsin.exposure.audience: public }',
      'atLeast: high',
      'high',
      ['raised from medium to high: because'],
    ],
    [
      'is not touched by a floor below it',
      '{ tocsin.exposure.audience: public }',
      'atLeast: low',
      'medium',
      [],
    ],
    [
      'is lowered to a ceiling',
      '{ tocsin.actor.session: maria }',
      'atMost: low',
      'low',
      ['lowered from medium to low: because'],
    ],
    [
      'can depend on the rule',
      '{ tocsin.rule.tags: attack.t1530 }',
      'to: high',
      'high',
      ['raised from medium to high: because'],
    ],
    [
      'can depend on a raw field',
      '{ requestParameters.bucketName: inv* }',
      'to: high',
      'high',
      ['raised from medium to high: because'],
    ],
    [
      'can depend on an address',
      '{ tocsin.client.address|cidr: 198.51.100.0/24 }',
      'to: low',
      'low',
      ['lowered from medium to low: because'],
    ],
    [
      "can depend on the hour, on somebody's clock",
      '{ tocsin.account: "111122223333" }',
      'by: 1, during: { days: [mon], from: "10:00", to: "11:00", timeZone: Europe/Berlin }',
      'high',
      ['raised from medium to high: because'],
    ],
    [
      'stays outside the hours of a change',
      '{ tocsin.account: "111122223333" }',
      'by: 1, during: { from: "18:00", to: "08:00" }',
      'medium',
      [],
    ],
    [
      'can depend on one of several searches',
      '[{ tocsin.account: "9" }, { tocsin.rule.level: medium }]',
      'to: low',
      'low',
      ['lowered from medium to low: because'],
    ],
  ])('%s', (_name, when, how, severity, reasons) => {
    const alert = alertUnder(change(when, how));
    expect(alert.severity).toBe(severity);
    expect(alert.severityChanges ?? []).toEqual(reasons);
  });

  it('is changed step by step, and each step says why', () => {
    const alert = alertUnder(
      `  severity:\n    - { name: production, when: { tocsin.estate.environment: production }, by: 1 }\n` +
        `    - { name: night shift, when: { tocsin.region: eu-west-1 }, by: 1 }\n`,
    );
    expect(alert.severityChanges).toEqual([
      'raised from medium to high: production',
      'raised from high to critical: night shift',
    ]);
  });

  it('leaves identity and everything else as it is', () => {
    const plain = alertUnder('  severity: []\n');
    const {
      severity: _severity,
      severityChanges: _changes,
      ...changed
    } = alertUnder(change('{ tocsin.account: "111122223333" }', 'by: 1'));
    expect(changed).toEqual(
      expect.objectContaining({ id: plain.id, title: plain.title, where: plain.where }),
    );
    expect(plain.where.accountName).toBe('payments');
  });
});

describe('an exception', () => {
  const mine = '{ tocsin.actor.session: maria }';

  it.each([
    ['holds until the end of its last day', except(mine, '2026-03-02'), true],
    ['is over on the day after', except(mine, '2026-03-01'), false],
    ['can end at a time', except(mine, "'2026-03-02T09:14:31Z'"), false],
    ['can end in another zone', except(mine, "'2026-03-02T11:14:32+02:00'"), true],
    ['can begin on a day', except(mine, '2026-12-31', ', from: 2026-03-02'), true],
    ['has not begun before', except(mine, '2026-12-31', ', from: 2026-03-03'), false],
    ['is for others', except('{ tocsin.actor.session: li }', '2026-12-31'), false],
  ])('%s', (_name, alerts, holds) => {
    expect(alertUnder(alerts).exception !== undefined).toBe(holds);
  });

  it('tells who answers for it and why, for as long as it holds', () => {
    expect(alertUnder(except(mine, '2026-03-02')).exception).toEqual({
      name: 'known',
      reason: 'agreed',
      owner: 'jane',
      until: Date.parse('2026-03-03T00:00:00Z'),
    });
  });

  it('tells attempts from successes where it is asked to', () => {
    const failed = s3Call(
      'PutBucketPolicy',
      { bucketName: 'invoices', bucketPolicy: { Statement: [open] } },
      denied,
    );
    const alerts = except('{ tocsin.outcome.result: failure }', '2026-12-31');
    expect(alertUnder(alerts, failed).exception).toBeDefined();
    expect(alertUnder(alerts).exception).toBeUndefined();
  });
});

describe('a policy that is wrong is refused with its place', () => {
  it.each([
    [
      'an unknown modifier',
      change('{ a|contain: b }', 'by: 1'),
      "alerts.severity.0.when.a|contain: 'contain' is not a modifier",
    ],
    [
      'an unknown field',
      change('{ tocsin.actr.name: b }', 'by: 1'),
      "alerts.severity.0.when: there is no field 'tocsin.actr.name'",
    ],
    [
      'no change',
      change('{ a: b }', 'by: 0'),
      "alerts.severity.0: needs one of 'to', 'by', 'atLeast' and 'atMost'",
    ],
    ['two changes', change('{ a: b }', 'by: 1, to: low'), 'and one only'],
    [
      'an exception without an end',
      except('{ a: b }', '""'),
      'alerts.exceptions.0.until: must be a day such as 2026-12-31',
    ],
    ['a day that there is not', except('{ a: b }', '2026-02-30'), 'alerts.exceptions.0.until: must be a day'],
    [
      'an end before the beginning',
      except('{ a: b }', '2026-02-01', ', from: 2026-03-01'),
      'alerts.exceptions.0.until: lies before `from`',
    ],
    ['a search for everything', except('{}', '2026-02-01'), 'an empty map would match every event'],
  ])('%s', (_name, alerts, message) => {
    expect(() => alertUnder(alerts)).toThrow(message);
  });
});
