import type { Moment } from '../asset.ts';
import { assetKey, type AssetMemory } from '../memory.ts';
import type { Sighting } from '../sighting.ts';
import { goneSightings, type WholeList } from './gone.ts';

/** What a look at an account showed, and when each of it was asked for. */
export interface Seen {
  readonly sightings: readonly Sighting[];
  readonly time: number;
}

/** What a snapshot changed in a memory, counted by types of assets. */
export interface Learned {
  readonly type: string;
  readonly there: number;
  /** Of those, how many nothing was known of before. */
  readonly new: number;
  /** How many were remembered and are no more. */
  readonly gone: number;
}

/**
 * Takes a snapshot into a memory. What a list ought to have and has not is gone, by nobody that was seen. Events that were later than
 * the look stay right, whenever they come.
 */
export function learnSnapshot(
  memory: Pick<AssetMemory, 'get' | 'learn' | 'all'>,
  seen: readonly Seen[],
  lists: readonly WholeList[],
): readonly Learned[] {
  const shown = new Map<string, { readonly type: string; readonly isNew: boolean }>();
  for (const { sightings, time } of seen) {
    for (const sighting of sightings) {
      const { type, id } = sighting;
      const key = assetKey(sighting);
      if (!shown.has(key)) shown.set(key, { type, isNew: memory.get(type, id) === undefined });
    }
    memory.learn(sightings, momentOf(time));
  }
  const gone = goneSightings(memory.all(), lists, new Set(shown.keys()));
  for (const { list, sighting } of gone) memory.learn([sighting], momentOf(list.time));
  const types = new Set([
    ...[...shown.values()].map(({ type }) => type),
    ...gone.map((one) => one.list.type),
  ]);
  return [...types].sort().map((type) => {
    const those = [...shown.values()].filter((one) => one.type === type);
    return {
      type,
      there: those.length,
      new: those.filter(({ isNew }) => isNew).length,
      gone: gone.filter(({ list }) => list.type === type).length,
    };
  });
}

/** Without the id of an event it comes before every event of the same second, as the times of events are cut to the second. */
function momentOf(time: number): Moment {
  return { time, event: '', action: 'snapshot', by: 'somebody unseen' };
}
