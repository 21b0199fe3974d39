import type { Severity } from '../../event/severity.ts';
import { wordsInAddress } from '../address.ts';
import type { ClientTable } from '../clients.ts';
import type { Signal } from '../signal.ts';
import { offenceTally, type Tallied } from '../tally.ts';
import type { Trust } from './limits.ts';
import { mostLists, rangeIndex, type RangeIndex } from './range-index.ts';
import type { AddressRanges } from './range.ts';

/** A list as it stands now. */
export interface ReputationList {
  readonly name: string;
  readonly trust: Trust;
  readonly ranges: AddressRanges;
}

export interface ReputationSettings {
  readonly lateness: number;
  /** Requests a day from which on a client of a list that is trusted to block is an offence. */
  readonly blockFrom?: number | undefined;
  /** The same for lists that alert. */
  readonly alertFrom?: number | undefined;
}

export interface ReputationSignal extends Signal {
  /**
   * From now on these lists hold: at most `mostReputationLists`. What is in `own` is on none of them, whatever they say: a list that somebody
   * else writes must not make offenders of one's own machines and offices.
   */
  readonly use: (lists: readonly ReputationList[], own?: AddressRanges) => void;
  /** The names of all lists that have the client, context included. */
  readonly listsOf: (client: number) => readonly string[];
  /** The same for the address whose four words begin at `at`. */
  readonly listsAt: (words: Uint32Array, at: number) => readonly string[];
  readonly counters: { readonly late: number; readonly crowdedOut: number };
}

/** One bit of an index is for one's own addresses. */
export const mostReputationLists = mostLists - 1;

const nothing: AddressRanges = { v4: [], v6: [] };

const day = 24 * 60 * 60 * 1000;
const unknown = 0;
const clean = 1;
const alerting = 2;
const blocking = 3;

const rules: Readonly<Record<'block' | 'alert', { readonly rule: string; readonly severity: Severity }>> = {
  block: { rule: 'reputation', severity: 'medium' },
  alert: { rule: 'reputation-watch', severity: 'low' },
};

/**
 * Clients that a reputation list names. A client is looked up once, and after that a request costs one byte read. Rules: `reputation` for lists
 * that are trusted to block, `reputation-watch` for those that alert.
 */
export function reputationSignal(clients: ClientTable, settings: ReputationSettings): ReputationSignal {
  const { lateness, blockFrom = 1, alertFrom = 100 } = settings;
  let lists: readonly ReputationList[] = [];
  let index: RangeIndex = rangeIndex([]);
  let ownMask = 0;
  let blockMask = 0;
  let alertMask = 0;
  /** What is known of each client, by its number. */
  let known = new Uint8Array(4_096);
  /** A bit for each client that is on none: so many clients' bits lie in the cache where so many bytes do not. */
  let cleanBits = new Uint32Array(4_096 / 32);
  /** Rows of the batch whose client is not known to be clean. */
  let unclean = new Int32Array(0);
  const explain = ({ client, count, reasons }: Tallied): string =>
    `${client} is on ${reasons.join(', ')}, and made ${count} ${count === 1 ? 'request' : 'requests'} within a day`;
  const tallyOf = (trust: 'block' | 'alert', threshold: number) =>
    offenceTally({ ...rules[trust], window: day, threshold, lateness }, clients.textOf, explain);
  const block = tallyOf('block', blockFrom);
  const alert = tallyOf('alert', alertFrom);

  const maskAt = (words: Uint32Array, at: number): number => {
    const mask = index.maskOf(words, at);
    return (mask & ownMask) === 0 ? mask : 0;
  };
  const maskOf = (client: number): number => maskAt(clients.words(), client * wordsInAddress);
  const namesOf = (mask: number): readonly string[] =>
    lists.filter((_, i) => (mask & (1 << i)) !== 0).map(({ name }) => name);
  const lookUp = (client: number): number => {
    if (client >= known.length) {
      const more = new Uint8Array(Math.max(client + 1, known.length * 2));
      more.set(known);
      known = more;
      const moreBits = new Uint32Array(Math.ceil(more.length / 32));
      moreBits.set(cleanBits);
      cleanBits = moreBits;
    }
    const mask = maskOf(client);
    const found = (mask & blockMask) !== 0 ? blocking : (mask & alertMask) !== 0 ? alerting : clean;
    known[client] = found;
    if (found === clean) cleanBits[client >>> 5] = (cleanBits[client >>> 5] ?? 0) | (1 << (client & 31));
    return found;
  };

  return {
    name: 'reputation',
    use: (next, own = nothing) => {
      // Before anything changes: a refusal leaves the lists as they are.
      if (next.length > mostReputationLists)
        throw new Error(`${next.length} lists; at most ${mostReputationLists} can be asked at once`);
      index = rangeIndex([...next.map(({ ranges }) => ranges), own]);
      lists = next;
      ownMask = 1 << next.length;
      const bitsOf = (trust: Trust): number =>
        next.reduce((mask, list, i) => (list.trust === trust ? mask | (1 << i) : mask), 0);
      blockMask = bitsOf('block');
      alertMask = bitsOf('alert');
      known.fill(unknown);
      cleanBits.fill(0);
    },
    listsOf: (client) => namesOf(maskOf(client)),
    listsAt: (words, at) => namesOf(maskAt(words, at)),
    take: (requests, ids) => {
      if ((blockMask | alertMask) === 0) return;
      if (unclean.length < requests.count) unclean = new Int32Array(requests.count * 2);
      const found = findUnclean(ids, requests.count, cleanBits, unclean);
      for (let i = 0; i < found; i++) {
        const row = unclean[i] ?? 0;
        const client = ids[row] ?? -1;
        let verdict = known[client] ?? unknown;
        if (verdict === unknown) verdict = lookUp(client);
        if (verdict === clean) continue;
        const [tally, mask] = verdict === blocking ? [block, blockMask] : [alert, alertMask];
        tally.add(requests, row, client, namesOf(maskOf(client) & mask).join(' and '));
      }
    },
    tick: (now) => {
      block.tick(now);
      alert.tick(now);
    },
    offences: () => [...block.offences(), ...alert.offences()],
    forget: (gone) => {
      for (const client of gone) {
        known[client] = unknown;
        cleanBits[client >>> 5] = (cleanBits[client >>> 5] ?? 0) & ~(1 << (client & 31));
      }
      block.forget();
      alert.forget();
    },
    counters: {
      get late() {
        return block.counters.late + alert.counters.late;
      },
      get crowdedOut() {
        return block.counters.crowdedOut + alert.counters.crowdedOut;
      },
    },
  };
}

/**
 * Writes down the rows whose client is not known to be on no list, and gives how many these are. By itself, because it is all that is done with
 * most rows: so little is soon optimized, and stays so whatever becomes of the rest.
 */
function findUnclean(ids: Int32Array, count: number, cleanBits: Uint32Array, into: Int32Array): number {
  let found = 0;
  for (let row = 0; row < count; row++) {
    const client = ids[row] ?? -1;
    if (client >= 0 && (((cleanBits[client >>> 5] ?? 0) >>> (client & 31)) & 1) === 0) into[found++] = row;
  }
  return found;
}
