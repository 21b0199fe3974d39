import { byteHash } from './byte-hash.ts';
import type { NumberedTexts } from './numbered-texts.ts';
import { urlKey, type UrlKey } from './url-key.ts';

/** Pairs of host and path as whole numbers, with the hash of the URL under which each is counted. */
export interface UrlNumbers {
  /** Numbers below have been given. */
  readonly size: () => number;
  /** The number of a host and a path, by their numbers; valid until the next batch. */
  readonly of: (host: number, path: number) => number;
  /** Of each number the hash of its URL. */
  readonly low: () => Int32Array;
  readonly high: () => Int32Array;
  /** Sees the texts of a batch. */
  readonly begin: (hosts: NumberedTexts, paths: NumberedTexts) => void;
  /** Writes the URL of a number into `key.bytes` and gives its length. */
  readonly write: (number: number) => number;
  readonly key: UrlKey;
}

/** So many numbers are given before all are given anew, beside those of one batch. */
const most = 32_768;

export function urlNumbers(seed: number): UrlNumbers {
  const key = urlKey();
  const hash = byteHash(seed);
  let slots = new Int32Array(2_048).fill(-1);
  let hostOf = new Int32Array(1_024);
  let pathOf = new Int32Array(1_024);
  let lows = new Int32Array(1_024);
  let highs = new Int32Array(1_024);
  let size = 0;
  let hosts: NumberedTexts | undefined;
  let paths: NumberedTexts | undefined;
  let generations = '';

  const slotOf = (host: number, path: number): number => {
    const h = Math.imul(Math.imul(path, 0x9e3779b1) ^ host, 0x85ebca6b);
    return (h ^ (h >>> 15)) & (slots.length - 1);
  };

  const write = (number: number): number => {
    const host = hostOf[number] ?? 0;
    const path = pathOf[number] ?? 0;
    if (hosts === undefined || paths === undefined) return 0;
    return key.take(
      hosts.bytes,
      hosts.start[host] ?? 0,
      hosts.end[host] ?? 0,
      paths.start[path] ?? 0,
      paths.end[path] ?? 0,
      paths.bytes,
    );
  };

  const grow = (): void => {
    const more = (from: Int32Array): Int32Array<ArrayBuffer> => {
      const to = new Int32Array(from.length * 2);
      to.set(from);
      return to;
    };
    hostOf = more(hostOf);
    pathOf = more(pathOf);
    lows = more(lows);
    highs = more(highs);
    slots = new Int32Array(slots.length * 2).fill(-1);
    for (let number = 0; number < size; number++) {
      let slot = slotOf(hostOf[number] ?? 0, pathOf[number] ?? 0);
      while (slots[slot] !== -1) slot = (slot + 1) & (slots.length - 1);
      slots[slot] = number;
    }
  };

  return {
    size: () => size,
    low: () => lows,
    high: () => highs,
    key,
    write,
    begin: (hostsNow, pathsNow) => {
      const now = `${hostsNow.generation} ${pathsNow.generation}`;
      if (hostsNow !== hosts || pathsNow !== paths || now !== generations || size > most) {
        slots.fill(-1);
        size = 0;
      }
      hosts = hostsNow;
      paths = pathsNow;
      generations = now;
    },
    of: (host, path) => {
      let slot = slotOf(host, path);
      for (let number = slots[slot] ?? -1; number !== -1; number = slots[slot] ?? -1) {
        if (pathOf[number] === path && hostOf[number] === host) return number;
        slot = (slot + 1) & (slots.length - 1);
      }
      if (size === hostOf.length) {
        grow();
        slot = slotOf(host, path);
        while (slots[slot] !== -1) slot = (slot + 1) & (slots.length - 1);
      }
      const number = size++;
      slots[slot] = number;
      hostOf[number] = host;
      pathOf[number] = path;
      hash.take(key.bytes, 0, write(number));
      lows[number] = hash.low;
      highs[number] = hash.high;
      return number;
    },
  };
}
