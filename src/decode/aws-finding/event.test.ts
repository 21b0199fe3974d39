import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import type { Event } from '../../event/event.ts';
import type { Json, JsonObject } from '../../event/json.ts';
import { isJsonObject, list, object } from '../../event/json.ts';
import { decode, decodeValue } from '../decode.ts';
import { createPrefilter } from '../prefilter/prefilter.ts';
import { awsFindingEvent, awsFindingOf } from './event.ts';
import {
  accessAnalyzerFields,
  envelope,
  findingOf,
  guardDutyFields,
  inspectorFields,
  macieFields,
  relayedFields,
} from './testing/samples.ts';

const from = { source: 'lambda', object: 'request', receivedAt: 5 };

function eventsOf(value: Json): readonly Event[] {
  const { events, rejections } = decodeValue(value, from);
  expect(rejections.map(({ reason }) => reason)).toEqual([]);
  return events;
}

const guardDuty = (more: JsonObject) => findingOf({ ...guardDutyFields, ...more });
const relayed = (more: JsonObject) => findingOf({ ...relayedFields, ...more });
const service = object(guardDutyFields, 'service') ?? {};

describe('a finding in an EventBridge event', () => {
  it.each<[string, JsonObject, string, string]>([
    [
      'GuardDuty Finding',
      guardDutyFields,
      'guardduty.finding',
      'UnauthorizedAccess:IAMUser/MaliciousIPCaller.Custom',
    ],
    ['Access Analyzer Finding', accessAnalyzerFields, 'access-analyzer.finding', 'ExternalAccess'],
    ['Macie Finding', macieFields, 'macie.finding', 'SensitiveData:S3Object/Personal'],
    ['Inspector2 Finding', inspectorFields, 'inspector.finding', 'PACKAGE_VULNERABILITY'],
  ])('becomes an event: %s', (detailType, detail, kind, action) => {
    const [event, second] = eventsOf(envelope(detailType, detail));
    expect(second).toBeUndefined();
    expect(event).toMatchObject({
      kind,
      action,
      account: '111122223333',
      region: 'eu-west-1',
      fields: detail,
    });
    expect(event?.targets.length).toBeGreaterThan(0);
  });

  it('is one event each where Security Hub sends several', () => {
    const other = { ...relayedFields, Id: 'arn:aws:guardduty:eu-west-1:111122223333:detector/1/finding/2' };
    const detail = { findings: [relayedFields, other] };
    const events = eventsOf(envelope('Security Hub Findings - Imported', detail));
    expect(events.map(({ kind }) => kind)).toEqual(['securityhub.finding', 'securityhub.finding']);
    expect(new Set(events.map(({ id }) => id)).size).toBe(2);
  });

  it('is taken without an envelope too, as services export it', () => {
    expect(eventsOf(guardDutyFields)).toHaveLength(1);
    expect(eventsOf([guardDutyFields, macieFields])).toHaveLength(2);
  });

  it('says who did it from where', () => {
    for (const event of [findingOf(guardDutyFields), findingOf(relayedFields)]) {
      expect(event.actor).toMatchObject({
        kind: 'assumed-role',
        name: 'platform/maria',
        session: 'maria',
        accessKeyId: 'ASIAEXAMPLEEXAMPLE12',
      });
      expect(event.client.origin).toEqual({ type: 'address', address: '198.51.100.23' });
    }
  });

  it('that does not say who did it names nobody', () => {
    const { actor, client } = findingOf(inspectorFields);
    expect(actor.kind).toBe('unknown');
    expect(client.origin).toEqual({ type: 'unknown', text: '' });
  });

  it('has the time at which it was last said', () => {
    expect(findingOf(guardDutyFields).time).toBe(Date.UTC(2026, 2, 2, 9, 20, 31, 101));
    expect(findingOf(inspectorFields).time).toBe(Date.UTC(2026, 0, 19, 22, 46, 15));
    expect(guardDuty({ updatedAt: '2025-02-25 20:40:06.721' }).time).toBe(
      Date.UTC(2025, 1, 25, 20, 40, 6, 721),
    );
  });
});

describe('the identity of a finding', () => {
  it('stays while it goes on', () => {
    const later = guardDuty({ updatedAt: '2026-03-03T01:00:00Z', service: { ...service, count: 90 } });
    expect(later.id).toBe(findingOf(guardDutyFields).id);
  });

  it.each<[string, JsonObject]>([
    ['severity', { severity: 8 }],
    ['id', { id: 'another', arn: 'another' }],
    ['account', { accountId: '444455556666' }],
    ['state', { service: { ...service, archived: true } }],
  ])('changes with its %s', (_name, more) => {
    expect(guardDuty(more).id).not.toBe(findingOf(guardDutyFields).id);
  });

  it('is the same by way of Security Hub', () => {
    expect(findingOf(relayedFields).id).toBe(findingOf(guardDutyFields).id);
    const inspector = relayed({
      Id: inspectorFields['findingArn'] ?? '',
      ProductArn: 'arn:aws:securityhub:eu-west-1::product/aws/inspector',
      Severity: { Label: 'HIGH' },
    });
    expect(inspector.id).toBe(findingOf(inspectorFields).id);
  });

  it('is not that of another product with the same id', () => {
    const own = relayed({
      ProductArn: 'arn:aws:securityhub:eu-west-1:111122223333:product/111122223333/default',
    });
    expect(own.id).not.toBe(findingOf(relayedFields).id);
  });
});

describe('the severity of a finding', () => {
  it.each([
    [9, 'critical'],
    [8.9, 'high'],
    [7, 'high'],
    [6.9, 'medium'],
    [4, 'medium'],
    [3.9, 'low'],
    [1, 'low'],
    [0, 'informational'],
  ])('of GuardDuty, which says %d, is %s', (severity, expected) => {
    expect(awsFindingOf(guardDuty({ severity }))?.severity).toBe(expected);
  });

  it.each<[JsonObject, string]>([
    [{ Label: 'CRITICAL', Normalized: 0 }, 'critical'],
    [{ Normalized: 90 }, 'critical'],
    [{ Normalized: 70 }, 'high'],
    [{ Normalized: 40 }, 'medium'],
    [{ Normalized: 1 }, 'low'],
    [{ Normalized: 0 }, 'informational'],
  ])('of Security Hub, which says %j, is %s', (Severity, expected) => {
    expect(awsFindingOf(relayed({ Severity }))?.severity).toBe(expected);
  });

  it.each<[JsonObject, string]>([
    [{ isPublic: true }, 'high'],
    [{}, 'medium'],
    [{ findingType: 'UnusedIAMRole' }, 'low'],
  ])('of Access Analyzer, which says %j, is %s', (more, expected) => {
    expect(awsFindingOf(findingOf({ ...accessAnalyzerFields, ...more }))?.severity).toBe(expected);
  });
});

describe('the state of a finding', () => {
  const cases: readonly (readonly [string, Event, string])[] = [
    ['archived in GuardDuty', guardDuty({ service: { ...service, archived: true } }), 'archived'],
    ['archived in Security Hub', relayed({ RecordState: 'ARCHIVED' }), 'archived'],
    ['suppressed in Security Hub', relayed({ Workflow: { Status: 'SUPPRESSED' } }), 'suppressed'],
    ['resolved in Security Hub', relayed({ Workflow: { Status: 'RESOLVED' } }), 'resolved'],
    ['a control that passes', relayed({ Compliance: { Status: 'PASSED' } }), 'resolved'],
    ['a control that fails', relayed({ Compliance: { Status: 'FAILED' } }), 'active'],
    ['resolved in Access Analyzer', findingOf({ ...accessAnalyzerFields, status: 'RESOLVED' }), 'resolved'],
    ['about a thing that is gone', findingOf({ ...accessAnalyzerFields, isDeleted: true }), 'resolved'],
    ['closed in Inspector', findingOf({ ...inspectorFields, status: 'CLOSED' }), 'resolved'],
    ['suppressed in Inspector', findingOf({ ...inspectorFields, status: 'SUPPRESSED' }), 'suppressed'],
    ['archived in Macie', findingOf({ ...macieFields, archived: true }), 'archived'],
    ['new', findingOf(macieFields), 'active'],
  ];
  it.each(cases)('%s', (_name, event, state) => {
    expect(awsFindingOf(event)?.state).toBe(state);
  });
});

describe('a damaged finding', () => {
  it.each<[string, JsonObject, string]>([
    ['without a time', { ...guardDutyFields, updatedAt: 'soon', createdAt: null }, 'updatedAt'],
    ['without a number', { ...guardDutyFields, severity: 'high' }, 'severity'],
    ['without a severity', { ...relayedFields, Severity: {} }, 'Severity'],
    ['without an id', { ...macieFields, id: '' }, 'id'],
  ])('%s is refused, with the reason', (_name, fields, member) => {
    const { rejections, records } = decodeValue(envelope('GuardDuty Finding', fields), from);
    expect(records).toBe(1);
    expect(rejections[0]?.reason).toContain(`without ${member}`);
  });

  it('never throws, whatever is in it', () => {
    const names = [guardDutyFields, relayedFields, accessAnalyzerFields, macieFields, inspectorFields];
    fc.assert(
      fc.property(
        fc.constantFrom(...names),
        fc.dictionary(fc.constantFrom(...names.flatMap(Object.keys)), fc.jsonValue()),
        (fields, changes) => {
          const event = awsFindingEvent(
            { ...fields, ...(changes as JsonObject) },
            { source: 'file', object: 'x', position: 0, receivedAt: 0 },
          );
          const isWhole = 'problem' in event || (/^[0-9a-f]{32}$/.test(event.id) && event.actor.name !== '');
          expect(isWhole).toBe(true);
        },
      ),
    );
  });
});

describe('findings among records of CloudTrail', () => {
  const call = {
    eventVersion: '1.11',
    eventName: 'DescribeInstances',
    eventSource: 'ec2.amazonaws.com',
    eventTime: '2026-03-02T09:14:31Z',
  };

  it('are never passed over by the prefilter', async () => {
    const prefilter = createPrefilter({
      wanted: new Map([['eventName', { any: false, whole: new Set(['x']), parts: new Set<string>() }]]),
    });
    const text = [
      call,
      guardDutyFields,
      call,
      envelope('Macie Finding', macieFields),
      call,
      { findings: [relayedFields] },
    ]
      .map((value) => JSON.stringify(value))
      .join('\n');
    const found: Event[] = [];
    async function* chunks() {
      yield Buffer.from(text);
    }
    for await (const { events } of decode(chunks(), { ...from, source: 'file' }, { prefilter }))
      found.push(...events);
    const kinds = found.map(({ kind }) => kind).filter((kind) => kind.endsWith('.finding'));
    expect(kinds).toEqual(['guardduty.finding', 'macie.finding', 'securityhub.finding']);
  });

  it('do not stand in for them: what is both is a call', () => {
    expect(eventsOf({ ...guardDutyFields, ...call })[0]?.kind).toBe('cloudtrail.api-call');
  });
});

const data = process.env['TOCSIN_TEST_DATA'] ?? join(import.meta.dirname, '../../../../shared/data');
const published = ['aws-guardduty', 'aws-securityfindingformat'].map((name) =>
  join(data, 'panther-rule-tests', `${name}.jsonl`),
);

describe.skipIf(!published.every((path) => existsSync(path)))('published findings', () => {
  it('are all read', () => {
    const findings = published.flatMap((path) =>
      readFileSync(path, 'utf8')
        .split('\n')
        .filter((line) => line !== '')
        .flatMap((line) => list(JSON.parse(line) as Json, 'tests'))
        .flatMap((test) => object(test, 'event') ?? []),
    );
    expect(findings.length).toBeGreaterThan(5);
    const problems = findings
      .filter(isJsonObject)
      .map((fields) => awsFindingEvent(fields, { source: 'file', object: 'x', position: 0, receivedAt: 0 }))
      .filter((event) => 'problem' in event);
    expect(problems).toEqual([]);
  });
});
