import { describe, expect, it } from 'vitest';
import { decodeValue } from '../decode/decode.ts';
import type { Event } from '../event/event.ts';
import { parseRules } from '../sigma/parse.ts';
import { createEngine } from './engine.ts';
import { decide, newTally } from './pipeline.ts';

const record = {
  eventVersion: '1.11',
  eventID: 'e-1',
  eventTime: '2026-11-20T10:00:00Z',
  eventSource: 'cloudtrail.amazonaws.com',
  eventName: 'StopLogging',
  userIdentity: { type: 'IAMUser', userName: 'alice' },
};
const batch = decodeValue(record, { source: 'test', object: 'test', receivedAt: 1 });

function rule(head: string, detection = 'a: { eventName: StopLogging }\n  condition: a') {
  const { rules, problems } = parseRules(`title: T\n${head}\ndetection:\n  ${detection}\n`, 'r.yml');
  expect(problems).toEqual([]);
  return rules;
}

describe('a rule runs on CloudTrail where its log source says so', () => {
  it.each([
    ['logsource: { product: aws, service: cloudtrail }', 1],
    ['logsource: { product: aws }', 1],
    ['logsource: { service: cloudtrail }', 1],
    ['logsource: { product: aws, service: route53 }', 0],
    ['logsource: { product: azure }', 0],
    ['logsource: { category: process_creation, product: aws }', 0],
    ['logsource: {}', 0],
    ['status: unsupported\nlogsource: { product: aws, service: cloudtrail }', 0],
  ])('%s: %i', (head, active) => {
    expect(createEngine(rule(head)).active).toHaveLength(active);
  });
});

it('tells who is behind a role session, and not its role twice', () => {
  const { events } = decodeValue(
    {
      ...record,
      userIdentity: {
        type: 'AssumedRole',
        arn: 'arn:aws:sts::111122223333:assumed-role/deploy/ci-17',
        accountId: '111122223333',
        sessionContext: { sessionIssuer: { type: 'Role', userName: 'deploy' }, sourceIdentity: 'alice' },
      },
    },
    { source: 'test', object: 'test', receivedAt: 1 },
  );
  const engine = createEngine(rule('logsource: { product: aws, service: cloudtrail }'));
  const [alert] = decide({ ...batch, events }, engine, 0, newTally()).alerts;
  expect(alert?.who).toMatchObject({ name: 'deploy/ci-17', chain: ['alice'] });
});

describe('decide', () => {
  const engine = createEngine(rule('logsource: { product: aws, service: cloudtrail }'));

  it('makes the same alert of the same record, whatever the clock says', () => {
    const [first] = decide(batch, engine, 1000, newTally()).alerts;
    const [second] = decide(batch, engine, 2000, newTally()).alerts;
    expect(first?.id).toBe(second?.id);
    expect(first).toMatchObject({
      title: 'T',
      time: Date.parse('2026-11-20T10:00:00Z'),
      receivedAt: 1,
      decidedAt: 1000,
      who: { name: 'alice' },
    });
  });

  it.each([
    ['before the range', { since: Date.parse('2026-11-20T10:00:01Z') }],
    ['at its end, which is outside', { until: Date.parse('2026-11-20T10:00:00Z') }],
  ])('counts an event %s and raises nothing', (_, range) => {
    const tally = newTally();
    expect(decide(batch, engine, 0, tally, { range }).alerts).toEqual([]);
    expect(tally).toMatchObject({ events: 1, processed: 0, outside: 1 });
  });

  it('keeps an event on which the engine fails, says why, and goes on', () => {
    const [event] = batch.events;
    if (event === undefined) throw new Error('the record did not decode');
    const broken: Event = Object.create(event, { fields: { get: () => fail() } });
    const tally = newTally();
    let asked = 0;
    const flaky = {
      ...engine,
      examine: (each: Event) => engine.examine(asked++ === 0 ? broken : each),
    };
    // The dead letter itself needs the record, which is whole: only the rules' way to it is broken here.
    const { alerts, rejections } = decide({ ...batch, events: [event, event] }, flaky, 0, tally);
    expect(alerts).toHaveLength(1);
    expect(rejections).toMatchObject([
      { reason: expect.stringContaining('the rules could not be run on event e-1: no fields today') },
    ]);
    expect(tally).toMatchObject({ events: 2, processed: 1, deadLettered: 1 });
  });
});

function fail(): never {
  throw new Error('no fields today');
}
