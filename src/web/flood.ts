import type { Requests } from '../event/requests.ts';
import { wordsInAddress } from './address.ts';
import type { ClientTable } from './clients.ts';
import { gatherEvidence, type EvidenceKeeper } from './evidence.ts';
import { hashBytes, hashPair } from './hash.ts';
import type { RowCounter } from './kernel-counts.ts';
import { offenceBook, type OffenceRule } from './offence-book.ts';
import type { FloodLimit, TrafficSettings } from './settings.ts';
import type { Signal } from './signal.ts';
import { suffixSet } from './suffixes.ts';
import { perText, type NumberedTexts } from './numbered-texts.ts';
import type { TextTable } from './text-table.ts';
import { windowCounter, type WindowCounter } from './windows.ts';
import { duration } from './wording.ts';

const mostPairs = 4_000_000;
const mostOpen = 50_000;
const bucket = 10_000;

/** Limits that count the same requests. */
interface Group {
  readonly limits: readonly FloodLimit[];
  readonly counter: WindowCounter;
  /** Left out where every request counts. */
  readonly counts: ((requests: Requests, row: number) => boolean) | undefined;
  readonly samePath: boolean;
  /** The key by which each row of the batch was counted; -1 where it was not. */
  keys: Float64Array;
  /** Whether these are of the batch that was taken last. */
  isKeyed: boolean;
}

/**
 * Floods from one client: more requests than a limit allows, all together, for a part of the site, with a method, from a country, or for one
 * and the same path. Windows slide in steps of ten seconds.
 */
export function floodSignal(
  settings: TrafficSettings,
  clients: ClientTable,
  texts: TextTable,
  counted?: RowCounter,
): Signal {
  const { lateness, period, seed } = settings;
  const isIgnored = suffixSet(settings.flood.ignoredSuffixes);
  const ignored = perText((bytes, start, end) => (isIgnored(bytes, start, end) ? 1 : 0));
  const book = offenceBook({ lateness, period, most: mostOpen });
  const groups = [...Map.groupBy(settings.flood.limits, conditionsOf).values()].map((limits): Group => {
    const samePath = limits[0]?.samePath === true;
    const shared = { limits, bucket, exact: false, lateness, period, most: mostPairs };
    return {
      limits,
      counter: windowCounter({ ...shared, small: !samePath }),
      counts: conditionOf(limits[0]),
      samePath,
      keys: new Float64Array(0),
      isKeyed: false,
    };
  });

  const keyOf = ({ samePath }: Group, { bytes, text }: Requests, row: number, client: number): number => {
    if (!samePath) return client;
    const path = hashBytes(bytes, text.path.start[row] ?? 0, text.path.end[row] ?? 0, seed);
    // The address and not its number, which may be another's by the time that this count is looked at.
    const words = clients.words();
    const at = client * wordsInAddress;
    return hashPair(hashPair(hashPair(words[at] ?? 0, words[at + 1] ?? 0), words[at + 3] ?? 0), path);
  };

  const writeKeys = (
    group: Group,
    requests: Requests,
    ids: Int32Array,
    { ids: pathIds }: NumberedTexts,
    isIgnoredPath: Uint32Array,
  ): void => {
    const { count } = requests;
    if (group.keys.length < count) group.keys = new Float64Array(count);
    const { keys, counts, samePath } = group;
    group.isKeyed = true;
    for (let row = 0; row < count; row++)
      keys[row] = isIgnoredPath[pathIds[row] ?? 0] === 0 ? (ids[row] ?? -1) : -1;
    if (counts === undefined && !samePath) return;
    for (let row = 0; row < count; row++) {
      const id = keys[row] ?? -1;
      if (id === -1) continue;
      if (counts?.(requests, row) === false) keys[row] = -1;
      else if (samePath) keys[row] = keyOf(group, requests, row, id);
    }
  };

  return {
    name: 'flood',
    take: (requests, ids) => {
      const paths = texts.of(requests, 'path');
      const isIgnoredPath = ignored(paths);
      const rows = counted?.(requests, ids, paths, isIgnoredPath);
      for (const group of groups)
        // What every request counts for by its client needs no keys, as long as there is nothing to tell.
        if (rows !== undefined && group.counts === undefined && !group.samePath) {
          group.counter.addRows(rows);
          group.isKeyed = false;
        } else {
          writeKeys(group, requests, ids, paths, isIgnoredPath);
          group.counter.addAll(group.keys, requests.time, requests.count);
        }
      for (const group of groups) {
        const seen = new Map<number, EvidenceKeeper>();
        group.counter.judge((found) => {
          const limit = group.limits[found.limit];
          const row = group.samePath ? group.keys.indexOf(found.key) : -1;
          const client = group.samePath ? (ids[row] ?? -1) : found.key;
          if (limit === undefined || client === -1) return;
          const subject = { type: 'client', value: clients.textOf(client) } as const;
          seen.set(found.key, book.see({ ...found, rule: ruleOf(limit), subject }));
        });
        if (seen.size === 0) continue;
        if (!group.isKeyed) writeKeys(group, requests, ids, paths, isIgnoredPath);
        gatherEvidence(requests, group.keys, seen, () => true);
      }
    },
    tick: (now) => {
      for (const { counter } of groups) counter.expire(now);
      book.tick(now);
    },
    offences: book.drain,
    forget: (forgotten) => {
      for (const { counter } of groups) counter.forget(forgotten);
    },
  };
}

function conditionsOf({ path, methods, countries, samePath = false }: FloodLimit): string {
  return JSON.stringify([path, methods, countries, samePath]);
}

/** Whether a request falls under a limit; undefined where every request does. */
function conditionOf(
  limit: FloodLimit | undefined,
): ((requests: Requests, row: number) => boolean) | undefined {
  const { path = '', methods, countries } = limit ?? {};
  if (path === '' && methods === undefined && countries === undefined) return undefined;
  const prefix = Buffer.from(path);
  const methodBytes = methods?.map((method) => Buffer.from(method));
  const countryBytes = countries?.map((country) => Buffer.from(country));
  return (requests, row) => {
    if (prefix.length > 0 && !beginsWith(requests, 'path', row, prefix)) return false;
    const isOneOf = (column: 'method' | 'country', wanted: readonly Buffer[] | undefined): boolean =>
      wanted === undefined ||
      wanted.some(
        (bytes) =>
          (requests.text[column].end[row] ?? 0) - (requests.text[column].start[row] ?? 0) === bytes.length &&
          beginsWith(requests, column, row, bytes),
      );
    return isOneOf('method', methodBytes) && isOneOf('country', countryBytes);
  };
}

function beginsWith(
  { bytes, text }: Requests,
  column: 'path' | 'method' | 'country',
  row: number,
  prefix: Buffer,
): boolean {
  const start = text[column].start[row] ?? 0;
  if ((text[column].end[row] ?? 0) - start < prefix.length) return false;
  for (let i = 0; i < prefix.length; i++) if (bytes[start + i] !== prefix[i]) return false;
  return true;
}

function ruleOf(limit: FloodLimit): OffenceRule {
  const { window, threshold, severity, path, methods, countries, samePath } = limit;
  const conditions = [
    ...(methods === undefined ? [] : [`with ${methods.join(', ')}`]),
    ...(path === undefined ? [] : [`for paths that begin with ${JSON.stringify(path)}`]),
    ...(countries === undefined ? [] : [`from ${countries.join(', ')}`]),
    ...(samePath === true ? ['for one and the same path'] : []),
  ];
  const what = ['requests', ...conditions].join(' ');
  return {
    // Limits with conditions are rules of their own: one client may offend against several.
    rule: conditions.length === 0 ? 'flood' : `flood ${conditions.join(' ')}`,
    window,
    threshold,
    severity,
    explain: ({ value }, count) =>
      `${value} sent ${count} ${what} within ${duration(window)}; ${threshold} are too many`,
  };
}
