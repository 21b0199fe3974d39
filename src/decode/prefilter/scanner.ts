import { isAscii } from 'node:buffer';

import { recordScannerWasm } from './record-scanner.wasm.ts';
import { isWantable, mostPairs, type Wanted, type WantedPair } from './wanted.ts';

/** What a scan of a stretch of bytes found. Offsets are in the scanned bytes. */
export interface Scanned {
  /** Where it ended: everything before is accounted for in `records`. */
  readonly position: number;
  /** `more`: the rest is the beginning of an object; `odd`: at `position` is something for the careful reader. */
  readonly stopped: 'more' | 'odd' | 'full';
  /** Objects seen whole, survivors among them. */
  readonly records: number;
  readonly survivors: number;
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
/** Most of what a table of 256 slots holds without long searches. */
const mostTails = 128;
const golden = 0x9e3779b1;
const fnvStart = 0x811c9dc5;
const fnvPrime = 0x01000193;
/** Bytes of a slot in the tables of keys and of parts. */
const infoSlot = 32;
const partSlot = 16;

/** As much of it as is used here; the types of Node leave it out. https://webassembly.github.io/spec/js-api/ */
interface WebAssemblyEngine {
  readonly Module: new (binary: Uint8Array) => object;
  readonly Instance: new (module: object, imports: object) => { readonly exports: unknown };
}

declare const WebAssembly: WebAssemblyEngine | undefined;

interface Memory {
  readonly buffer: ArrayBuffer;
  readonly grow: (pages: number) => number;
}

/** Places in the scanner's memory and bits of kinds, as assembly/record-scanner.ts names them. */
const placeNames = [
  'tails',
  'infos',
  'names',
  'namesEnd',
  'parts',
  'partsEnd',
  'values',
  'valueBits',
  'found',
  'halves',
  'input',
  'hasValues',
  'hasParts',
  'isEventName',
  'isEventSource',
  'isEventVersion',
  'isEventTime',
  'isHalf',
  'always',
] as const;
type PlaceName = (typeof placeNames)[number];

interface Functions {
  readonly memory: Memory;
  readonly scan: (from: number, to: number, oneLine: number) => number;
  readonly position: () => number;
  readonly records: () => number;
  readonly survivors: () => number;
}

/** What the compiled code exports; it lies in this repository, so that there is nothing to check at run time. */
type RawExports = Functions & Readonly<Record<PlaceName, { readonly value: number }>>;
type Exported = Functions & Readonly<Record<PlaceName, number>>;

/** The scanner's code, compiled. */
export interface ScannerCode {
  readonly module: object;
}

/** Undefined where this JavaScript engine has no WebAssembly with SIMD. */
export function compileScannerCode(): ScannerCode | undefined {
  if (typeof WebAssembly === 'undefined') return undefined;
  try {
    return { module: new WebAssembly.Module(Buffer.from(recordScannerWasm, 'base64')) };
  } catch {
    return undefined;
  }
}

/**
 * Makes a scanner for what is wanted, alone or in pairs, with room for `capacity` bytes. Undefined where it can't be had: more is wanted than its
 * tables hold, or there is no memory.
 */
export function createScanner(
  code: ScannerCode,
  wanted: Wanted,
  capacity: number,
  pairs: readonly WantedPair[] = [],
): Scanner | undefined {
  const wasm = instantiate(code);
  if (wasm === undefined) return undefined;
  const pages = Math.ceil((wasm.input + capacity + paddingBytes) / pageBytes);
  const missing = pages - wasm.memory.buffer.byteLength / pageBytes;
  if (missing > 0) wasm.memory.grow(missing);
  const memory = new Uint8Array(wasm.memory.buffer);
  const numbers = new DataView(wasm.memory.buffer);
  if (!fillTables(wasm, numbers, memory, wanted, pairs)) return undefined;
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
      };
    },
    survivor: (index) => ({
      start: numbers.getUint32(found + index * 8, true) - input,
      end: numbers.getUint32(found + index * 8 + 4, true) - input,
    }),
  };
}

function instantiate(code: ScannerCode): Exported | undefined {
  if (typeof WebAssembly === 'undefined') return undefined;
  let raw: RawExports;
  try {
    raw = new WebAssembly.Instance(code.module, { env: { abort: () => {} } }).exports as RawExports;
  } catch {
    // No address space left for one more memory: what is read can be read without.
    return undefined;
  }
  const { memory, scan, position, records, survivors } = raw;
  const places = Object.fromEntries(placeNames.map((name) => [name, raw[name].value])) as Record<
    PlaceName,
    number
  >;
  return { ...places, memory, scan, position, records, survivors };
}

interface Key {
  readonly name: string;
  readonly kind: number;
  readonly seed: number;
  readonly whole: readonly string[];
  readonly parts: readonly Buffer[];
  /** Texts that are halves of pairs, with their bits. */
  readonly halves: ReadonlyMap<string, number>;
  /** Bits of the pairs whose half the key is, whatever its value. */
  readonly half: number;
}

/** The bits of each text and key that is one half of a pair. */
function halvesOf(pairs: readonly WantedPair[], name: string): Pick<Key, 'halves' | 'half'> {
  const halves = new Map<string, number>();
  let half = 0;
  for (const [index, { first, second }] of pairs.entries()) {
    const add = (texts: Iterable<string>, bit: number): void => {
      for (const text of texts) halves.set(text, ((halves.get(text) ?? 0) | bit) >>> 0);
    };
    if (first.key === name) add(first.texts, 1 << index);
    if (second.key !== name) continue;
    const bit = (1 << (mostPairs + index)) >>> 0;
    if (second.texts === undefined) half = (half | bit) >>> 0;
    else add(second.texts, bit);
  }
  return { halves, half };
}

/** Keys under which other logs are packed into text. A record that is broken around such a key is left to the careful reader. */
const packedUnder = ['data'];

function keysOf(wasm: Exported, wanted: Wanted, pairs: readonly WantedPair[]): readonly Key[] {
  const kinds = new Map<string, number>([
    ['eventName', wasm.isEventName],
    ['eventSource', wasm.isEventSource],
    ['eventVersion', wasm.isEventVersion],
    ['eventTime', wasm.isEventTime],
    ...packedUnder.map((name): [string, number] => [name, wasm.always]),
  ]);
  const inPairs = pairs.flatMap(({ first, second }) => [first.key, second.key]);
  return [...new Set([...kinds.keys(), ...wanted.keys(), ...inPairs])].map((name, index) => {
    const { any, whole, parts } = wanted.get(name) ?? { any: false, whole: [], parts: [] };
    const { half, halves: all } = halvesOf(pairs, name);
    const sure = new Set(whole);
    const halves = new Map([...all].filter(([text]) => !sure.has(text)));
    const texts = [...sure, ...halves.keys()];
    // A text that is not plain ASCII shows in a value that is not, which is looked at in any case.
    const searched = [...parts].filter((text) => isAscii(Buffer.from(text))).map((text) => Buffer.from(text));
    const kind =
      (kinds.get(name) ?? 0) |
      (any ? wasm.always : 0) |
      (texts.length > 0 ? wasm.hasValues : 0) |
      ([...parts].length > 0 ? wasm.hasParts : 0) |
      (half === 0 ? 0 : wasm.isHalf);
    const seed = (fnvStart + Math.imul(index, golden)) >>> 0;
    return { name, kind, seed, whole: texts, parts: searched, halves, half };
  });
}

/** Writes the tables that the scanner reads; false where they are too small. */
function fillTables(
  wasm: Exported,
  numbers: DataView,
  memory: Uint8Array,
  wanted: Wanted,
  pairs: readonly WantedPair[],
): boolean {
  if (pairs.length > mostPairs) return false;
  const keys = keysOf(wasm, wanted, pairs);
  if (!keys.every(({ name, parts }) => isWantable(name) && parts.every(({ length }) => length >= 2)))
    return false;
  const slots = 1 << wasm.valueBits;
  const sum = (count: (key: Key) => number): number => keys.reduce((total, key) => total + count(key), 0);
  const tails = keys.flatMap((key) => tailsOf(key.name).map((tail) => ({ key, tail })));
  const textBytes = sum(
    ({ name, parts }) => name.length + parts.reduce((total, { length }) => total + length, 0),
  );
  if (
    sum(({ whole }) => whole.length) > slots / 2 ||
    tails.length > mostTails ||
    textBytes > wasm.namesEnd - wasm.names ||
    sum(({ parts }) => parts.length * partSlot) > wasm.partsEnd - wasm.parts
  )
    return false;

  let textAt = wasm.names;
  const writeText = (bytes: Uint8Array): number => {
    memory.set(bytes, textAt);
    textAt += bytes.length;
    return textAt - bytes.length;
  };
  const writeNumbers = (at: number, values: readonly number[]): void => {
    for (const [index, value] of values.entries()) numbers.setUint32(at + index * 4, value, true);
  };
  let partAt = wasm.parts;
  const placed = new Map<Key, readonly number[]>();
  for (const key of keys) {
    const name = writeText(Buffer.from(key.name, 'latin1'));
    placed.set(key, [name, key.name.length, key.kind, key.seed, partAt, key.parts.length, key.half]);
    for (const part of key.parts) {
      writeNumbers(partAt, [writeText(part), part.length, rarestPair(part)]);
      partAt += partSlot;
    }
    for (const text of key.whole)
      writeValue(wasm, numbers, hashOf(text, key.seed), key.halves.get(text) ?? enough);
  }
  for (const { key, tail } of tails) {
    const slot = freeSlot(numbers, wasm.tails, 256, Math.imul(tail, golden) >>> 24);
    numbers.setUint32(wasm.tails + slot * 4, tail, true);
    writeNumbers(wasm.infos + slot * infoSlot, placed.get(key) ?? []);
  }
  return true;
}

/** What a value is that needs no other half. */
const enough = 0;

/** Two texts may have the same hash; what either is enough for, both are. */
function writeValue(wasm: Exported, numbers: DataView, hash: number, halves: number): void {
  const slots = 1 << wasm.valueBits;
  let slot = Math.imul(hash, golden) >>> (32 - wasm.valueBits);
  const held = () => numbers.getUint32(wasm.values + slot * 4, true);
  while (held() !== 0 && held() !== hash) slot = (slot + 1) % slots;
  const place = wasm.halves + slot * 4;
  const before = numbers.getUint32(place, true);
  const isEnough = halves === enough || (held() === hash && before === enough);
  numbers.setUint32(wasm.values + slot * 4, hash, true);
  numbers.setUint32(place, isEnough ? enough : (before | halves) >>> 0, true);
}

/** Frequent characters of names and ARNs, the most frequent first. */
const frequent = 'aeisrno:-/tlcdmup0123456789.gfhvbwyk';

/** Where in a text the two bytes stand that other texts have least. */
function rarestPair(text: Buffer): number {
  const commonness = (byte: number | undefined): number => {
    const rank = frequent.indexOf(String.fromCharCode(byte ?? 0));
    return rank < 0 ? 0 : frequent.length - rank;
  };
  let best = 0;
  let least = Number.POSITIVE_INFINITY;
  for (let at = 0; at + 1 < text.length; at++) {
    const score = commonness(text[at]) + commonness(text[at + 1]);
    if (score < least) [best, least] = [at, score];
  }
  return best;
}

/** The last four bytes before a key's closing quote; a key of three has the byte before it among them. */
function tailsOf(name: string): readonly number[] {
  const texts = name.length >= 4 ? [name.slice(-4)] : [`"${name}`, `.${name}`];
  return texts.map((text) => Buffer.from(text, 'latin1').readUInt32LE(0));
}

function freeSlot(numbers: DataView, table: number, slots: number, first: number): number {
  let slot = first;
  while (numbers.getUint32(table + slot * 4, true) !== 0) slot = (slot + 1) % slots;
  return slot;
}

/** FNV-1a with a seed for each key. http://www.isthe.com/chongo/tech/comp/fnv/ */
function hashOf(text: string, seed: number): number {
  let hash = seed;
  for (const byte of Buffer.from(text, 'utf8')) hash = Math.imul(hash ^ byte, fnvPrime);
  return hash >>> 0 === 0 ? 1 : hash >>> 0;
}
