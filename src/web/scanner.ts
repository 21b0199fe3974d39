import type { ClientTable } from './clients.ts';
import { distinctCounter, type DistinctReached } from './distinct-windows.ts';
import { gatherEvidence, type EvidenceKeeper } from './evidence.ts';
import { hashBytes } from './hash.ts';
import type { CountedRows, RowCounter } from './kernel-counts.ts';
import { offenceBook, type OffenceRule } from './offence-book.ts';
import { sensitivePaths } from './sensitive-paths.ts';
import type { TrafficSettings } from './settings.ts';
import type { Signal } from './signal.ts';
import { slowScanners } from './slow-scanner.ts';
import { statusSet } from './statuses.ts';
import { perText } from './numbered-texts.ts';
import type { TextTable } from './text-table.ts';
import { windowCounter } from './windows.ts';
import { duration } from './wording.ts';

/** The most pairs of client and bucket, or of client and path, that are held at once. */
const mostPairs = 2_000_000;
/** Different paths of one client that are held: more proves nothing more. */
const mostPathsOfOne = 1_000;
const mostOpen = 50_000;

/** What the compiled way needs. */
interface Flags {
  readonly isBad: Uint8Array;
  readonly isNotable: Uint8Array;
  readonly clients: Int32Array;
  readonly hashes: Uint32Array;
}

/**
 * Scanners and probes: clients with many bad responses in a minute, with many different missing paths, with a handful of different names
 * that only scanners ask for, and those who do it slowly. Clients with nothing bad cost one byte for each half hour.
 */
export function scannerSignal(
  settings: TrafficSettings,
  clients: ClientTable,
  texts: TextTable,
  counted?: RowCounter,
): Signal {
  const { scanner, lateness, period } = settings;
  const { badResponses, missingPaths, sensitivePaths: sensitive } = scanner;
  const isBad = statusSet(scanner.statuses);
  const isMissing = statusSet(scanner.missingStatuses);
  const isNotable = statusSet([...scanner.statuses, ...scanner.missingStatuses]);
  const probes = sensitivePaths();
  const hashesOf = perText((bytes, start, end) => hashBytes(bytes, start, end, settings.seed));
  /** The sensitive name in each path, where the answer says that there is nothing, and where it does not. */
  const missingNames = perText((bytes, start, end) => probes.find(bytes, start, end, true));
  const names = perText((bytes, start, end) => probes.find(bytes, start, end, false));
  const book = offenceBook({ lateness, period, most: mostOpen });
  const shared = { lateness, period, most: mostPairs };
  const bad = windowCounter({ ...shared, limits: [badResponses], bucket: 10_000, exact: true, small: true });
  const missing = distinctCounter({ ...shared, ...missingPaths, mostOfOne: mostPathsOfOne });
  const hits = distinctCounter({ ...shared, ...sensitive, mostOfOne: mostPathsOfOne });
  const slow = slowScanners(settings, mostPathsOfOne, mostPairs);

  const rules = {
    bad: {
      rule: 'scanner',
      ...badResponses,
      explain: ({ value }, count) =>
        `${value} got ${count} bad responses (${scanner.statuses.join(', ')}) within ${duration(badResponses.window)}; ${badResponses.threshold} are too many`,
    },
    missing: {
      rule: 'missing-paths',
      ...missingPaths,
      explain: ({ value }, count) =>
        `${value} asked for ${count} different paths that do not exist within ${duration(missingPaths.window)}; ${missingPaths.threshold} are too many`,
    },
    hits: {
      rule: 'probe-path',
      ...sensitive,
      explain: ({ value }, count) =>
        `${value} asked for ${count} different names that scanners look for, such as .env and .git, within ${duration(sensitive.window)}; ${sensitive.threshold} are too many`,
    },
    slow: {
      rule: 'slow-scanner',
      ...scanner.slow,
      explain: ({ value }, count) =>
        `${value} asked for ${count} different paths that do not exist within ${duration(scanner.slow.window)}, and got at most ${Math.round((1 - scanner.slow.badShare) * 100)} % good responses; ${scanner.slow.threshold} such paths are too many`,
    },
  } satisfies Readonly<Record<string, OffenceRule>>;

  const see = (rule: OffenceRule, found: DistinctReached): EvidenceKeeper =>
    book.see({ ...found, rule, subject: { type: 'client', value: clients.textOf(found.key) } });

  /** Which statuses are bad and which are worth a look, where compiled code reads it; and room for the clients and missing paths of a batch. */
  let flags: Flags | undefined;
  const useKernel = ({ kernel: { memory, allot }, found }: CountedRows): typeof flags => {
    const [badAt, notableAt] = [allot(isBad.length), allot(isNotable.length)];
    if (badAt === undefined || notableAt === undefined) return undefined;
    const moved = {
      isBad: new Uint8Array(memory, badAt, isBad.length),
      isNotable: new Uint8Array(memory, notableAt, isNotable.length),
      clients: new Int32Array(found.length),
      hashes: new Uint32Array(found.length),
    };
    moved.isBad.set(isBad);
    moved.isNotable.set(isNotable);
    return moved;
  };

  return {
    name: 'scanner',
    take: (requests, ids) => {
      const { status, time } = requests;
      const paths = texts.of(requests, 'path');
      const { ids: pathIds } = paths;
      const hashOf = hashesOf(paths);
      const missingNameOf = missingNames(paths);
      const nameOf = names(paths);
      const look = (row: number): void => {
        const code = status[row] ?? 0;
        const path = pathIds[row] ?? 0;
        // Nearly all rows are of no interest.
        if (isNotable[code] === 0 && nameOf[path] === 0) return;
        const id = ids[row] ?? -1;
        if (id === -1) return;
        const at = time[row] ?? 0;
        const isBadRow = isBad[code] === 1;
        if (isBadRow) bad.add(id, at);
        if (isMissing[code] === 1) {
          const hash = hashOf[path] ?? 0;
          missing.add(id, hash, at);
          slow.addMissing(id, hash, at);
        }
        const name = (isBadRow ? missingNameOf : nameOf)[path] ?? 0;
        if (name !== 0) hits.add(id, name, at);
      };
      const rows = counted?.(requests, ids, paths, nameOf);
      flags ??= rows === undefined ? undefined : useKernel(rows);
      if (rows !== undefined && flags !== undefined && slow.addGoodRows(rows, flags.isBad)) {
        const { code, found } = rows;
        const listed = code.findRows(
          requests.count,
          flags.isNotable.byteOffset,
          pathIds.byteOffset,
          nameOf.byteOffset,
        );
        const { clients, hashes } = flags;
        let missed = 0;
        for (let i = 0; i < listed; i++) {
          const row = found[i] ?? 0;
          const id = ids[row] ?? -1;
          if (id === -1 || isMissing[status[row] ?? 0] === 0) continue;
          clients[missed] = id;
          hashes[missed++] = hashOf[pathIds[row] ?? 0] ?? 0;
        }
        missing.bringNear(clients, hashes, missed);
        slow.bringNear(clients, hashes, missed);
        for (let i = 0; i < listed; i++) look(found[i] ?? 0);
      } else {
        slow.addGood(requests, ids, isBad);
        for (let row = 0; row < requests.count; row++) look(row);
      }
      const seen = new Map<number, EvidenceKeeper>();
      bad.judge((found) => seen.set(found.key, see(rules.bad, found)));
      gatherEvidence(requests, ids, seen, (row) => isBad[status[row] ?? 0] === 1);
      seen.clear();
      missing.judge((found) => seen.set(found.key, see(rules.missing, found)));
      gatherEvidence(requests, ids, seen, (row) => isMissing[status[row] ?? 0] === 1);
      seen.clear();
      hits.judge((found) => seen.set(found.key, see(rules.hits, found)));
      gatherEvidence(requests, ids, seen, (row) => {
        const isBadRow = isBad[status[row] ?? 0] === 1;
        return (isBadRow ? missingNameOf : nameOf)[pathIds[row] ?? 0] !== 0;
      });
      slow.gather(requests, ids, isMissing);
    },
    tick: (now) => {
      slow.close(now, (found, evidence) => {
        const keeper = see(rules.slow, found);
        for (const line of evidence) keeper.add(line);
      });
      bad.expire(now);
      missing.expire(now);
      hits.expire(now);
      book.tick(now);
    },
    offences: book.drain,
    forget: (forgotten) => {
      bad.forget(forgotten);
      missing.forget(forgotten);
      hits.forget(forgotten);
      slow.forget(forgotten);
    },
  };
}
