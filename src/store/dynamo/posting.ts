import { packText, textOf, unpackText, type Item } from './item.ts';
import { falling, keyPart, last, type Key } from './keys.ts';
import type { Table } from './table.ts';

/** Where an alert stands in a list: newest event time first; ties by id, the greatest first. */
export interface Place {
  readonly time: number;
  readonly id: string;
}

/** An alert with what it is to be found by. */
export interface Posted extends Place {
  readonly terms: readonly string[];
}

/**
 * Lists of alerts, one for each term, as items of the table itself, since an index of DynamoDB may lag behind. A term's partition holds an
 * item for each minute of event time and change: so a change with many alerts writes few items, a list is read in the order of time, and
 * where a page begins is a place in it. An entry counts only where the alert that it names is there and says the same.
 */
export function postingItems(segment: string, alerts: readonly Posted[]): readonly Item[] {
  const lists = new Map<string, Map<number, Place[]>>();
  for (const { time, id, terms } of alerts)
    for (const term of terms) {
      let minutes = lists.get(term);
      if (minutes === undefined) lists.set(term, (minutes = new Map<number, Place[]>()));
      const minute = minuteOf(time);
      const places = minutes.get(minute);
      if (places === undefined) minutes.set(minute, [{ time, id }]);
      else places.push({ time, id });
    }
  const items: Item[] = [];
  for (const [term, minutes] of lists)
    for (const [minute, places] of minutes)
      for (let from = 0; from < places.length; from += placesInOne)
        items.push({
          pk: { S: partitionOf(term) },
          sk: { S: `${falling(minute)}#${segment}${from === 0 ? '' : `.${from}`}` },
          b: {
            B: packText(
              JSON.stringify(places.slice(from, from + placesInOne).map(({ time, id }) => [time, id])),
            ),
          },
        });
  return items;
}

const placesInOne = 2_000;

function minuteOf(time: number): number {
  return Math.floor(time / 60_000);
}

function partitionOf(term: string): string {
  return `T#${keyPart(term)}`;
}

/** The list that every alert of a severity is in, with those under an exception apart. No search has a term with this sign. */
export function listTerm(severity: string, excepted: 0 | 1): string {
  return `=${severity}/${excepted}`;
}

/** The list of alerts that last so long: see `../lasting.ts`. */
export function lastingTerm(lasting: number): string {
  return `=lasting/${lasting}`;
}

/** Which part of a list is read. */
export interface Stretch {
  /** Only event times in [since, until). */
  readonly since?: number | undefined;
  readonly until?: number | undefined;
  /** Only what comes behind this place. */
  readonly after?: Place | undefined;
}

/** One list in its order, in pieces; a place that stands in it twice is given once. */
export async function* postings(
  table: Table,
  term: string,
  stretch: Stretch,
  limit: number,
): AsyncGenerator<readonly Place[]> {
  const { since, until, after } = stretch;
  const newest = Math.min(until ?? Infinity, after?.time ?? Infinity);
  const range = {
    pk: partitionOf(term),
    from: newest === Infinity ? undefined : falling(minuteOf(newest)),
    to: since === undefined ? undefined : `${falling(minuteOf(since))}${last}`,
    limit,
  };
  if (range.from !== undefined && range.to !== undefined && range.from > range.to) return;
  let minute: string | undefined;
  let places: Place[] = [];
  for await (const page of table.pages(range)) {
    for (const item of page) {
      const [own] = (textOf(item, 'sk') ?? '').split('#');
      if (own !== minute) {
        yield inOrder(places, stretch);
        places = [];
        minute = own;
      }
      places.push(...readPlaces(item));
    }
  }
  yield inOrder(places, stretch);
}

function readPlaces(item: Item): readonly Place[] {
  const pairs = JSON.parse(unpackText(item['b']?.B ?? packText('[]'))) as readonly (readonly [
    number,
    string,
  ])[];
  return pairs.map(([time, id]) => ({ time, id }));
}

function inOrder(places: readonly Place[], { since, until, after }: Stretch): readonly Place[] {
  return places
    .filter(({ time }) => (since === undefined || time >= since) && (until === undefined || time < until))
    .filter((place) => after === undefined || comparePlaces(after, place) < 0)
    .toSorted(comparePlaces)
    .filter((place, i, all) => place.id !== all[i - 1]?.id);
}

/** Below 0 where the first stands before the second. */
function comparePlaces(a: Place, b: Place): number {
  return b.time - a.time || (a.id < b.id ? 1 : a.id > b.id ? -1 : 0);
}

/** Several lists as one, in order. */
export async function* mergedPostings(
  lists: readonly AsyncGenerator<readonly Place[]>[],
): AsyncGenerator<readonly Place[]> {
  const heads = await Promise.all(lists.map(async (list) => ({ list, rest: await nextOf(list) })));
  for (;;) {
    const full = heads.filter(({ rest }) => rest.length > 0);
    const [first, ...others] = full;
    if (first === undefined) return;
    // What stands before the end of every list's piece can be told now.
    const end = others.reduce((least, { rest }) => earlier(least, rest.at(-1)), first.rest.at(-1));
    const ready: Place[] = [];
    for (const head of full) {
      const until = head.rest.findIndex((place) => end !== undefined && comparePlaces(place, end) > 0);
      ready.push(...(until === -1 ? head.rest : head.rest.slice(0, until)));
      head.rest = until === -1 ? [] : head.rest.slice(until);
    }
    // An alert whose severity has changed stands in two lists.
    yield ready.toSorted(comparePlaces).filter((place, i, all) => place.id !== all[i - 1]?.id);
    await Promise.all(
      full.map(async (head) => {
        if (head.rest.length === 0) head.rest = await nextOf(head.list);
      }),
    );
  }
}

function earlier(a: Place | undefined, b: Place | undefined): Place | undefined {
  if (a === undefined || b === undefined) return a ?? b;
  return comparePlaces(a, b) <= 0 ? a : b;
}

/** The next piece with anything in it; empty at the end. */
async function nextOf(list: AsyncGenerator<readonly Place[]>): Promise<readonly Place[]> {
  for (;;) {
    const next = await list.next();
    if (next.done === true) return [];
    if (next.value.length > 0) return next.value;
  }
}

/** The keys of items, written shorter: by partition, the sort keys. */
export function shortKeys(keys: readonly Key[]): Readonly<Record<string, readonly string[]>> {
  const found = new Map<string, string[]>();
  for (const { pk, sk } of keys) found.set(pk, [...(found.get(pk) ?? []), sk]);
  return Object.fromEntries(found);
}

export function longKeys(short: Readonly<Record<string, readonly string[]>>): readonly Key[] {
  return Object.entries(short).flatMap(([pk, keys]) => keys.map((sk) => ({ pk, sk })));
}
