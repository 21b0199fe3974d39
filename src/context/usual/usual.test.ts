import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Event } from '../../event/event.ts';
import type { Json, JsonObject } from '../../event/json.ts';
import { apiCall, denied } from '../../facts/testing/cloudtrail.ts';
import type { Place } from '../place.ts';
import { createUsualMemory, type UsualLimits } from './memory.ts';
import { usualFieldNames, usualFields, usualOf, usualSentence } from './usual.ts';

const hour = 60 * 60_000;
const day = 24 * hour;
const start = Date.parse('2026-03-02T00:00:00Z');
const lateness = hour;
const settings = { learningDays: 14, lateness };

const places: Readonly<Record<string, Place>> = {
  '198.51.100.23': { kind: 'internet', country: 'DE', asn: 64_500, asName: 'Example Telecom' },
  '198.51.100.99': { kind: 'internet', country: 'DE', asn: 64_500, asName: 'Example Telecom' },
  '203.0.113.9': { kind: 'internet', country: 'US', asn: 64_501, asName: 'Example Hosting' },
  '192.0.2.1': { kind: 'own', network: 'Berlin office', country: 'DE' },
};
const placeOf = (address: string): Place => places[address] ?? { kind: 'internet' };
const placeOfEvent = ({ client: { origin } }: Event): Place =>
  origin.type === 'address' ? placeOf(origin.address) : { kind: 'unknown' };

interface Said extends JsonObject {
  readonly service: string;
}
function event(time: number, { service = 's3', ...more }: Partial<Said> & JsonObject = {}): Event {
  return apiCall(service, 'DoIt', null, {
    eventTime: new Date(time).toISOString(),
    eventID: `${time} ${service} ${JSON.stringify(more)}`,
    ...more,
  });
}

/** At work from 8 to 17 on each of so many days. */
function workdays(days: number, more?: JsonObject): Event[] {
  return Array.from({ length: days }, (_, index) => index).flatMap((index) =>
    [8, 9, 12, 13, 16].map((at) => event(start + index * day + at * hour, more)),
  );
}

function memoryOf(events: readonly Event[], limits?: UsualLimits) {
  const memory = createUsualMemory(placeOf, limits);
  for (const one of events) memory.observe(one);
  return memory;
}

function told(memory: ReturnType<typeof memoryOf>, one: Event) {
  return usualOf(one, () => placeOfEvent(one), memory, settings);
}

function sentence(events: readonly Event[], one: Event): string | undefined {
  const usual = told(memoryOf([...events, one]), one);
  return usual && usualSentence(usual, placeOfEvent(one));
}

const month = workdays(30);
const after = start + 30 * day;
const noon = after + 12 * hour;
const strange: JsonObject = { sourceIPAddress: '203.0.113.9' };

describe('an alert on a role that was at work for a month', () => {
  it.each<[string, Event, string | undefined]>([
    ['says nothing of what is as always', event(noon), undefined],
    [
      'says nothing of another address of the same network',
      event(noon, { sourceIPAddress: '198.51.100.99' }),
      undefined,
    ],
    ['says nothing of an hour next to the usual ones', event(after + 18 * hour - 1), undefined],
    [
      'names a new service',
      event(noon, { service: 'kms' }),
      'unlike in the 30 days before: first use of kms',
    ],
    [
      'names a new country and network',
      event(noon, strange),
      'unlike in the 30 days before: first time from United States; first time from the network AS64501 (Example Hosting)',
    ],
    [
      "names a new network of one's own",
      event(noon, { sourceIPAddress: '192.0.2.1' }),
      'unlike in the 30 days before: first time from the network Berlin office',
    ],
    [
      'names a range where nothing is known of an address',
      event(noon, { sourceIPAddress: '2001:db8:7::1' }),
      'unlike in the 30 days before: first time from the network 2001:db8::/32',
    ],
    [
      'names a new program',
      event(noon, { userAgent: 'curl/8' }),
      'unlike in the 30 days before: first time with curl',
    ],
    [
      'says when it is usually at work',
      event(after + 3 * hour),
      'unlike in the 30 days before: at 03 UTC, usually 08-10 and 12-14 and 16-17 UTC',
    ],
    [
      'says nothing of the program and network of a service that calls for it',
      event(noon, {
        sourceIPAddress: 'cloudformation.amazonaws.com',
        userAgent: 'cloudformation.amazonaws.com',
      }),
      undefined,
    ],
    [
      'speaks of what was refused, too',
      event(noon, { service: 'kms', ...denied }),
      'unlike in the 30 days before: first use of kms',
    ],
  ])('%s', (_name, one, wanted) => {
    expect(sentence(month, one)).toBe(wanted);
  });

  it('goes on to call new what is new since the same day, and no longer on the next', () => {
    const first = event(noon, strange);
    expect(sentence([...month, first], event(noon + hour, strange))).toContain('United States');
    expect(sentence([...month, first], event(after + day + 12 * hour, strange))).toBeUndefined();
  });

  it('learns nothing from what failed', () => {
    const tried = event(noon, { ...strange, ...denied });
    expect(sentence([...month, tried], event(after + day + 12 * hour, strange))).toContain('United States');
  });

  it('calls new again what was not there for 90 days', () => {
    const longAgo = event(start, { service: 'kms' });
    const since = workdays(100);
    const late = start + 100 * day + 12 * hour;
    expect(sentence([longAgo, ...since], event(late, { service: 'kms' }))).toBe(
      'unlike in the 90 days before: first use of kms',
    );
    const lately = event(start + 11 * day, { service: 'kms' });
    expect(sentence([lately, ...since], event(late, { service: 'kms' }))).toBeUndefined();
  });

  it('does not call a network new because data on autonomous systems came', () => {
    const memory = createUsualMemory(() => ({ kind: 'internet', country: 'DE' }));
    for (const one of month) memory.observe(one);
    expect(told(memory, event(noon))?.fresh).toEqual([]);
  });
});

describe('nothing is told', () => {
  it.each<[string, readonly Event[], Event]>([
    ['while the actor is learned', workdays(13), event(start + 13 * day + 12 * hour, strange)],
    ['of an actor who was hardly there', [event(start), event(start + 20 * day)], event(noon, strange)],
    ['of an actor who was away for 90 days', month, event(after + 95 * day, strange)],
    [
      'of another role',
      month,
      event(noon, {
        ...strange,
        userIdentity: { type: 'AssumedRole', arn: 'arn:aws:sts::111122223333:assumed-role/other/maria' },
      }),
    ],
    [
      'of a role that AWS made for a service',
      month,
      event(noon, { ...strange, userIdentity: serviceRole() }),
    ],
  ])('%s', (_name, events, one) => {
    expect(sentence(events, one)).toBeUndefined();
  });

  it('of a kind of which an actor shows more than is kept', () => {
    const many = Array.from({ length: 200 }, (_, index) =>
      event(start + 9 * hour + index * 1_000, { sourceIPAddress: `10.${index}.0.1` }),
    );
    expect(
      sentence([...many, ...month], event(noon, { sourceIPAddress: '10.250.0.1', service: 'kms' })),
    ).toBe('unlike in the 30 days before: first use of kms');
  });
});

function serviceRole(): JsonObject {
  const arn = 'arn:aws:iam::111122223333:role/aws-service-role/x.amazonaws.com/AWSServiceRoleForX';
  return { type: 'AssumedRole', sessionContext: { sessionIssuer: { type: 'Role', arn, userName: 'x' } } };
}

const anEvent = fc
  .record({
    minute: fc.integer({ min: 0, max: 40 * 24 * 60 }),
    late: fc.integer({ min: 0, max: lateness - 1 }),
    service: fc.constantFrom('s3', 'kms', 'sts'),
    sourceIPAddress: fc.constantFrom(...Object.keys(places), 'lambda.amazonaws.com'),
    userAgent: fc.constantFrom('curl/8', 'aws-cli/2', 'Boto3/1'),
  })
  .map(({ minute, late, ...said }) => {
    const time = start + minute * 60_000;
    return { arrives: time + late, event: event(time, said) };
  });

it('is the same in whatever order events come within the lateness, and however often', () => {
  let told = 0;
  fc.assert(
    fc.property(fc.array(anEvent, { minLength: 30, maxLength: 120 }), (arrivals) => {
      const judged = (events: readonly Event[]) => {
        const memory = memoryOf([]);
        const sentences = new Map<string, Json>();
        for (const one of events) {
          memory.observe(one);
          const usual = usualOf(one, () => placeOfEvent(one), memory, { learningDays: 7, lateness });
          sentences.set(one.id, usual === undefined ? null : usualFields(usual));
        }
        for (const value of sentences.values()) told += JSON.stringify(value).includes('true') ? 1 : 0;
        return [...sentences].sort(([a], [b]) => (a < b ? -1 : 1));
      };
      const inOrder = arrivals.toSorted((a, b) => a.event.time - b.event.time).map((one) => one.event);
      const asTheyCame = arrivals.toSorted((a, b) => a.arrives - b.arrives).map((one) => one.event);
      const twice = asTheyCame.flatMap((one) => [one, one]);
      expect(judged(asTheyCame)).toEqual(judged(inOrder));
      expect(judged(twice)).toEqual(judged(inOrder));
    }),
    { numRuns: 40 },
  );
  expect(told).toBeGreaterThan(100);
});

describe('a memory', () => {
  it('goes on where another one was, and tells only what changed', () => {
    const first = memoryOf(month);
    const rows = first.changes();
    expect(first.isChanged()).toBe(false);
    first.observe(event(noon - day));
    expect(first.isChanged()).toBe(false);
    first.observe(event(noon - day, { service: 'kms' }));
    expect(first.isChanged()).toBe(true);
    const second = createUsualMemory(placeOf);
    const stored = rows.flatMap(({ value }): Json[] => (value === undefined ? [] : [value]));
    second.load([...stored, null, 'x', {}, { actor: 'y', active: 'z' }]);
    expect(second.isChanged()).toBe(false);
    expect(second.counters().actors).toBe(1);
    expect(told(second, event(noon, strange))).toEqual(told(memoryOf(month), event(noon, strange)));
    expect(second.counters().bytes).toBe(memoryOf(month).counters().bytes);
  });

  it('tells again what could not be stored', () => {
    const memory = memoryOf(month);
    const changes = memory.changes();
    memory.untold(changes);
    expect(memory.changes()).toEqual(changes);
  });

  it('stays within its bounds, whoever comes', () => {
    const user = (name: string) => ({
      userIdentity: { type: 'IAMUser', arn: `arn:aws:iam::1:user/${name}`, accountId: '1', userName: name },
    });
    const events = Array.from({ length: 500 }, (_, index) =>
      event(start + index, user(`u${index}${'x'.repeat(5_000)}`)),
    );
    const memory = memoryOf(events, { actors: 100, bytes: 1e9 });
    expect(memory.counters()).toMatchObject({ actors: 100, evicted: 400 });
    const small = memoryOf(events, { actors: 1_000, bytes: 100_000 });
    expect(small.counters().bytes).toBeLessThanOrEqual(100_000);
    const gone = small.changes().filter(({ value }) => value === undefined);
    expect(gone).toHaveLength(small.counters().evicted);
  });

  it('forgets who was away for longer than one looks back', () => {
    const alice = {
      userIdentity: { type: 'IAMUser', arn: 'arn:aws:iam::1:user/alice', accountId: '1', userName: 'alice' },
    };
    const memory = memoryOf([event(start, alice), event(start + 200 * day)]);
    expect(memory.counters().actors).toBe(1);
    expect(memory.changes()).toContainEqual({ actor: 'arn:aws:iam::1:user/alice', value: undefined });
    memory.observe(event(start, alice));
    expect(memory.counters().actors).toBe(1);
  });
});

it('fills the fields that rules can read, and no others', () => {
  const usual = told(memoryOf(month), event(after + 3 * hour));
  const names = Object.keys(usual === undefined ? {} : usualFields(usual)).map((name) => `usual.${name}`);
  expect(names.sort()).toEqual(usualFieldNames.map(({ name }) => name).sort());
});
