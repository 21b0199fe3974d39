import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { severities } from '../../event/severity.ts';
import type { Entity } from './entity.ts';
import type { GatherSetting } from './gather.ts';
import { findIncident, gatherInSteps, gatherMemory, incidentsOf } from './incident.ts';
import { tellingSeverity } from './incident-alert.ts';
import { riskOf } from './risk.ts';
import { readSighting, type Sighting } from './sighting.ts';
import { sighting } from './testing/sighting.ts';

const minute = 60_000;
const setting: GatherSetting = {
  windowMs: 60 * minute,
  longestMs: 240 * minute,
  most: 10,
  mostActors: 3,
  ignore: new Set(),
};

const user = (name: string): Entity => ({ kind: 'user', key: `arn:aws:iam::1:user/${name}` });
const role = (name: string): Entity => ({ kind: 'role', key: `arn:aws:iam::1:role/${name}` });
const address = (key: string): Entity => ({ kind: 'address', key });
const bucket = (name: string): Entity => ({ kind: 'resource', key: `arn:aws:s3:::${name}` });

const groups = (sightings: readonly Sighting[], change: Partial<GatherSetting> = {}) =>
  incidentsOf(sightings, [], { ...setting, ...change })
    .map(({ alerts }) => alerts.map(({ id }) => id).join(''))
    .sort();

describe('alerts are gathered', () => {
  it.each<[name: string, sightings: readonly Sighting[], expected: readonly string[]]>([
    ['not where there are none', [], []],
    ['not alone', [sighting('a', 0, [user('u')])], []],
    ['by a user', [sighting('a', 0, [user('u')]), sighting('b', 5, [user('u')])], ['ab']],
    [
      'not across kinds',
      [sighting('a', 0, [user('u')]), sighting('b', 5, [{ ...user('u'), kind: 'role' }])],
      [],
    ],
    ['up to the window', [sighting('a', 0, [user('u')]), sighting('b', 60, [user('u')])], ['ab']],
    ['not beyond it', [sighting('a', 0, [user('u')]), sighting('b', 60.1, [user('u')])], []],
    [
      'through what lies between',
      [
        sighting('a', 0, [user('u'), address('192.0.2.1')]),
        sighting('b', 50, [address('192.0.2.1'), bucket('x')]),
        sighting('c', 100, [bucket('x')]),
      ],
      ['abc'],
    ],
    [
      'no longer than the longest',
      Array.from({ length: 7 }, (_, n) => sighting('abcdefg'[n] ?? '', n * 50, [user('u')])),
      ['abcde', 'fg'],
    ],
    [
      'no more than the most',
      Array.from({ length: 12 }, (_, n) => sighting('abcdefghijkl'[n] ?? '', n, [user('u')])),
      ['abcdefghij', 'kl'],
    ],
    [
      'not by what is wide',
      [0, 1].map((n) => sighting(String(n), n, [{ ...address('192.0.2.1'), wide: true }])),
      [],
    ],
    [
      'not by an address that many share',
      [0, 1, 2, 3].map((n) => sighting(String(n), n, [user(`u${n}`), address('192.0.2.1')])),
      [],
    ],
    [
      'by an address that few share',
      [0, 1, 2].map((n) => sighting(String(n), n, [user(`u${n}`), address('192.0.2.1')])),
      ['012'],
    ],
    [
      'not by the role of a build system, whose sessions are many',
      [0, 1, 2, 3].map((n) => sighting(String(n), n, [role('ci')], { actor: `session-${n}` })),
      [],
    ],
    [
      'by a user whom many work on',
      [0, 1, 2, 3].map((n) => sighting(String(n), n, [user('bob')], { actor: `admin-${n}` })),
      ['0123'],
    ],
  ])('%s', (_, sightings, expected) => {
    expect(groups(sightings)).toEqual(expected);
  });

  it('not by what is to be ignored', () => {
    const two = [0, 1].map((n) => sighting(String(n), n, [address('192.0.2.1')]));
    expect(groups(two)).toEqual(['01']);
    expect(groups(two, { ignore: new Set(['192.0.2.1']) })).toEqual([]);
  });

  const entity = fc.oneof(
    fc.constantFrom('u', 'v', 'w').map(user),
    fc.constantFrom('192.0.2.1', '192.0.2.2').map(address),
    fc.constantFrom('x', 'y', 'z').map(bucket),
  );
  const some = fc.uniqueArray(
    fc
      .record({
        id: fc.integer({ min: 0, max: 99 }).map(String),
        at: fc.integer({ min: 0, max: 600 }),
        entities: fc.array(entity, { maxLength: 3 }),
        severity: fc.constantFrom(...severities),
        rule: fc.constantFrom('r1', 'r2', 'r3'),
        event: fc.constantFrom('', 'e1', 'e2', 'e3', 'e4'),
        tactics: fc.subarray(['Discovery', 'Impact', 'Persistence']),
      })
      .map(({ id, at, entities, severity, rule, event, tactics }) =>
        sighting(id, at, entities, { severity, rule: { id: rule, title: rule }, eventId: event, tactics }),
      ),
    { selector: ({ id }) => id, maxLength: 40 },
  );

  it('the same in every order and with repeats, each alert once, within the limits', () => {
    fc.assert(
      fc.property(
        some.chain((all) =>
          fc.tuple(fc.constant(all), fc.shuffledSubarray(all, { minLength: all.length }), fc.subarray(all)),
        ),
        ([all, shuffled, repeats]) => {
          const incidents = incidentsOf(all, [], setting);
          expect(incidentsOf([...shuffled, ...repeats], [], setting)).toEqual(incidents);
          const ids = incidents.flatMap(({ alerts }) => alerts.map(({ id }) => id));
          expect(new Set(ids).size).toBe(ids.length);
          for (const { alerts, first, last } of incidents) {
            expect(alerts.length).toBeGreaterThan(1);
            expect(alerts.length).toBeLessThanOrEqual(setting.most);
            expect(last - first).toBeLessThanOrEqual(setting.longestMs);
          }
        },
      ),
    );
  });

  /** Some have joined one of three alerts. */
  const joining = some.map((all) =>
    all.map((one) =>
      Number(one.id) % 2 === 0 ? { ...one, of: `alert-${Math.floor(Number(one.id) / 2) % 3}` } : one,
    ),
  );

  it('with what joined them: the same in every order, each finding once, two alerts at least, each alert once', () => {
    fc.assert(
      fc.property(
        joining.chain((all) =>
          fc.tuple(fc.constant(all), fc.shuffledSubarray(all, { minLength: all.length })),
        ),
        ([all, shuffled]) => {
          const incidents = incidentsOf(all, [], setting);
          expect(incidentsOf(shuffled, [], setting)).toEqual(incidents);
          const seen = incidents.flatMap(({ sightings }) => sightings.map(({ id }) => id));
          expect(new Set(seen).size).toBe(seen.length);
          for (const { alerts, sightings, first, last } of incidents) {
            const ids = alerts.map(({ id }) => id);
            expect(ids.length).toBeGreaterThan(1);
            expect(ids).toEqual([...new Set(sightings.map(({ id, of }) => of ?? id))]);
            expect(sightings.length).toBeLessThanOrEqual(setting.most);
            expect(last - first).toBeLessThanOrEqual(setting.longestMs);
          }
        },
      ),
    );
  });

  it.each<[name: string, sightings: readonly Sighting[], expected: readonly string[]]>([
    [
      'not one with what has joined it',
      [sighting('a', 0, [user('u')]), sighting('b', 5, [user('u')], { of: 'a' })],
      [],
    ],
    [
      'by what has joined them, also where the alerts themselves have nothing in common',
      [
        sighting('a', 0, [user('u')]),
        sighting('b', 1, [user('v')]),
        sighting('c', 5, [user('w')], { of: 'a' }),
        sighting('d', 6, [user('w')], { of: 'b' }),
      ],
      ['ab'],
    ],
    [
      'once, and not for each who does the same again',
      ['u', 'v', 'w'].flatMap((name, n) => [
        sighting(n === 0 ? 'a' : `a${n}`, 3 * n, [user(name)], n === 0 ? {} : { of: 'a' }),
        sighting(n === 0 ? 'b' : `b${n}`, 3 * n + 1, [user(name)], n === 0 ? {} : { of: 'b' }),
      ]),
      ['ab'],
    ],
    [
      'apart where something is new among it',
      ['u', 'v'].flatMap((name, n) => [
        sighting(n === 0 ? 'a' : `a${n}`, 3 * n, [user(name)], n === 0 ? {} : { of: 'a' }),
        sighting(n === 0 ? 'b' : `b${n}`, 3 * n + 1, [user(name)], n === 0 ? {} : { of: 'b' }),
        ...(n === 0 ? [] : [sighting('c', 9, [user(name)])]),
      ]),
      ['ab', 'abc'],
    ],
  ])('%s', (_, sightings, expected) => {
    expect(groups(sightings)).toEqual(expected);
  });

  it('the same in steps, of which each remembers what the one before has worked out', async () => {
    const memory = gatherMemory();
    await fc.assert(
      fc.asyncProperty(fc.array(fc.oneof(some, joining), { minLength: 1, maxLength: 3 }), async (times) => {
        let steps = 0;
        for (const all of times) {
          const { incidents } = await gatherInSteps(all, [], setting, memory, async () => void steps++);
          expect(incidents).toEqual(incidentsOf(all, [], setting));
        }
        expect(steps).toBeGreaterThan(times.length);
      }),
    );
  });

  it('by any two that share a user within the window, where no limit is reached', () => {
    const noLimit = { ...setting, longestMs: Infinity, most: Infinity };
    fc.assert(
      fc.property(some, (all) => {
        const incidents = incidentsOf(all, [], noLimit);
        for (const a of all)
          for (const b of all) {
            const shares = a.entities.some(
              ({ kind, key }) => kind === 'user' && b.entities.some((one) => one.key === key),
            );
            if (a.id === b.id || !shares || Math.abs(a.time - b.time) > setting.windowMs) continue;
            expect(findIncident(incidents, a.id)?.alerts.map(({ id }) => id)).toContain(b.id);
          }
      }),
    );
  });
});

describe('an incident', () => {
  const a = sighting('a', 0, [user('u')]);
  const b = sighting('b', 5, [user('u')]);
  const y = sighting('y', -20, [user('v')]);
  const z = sighting('z', -10, [user('v')]);
  const between = sighting('m', 2, [user('u'), user('v')]);

  it('goes by its earliest alert, by each in it, and by the alert that told of it', () => {
    const told = { id: 'a', alertId: 'told', severity: 'high' } as const;
    const incidents = incidentsOf([a, b, y, z], [told], setting);
    expect(incidents.map(({ id }) => id)).toEqual(['a', 'y']);
    for (const id of ['a', 'b', 'told']) expect(findIncident(incidents, id)?.id).toBe('a');
    expect(findIncident(incidents, 'z')?.id).toBe('y');
    expect(findIncident(incidents, 'x')).toBeUndefined();
  });

  it('keeps the id under which people were told of it, also when an earlier alert comes late', () => {
    const told = { id: 'a', alertId: 'told', severity: 'high' } as const;
    expect(incidentsOf([a, b, y, z, between], [], setting).map(({ id }) => id)).toEqual(['y']);
    expect(incidentsOf([a, b, y, z, between], [told], setting)).toMatchObject([{ id: 'a', told }]);
  });

  it('says what its alerts have in common, and how much each weighs', () => {
    const [incident] = incidentsOf(
      [
        sighting('a', 0, [user('u'), address('192.0.2.1')], { account: '2' }),
        sighting('b', 5, [user('u')], { severity: 'high', account: '1' }),
      ],
      [],
      setting,
    );
    expect(incident).toMatchObject({
      severity: 'high',
      accounts: ['1', '2'],
      entities: [
        { kind: 'user', alerts: 2, joins: true, risk: { score: 30, rules: 2 } },
        { kind: 'address', alerts: 1, joins: false, risk: { score: 10, rules: 1 } },
      ],
    });
  });
});

describe('the risk', () => {
  const at = (time: number, change: Partial<Sighting>) =>
    sighting(JSON.stringify([time, change]), time, [], change);
  const rule = (id: string) => ({ rule: { id, title: id } });

  it.each<[name: string, sightings: readonly Sighting[], explanation: string]>([
    ['of one is its weight', [at(0, { severity: 'high', tactics: [] })], '20: 1 rule in 1 min'],
    [
      'counts a rule once, by its heaviest',
      [at(0, { ...rule('r') }), at(3, { ...rule('r'), severity: 'high' }), at(9, { ...rule('r') })],
      '20: 1 rule of 1 tactic in 9 min: Discovery',
    ],
    [
      'rises with rules and tactics',
      [
        at(0, rule('r')),
        at(10, { ...rule('s'), tactics: ['Impact'] }),
        at(40, { ...rule('t'), tactics: ['Persistence'] }),
      ],
      '44: 3 rules of 3 tactics in 40 min: Discovery, Impact, Persistence',
    ],
    [
      'takes several rules on one event as one',
      [at(0, { ...rule('r'), eventId: 'e' }), at(0, { ...rule('s'), eventId: 'e', severity: 'high' })],
      '20: 1 rule of 1 tactic in 1 min: Discovery',
    ],
    [
      'weighs half after twelve hours',
      [at(0, { ...rule('r'), severity: 'critical' }), at(720, { ...rule('s'), severity: 'low' })],
      '24: 2 rules of 1 tactic in 12 h: Discovery',
    ],
  ])('%s', (_, sightings, explanation) => {
    expect(riskOf(sightings).explanation).toBe(explanation);
  });

  it.each([
    [2, 49, undefined],
    [2, 50, 'high'],
    [2, 99, 'high'],
    [2, 100, 'critical'],
    [1, 500, undefined],
  ] as const)('of %i rules and %i points is told as %s', (rules, score, severity) => {
    const risk = { rules, score, tactics: [], explanation: '' };
    expect(tellingSeverity({ risk, alerts: [sighting('a', 0, [])] }, 50)).toBe(severity);
    expect(tellingSeverity({ risk, alerts: [sighting('a', 0, [], { web: true })] }, 50)).toBe(undefined);
  });
});

describe('what is kept of an alert', () => {
  it('is read as it was written', () => {
    const one = sighting('a', 1, [{ ...address('192.0.2.1'), wide: true }], { account: '1' });
    expect(readSighting(JSON.parse(JSON.stringify(one)))).toEqual(one);
    expect(() => readSighting({ id: 'a' })).toThrow('time');
  });
});
