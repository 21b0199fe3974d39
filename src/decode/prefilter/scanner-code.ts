import { recordScannerWasm } from './record-scanner.wasm.ts';

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
  'tailBits',
  'infoOfTail',
  'infos',
  'names',
  'namesEnd',
  'parts',
  'partsEnd',
  'groups',
  'foreignClues',
  'accountClues',
  'groupsNow',
  'zerosAndOnes',
  'values',
  'valueBits',
  'clues',
  'found',
  'countedRules',
  'countedFields',
  'countedTexts',
  'countedTextsEnd',
  'ruleSlots',
  'fieldSlots',
  'ruleFirst',
  'ruleLast',
  'input',
  'hasValues',
  'hasLong',
  'hasParts',
  'isEventName',
  'isEventSource',
  'isEventVersion',
  'isEventTime',
  'isClue',
  'inAnyCase',
  'mayBeAddress',
  'isAccount',
  'isLater',
  'isNow',
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
export type ScannerExports = Functions & Readonly<Record<PlaceName, number>>;

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

/** One more scanner with a memory of its own; undefined where there is none to be had. */
export function instantiate(code: ScannerCode): ScannerExports | undefined {
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
