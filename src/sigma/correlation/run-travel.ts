import { member, type Json } from '../../event/json.ts';
import { within } from './bounds.ts';
import type { Bounds } from './correlation.ts';
import { kilometresBetween, type Point } from './distance.ts';
import type { Entry } from './entry.ts';
import { valuesOfKey, type Runner, type RunnerContext } from './runner.ts';
import { rememberedGroups } from './run-values.ts';
import { numberOf } from './scalars.ts';

/** Clocks differ, and events of one second have an order by chance: nobody is asked to have travelled in less. */
const leastTime = 60_000;

/** So many journeys are named in a finding. */
const mostNotes = 10;

/**
 * Tells when a group is somewhere else than in its event before, unless that was longer ago than the time span, and would have had to be
 * faster than anybody is.
 * @param fields of the latitude and of the longitude, in degrees
 * @param bounds of the speed in kilometres an hour
 * @param minimum kilometres under which a journey is none: data on places is not exact
 */
export function runTravel(
  fields: readonly string[],
  bounds: Bounds,
  minimum: number,
  context: RunnerContext,
): Runner {
  const { keep, linked } = context;
  const { timespan } = linked.correlation;
  interface State {
    /** Where the group was last, and when. */
    last: { readonly point: Point; readonly time: number } | undefined;
  }
  const { groups, create, take, judge } = rememberedGroups<State>(fields, context, {
    create: () => ({ last: undefined }),
    forget: ({ key }) => keep(key, undefined, undefined),
  });

  return {
    take,
    settle: () =>
      judge((group, said) => {
        const journeys: { readonly entry: Entry; readonly speed: number; readonly note: string }[] = [];
        for (const { entry, texts } of said) {
          const point = pointOf(texts[0]);
          if (point === undefined) continue;
          const { last } = group.state;
          group.state.last = { point, time: entry.time };
          if (last === undefined || last.time < entry.time - timespan) continue;
          const distance = kilometresBetween(last.point, point);
          const took = entry.time - last.time;
          const speed = distance / (Math.max(took, leastTime) / 3_600_000);
          if (distance >= minimum && within(speed, bounds))
            journeys.push({ entry, speed, note: `${Math.round(distance)} km in ${spoken(took)}` });
        }
        const { last } = group.state;
        if (last !== undefined) keep(group.key, undefined, { ...last.point, last: last.time });
        const [first] = journeys;
        if (first === undefined) return undefined;
        const { time, id } = first.entry;
        return {
          key: group.key,
          groupValues: group.values,
          value: Math.round(Math.max(...journeys.map(({ speed }) => speed))),
          notes: journeys.slice(0, mostNotes).map(({ note }) => note),
          start: time,
          end: time,
          entries: journeys.map(({ entry }) => entry),
          eventId: id,
        };
      }),
    restoreGroups: (rows) => {
      const states = rows.map(({ group, json }) => ({ group, json, last: number(json, 'last') }));
      for (const { group: key, json, last } of states.sort((a, b) => a.last - b.last)) {
        const group = groups.get(key) ?? create({ key, values: valuesOfKey(key) }, last);
        const point = { latitude: number(json, 'latitude'), longitude: number(json, 'longitude') };
        group.state.last = { point, time: last };
      }
    },
    restore: () => {},
    restored: () => {},
  };
}

function number(json: Json, name: string): number {
  return Number(member(json, name));
}

/** Of the combination of two values, each of which must be one number. */
function pointOf(combination = '[]'): Point | undefined {
  const [latitude, longitude] = (JSON.parse(combination) as readonly string[]).map(numberOf);
  return latitude !== undefined &&
    longitude !== undefined &&
    Math.abs(latitude) <= 90 &&
    Math.abs(longitude) <= 180
    ? { latitude, longitude }
    : undefined;
}

function spoken(milliseconds: number): string {
  const minutes = Math.round(milliseconds / 60_000);
  if (minutes < 1) return 'less than a minute';
  return minutes < 120 ? `${minutes} minutes` : `${Math.round(minutes / 60)} hours`;
}
