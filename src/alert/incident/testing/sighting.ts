import type { Entity } from '../entity.ts';
import type { Sighting } from '../sighting.ts';

const minute = 60_000;

/** An alert of medium severity about these things, so many minutes after the epoch. */
export function sighting(
  id: string,
  at: number,
  entities: readonly Entity[],
  change: Partial<Sighting> = {},
): Sighting {
  return {
    id,
    time: at * minute,
    storedAt: 0,
    severity: 'medium',
    rule: { id: `rule-${id}`, title: 'R' },
    title: id,
    who: 'x',
    eventId: `event-${id}`,
    tactics: ['Discovery'],
    actor: entities[0]?.key,
    entities,
    ...change,
  };
}
