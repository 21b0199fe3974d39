import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { severities } from '../../event/severity.ts';
import type { Entity } from './entity.ts';
import type { GatherSetting } from './gather.ts';
import { incidentsOf, type ToldIncident } from './incident.ts';
import type { Sighting } from './sighting.ts';
import { sighting } from './testing/sighting.ts';
import { toldIncidents } from './told-incidents.ts';

const minute = 60_000;
const setting: GatherSetting = {
  windowMs: 60 * minute,
  longestMs: 240 * minute,
  most: 5,
  mostActors: 2,
  ignore: new Set(['192.0.2.99']),
};

const user = (name: string): Entity => ({ kind: 'user', key: name });
const address = (key: string): Entity => ({ kind: 'address', key });

const seen = (
  id: string,
  at: number,
  entities: readonly Entity[],
  change: Partial<Sighting> = {},
): Sighting =>
  sighting(id, at, entities, { who: entities[0]?.key ?? '', eventId: id, tactics: [], ...change });

/** Two alerts of user `eve` and address 192.0.2.1, of which people were told. */
const known = [
  seen('a', 0, [user('eve'), address('192.0.2.1')]),
  seen('b', 30, [user('eve'), address('192.0.2.1')]),
];
const told: ToldIncident = { id: 'a', alertId: 'told', severity: 'high', channels: ['slack'] };

function before(sightings: readonly Sighting[], tellings: readonly ToldIncident[], one: Sighting) {
  return toldIncidents(sightings, incidentsOf(sightings, tellings, setting), setting).before(one);
}

describe('an alert belongs to an incident that was told', () => {
  it.each<[name: string, one: Sighting, isFound: boolean]>([
    ['if it shares an actor', seen('x', 40, [user('eve')]), true],
    ['if it came late and lies before', seen('x', -60, [user('eve')]), true],
    ['but not with another actor', seen('x', 40, [user('bob')]), false],
    ['but not beyond the window', seen('x', 91, [user('eve')]), false],
    [
      'with another actor at the same address',
      seen('x', 40, [user('bob'), address('192.0.2.1')], { actor: 'bob' }),
      true,
    ],
    [
      'but not by an address of one of the own networks',
      seen('x', 40, [{ ...address('192.0.2.1'), wide: true }]),
      false,
    ],
  ])('%s', (_, one, isFound) => {
    expect(before(known, [told], one)).toEqual(
      isFound
        ? { id: 'a', name: 'alerts around eve', alertId: 'told', severity: 'high', channels: ['slack'] }
        : undefined,
    );
  });

  it.each<[name: string, sightings: readonly Sighting[], tellings: readonly ToldIncident[]]>([
    ['nobody was told', known, []],
    ['it was told to no channel', known, [{ ...told, channels: undefined }]],
    ['it is full', [...known, ...[31, 32, 33].map((at) => seen(`f${at}`, at, [user('eve')]))], [told]],
  ])('not where %s', (_, sightings, tellings) => {
    expect(before(sightings, tellings, seen('x', 40, [user('eve')]))).toBe(undefined);
  });

  it('not by what one more actor makes too wide', () => {
    const two = [...known, seen('c', 31, [user('bob'), address('192.0.2.1')])];
    const third = seen('x', 40, [user('dan'), address('192.0.2.1')]);
    expect(before(two, [told], third)).toBe(undefined);
  });
});

describe('requests of one client', () => {
  const web = (id: string, at: number, change: Partial<Sighting> = {}, client = '203.0.113.9') =>
    seen(id, at, [address(client)], { web: true, ...change });
  const first = web('a', 0, { told: ['slack'] });

  it.each<[name: string, sightings: readonly Sighting[], one: Sighting, by: string | undefined]>([
    ['are told by the first that was told', [first], web('x', 5), 'a'],
    [
      'are told by the worst of them',
      [first, web('b', 1, { severity: 'high', told: ['slack'] })],
      web('x', 5),
      'b',
    ],
    ['are told where they are worse', [first], web('x', 5, { severity: 'high' }), undefined],
    ['are told where nobody was told yet', [web('a', 0)], web('x', 5), undefined],
    ['are told again beyond the window', [first], web('x', 61), undefined],
    ['go on beyond the window of the first', [first, web('b', 50)], web('x', 100), 'a'],
    [
      'are told again after the longest time of an incident',
      [first, ...[50, 100, 150, 200].map((at) => web(`b${at}`, at))],
      web('x', 241),
      undefined,
    ],
    ['are told for each client', [first], web('x', 5, {}, '203.0.113.10'), undefined],
    [
      'are told where the client is ignored',
      [web('a', 0, { told: ['slack'] }, '192.0.2.99')],
      web('x', 5, {}, '192.0.2.99'),
      undefined,
    ],
    ['are not told by themselves', [first], first, undefined],
  ])('%s', (_, sightings, one, by) => {
    expect(before(sightings, [], one)?.alertId).toBe(by);
  });

  it('are known as soon as they are stored', () => {
    const index = toldIncidents([], [], setting);
    index.add(first);
    expect(index.before(web('x', 5))).toEqual({
      id: 'a',
      name: 'alerts around 203.0.113.9',
      alertId: 'a',
      severity: 'medium',
      channels: ['slack'],
    });
  });

  it('are an incident that is told by its worst alert', () => {
    const alerts = [
      web('a', 0),
      web('b', 1, { told: ['slack'] }),
      web('c', 2, { severity: 'high', told: ['pager'] }),
    ];
    const [incident] = incidentsOf(alerts, [], setting);
    expect(incident?.told).toEqual({ id: 'a', alertId: 'c', severity: 'high', channels: ['pager'] });
  });
});

it('finds what gathering finds with the alert among the others', () => {
  const wide = { ...setting, most: Infinity, longestMs: Infinity, mostActors: Infinity };
  const anyone = fc.constantFrom(user('u'), user('v'), address('192.0.2.1'), address('192.0.2.2'));
  const any = fc.record({
    at: fc.integer({ min: 0, max: 400 }),
    entities: fc.uniqueArray(anyone, { minLength: 1, maxLength: 2, selector: ({ key }) => key }),
    severity: fc.constantFrom(...severities),
  });
  fc.assert(
    fc.property(fc.array(any, { minLength: 2, maxLength: 12 }), (all) => {
      const sightings = all.map(({ at, entities, severity }, index) =>
        seen(`s${String(index).padStart(2, '0')}`, at, entities, { severity }),
      );
      const [last, ...others] = sightings.toReversed();
      if (last === undefined) return;
      const [incident] = incidentsOf(others, [], wide);
      if (incident === undefined) return;
      const telling = { ...told, id: incident.id };
      const gathered = incidentsOf(others, [telling], wide);
      const found = toldIncidents(others, gathered, wide).before(last);
      const withLast = incidentsOf(sightings, [telling], wide).find(({ alerts }) => alerts.includes(last));
      expect(found?.alertId).toBe(withLast?.told?.alertId);
    }),
  );
});
