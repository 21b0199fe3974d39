import { describe, expect, it } from 'vitest';
import type { Alert } from '../../alert/alert.ts';
import type { Status } from '../../alert/alert-life.ts';
import { incidentRule } from '../../alert/incident/incident-rule.ts';
import { findIncident, type Incident } from '../../alert/incident/incident.ts';
import { sightingOf } from '../../alert/incident/sighting.ts';
import { lifecycleOf } from '../../alert/lifecycle.ts';
import { changeIncident, passOn } from '../incident-life.ts';
import { alertPrefix, storedIncidents, toldPrefix } from '../incidents.ts';
import type { Store } from '../store.ts';
import type { Open } from './opened-store.ts';
import { sampleAlert, sampleId as id } from './samples.ts';

const now = Date.UTC(2026, 10, 21, 9);
const hour = 3_600_000;
const setting = {
  windowMs: 6 * hour,
  longestMs: 24 * hour,
  most: 200,
  mostActors: 5,
  ignore: new Set<string>(),
};

const members = [0, 1, 2].map((number): Alert => ({
  ...sampleAlert(number, { time: now + number }),
  rule: { id: `rule-${number}`, title: `Rule ${number}` },
}));
const teller: Alert = {
  ...sampleAlert(99, { time: now }),
  rule: incidentRule,
  incident: { id: id(0), name: 'x' },
};

/** A store with an incident of three alerts, of which people were told by a fourth. */
async function opened(open: Open, isTold = true) {
  const { store } = await open();
  await store.commit({
    alerts: [...members, teller].map((alert) => ({ alert, channels: ['slack'] })),
    state: [
      ...members.flatMap((alert) => {
        const sighting = sightingOf(alert, now);
        return sighting === undefined ? [] : [{ key: alertPrefix + alert.id, value: { ...sighting } }];
      }),
      ...(isTold
        ? [{ key: toldPrefix + id(0), value: { id: id(0), alertId: id(99), severity: 'high' } }]
        : []),
    ],
    now,
  });
  const incident = async (): Promise<Incident> => {
    const found = findIncident(await storedIncidents(store, setting), id(0));
    if (found === undefined) throw new Error('no incident');
    return found;
  };
  const set = (number: number, status: Status, reason?: string) =>
    store.life.change({
      alertId: id(number),
      change: { type: 'status', status, reason },
      by: 'jane',
      via: 'api',
      now,
    });
  const statuses = async () =>
    Promise.all(
      [99, 0, 1, 2].map(async (number) => {
        const alert = await store.alert(id(number));
        return alert === undefined ? undefined : lifecycleOf(alert).status;
      }),
    );
  return { store, incident, set, statuses };
}

const who = { by: 'bob', via: 'cli', now: now + hour } as const;

/** What people say of an incident and its alerts together. */
export function describeIncidents(open: Open): void {
  describe('the status of an incident', () => {
    it.each<[status: Status, first: Status, expected: readonly Status[], changed: number]>([
      ['acknowledged', 'open', ['acknowledged', 'acknowledged', 'acknowledged', 'acknowledged'], 4],
      ['acknowledged', 'in-progress', ['acknowledged', 'in-progress', 'acknowledged', 'acknowledged'], 3],
      ['in-progress', 'acknowledged', ['in-progress', 'in-progress', 'in-progress', 'in-progress'], 4],
      ['resolved', 'false-positive', ['resolved', 'false-positive', 'resolved', 'resolved'], 3],
      ['false-positive', 'resolved', ['false-positive', 'resolved', 'false-positive', 'false-positive'], 3],
    ])(
      '%s reaches what is not so far yet, beside one that is %s',
      async (status, first, expected, changed) => {
        const { store, incident, set, statuses } = await opened(open);
        await set(0, first, 'x');
        const result = await changeIncident(store, await incident(), { ...who, status, reason: 'done' });
        expect(result).toMatchObject({ type: 'changed', unchanged: 4 - changed });
        expect(result.type === 'changed' && result.changed).toHaveLength(changed);
        expect(await statuses()).toEqual(expected);
        const again = await changeIncident(store, await incident(), { ...who, status, reason: 'done' });
        expect(again).toEqual({ type: 'changed', changed: [], unchanged: 3 });
      },
    );

    it('is written down with each alert, with the incident and the reason', async () => {
      const { store, incident } = await opened(open);
      await changeIncident(store, await incident(), { ...who, status: 'resolved', reason: 'key deleted' });
      const { lines } = await store.life.history({ alertId: id(1), limit: 5 });
      expect(lines).toMatchObject([
        { by: 'bob', via: 'cli', detail: `from open to resolved: with incident ${id(0)}: key deleted` },
      ]);
    });

    it('open opens its own alert again and leaves the others', async () => {
      const { store, incident, statuses } = await opened(open);
      await changeIncident(store, await incident(), { ...who, status: 'resolved' });
      await changeIncident(store, await incident(), { ...who, status: 'open' });
      expect(await statuses()).toEqual(['open', 'resolved', 'resolved', 'resolved']);
    });

    it('of which nobody was told reaches its alerts', async () => {
      const { store, incident, statuses } = await opened(open, false);
      await changeIncident(store, await incident(), { ...who, status: 'acknowledged' });
      expect(await statuses()).toEqual(['open', 'acknowledged', 'acknowledged', 'acknowledged']);
    });

    it('is refused whole where it was decided from another revision', async () => {
      const { store, incident, set, statuses } = await opened(open);
      await set(99, 'acknowledged');
      const change = { ...who, status: 'resolved', expected: 0 } as const;
      expect(await changeIncident(store, await incident(), change)).toMatchObject({ type: 'stale' });
      expect(await statuses()).toEqual(['acknowledged', 'open', 'open', 'open']);
    });

    it('is held to the revision that it was decided from, also where it has no alert of its own', async () => {
      const { store, incident, set, statuses } = await opened(open, false);
      const change = { ...who, status: 'acknowledged' } as const;
      const nobodyTold = await incident();
      expect(await changeIncident(store, nobodyTold, { ...change, expected: 7 })).toEqual({
        type: 'stale',
        alert: undefined,
      });
      // An alert in it told of it, and somebody has looked at that one.
      const told = { id: id(0), alertId: id(1), severity: 'high' } as const;
      await set(1, 'in-progress');
      const toldByMember = { ...nobodyTold, told };
      expect(await changeIncident(store, toldByMember, { ...change, expected: 0 })).toMatchObject({
        type: 'stale',
        alert: { id: id(1), lifecycle: { revision: 1 } },
      });
      expect(await statuses()).toEqual(['open', 'open', 'in-progress', 'open']);
      for (const [one, expected] of [
        [toldByMember, 1],
        [nobodyTold, 0],
        // The alert that told of it is gone.
        [{ ...nobodyTold, told: { ...told, alertId: id(50) } }, 0],
      ] as const)
        expect(await changeIncident(store, one, { ...change, expected })).toMatchObject({ type: 'changed' });
      expect(await statuses()).toEqual(['open', 'acknowledged', 'in-progress', 'acknowledged']);
    });

    it.each([true, false])('is no false positive without a reason: told %s', async (isTold) => {
      const { store, incident, statuses } = await opened(open, isTold);
      const change = { ...who, status: 'false-positive' } as const;
      expect(await changeIncident(store, await incident(), change)).toMatchObject({ type: 'refused' });
      expect(await statuses()).toEqual(['open', 'open', 'open', 'open']);
    });

    it('does what is missing after it broke off, and passes over alerts that are gone', async () => {
      const { store, incident, statuses } = await opened(open);
      const before = await incident();
      let changes = 0;
      const breaking = {
        ...store,
        alert: (one: string) => store.alert(one),
        deliveries: (one: string) => store.deliveries(one),
        life: {
          ...store.life,
          change: async (request: Parameters<Store['life']['change']>[0]) => {
            changes += 1;
            if (changes === 3) throw new Error('killed');
            return store.life.change(request);
          },
        },
      };
      const change = { ...who, status: 'resolved' } as const;
      await expect(changeIncident(breaking, before, change)).rejects.toThrow('killed');
      expect(await statuses()).toEqual(['resolved', 'resolved', 'open', 'open']);
      const withLost = { ...before, alerts: [...before.alerts, { ...before.alerts[0], id: id(50) }] };
      expect(await changeIncident(store, withLost as Incident, change)).toEqual({
        type: 'changed',
        changed: [id(1), id(2)],
        unchanged: 2,
      });
    });
  });

  describe('what is done to the alert of an incident', () => {
    it('is passed on to the alerts in it', async () => {
      const { store, statuses, set } = await opened(open);
      await set(99, 'acknowledged');
      expect(await passOn(store, setting, teller, { ...who, status: 'acknowledged' })).toBe(3);
      expect(await statuses()).toEqual(['acknowledged', 'acknowledged', 'acknowledged', 'acknowledged']);
    });

    it.each<[name: string, alert: Alert, status: Status, gathers: boolean]>([
      ['of another alert', members[0] ?? teller, 'resolved', true],
      ['where it is opened again', teller, 'open', true],
      ['where nothing is gathered', teller, 'resolved', false],
      ['where the incident is gone', { ...teller, incident: { id: id(77), name: '' } }, 'resolved', true],
    ])('is not passed on: %s', async (_, alert, status, gathers) => {
      const { store } = await opened(open);
      expect(await passOn(store, gathers ? setting : undefined, alert, { ...who, status })).toBe(0);
    });
  });
}
