import type { Alert } from '../../alert/alert.ts';
import { statuses } from '../../alert/alert-life.ts';
import { severities, type Severity } from '../../event/severity.ts';
import { toKey } from '../column-text.ts';
import { readCursor, writeCursor } from '../cursor.ts';
import { isSeen, zonesOf, type TimeRange, type Zone } from '../lasting.ts';
import { checkLimit } from '../limit.ts';
import { alertTerms, conditionTerms, searchTerms, type TermQuery } from '../search-terms.ts';
import type { AlertPage, AlertQuery, Exceptions } from '../store.ts';
import { alertKey, alertWithin, storedAlert } from './alert-item.ts';
import type { Item } from './item.ts';
import { keyText } from './keys.ts';
import { lastingTerm, listTerm, mergedPostings, postings, type Place, type Stretch } from './posting.ts';
import type { Table } from './table.ts';

const exceptedOf: Readonly<Record<Exceptions, readonly (0 | 1)[]>> = { hide: [0], show: [0, 1], only: [1] };

/** So many items of a list are asked for to tell how long it is. */
const probeLength = 100;
const mostAtOnce = 400;

/**
 * One page of alerts, newest first: the shortest of the lists that all of what is asked for is in is read in its order, and the alerts in it are
 * looked at until the page is full.
 *
 * @throws {BadCursorError} where `after` was not made here
 * @throws {RangeError} where `limit` is not a whole number from 1 to 500
 */
export async function selectAlerts(table: Table, query: AlertQuery): Promise<AlertPage> {
  checkLimit(query.limit);
  const after = query.after === undefined ? undefined : readCursor(query.after);
  // One more than asked for tells whether there is a next page.
  const most = query.limit + 1;
  if (query.status?.length === 0) return { alerts: [], next: undefined };
  const asked = askedTerms(query);
  const found: Found[] = [];
  for (const zone of zonesOf(query, after)) {
    const pieces = await placesIn(table, zone, query, asked, after, most);
    found.push(...(await firstFitting(table, pieces, query, asked, most - found.length)));
    if (found.length >= most) break;
  }
  const page = found.slice(0, query.limit);
  const end = page.at(-1);
  return {
    alerts: page.map(({ alert }) => alert),
    next: found.length > query.limit && end ? writeCursor(end.place) : undefined,
  };
}

interface Found {
  readonly place: Place;
  readonly alert: Alert;
}

/** The places of a zone where something that is asked for may be, in order. */
async function placesIn(
  table: Table,
  zone: Zone,
  query: AlertQuery,
  asked: TermQuery,
  after: Place | undefined,
  most: number,
): Promise<AsyncGenerator<readonly Place[]>> {
  const stretchOf = ({ from, before }: TimeRange): Stretch => ({
    since: from === -Infinity ? undefined : from,
    until: before === Infinity ? undefined : before,
    after,
  });
  if (zone.type === 'all') return shortestList(table, query, asked, stretchOf(zone.range), most);
  return mergedPostings(
    zone.ranges.map((range) => postings(table, lastingTerm(range.lasting), stretchOf(range), mostAtOnce)),
  );
}

async function firstFitting(
  table: Table,
  pieces: AsyncGenerator<readonly Place[]>,
  query: AlertQuery,
  asked: TermQuery,
  most: number,
): Promise<readonly Found[]> {
  const found: Found[] = [];
  let size = most;
  for await (const places of rebatched(pieces, () => size)) {
    const items = await table.getMany(places.map(({ id }) => alertKey(id)));
    for (const place of places) {
      const item = items.get(keyText(alertKey(place.id)));
      const alert = item && (await fitting(table, item, place, query, asked));
      if (alert !== undefined) found.push({ place, alert });
      if (found.length >= most) return found;
    }
    size = Math.min(size * 2, mostAtOnce);
  }
  return found;
}

/** What terms an alert must have and must not have. */
function askedTerms({ text, about, ruleId, account, assignee, status }: AlertQuery): TermQuery {
  // Alerts that are open say nothing of it, so that those are asked for which say nothing else.
  const isOpen = status?.includes('open') === true;
  const others = statuses.filter((one) => one !== 'open' && status?.includes(one) === false);
  return {
    all: [
      ...searchTerms(text, about),
      ...(assignee === undefined ? [] : [conditionTerms('assignee', [assignee])]),
      ...(ruleId === undefined ? [] : [conditionTerms('rule', [ruleId])]),
      ...(account === undefined ? [] : [conditionTerms('account', [account])]),
      ...(status === undefined || isOpen ? [] : [conditionTerms('status', status)]),
    ],
    none: isOpen ? conditionTerms('status', others) : [],
  };
}

function chosenSeverities({ severity }: AlertQuery): readonly Severity[] {
  return severity === undefined ? severities : severities.slice(Math.max(severities.indexOf(severity), 0));
}

/** The list of the terms that the fewest alerts seem to have: one that ends soon, or else reaches back the furthest. */
async function shortestList(
  table: Table,
  query: AlertQuery,
  { all }: TermQuery,
  stretch: Stretch,
  most: number,
): Promise<AsyncGenerator<readonly Place[]>> {
  const listOf = (terms: readonly string[], limit: number): AsyncGenerator<readonly Place[]> =>
    mergedPostings(terms.map((term) => postings(table, term, stretch, limit)));
  const [only] = all;
  if (only === undefined) {
    const excepted = exceptedOf[query.exceptions ?? 'hide'];
    return listOf(
      chosenSeverities(query).flatMap((severity) => excepted.map((one) => listTerm(severity, one))),
      most,
    );
  }
  if (all.length === 1) return listOf(only, Math.max(most, probeLength));
  const probes = await Promise.all(
    all.map(async (terms) => {
      let count = 0;
      let oldest = Infinity;
      for await (const places of listOf(terms, probeLength)) {
        count += places.length;
        oldest = places.at(-1)?.time ?? oldest;
        if (count >= probeLength) return { terms, count: Infinity, oldest };
      }
      return { terms, count, oldest };
    }),
  );
  const [best = { terms: only }] = probes.toSorted((a, b) =>
    a.count === b.count ? a.oldest - b.oldest : a.count - b.count,
  );
  return listOf(best.terms, mostAtOnce);
}

/** The alert of an item, where it is what a list says, and all that is asked for. */
async function fitting(
  table: Table,
  item: Item,
  place: Place,
  query: AlertQuery,
  { all, none }: TermQuery,
): Promise<Alert | undefined> {
  const stored = storedAlert(item);
  const { time, severity, excepted, ruleId, account } = stored;
  const isWanted =
    time === place.time &&
    isSeen(stored, query) &&
    chosenSeverities(query).some((one) => one === severity) &&
    exceptedOf[query.exceptions ?? 'hide'].some((one) => one === excepted) &&
    (query.ruleId === undefined || ruleId === toKey(query.ruleId)) &&
    (query.account === undefined || account === toKey(query.account));
  if (!isWanted) return undefined;
  const alert = await alertWithin(table, item);
  if (all.length + none.length === 0) return alert;
  const terms = new Set(alertTerms(alert));
  const fits =
    all.every((any) => any.some((term) => terms.has(term))) && !none.some((term) => terms.has(term));
  return fits ? alert : undefined;
}

/** The same places in pieces of a size. */
async function* rebatched(
  pieces: AsyncGenerator<readonly Place[]>,
  size: () => number,
): AsyncGenerator<readonly Place[]> {
  let rest: Place[] = [];
  for await (const piece of pieces) {
    rest.push(...piece);
    while (rest.length >= size()) {
      const now = size();
      yield rest.slice(0, now);
      rest = rest.slice(now);
    }
  }
  while (rest.length > 0) {
    const now = size();
    yield rest.slice(0, now);
    rest = rest.slice(now);
  }
}
