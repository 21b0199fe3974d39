import { describe, expect, it } from 'vitest';
import { findingOf, guardDutyFields, relayedFields } from '../decode/aws-finding/testing/samples.ts';
import { decodeValue } from '../decode/decode.ts';
import { parseRules } from '../sigma/parse.ts';
import type { Rule } from '../sigma/rule.ts';
import { createEngine } from './engine.ts';
import { prefilterOf } from './wanted.ts';

function rules(...sources: readonly string[]): readonly Rule[] {
  return sources.flatMap(
    (text, index) => parseRules(`title: t${index}\nid: rule-${index}\nlevel: low\n${text}`, 'r.yml').rules,
  );
}

const active = `
logsource: { product: aws, category: finding }
detection:
  s: { tocsin.finding.source: guardduty, tocsin.finding.state: active }
  condition: s`;

describe('findings of AWS in the engine', () => {
  it('are one alert, by whichever way and however often they come', () => {
    const engine = createEngine(rules(active));
    const later = findingOf({ ...guardDutyFields, updatedAt: '2026-03-03T00:00:00Z' });
    const ids = [findingOf(guardDutyFields), findingOf(relayedFields), later].flatMap((event) =>
      engine.find(event).map((finding) => engine.raise(finding, 0).id),
    );
    expect(ids).toHaveLength(3);
    expect(new Set(ids).size).toBe(1);
  });

  it('raise an alert anew once they are worse', () => {
    const engine = createEngine(rules(active));
    const [first, second] = [guardDutyFields, { ...guardDutyFields, severity: 8 }].flatMap((fields) =>
      engine.find(findingOf(fields)).map((finding) => engine.raise(finding, 0).id),
    );
    expect(first).not.toBe(second);
  });

  it('raise nothing once they are archived', () => {
    const engine = createEngine(rules(active));
    expect(engine.find(findingOf({ ...relayedFields, RecordState: 'ARCHIVED' }))).toEqual([]);
  });

  it('are matched by rules for their service, for all findings and for all of AWS, and by no rule for CloudTrail', () => {
    const matching = (logsource: string) =>
      createEngine(
        rules(`logsource: ${logsource}\ndetection:\n  s: { accountId: '111122223333' }\n  condition: s`),
      ).find(findingOf(guardDutyFields)).length;
    expect(matching('{ product: aws, service: guardduty }')).toBe(1);
    expect(matching('{ product: aws, category: finding }')).toBe(1);
    expect(matching('{ product: aws }')).toBe(1);
    expect(matching('{ product: aws, service: cloudtrail }')).toBe(0);
    expect(matching('{ product: aws, service: macie }')).toBe(0);
  });

  it('do not make every record of CloudTrail one to be looked at', () => {
    const call = `
logsource: { product: aws, service: cloudtrail }
detection:
  s: { eventName: StopLogging }
  condition: s`;
    const raw = `
logsource: { product: aws, service: guardduty }
detection:
  s: ['any word']
  condition: s`;
    expect(prefilterOf(createEngine(rules(call, active, raw)), false)).toBeDefined();
  });

  it('are told in one sentence', () => {
    const [event] = decodeValue(guardDutyFields, { source: 'http', object: 'x', receivedAt: 0 }).events;
    const engine = createEngine(rules(active));
    const [alert] = (event === undefined ? [] : engine.find(event)).map((finding) =>
      engine.raise(finding, 0),
    );
    expect(alert?.facts[0]?.explanation).toBe(
      '`GuardDuty` says `API DescribeInstances was invoked from an address of a custom threat list.`: active finding `UnauthorizedAccess:IAMUser/MaliciousIPCaller.Custom` about `ASIAEXAMPLEEXAMPLE12`, of medium severity',
    );
    expect(alert?.who.name).toBe('platform/maria');
  });
});
