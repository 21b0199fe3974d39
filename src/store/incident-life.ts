import type { Alert } from '../alert/alert.ts';
import type { Status } from '../alert/alert-life.ts';
import { incidentRule } from '../alert/incident/incident-rule.ts';
import { findIncident, type Incident } from '../alert/incident/incident.ts';
import type { GatherSetting } from '../alert/incident/gather.ts';
import { lifecycleOf } from '../alert/lifecycle.ts';
import { storedIncidents } from './incidents.ts';
import type { AlertChange, AlertChangeResult } from './life-store.ts';
import type { Store } from './store.ts';

/** A status that an incident is given, with who gave it, and from where. */
export interface IncidentChange extends Pick<AlertChange, 'by' | 'via' | 'now'> {
  readonly status: Status;
  readonly reason?: string | undefined;
  /** Of the alert by which people were told of the incident, as for `AlertChange`; 0 while nobody was. */
  readonly expected?: number | undefined;
}

export type IncidentChangeResult =
  | {
      readonly type: 'changed';
      /** Ids of the alerts that were changed, the incident's own alert first. */
      readonly changed: readonly string[];
      /** How many were so already, or further. */
      readonly unchanged: number;
    }
  | Extract<AlertChangeResult, { readonly type: 'refused' }>
  /** With the alert by which people were told, where there is one: it has another revision. */
  | { readonly type: 'stale'; readonly alert: Alert | undefined };

type IncidentStore = Pick<Store, 'alert' | 'deliveries' | 'life' | 'state'>;

/** Which alerts of an incident a status reaches: what is further along stays. A reopened incident leaves its alerts as they are. */
const reaches: Readonly<Record<Status, readonly Status[]>> = {
  open: [],
  acknowledged: ['open'],
  'in-progress': ['open', 'acknowledged'],
  resolved: ['open', 'acknowledged', 'in-progress'],
  'false-positive': ['open', 'acknowledged', 'in-progress'],
};

/**
 * Gives an incident a status: its own alert, and with it the alerts in it. Each change is a line in the history of its alert. A process that dies in
 * between leaves the rest as it was, and the same again does what is missing.
 */
export async function changeIncident(
  store: IncidentStore,
  { id, told, alerts }: Incident,
  change: IncidentChange,
): Promise<IncidentChangeResult> {
  if (change.expected !== undefined) {
    const alert = told && (await store.alert(told.alertId));
    const revision = alert === undefined ? 0 : lifecycleOf(alert).revision;
    if (revision !== change.expected) return { type: 'stale', alert };
  }
  const changed: string[] = [];
  const own = alerts.some((one) => one.id === told?.alertId) ? undefined : told?.alertId;
  if (own !== undefined) {
    const result = await changeOne(store, own, change, change.reason);
    if (result.type === 'stale' || result.type === 'refused') return result;
    if (result.type === 'changed') changed.push(own);
  }
  const passed = await changeMembers(
    store,
    alerts.map((one) => one.id),
    { ...change, incident: id },
  );
  return passed.type === 'changed' ? { ...passed, changed: [...changed, ...passed.changed] } : passed;
}

/**
 * Passes on to the alerts of an incident what was done to its own alert. Nothing where the alert is none of an incident.
 * @returns how many were changed
 */
export async function passOn(
  store: IncidentStore,
  setting: GatherSetting | undefined,
  alert: Alert,
  change: Omit<IncidentChange, 'expected'>,
): Promise<number> {
  if (setting === undefined || alert.rule.id !== incidentRule.id || reaches[change.status].length === 0)
    return 0;
  const incident = findIncident(await storedIncidents(store, setting), alert.incident?.id ?? alert.id);
  if (incident === undefined) return 0;
  const ids = incident.alerts.map(({ id }) => id);
  const result = await changeMembers(store, ids, { ...change, incident: incident.id });
  return result.type === 'changed' ? result.changed.length : 0;
}

async function changeMembers(
  store: IncidentStore,
  ids: readonly string[],
  change: IncidentChange & { readonly incident: string },
): Promise<IncidentChangeResult> {
  const { status, incident, reason = '' } = change;
  const changed: string[] = [];
  let unchanged = 0;
  for (const id of ids) {
    let result: AlertChangeResult | undefined;
    // Of somebody who changes it at the same time nothing is overwritten: it is looked at again.
    do {
      const alert = await store.alert(id);
      if (alert === undefined || !reaches[status].includes(lifecycleOf(alert).status)) {
        result = undefined;
        break;
      }
      const because = `with incident ${incident}${reason.trim() === '' ? '' : `: ${reason}`}`;
      const expected = lifecycleOf(alert).revision;
      // A false positive needs a reason of its own.
      const why = status === 'false-positive' && reason.trim() === '' ? undefined : because;
      result = await changeOne(store, id, { ...change, expected }, why);
    } while (result.type === 'stale');
    if (result?.type === 'refused') return result;
    if (result?.type === 'changed') changed.push(id);
    else unchanged += 1;
  }
  return { type: 'changed', changed, unchanged };
}

async function changeOne(
  store: IncidentStore,
  alertId: string,
  { status, by, via, now, expected }: IncidentChange,
  reason: string | undefined,
): Promise<AlertChangeResult> {
  const told = await store.deliveries(alertId);
  return store.life.change({
    alertId,
    change: { type: 'status', status, reason },
    by,
    via,
    expected,
    followUps: [...new Set(told.map(({ channel }) => channel))],
    now,
  });
}
