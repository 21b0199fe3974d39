import * as z from 'zod';
import type { GatherSetting } from '../alert/incident/gather.ts';
import { timespan } from './config-joining.ts';

const hour = 3_600_000;

/** The `incidents` section. */
export const incidentsSection = z
  .strictObject({
    enabled: z
      .boolean()
      .default(true)
      .describe('Whether alerts about the same actor, address or resource are gathered into incidents.'),
    window: timespan
      .default(6 * hour)
      .describe('How far apart in event time two alerts may be that have something in common.'),
    longest: timespan
      .default(24 * hour)
      .describe('The longest that one incident lasts; what comes later is another.'),
    threshold: z
      .int()
      .min(1)
      .default(50)
      .describe(
        'From which score on people are told of an incident, by an alert of severity high; from twice as much on it is critical.',
      ),
    mostActors: z
      .int()
      .min(1)
      .max(100)
      .default(5)
      .describe('An address, role or resource that more actors than these have in common joins nothing.'),
    mute: z
      .enum(['none', 'low', 'medium'])
      .default('medium')
      .describe(
        'Up to which severity an alert brings no message to a channel that has been told of the incident which it belongs to, or of the same client of a web site. It is kept, found and counted like any other; high and critical are always told.',
      ),
    clientWait: timespan
      .default(15_000)
      .describe(
        'How long a message about an alert that `mute` may keep back, about one client of a web site, waits for a worse alert about that client, which is then told alone.',
      ),
    ignore: z
      .array(z.string().min(1))
      .max(1_000)
      .default([])
      .describe(
        'Addresses, ARNs, ids of access keys and names of people that join nothing, such as the NAT gateway of an office.',
      ),
  })
  .prefault({})
  .describe('How alerts become incidents.');

export type IncidentsConfig = z.output<typeof incidentsSection>;

const mostAlerts = 200;

export function gatheringOf({ window, longest, mostActors, ignore }: IncidentsConfig): GatherSetting {
  return { windowMs: window, longestMs: longest, most: mostAlerts, mostActors, ignore: new Set(ignore) };
}
