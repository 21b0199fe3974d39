import * as z from 'zod';
import { incidentsOf, type Incident, type ToldIncident } from '../alert/incident/incident.ts';
import type { GatherSetting } from '../alert/incident/gather.ts';
import { readSighting, type Sighting } from '../alert/incident/sighting.ts';
import { severities } from '../event/severity.ts';
import type { Store } from './store.ts';

const prefix = 'incident/';

/** Keys of the state under which stand what incidents need of alerts, and what people were told; the id follows. */
export const alertPrefix = `${prefix}alert/`;
export const toldPrefix = `${prefix}told/`;

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
  return {
    sightings: entries
      .filter(({ key }) => key.startsWith(alertPrefix))
      .map(({ value }) => readSighting(value)),
    told: entries.filter(({ key }) => key.startsWith(toldPrefix)).map(({ value }) => toldSchema.parse(value)),
  };
}

/** The incidents of the last days, the latest first. */
export async function storedIncidents(
  store: Pick<Store, 'state'>,
  setting: GatherSetting,
): Promise<readonly Incident[]> {
  const { sightings, told } = await keptIncidents(store);
  return incidentsOf(sightings, told, setting);
}
