import type { Alert } from '../../alert/alert.ts';
import { severities, type Severity } from '../../event/severity.ts';
import { toKey } from '../column-text.ts';
import { readCursor, writeCursor } from '../cursor.ts';
import { checkLimit } from '../limit.ts';
import { alertTerms, conditionTerms, searchTerms } from '../search-terms.ts';
import type { AlertPage, AlertQuery, Exceptions } from '../store.ts';
import { alertKey, alertWithin, storedAlert } from './alert-item.ts';
import type { Item } from './item.ts';
import { keyText } from './keys.ts';
import { listTerm, mergedPostings, postings, type Place, type Stretch } from './posting.ts';
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
  const stretch: Stretch = { since: query.since, until: query.until, after };
  // One more than asked for tells whether there is a next page.
  const most = query.limit + 1;
  const asked = askedTerms(query);
  const pieces = await shortestList(table, query, asked, stretch, most);
  const found: { readonly place: Place; readonly alert: Alert }[] = [];
  let size = most;
  for await (const places of rebatched(pieces, () => size)) {
    const items = await table.getMany(places.map(({ id }) => alertKey(id)));
    for (const place of places) {
      const item = items.get(keyText(alertKey(place.id)));
      const alert = item && (await fitting(table, item, place, query, asked));
      if (alert !== undefined) found.push({ place, alert });
      if (found.length >= most) break;
    }
    if (found.length >= most) break;
    size = Math.min(size * 2, mostAtOnce);
  }
  const page = found.slice(0, query.limit);
  const end = page.at(-1);
  return {
    alerts: page.map(({ alert }) => alert),
    next: found.length > query.limit && end ? writeCursor(end.place) : undefined,
  };
}

/** Terms that an alert must have, all of them. */
function askedTerms({ text, about, ruleId, account }: AlertQuery): readonly string[] {
  return [
    ...searchTerms(text, about).flatMap(([term]) => term ?? []),
    ...(ruleId === undefined ? [] : conditionTerms('rule', [ruleId])),
    ...(account === undefined ? [] : conditionTerms('account', [account])),
  ];
}

function chosenSeverities({ severity }: AlertQuery): readonly Severity[] {
  return severity === undefined ? severities : severities.slice(Math.max(severities.indexOf(severity), 0));
}

/** The list of the term that the fewest alerts seem to have: one that ends soon, or else reaches back the furthest. */
async function shortestList(
  table: Table,
  query: AlertQuery,
  asked: readonly string[],
  stretch: Stretch,
  most: number,
): Promise<AsyncGenerator<readonly Place[]>> {
  const [only] = asked;
  if (only === undefined) {
    const lists = chosenSeverities(query).flatMap((severity) =>
      exceptedOf[query.exceptions ?? 'hide'].map((excepted) =>
        postings(table, listTerm(severity, excepted), stretch, most),
      ),
    );
    return mergedPostings(lists);
  }
  if (asked.length === 1) return postings(table, only, stretch, Math.max(most, probeLength));
  const probes = await Promise.all(
    asked.map(async (term) => {
      const list = postings(table, term, stretch, probeLength);
      let count = 0;
      let oldest = Infinity;
      for await (const places of list) {
        count += places.length;
        oldest = places.at(-1)?.time ?? oldest;
        if (count >= probeLength) return { term, count: Infinity, oldest };
      }
      return { term, count, oldest };
    }),
  );
  const [best = { term: only }] = probes.toSorted((a, b) =>
    a.count === b.count ? a.oldest - b.oldest : a.count - b.count,
  );
  return postings(table, best.term, stretch, mostAtOnce);
}

/** The alert of an item, where it is what a list says, and all that is asked for. */
async function fitting(
  table: Table,
  item: Item,
  place: Place,
  query: AlertQuery,
  asked: readonly string[],
): Promise<Alert | undefined> {
  const { time, severity, excepted, ruleId, account } = storedAlert(item);
  const isWanted =
    time === place.time &&
    chosenSeverities(query).some((one) => one === severity) &&
    exceptedOf[query.exceptions ?? 'hide'].some((one) => one === excepted) &&
    (query.ruleId === undefined || ruleId === toKey(query.ruleId)) &&
    (query.account === undefined || account === toKey(query.account));
  if (!isWanted) return undefined;
  const alert = await alertWithin(table, item);
  if (asked.length > 0) {
    const terms = new Set(alertTerms(alert));
    if (!asked.every((term) => terms.has(term))) return undefined;
  }
  return alert;
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
