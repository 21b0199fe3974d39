import { setImmediate as turn } from 'node:timers/promises';
import * as z from 'zod';
import { gatherInSteps, gatherMemory, type Incident, type ToldIncident } from '../alert/incident/incident.ts';
import type { GatherSetting } from '../alert/incident/gather.ts';
import { joinedSighting, readSighting, type Sighting } from '../alert/incident/sighting.ts';
import type { Alert } from '../alert/alert.ts';
import { severities } from '../event/severity.ts';
import type { JoinedNote } from './owed.ts';
import { pausesAtTimes } from './pauses.ts';
import type { Store } from './store.ts';

const prefix = 'incident/';

/** Keys of the state under which stand what incidents need of alerts, and what people were told; the id follows. */
export const alertPrefix = `${prefix}alert/`;
export const toldPrefix = `${prefix}told/`;

/** Under which stands what joined an alert, until it is gathered with the alerts. */
export const joinedPrefix = `${prefix}joined/`;

/** What the state is to hold of a finding that joins an alert, so that it is gathered like an alert. */
export function joinedNote(finding: Alert, before: Alert, now: number): JoinedNote | undefined {
  const sighting = joinedSighting(finding, before, now);
  return sighting && { key: joinedPrefix + sighting.id, value: { ...sighting } };
}

const toldSchema = z.object({
  id: z.string(),
  alertId: z.string(),
  severity: z.enum(severities),
  channels: z.array(z.string()).readonly().optional(),
});

/** What the state holds for incidents. */
export async function keptIncidents(store: Pick<Store, 'state'>): Promise<{
  readonly sightings: readonly Sighting[];
  readonly told: readonly ToldIncident[];
}> {
  const entries = await store.state(prefix);
  const pauses = pausesAtTimes(turn);
  const sightings: Sighting[] = [];
  const told: ToldIncident[] = [];
  for (const { key, value } of entries) {
    if (key.startsWith(alertPrefix)) sightings.push(readSighting(value));
    else if (key.startsWith(toldPrefix)) told.push(toldSchema.parse(value));
    await pauses();
  }
  return { sightings, told };
}

/** The incidents of the last days, the latest first. Thousands of alerts are gathered bit by bit, and others come in between. */
export async function storedIncidents(
  store: Pick<Store, 'state'>,
  setting: GatherSetting,
): Promise<readonly Incident[]> {
  const { sightings, told } = await keptIncidents(store);
  const { incidents } = await gatherInSteps(sightings, told, setting, gatherMemory(), pausesAtTimes(turn));
  return incidents;
}
