import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { decode, type DecodeOptions } from '../decode/decode.ts';
import { createPrefilter } from '../decode/prefilter/prefilter.ts';
import type { Hint } from '../decode/prefilter/wanted.ts';
import type { Json, JsonObject } from '../event/json.ts';
import { parseRules } from '../sigma/parse.ts';
import type { Rule } from '../sigma/rule.ts';
import { oracleMatches } from '../sigma/testing/oracle.ts';
import { someEvents, someRules } from '../sigma/testing/some-rules.ts';
import { createEngine } from './engine.ts';
import { prefilterOf, wantedBy } from './wanted.ts';

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

  it('nothing that a record shows, where the rule asks only for the place that a call came from', () => {
    expect(wantedBy([rule('{ tocsin.place.country: DE }')])).toBeUndefined();
    expect(
      wantedBy([rule('{ tocsin.place.own: false, eventName: A }')])?.wanted.get('eventName')?.whole,
    ).toEqual(new Set(['a']));
  });

  it('one of the calls that a fact is derived from, where the rule reads a fact', () => {
    const wanted = wantedBy([rule('{ tocsin.exposure.audience: public }')])?.wanted;
    expect([...(wanted?.keys() ?? [])]).toEqual(['eventName']);
    expect(wanted?.get('eventName')?.whole).toContain('putbucketpolicy');
    expect(wanted?.get('eventName')?.whole).not.toContain('getobject');
  });

  it.each<[string, string, unknown]>([
    [
      'a call of many and a key of few',
      '{ eventName: [AssumeRole, ListKeys], userIdentity.sessionContext.ec2RoleDelivery|exists: true }',
      [[{ eventName: ['assumerole', 'listkeys'] }, { ec2RoleDelivery: 'any' }]],
    ],
    [
      'a call of many and who seldom makes it',
      '{ eventSource: sts.amazonaws.com, eventName: AssumeRole, userIdentity.type: AWSAccount }',
      [[{ eventName: ['assumerole'] }, { type: ['awsaccount'] }]],
    ],
    [
      'a call of many and its error',
      '{ eventName: AssumeRole, errorCode: AccessDenied }',
      [[{ eventName: ['assumerole'] }, { errorCode: ['accessdenied'] }]],
    ],
    [
      'a call of many and part of a text',
      '{ eventName: GetCallerIdentity, userIdentity.accessKeyId|startswith: AKIA }',
      [[{ eventName: ['getcalleridentity'] }, { accessKeyId: ['*akia*'] }]],
    ],
    [
      'a call of many, and that it came from an address',
      '{ eventName: ListKeys, tocsin.client.type: address }',
      [[{ eventName: ['listkeys'] }, { sourceIPAddress: 'address' }]],
    ],
    [
      'a call of many and a kind of actor, which two members tell',
      '{ eventName: ListKeys, tocsin.actor.kind: iam-user }',
      [[{ eventName: ['listkeys'] }, { type: ['iamuser'], arn: ['*:user/*'] }]],
    ],
    [
      'a call of many and the signs of a fact',
      '{ eventName: [DeleteObject, StopLogging], tocsin.protection.kind: retention }',
      [[{ eventName: ['deleteobject'] }, { 'x-amz-bypass-governance-retention': 'any, in any case' }]],
    ],
    [
      'a call of many and that there are two accounts',
      '{ eventName: PutObject, tocsin.transfer.kind: upload }',
      [[{ eventName: ['putobject'] }, { accounts: 'two' }]],
    ],
    ['not a rare call', '{ eventName: StopLogging, userIdentity.type: AWSAccount }', []],
    ['not what nearly every record has', '{ eventName: AssumeRole, userIdentity.type: AssumedRole }', []],
    [
      'not a kind of actor that is not told by single members',
      '{ eventName: ListKeys, tocsin.actor.kind: role }',
      [],
    ],
  ])('may come in several clues: %s', (_, detection, expected) => {
    const shown = (hint: Hint): readonly [string, unknown] => {
      if (hint.how === 'accounts') return ['accounts', 'two'];
      if (hint.how === 'whole') return [hint.key, [...hint.texts]];
      if (hint.how === 'parts') return [hint.key, [...hint.texts].map((text) => `*${text}*`)];
      return [hint.key, hint.how === 'any' && hint.anyCase === true ? 'any, in any case' : hint.how];
    };
    const groups = wantedBy([rule(detection)])?.groups;
    expect(groups?.map((group) => group.map((clue) => Object.fromEntries(clue.map(shown))))).toEqual(
      expected,
    );
  });

  it('is only the call that two fields name both', () => {
    const wanted = wantedBy([rule('{ eventName: [PutBucketPolicy, X], tocsin.exposure.audience: public }')]);
    expect([...(wanted?.wanted ?? [])].map(([key, { whole }]) => [key, [...whole]])).toEqual([
      ['eventName', ['putbucketpolicy']],
    ]);
  });

  it('is the call alone where more clues would be too many to tell apart', () => {
    const rules = Array.from({ length: 70 }, (_, i) =>
      rule(`{ eventName: ListKeys${i}, userIdentity.type: AWSAccount }`),
    );
    const { wanted, groups = [] } = wantedBy(rules) ?? {};
    const inGroups = groups.flatMap(([call = []]) =>
      call.flatMap((hint) => (hint.how === 'whole' ? [...hint.texts] : [])),
    );
    expect(inGroups.length).toBeGreaterThan(50);
    expect(inGroups.length + (wanted?.get('eventName')?.whole.size ?? 0)).toBe(70);
    expect(createPrefilter({ wanted: wanted ?? new Map(), groups })).toBeDefined();
  });

  it.each([
    ['nothing is needed', '{ a: null }'],
    ['what is needed has no name of its own', '["word"]'],
    ['the key may be written in other ways', '{ a.b/c: x }'],
    ['the key is too short to be looked for', '{ a.id: x }'],
    ['what is needed is worked out of several members', '{ tocsin.actor.name: x }'],
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
        const prefilter = found && createPrefilter(found);
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

/** What the derived members are worked out of, as damaged as anybody may write it. */
const identities = fc.record(
  {
    type: fc.constantFrom<Json>('IAMUser', 'Root', 'AssumedRole', 'AWSAccount', 'iamuser', '', null, 1),
    arn: fc.constantFrom<Json>(
      'arn:aws:iam::111122223333:user/x/y',
      'arn:aws:iam::111122223333:root',
      'arn:aws:sts::111122223333:assumed-role/a/b',
      'arn:aws:iam::111122223333:USER/x',
      'x',
    ),
    accountId: fc.constantFrom<Json>('111122223333', 'ANONYMOUS_PRINCIPAL', 'anonymous', 'Anonymous'),
    principalId: fc.constantFrom<Json>('AIDA', 'Anonymous', ['anonymous']),
  },
  { requiredKeys: [] },
);
const outcomes = fc.record(
  {
    errorCode: fc.constantFrom<Json>('AccessDenied', 'x', '', 0, null),
    errorMessage: fc.constantFrom<Json>('no', ''),
    eventSource: fc.constantFrom<Json>('signin.amazonaws.com', 's3.amazonaws.com'),
    responseElements: fc.constantFrom<Json>({ ListKeys: 'Failure' }, { ConsoleLogin: 'Failure' }, null),
    eventName: fc.constantFrom<Json>('ConsoleLogin', 'ListKeys'),
    sourceIPAddress: fc.constantFrom<Json>(
      '198.51.100.7',
      '2001:db8::1',
      '::ffff:198.51.100.7',
      'fe80::1%eth0',
      'ec2.amazonaws.com',
      'AWS Internal',
      'bad.cafe',
    ),
    userIdentity: identities,
  },
  { requiredKeys: [] },
);

describe('a record of which a member is worked out is never passed over where that is asked for:', () => {
  it.each([
    'tocsin.actor.kind: anonymous',
    'tocsin.actor.kind: [iam-user, root]',
    'tocsin.client.type: address',
    'tocsin.outcome.result: failure',
    'tocsin.outcome.denied: true',
  ])('%s', async (asked) => {
    const engine = createEngine([
      rule(`{ eventName: [ListKeys, GetIt], ${asked} }`),
      rule(`{ eventName: [ConsoleLogin, ListIt], ${asked} }`),
    ]);
    const prefilter = prefilterOf(engine, false);
    expect(prefilter).toBeDefined();
    let matched = 0;
    await fc.assert(
      fc.asyncProperty(fc.array(outcomes, { minLength: 1, maxLength: 4 }), async (some) => {
        const records = some.map((more, i): JsonObject => ({
          eventVersion: '1.11',
          eventTime: '2026-03-01T09:30:00Z',
          eventSource: 's3.amazonaws.com',
          eventName: 'ListKeys',
          ...more,
          eventID: String(i),
        }));
        const chunks = async function* (): AsyncGenerator<Uint8Array> {
          yield Buffer.from(JSON.stringify({ Records: records }));
        };
        const idsOf = async (options: DecodeOptions): Promise<readonly string[]> => {
          const ids: string[] = [];
          for await (const { events } of decode(
            chunks(),
            { source: 'file', object: 'x', receivedAt: 0 },
            options,
          ))
            for (const event of events) if (engine.find(event).length > 0) ids.push(event.id);
          return ids;
        };
        const all = await idsOf({});
        matched += all.length;
        expect(await idsOf({ prefilter })).toEqual(all);
      }),
      { numRuns: runs / 2 },
    );
    expect(matched).toBeGreaterThan(5);
  });
});
