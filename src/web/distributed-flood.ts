import type { Requests } from '../event/requests.ts';
import { networkOfAddress, wordsInAddress } from './address.ts';
import type { ClientTable } from './clients.ts';
import { gatherEvidence, type EvidenceKeeper } from './evidence.ts';
import { hashBytes, hashPair } from './hash.ts';
import type { CountedRows, RowCounter } from './kernel-counts.ts';
import { cutTextAt, type OffenceSubject } from './offence.ts';
import { offenceBook, type OffenceRule } from './offence-book.ts';
import { rateBins, type RateBins, type RateReached } from './rate-bins.ts';
import type { DistributedFloodSettings, TrafficSettings } from './settings.ts';
import type { Signal } from './signal.ts';
import { suffixSet } from './suffixes.ts';
import { perText, type NumberedTexts } from './numbered-texts.ts';
import type { TextTable } from './text-table.ts';
import { duration } from './wording.ts';

const mostOpen = 10_000;
const longestValue = 300;

/** One way to take requests of many clients together. */
interface Dimension {
  readonly rule: string;
  readonly type: OffenceSubject['type'];
  readonly bins: RateBins;
  /** Writes down the hash of what each row is counted by; 0 where it is not, as where it is skipped. */
  readonly hashRows: (
    requests: Requests,
    clients: Int32Array,
    skipped: Uint8Array,
    into: Uint32Array,
  ) => void;
  /** The same in compiled code; false where that can't do it. */
  readonly hashCompiled: (requests: Requests, rows: CountedRows, into: number) => boolean;
  readonly nameOf: (requests: Requests, row: number, client: number) => string;
  /** Of each row of the batch its hash: in memory of compiled code where that made them. */
  hashes: Uint32Array;
  compiled: Uint32Array | undefined;
  plain: Uint32Array;
}

/**
 * Floods from many clients: a network, a user agent or a path with far more requests than is usual for it. Networks are judged from the first
 * request on; agents and paths need an hour or two to learn what is usual, because any site has a most used one of these.
 */
export function distributedFloodSignal(
  settings: TrafficSettings,
  clients: ClientTable,
  texts: TextTable,
  counted?: RowCounter,
): Signal {
  const { lateness, period, seed } = settings;
  const { distributed, ignoredSuffixes } = settings.flood;
  const { v4, v6 } = distributed.network;
  const isIgnored = suffixSet(ignoredSuffixes);
  const ignored = perText((bytes, start, end) => (isIgnored(bytes, start, end) ? 1 : 0));
  const book = offenceBook({ lateness, period, most: mostOpen });
  const shared = { ...distributed, lateness, period };
  const network = new Uint32Array(wordsInAddress);
  let skipped = new Uint8Array(0);
  /** The hash of each client's network; 0 where it was not worked out. */
  let networks = new Uint32Array(1_024);
  const networkHash = (client: number): void => {
    if (client >= networks.length) {
      const more = new Uint32Array(Math.max(client + 1, networks.length * 2));
      more.set(networks);
      networks = more;
    }
    networkOfAddress(clients.words(), client * wordsInAddress, v4, v6, network);
    const hash = hashPair(hashPair(network[0] ?? 0, network[1] ?? 0), (network[3] ?? 0) ^ seed);
    networks[client] = hash === 0 ? 1 : hash;
  };
  const noHashes = { hashes: new Uint32Array(0), compiled: undefined, plain: new Uint32Array(0) };

  const ofText = (column: 'agent' | 'path'): Dimension => {
    // Logs without the column say nothing about it.
    const hashesOf = perText((bytes, start, end) =>
      start === end ? 0 : hashBytes(bytes, start, end, seed) || 1,
    );
    return {
      rule: `${column}-flood`,
      type: column,
      bins: rateBins({ ...shared, withoutBaseline: false }),
      hashRows: (requests, _, skipped, into) => {
        const held = texts.of(requests, column);
        const hashOf = hashesOf(held);
        for (let row = 0; row < requests.count; row++)
          into[row] = skipped[row] === 1 ? 0 : (hashOf[held.ids[row] ?? 0] ?? 0);
      },
      hashCompiled: (requests, { kernel, code, count, paths, ignored }, into) => {
        const held = texts.of(requests, column);
        const hashOf = hashesOf(held);
        if (held.ids.buffer !== kernel.memory || hashOf.buffer !== kernel.memory) return false;
        code.hashTexts(
          into,
          count,
          held.ids.byteOffset,
          hashOf.byteOffset,
          paths.byteOffset,
          ignored.byteOffset,
        );
        return true;
      },
      ...noHashes,
      nameOf: (requests, row) => cutTextAt(requests, column, row, longestValue),
    };
  };
  const dimensions: readonly Dimension[] = [
    {
      rule: 'network-flood',
      type: 'network',
      bins: rateBins({ ...shared, withoutBaseline: true }),
      hashRows: ({ count }, ids, skipped, into) => {
        for (let row = 0; row < count; row++) {
          const client = ids[row] ?? -1;
          if (client !== -1 && !((networks[client] ?? 0) > 0)) networkHash(client);
          into[row] = client === -1 || skipped[row] === 1 ? 0 : (networks[client] ?? 0);
        }
      },
      hashCompiled: (_, { code, count, paths, ignored, isWhole }, into) => {
        code.hashNetworks(into, count, v4, v6, seed, paths.byteOffset, ignored.byteOffset, isWhole);
        return true;
      },
      ...noHashes,
      nameOf: (_, __, client) => clients.networkOf(client, v4, v6),
    },
    ofText('agent'),
    ofText('path'),
  ];

  const judge = (dimension: Dimension, requests: Requests, ids: Int32Array): void => {
    const { bins, rule, type, hashes } = dimension;
    const seen = new Map<number, EvidenceKeeper>();
    bins.judge((found) => {
      const hash = mostOfBin(hashes, requests.count, found.bin, bins.bins);
      const row = hash === undefined ? -1 : hashes.indexOf(hash);
      // Only what was counted in this batch can have changed.
      if (hash === undefined || row === -1) return;
      const subject = { type, value: dimension.nameOf(requests, row, ids[row] ?? -1) };
      seen.set(hash, book.see({ ...found, subject, rule: ruleOf(rule, found, distributed) }));
    });
    if (seen.size > 0) gatherEvidence(requests, hashes, seen, () => true);
  };

  /** Counts the rows in compiled code; false where that can't do it. */
  const addCompiled = (dimension: Dimension, requests: Requests, rows: CountedRows): boolean => {
    const { code, memory, allot } = rows.kernel;
    if (dimension.compiled === undefined) {
      const most = code.rowsMost.value;
      const place = allot(most * Uint32Array.BYTES_PER_ELEMENT);
      if (place === undefined) return false;
      dimension.compiled = new Uint32Array(memory, place, most);
    }
    dimension.hashes = dimension.compiled;
    if (!dimension.hashCompiled(requests, rows, dimension.hashes.byteOffset)) return false;
    dimension.bins.addRows(dimension.hashes, rows);
    return true;
  };

  const addPlainly = (
    dimension: Dimension,
    requests: Requests,
    ids: Int32Array,
    { ids: pathIds }: NumberedTexts,
    isIgnoredPath: Uint32Array,
  ): void => {
    const { count, time } = requests;
    if (skipped.length < count) skipped = new Uint8Array(count * 2);
    for (let row = 0; row < count; row++) skipped[row] = isIgnoredPath[pathIds[row] ?? 0] ?? 0;
    if (dimension.plain.length < count) dimension.plain = new Uint32Array(count * 2);
    dimension.hashes = dimension.plain;
    dimension.hashRows(requests, ids, skipped, dimension.hashes);
    dimension.bins.addAll(dimension.hashes, time, count);
  };

  return {
    name: 'distributed-flood',
    take: (requests, ids) => {
      const paths = texts.of(requests, 'path');
      const isIgnoredPath = ignored(paths);
      const rows = counted?.(requests, ids, paths, isIgnoredPath);
      for (const dimension of dimensions)
        if (rows === undefined || !addCompiled(dimension, requests, rows))
          addPlainly(dimension, requests, ids, paths, isIgnoredPath);
      for (const dimension of dimensions) judge(dimension, requests, ids);
    },
    tick: book.tick,
    offences: book.drain,
    forget: (forgotten) => {
      for (const client of forgotten) networks[client] = 0;
    },
  };
}

/** The hash that most rows of a bin have: bins are shared, and the flood is what there is most of. */
function mostOfBin(hashes: Uint32Array, count: number, bin: number, bins: number): number | undefined {
  // Mostly there is one only, and the rows of others are by far the most.
  let first = 0;
  let times = 0;
  let others: Map<number, number> | undefined;
  for (let row = 0; row < count; row++) {
    const hash = hashes[row] ?? 0;
    if ((hash & (bins - 1)) !== bin || hash === 0) continue;
    if (first === 0) first = hash;
    if (hash === first) times++;
    else {
      others ??= new Map();
      others.set(hash, (others.get(hash) ?? 0) + 1);
    }
  }
  let most = first === 0 ? undefined : first;
  for (const [hash, count] of others ?? []) if (count > times) [most, times] = [hash, count];
  return most;
}

function ruleOf(
  rule: string,
  { threshold, usual }: RateReached,
  { window, severity, factor }: DistributedFloodSettings,
): OffenceRule {
  const baseline = Number.isNaN(usual)
    ? 'what is usual is not known yet'
    : `${usual.toFixed(1)} are usual, and ${factor} times that, but no less than ${threshold}, are too many`;
  return {
    rule,
    window,
    threshold,
    severity,
    explain: ({ type, value }, count) =>
      `${count} requests ${wordFor[type]} ${type === 'network' ? value : JSON.stringify(value)} within ${duration(window)}; ${baseline}`,
  };
}

const wordFor: Readonly<Record<OffenceSubject['type'], string>> = {
  client: 'from',
  network: 'from',
  agent: 'with the user agent',
  path: 'for the path',
  account: 'for the account',
  site: 'for',
};
