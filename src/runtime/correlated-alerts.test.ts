import { describe, expect, it } from 'vitest';
import type { Around } from '../context/context.ts';
import { indicatorSet, openIndicators } from '../context/intel/indicator-set.ts';
import { decodeValue } from '../decode/decode.ts';
import type { Json, JsonObject } from '../event/json.ts';
import { correlatorDefaults, createCorrelator } from '../sigma/correlation/correlator.ts';
import { parseRules } from '../sigma/parse.ts';
import type { Alert } from '../alert/alert.ts';
import { createEngine } from './engine.ts';

const rules = `---
title: A
name: a
id: a
logsource: { product: aws, service: cloudtrail }
detection: { x: { eventName|startswith: [Get, Put] }, condition: x }
---
title: B
name: b
id: b
logsource: { product: aws, service: cloudtrail }
detection: { x: { eventName|startswith: Put }, condition: x }
`;

function record(second: number, change: JsonObject = {}): Json {
  return {
    eventVersion: '1.11',
    userIdentity: {
      type: 'IAMUser',
      userName: 'alice',
      arn: 'arn:aws:iam::111122223333:user/alice',
      accountId: '111122223333',
    },
    eventTime: new Date(Date.parse('2026-11-20T10:00:00Z') + second * 1_000).toISOString(),
    eventSource: 's3.amazonaws.com',
    eventName: 'GetObject',
    awsRegion: 'eu-west-1',
    sourceIPAddress: '192.0.2.1',
    requestParameters: { bucketName: 'invoices', key: 'x', size: second },
    eventID: `event-${second}`,
    recipientAccountId: '111122223333',
    ...change,
  };
}

function raised(own: string, records: readonly Json[], wait = 0, around?: Around): readonly Alert[] {
  const parsed = parseRules(`title: T\nid: t\ntags: [attack.t1530]\n${own}\n${rules}`, 'c.yml');
  expect(parsed.problems).toEqual([]);
  const engine = createEngine(parsed.rules, parsed.correlations, new Set(), {}, undefined, undefined, around);
  const correlator = createCorrelator(engine.correlations, { ...correlatorDefaults, lateness: Infinity });
  const matches = records.flatMap((one) => {
    const { events } = decodeValue(one, { source: 'test', object: 'o', receivedAt: 7 });
    // What the correlation refers to raises nothing by itself.
    expect(events.flatMap((event) => engine.find(event)).filter(({ rule }) => rule.id === 'a')).toEqual([]);
    return events.flatMap((event) => engine.examine(event).match ?? []);
  });
  const last = Math.max(...matches.map(({ time }) => time));
  return engine.raiseCorrelated([...correlator.take(matches, last + wait), ...correlator.flush()], 9);
}

const counting =
  'correlation: { type: event_count, rules: [a], group-by: [awsRegion], timespan: 10m, condition: { gte: 3 } }';

describe('an alert of several events', () => {
  it('says what they have in common, and lists them', () => {
    const [alert, ...others] = raised(counting, [record(0), record(5), record(9)]);
    expect(others).toEqual([]);
    expect(alert).toMatchObject({
      rule: { id: 't', title: 'T' },
      title: 'T',
      time: Date.parse('2026-11-20T10:00:09Z'),
      receivedAt: 7,
      decidedAt: 9,
      who: { kind: 'iam-user', name: 'alice', account: '111122223333', chain: [] },
      what: { service: 's3.amazonaws.com', action: 'GetObject', result: 'success' },
      where: {
        account: '111122223333',
        region: 'eu-west-1',
        origin: { type: 'address', address: '192.0.2.1' },
      },
      techniques: [{ id: 'T1530' }],
      correlation: {
        type: 'event_count',
        summary: '3 events within 10m (at least 3)',
        group: [{ field: 'awsRegion', value: 'eu-west-1' }],
        value: 3,
        start: Date.parse('2026-11-20T10:00:00Z'),
        total: 3,
        events: [{ id: 'event-0' }, { id: 'event-5' }, { id: 'event-9', who: { name: 'alice' } }],
      },
      evidence: { eventId: 'event-9', provenance: { object: 'o' }, fields: {} },
    });
  });

  it('names the few of whom there are several, and how many failed', () => {
    const [alert] = raised(counting, [
      record(0, { sourceIPAddress: '198.51.100.1' }),
      record(1, {
        eventName: 'PutObject',
        userIdentity: { type: 'IAMUser', userName: 'bob', accountId: '444455556666' },
      }),
      record(2, { errorCode: 'AccessDenied' }),
    ]);
    expect(alert).toMatchObject({
      who: { kind: 'iam-user', name: 'alice, bob' },
      what: { action: 'GetObject, PutObject', result: 'unknown', reason: '1 of 3 failed' },
      where: { origin: { type: 'unknown', text: '192.0.2.1, 198.51.100.1' } },
    });
    expect(alert?.who.account).toBeUndefined();
  });

  describe('tells what is known around its events', () => {
    const set = indicatorSet();
    for (const [n, value] of ['198.51.100.1', '198.51.100.2', '198.51.100.3'].entries())
      set.add({ type: 'address', value, label: `botnet ${n}` });
    const feeds = () => [{ name: 'partner', set: openIndicators(set.pack()) }];
    const from = (second: number, sourceIPAddress: string, userName = 'alice') =>
      record(second, {
        sourceIPAddress,
        userIdentity: { type: 'IAMUser', userName, accountId: '111122223333' },
      });

    it('what feeds warn of, each once and the newest first', () => {
      const [alert] = raised(
        counting.replace('gte: 3', 'gte: 4'),
        [from(0, '198.51.100.1'), from(1, '198.51.100.2'), from(2, '192.0.2.1'), from(3, '198.51.100.1')],
        0,
        { feeds },
      );
      expect(alert?.context).toEqual({
        warnings: [
          { type: 'address', value: '198.51.100.1', feed: 'partner', label: 'botnet 0' },
          { type: 'address', value: '198.51.100.2', feed: 'partner', label: 'botnet 1' },
        ],
      });
    });

    it('and no more than ten of them', () => {
      const many = Array.from({ length: 30 }, (_, n) => `198.51.100.${n + 1}`);
      const warned = indicatorSet();
      for (const value of many) warned.add({ type: 'address', value });
      const [alert] = raised(
        counting.replace('gte: 3', 'gte: 30'),
        many.map((value, n) => from(n, value)),
        0,
        { feeds: () => [{ name: 'partner', set: openIndicators(warned.pack()) }] },
      );
      const values = alert?.context?.warnings?.map(({ value }) => value);
      expect(values).toEqual(many.slice(-10).toReversed());
    });

    it('nothing where no feed warns', () => {
      const [alert] = raised(
        counting,
        [from(0, '192.0.2.1'), from(1, '192.0.2.1'), from(2, '192.0.2.1')],
        0,
        {
          feeds,
        },
      );
      expect(alert && 'context' in alert).toBe(false);
    });

    const usualOf: Around['usualOf'] = ({ actor, client }) =>
      actor.name === 'carol'
        ? undefined
        : {
            actor: actor.name,
            days: 30,
            isKnown: true,
            fresh:
              client.origin.type === 'address' && client.origin.address === '192.0.2.1'
                ? []
                : [{ kind: 'service', text: 's3' }],
          };
    const unlike = 'unlike in the 30 days before: first use of s3';

    it('what its actor never did before, once', () => {
      const events = [from(0, '192.0.2.1'), from(1, '198.51.100.9'), from(2, '198.51.100.9')];
      const [alert] = raised(counting, events, 0, { usualOf });
      expect(alert?.facts).toEqual([{ explanation: unlike, unknowns: [] }]);
    });

    it('and of whom, where there are several', () => {
      const events = [
        from(0, '198.51.100.9', 'bob'),
        from(1, '198.51.100.9', 'carol'),
        from(2, '198.51.100.9'),
      ];
      const [alert] = raised(counting, events, 0, { usualOf });
      expect(alert?.facts.map(({ explanation }) => explanation)).toEqual([
        `alice: ${unlike}`,
        `bob: ${unlike}`,
      ]);
    });
  });

  it('has the same id for the same events in another order', () => {
    const records = [record(0), record(1), record(2)];
    const [one] = raised(counting, records);
    const [two] = raised(counting, records.toReversed());
    expect(two).toEqual(one);
    expect(one?.id).toMatch(/^[0-9a-f]{32}$/);
  });

  it('has a headline of fields, counts and values', () => {
    const own = `${counting}\ntocsin: { headline: '{userIdentity.userName|awsRegion} {requestParameters.key} {nothing} {tocsin.count} {tocsin.value} {tocsin.timespan}' }`;
    expect(raised(own, [record(0), record(1), record(2)])[0]?.title).toBe('alice x unknown 3 3 10m');
  });

  it('keeps nothing longer than a few hundred characters of an event', () => {
    const long = 'x'.repeat(100_000);
    const [alert] = raised(
      counting,
      [0, 1, 2].map((second) => record(second, { userAgent: long, eventName: `Get${long}` })),
    );
    expect(JSON.stringify(alert).length).toBeLessThan(10_000);
  });
});

describe('the summary', () => {
  const three = [record(0), record(1, { eventName: 'PutObject' }), record(2)];
  const minute = 60_000;
  it.each([
    [
      'type: value_count, condition: { field: eventName, gte: 2 }',
      '2 different values of eventName within 10m (at least 2)',
    ],
    [
      'type: value_sum, condition: { field: requestParameters.size, gt: 2 }',
      'requestParameters.size adds up to 3 within 10m (more than 2)',
    ],
    [
      'type: value_avg, condition: { field: requestParameters.size, gte: 1 }',
      'requestParameters.size is 1 on average within 10m (at least 1)',
    ],
    [
      'type: value_median, condition: { field: requestParameters.size, gte: 1 }',
      'the median of requestParameters.size is 1 within 10m (at least 1)',
    ],
    [
      'type: value_percentile, condition: { field: requestParameters.size, gte: 2, percentile: 90 }',
      'percentile 90 of requestParameters.size is 2 within 10m (at least 2)',
    ],
    [
      'type: value_percentile, condition: { field: eventName, lt: 40 }',
      'PutObject is 33.33 % of all values of eventName within 10m (fewer than 40 %)',
    ],
    ['type: event_count, condition: { lt: 5 }', '3 events within 10m (fewer than 5)'],
    [
      'type: tocsin_new_value, condition: { field: awsRegion }',
      'new in awsRegion, not seen within 10m before: eu-west-1',
    ],
    ['type: tocsin_change, condition: { field: eventName }', 'eventName changed: GetObject → PutObject'],
    ['type: tocsin_flatline, condition: { lt: 2 }', '1 event left within 10m, after there were at least 2'],
  ])('of %s', (own, summary) => {
    const alerts = raised(`correlation: { rules: [a], timespan: 10m, ${own} }`, three, 20 * minute);
    expect(alerts[0]?.correlation?.summary).toBe(summary);
  });

  it.each([
    ['type: temporal', '2 of 2 rules within 10m, in 2 events'],
    ['type: temporal_ordered', '2 of 2 rules one after the other within 10m, in 2 events'],
    ['type: temporal, condition: a and b', 'a and b within 10m, in 2 events'],
    [
      'type: tocsin_percentage, minimum: 1, condition: { gte: 50 }',
      'a is 200 % of b within 10m (at least 50 %)',
    ],
  ])('of two rules by %s', (own, summary) => {
    const alerts = raised(`correlation: { rules: [a, b], timespan: 10m, ${own} }`, three, 20 * minute);
    expect(alerts[0]?.correlation?.summary).toBe(summary);
  });

  it('of a spike', () => {
    const own =
      'correlation: { type: tocsin_spike, rules: [a], timespan: 1m, minimum: 3, condition: { gte: 3 } }';
    const [alert] = raised(own, [record(0), record(70), record(71), record(72)]);
    expect(alert?.correlation?.summary).toBe(
      '3 times as many events within 1m as in the 1m before (at least 3 times)',
    );
  });
});
