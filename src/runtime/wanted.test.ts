import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { decode } from '../decode/decode.ts';
import { createPrefilter } from '../decode/prefilter/prefilter.ts';
import type { JsonObject } from '../event/json.ts';
import { parseRules } from '../sigma/parse.ts';
import type { Rule } from '../sigma/rule.ts';
import { oracleMatches } from '../sigma/testing/oracle.ts';
import { someEvents, someRules } from '../sigma/testing/some-rules.ts';
import { wantedBy } from './wanted.ts';

function rule(detection: string): Rule {
  const text = `title: t\nlogsource: { product: aws, service: cloudtrail }\ndetection:\n  s: ${detection}\n  condition: s`;
  const [parsed] = parseRules(text, 'r.yml').rules;
  if (parsed === undefined) throw new Error(`not a rule: ${detection}`);
  return parsed;
}

describe('what a record must hold for a rule', () => {
  it.each<[string, string, Record<string, string[]>]>([
    [
      'the action, where the rule names it',
      '{ eventSource: a.b, eventName: [StopLogging, "X"] }',
      { eventName: ['stoplogging', 'x'] },
    ],
    ['the action behind its derived name', '{ tocsin.action: StopLogging }', { eventName: ['stoplogging'] }],
    [
      'the service behind its derived name',
      '{ tocsin.service: s3.amazonaws.com }',
      { eventSource: ['s3.amazonaws.com'] },
    ],
    ['the last part of a nested name', '{ userIdentity.type: Root, eventSource: a }', { type: ['root'] }],
    [
      'the name of a list without its brackets',
      '{ "a.items[].cidrIp": 0.0.0.0/0 }',
      { cidrIp: ['0.0.0.0/0'] },
    ],
  ])('%s', (_, detection, wanted) => {
    expect(
      Object.fromEntries(
        [...(wantedBy([rule(detection)])?.wanted ?? [])].map(([key, { whole, parts }]) => [
          key,
          [...whole, ...[...parts].map((part) => `*${part}*`)],
        ]),
      ),
    ).toEqual(wanted);
  });

  it('one of the calls that a fact is derived from, where the rule reads a fact', () => {
    const wanted = wantedBy([rule('{ tocsin.exposure.audience: public }')])?.wanted;
    expect([...(wanted?.keys() ?? [])]).toEqual(['eventName']);
    expect(wanted?.get('eventName')?.whole).toContain('putbucketpolicy');
    expect(wanted?.get('eventName')?.whole).not.toContain('getobject');
  });

  it.each([
    [
      'a call of many and a key of few',
      '{ eventName: [AssumeRole, ListKeys], userIdentity.sessionContext.ec2RoleDelivery|exists: true }',
      [['eventName', ['assumerole', 'listkeys'], 'ec2RoleDelivery', undefined]],
    ],
    [
      'a call of many and who seldom makes it',
      '{ eventSource: sts.amazonaws.com, eventName: AssumeRole, userIdentity.type: AWSAccount }',
      [['eventName', ['assumerole'], 'type', ['awsaccount']]],
    ],
    ['not a rare call', '{ eventName: StopLogging, userIdentity.type: AWSAccount }', []],
    ['not what nearly every record has', '{ eventName: AssumeRole, userIdentity.type: AssumedRole }', []],
    ['not where one need alone is rare', '{ eventName: AssumeRole, errorCode: AccessDenied }', []],
  ])('may come in two halves: %s', (_, detection, expected) => {
    const pairs = wantedBy([rule(detection)])?.pairs ?? [];
    expect(
      pairs.map(({ first, second }) => [
        first.key,
        [...first.texts],
        second.key,
        second.texts && [...second.texts],
      ]),
    ).toEqual(expected);
  });

  it.each([
    ['nothing is needed', '{ a: null }'],
    ['what is needed has no name of its own', '["word"]'],
    ['the key may be written in other ways', '{ a.b/c: x }'],
    ['the key is too short to be looked for', '{ a.id: x }'],
    ['what is needed is worked out of several members', '{ tocsin.actor.kind: root }'],
  ])('is not known where %s', (_, detection) => {
    expect(wantedBy([rule('{ eventName: x }'), rule(detection)])).toBeUndefined();
  });
});

const runs = Number(process.env['TOCSIN_ORACLE_PAIRS'] ?? 20_000) / 50;
/** The generator's fields, under names that are long enough to be looked for. */
const longer = (text: string): string => text.replaceAll(/\b[abc]\b(?=["|.[\]:])/g, (name) => name.repeat(4));

it('a record that a rule matches is never passed over', async () => {
  let passedOver = 0;
  await fc.assert(
    fc.asyncProperty(
      someRules,
      fc.array(someEvents, { minLength: 1, maxLength: 4 }),
      async (some, events) => {
        const given = JSON.parse(longer(JSON.stringify(some))) as Rule;
        const found = wantedBy([given]);
        const prefilter = found && createPrefilter(found.wanted, found.pairs);
        if (prefilter === undefined) return;
        const records = events.map((event, i): JsonObject => ({
          eventVersion: '1.11',
          eventTime: '2026-03-01T09:30:00Z',
          eventSource: 's3.amazonaws.com',
          eventName: 'GetObject',
          eventID: String(i),
          ...(JSON.parse(longer(JSON.stringify(event))) as JsonObject),
        }));
        const content = JSON.stringify({ Records: records });
        const decoded = new Set<unknown>();
        const chunks = async function* (): AsyncGenerator<Uint8Array> {
          yield Buffer.from(content);
        };
        for await (const batch of decode(
          chunks(),
          { source: 'file', object: 'x', receivedAt: 0 },
          { prefilter },
        )) {
          for (const event of batch.events) decoded.add(event.fields['eventID']);
          passedOver += batch.passedOver;
        }
        const matched = records.filter((record) => oracleMatches(given, record));
        expect(matched.filter((record) => !decoded.has(record['eventID']))).toEqual([]);
      },
    ),
    { numRuns: runs },
  );
  expect(passedOver).toBeGreaterThan(runs / 20);
});
