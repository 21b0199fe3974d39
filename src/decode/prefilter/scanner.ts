import { instantiate, type ScannerCode } from './scanner-code.ts';
import { fillCounted, readCounted } from './scanner-counts.ts';
import { fillTables } from './scanner-tables.ts';
import type { Counted, CountedRule, Wanted, WantedGroup } from './wanted.ts';

/** What a scanner looks for. */
export interface ScannerTask {
  readonly wanted: Wanted;
  readonly groups?: readonly WantedGroup[] | undefined;
  readonly counted?: readonly CountedRule[] | undefined;
}

/** What a scan of a stretch of bytes found. Offsets are in the scanned bytes. */
export interface Scanned {
  /** Where it ended: everything before is accounted for in `records`. */
  readonly position: number;
  /** `more`: the rest is the beginning of an object; `odd`: at `position` is something for the careful reader. */
  readonly stopped: 'more' | 'odd' | 'full';
  /** Objects seen whole, survivors among them. */
  readonly records: number;
  readonly survivors: number;
  /** Matches of counted rules in the others. */
  readonly counted: readonly Counted[];
}

/**
 * Looks through bytes for the objects that may matter. Bytes lie in its own memory, which is used again: what `survivor` gives is good
 * until the next `fill`.
 */
export interface Scanner {
  readonly capacity: number;
  /** Puts bytes at an offset of the memory, and the end of what can be scanned behind them; they must fit into `capacity`. */
  readonly fill: (bytes: Uint8Array, offset: number) => void;
  /** Moves what lies between two offsets to the beginning. */
  readonly keep: (from: number, to: number) => void;
  readonly bytes: (from: number, to: number) => Uint8Array;
  readonly scan: (from: number, to: number, oneLine: boolean) => Scanned;
  /** Where the survivor of the last scan with this number begins and ends. */
  readonly survivor: (index: number) => { readonly start: number; readonly end: number };
}

const whyStopped = ['more', 'odd', 'full'] as const;
const pageBytes = 65_536;
/** Behind the bytes that are scanned: the scanner looks at 64 at a step. */
const paddingBytes = 64;

/**
 * Makes a scanner for what is wanted, alone or in groups, with room for `capacity` bytes. Undefined where it can't be had: more is wanted than its
 * tables hold, or there is no memory.
 */
export function createScanner(
  code: ScannerCode,
  { wanted, groups = [], counted = [] }: ScannerTask,
  capacity: number,
): Scanner | undefined {
  const wasm = instantiate(code);
  if (wasm === undefined) return undefined;
  const pages = Math.ceil((wasm.input + capacity + paddingBytes) / pageBytes);
  const missing = pages - wasm.memory.buffer.byteLength / pageBytes;
  if (missing > 0) wasm.memory.grow(missing);
  const memory = new Uint8Array(wasm.memory.buffer);
  const numbers = new DataView(wasm.memory.buffer);
  if (!fillTables(wasm, numbers, memory, wanted, groups)) return undefined;
  if (!fillCounted(wasm, numbers, memory, counted)) return undefined;
  const { input, found } = wasm;
  return {
    capacity,
    fill: (bytes, offset) => {
      memory.set(bytes, input + offset);
      const end = input + offset + bytes.length;
      memory.fill(0, end, end + paddingBytes);
    },
    keep: (from, to) => memory.copyWithin(input, input + from, input + to),
    bytes: (from, to) => memory.subarray(input + from, input + to),
    scan: (from, to, oneLine) => {
      const code = wasm.scan(input + from, input + to, oneLine ? 1 : 0);
      return {
        position: wasm.position() - input,
        stopped: whyStopped[code] ?? 'odd',
        records: wasm.records(),
        survivors: wasm.survivors(),
        counted: readCounted(wasm, numbers, memory, counted),
      };
    },
    survivor: (index) => ({
      start: numbers.getUint32(found + index * 8, true) - input,
      end: numbers.getUint32(found + index * 8 + 4, true) - input,
    }),
  };
}
