import type { Requests, TextColumnName } from '../event/requests.ts';
import { tableMemory, type TableMemory } from './table-memory.ts';
import { trafficKernelWasm } from './traffic-kernel.wasm.ts';

/**
 * Tables of clients and of texts in the memory of compiled code (assembly/traffic-kernel.ts), which reads a batch's bytes several times as
 * fast as JavaScript does. Both tables look at the same copy of a batch. What counts by their numbers (kernel-counts.ts) has its memory here too.
 */
export interface TrafficKernel {
  readonly code: KernelCode;
  readonly memory: ArrayBuffer;
  /** The most clients that are known at once. */
  readonly capacity: number;
  /** Where the table of clients lies: see `layClients` there. */
  readonly clients: { readonly words: number; readonly seen: number; readonly free: number };
  /** Where a new table of texts begins; undefined where there is room for no other. */
  readonly newTexts: () => number | undefined;
  /** Puts the texts of a column before the code; false where the batch is too large. */
  readonly show: (requests: Requests, column: TextColumnName) => boolean;
  /** Where so many bytes begin that nobody else has, all of them 0; undefined where there are not so many left. They are not given back. */
  readonly allot: (bytes: number) => number | undefined;
  /** Memory for tables that come and go. */
  readonly tableMemory: TableMemory;
}

export interface TrafficKernelSettings {
  /** The most clients that are known at once. */
  readonly capacity: number;
  readonly seed: number;
  /** After so many rows there are enough to come that it pays. */
  readonly from?: number | undefined;
}

/** Gives the kernel to both tables: the same one, from the same batch on; undefined before, and where there is none to be had. */
export interface KernelSource {
  readonly at: (requests: Requests) => TrafficKernel | undefined;
}

/** What the compiled code exports; it lies in this repository, so that there is nothing to check at run time. */
export interface KernelCode extends CountsCode {
  readonly memory: { readonly buffer: ArrayBuffer; readonly grow: (pages: number) => number };
  readonly seedWith: (seed: number) => void;
  readonly numberTexts: (table: number, count: number, shape: number) => number;
  readonly sizeOf: (table: number) => number;
  readonly bytesOf: (table: number) => number;
  readonly clearTexts: (table: number) => void;
  readonly layClients: (words: number, seen: number, free: number, slots: number, most: number) => void;
  readonly goOn: (given: number, free: number) => void;
  readonly numbersGiven: () => number;
  readonly numbersFree: () => number;
  readonly takeNewcomers: () => number;
  readonly indexClients: () => void;
  readonly readAddresses: (count: number) => number;
  readonly bringNear: (count: number) => void;
  readonly numberClients: (from: number, count: number, batch: number) => number;
  readonly rowsMost: Place;
  readonly inputMost: Place;
  readonly textsMost: Place;
  readonly arenaMost: Place;
  readonly starts: Place;
  readonly ends: Place;
  readonly input: Place;
  readonly clientIds: Place;
  readonly addresses: Place;
  readonly tables: Place;
  readonly textIds: Place;
  readonly textStarts: Place;
  readonly textEnds: Place;
  readonly textShapes: Place;
  readonly textArena: Place;
  readonly textTableBytes: Place;
}

/** What assembly/traffic-counts.ts exports. */
export interface CountsCode {
  readonly foundRows: () => number;
  readonly addedKeys: () => number;
  readonly newlyHotBits: () => number;
  readonly rowsInRun: () => number;
  readonly hashNetworks: (
    into: number,
    count: number,
    v4: number,
    v6: number,
    seed: number,
    paths: number,
    ignored: number,
    isWhole: boolean,
  ) => void;
  readonly hashTexts: (
    into: number,
    count: number,
    ids: number,
    hashes: number,
    paths: number,
    ignored: number,
  ) => void;
  readonly countBins: (
    hashes: number,
    from: number,
    count: number,
    mask: number,
    at: number,
    length: number,
    epoch: number,
    epochLength: number,
    last: number,
  ) => number;
  readonly endRun: (cells: number, sums: number, least: number) => number;
  readonly countInTable: (
    table: number,
    mask: number,
    room: number,
    from: number,
    count: number,
    paths: number,
    ignored: number,
    hot: number,
    hotFrom: number,
    at: number,
    length: number,
    least: number,
  ) => number;
  readonly countUnflagged: (
    bytes: number,
    from: number,
    count: number,
    flags: number,
    at: number,
    length: number,
    least: number,
  ) => number;
  readonly findRows: (count: number, flags: number, paths: number, values: number) => number;
  readonly binsMost: Place;
  readonly rowTimes: Place;
  readonly rowClients: Place;
  readonly rowStatuses: Place;
  readonly found: Place;
  readonly run: Place;
  readonly inRun: Place;
}

interface Place {
  readonly value: number;
}

/** As much of it as is used here; the types of Node leave it out. https://webassembly.github.io/spec/js-api/ */
interface WebAssemblyEngine {
  readonly Module: new (binary: Uint8Array) => object;
  readonly Instance: new (module: object, imports: object) => { readonly exports: unknown };
}

declare const WebAssembly: WebAssemblyEngine | undefined;

const defaultFrom = 1_024;
const pageBytes = 65_536;
/** Columns beyond are numbered in the plain way; there are seven that anybody asks for. */
const mostTextTables = 8;
const bytesInAddress = 16;
const bytesInNumber = 4;
const bytesInBatch = 2;
const bytesInSlot = 8;
/** Counts by client have 24 bits for a number and one more. */
const mostClients = 2 ** 24 - 1;
/** What is allotted to whoever counts: so much, and so much for each client. What nobody writes to takes no memory. */
const countsBytes = 32 * 1024 * 1024;
const countsBytesOfClient = 40;
const tablesBytes = 128 * 1024 * 1024;

export function kernelSource({ capacity, seed, from = defaultFrom }: TrafficKernelSettings): KernelSource {
  let kernel: TrafficKernel | undefined;
  let isMade = false;
  let rows = 0;
  let last: Requests | undefined;
  return {
    at: (requests) => {
      if (isMade) return kernel;
      if (requests !== last) rows += requests.count;
      last = requests;
      if (rows < from) return undefined;
      isMade = true;
      return (kernel = createKernel(capacity, seed));
    },
  };
}

/** Undefined where it can't be had, for want of WebAssembly or of memory. */
function createKernel(capacity: number, seed: number): TrafficKernel | undefined {
  const code = capacity < mostClients ? instantiate() : undefined;
  if (code === undefined) return undefined;
  // All of it is there from the beginning, so that nothing is ever moved; the system gives memory to what is written only.
  const words = code.tables.value;
  const seen = words + capacity * bytesInAddress;
  const free = aligned(seen + capacity * bytesInBatch);
  const slots = aligned(free + capacity * bytesInNumber);
  const texts = aligned(slots + slotsFor(capacity) * bytesInSlot);
  const counts = texts + mostTextTables * aligned(code.textTableBytes.value);
  const countTables = aligned(counts + countsBytes + capacity * countsBytesOfClient);
  const pages = Math.ceil((countTables + tablesBytes) / pageBytes);
  try {
    code.memory.grow(pages - code.memory.buffer.byteLength / pageBytes);
  } catch {
    return undefined;
  }
  const { buffer } = code.memory;
  code.seedWith(seed);
  code.layClients(words, seen, free, slots, capacity);
  const rowsMost = code.rowsMost.value;
  const input = new Uint8Array(buffer, code.input.value, code.inputMost.value);
  const starts = new Int32Array(buffer, code.starts.value, rowsMost);
  const ends = new Int32Array(buffer, code.ends.value, rowsMost);
  let shown: Requests | undefined;
  let textTables = 0;
  let allotted = counts;
  return {
    code,
    memory: buffer,
    capacity,
    clients: { words, seen, free },
    newTexts: () =>
      textTables < mostTextTables ? texts + textTables++ * aligned(code.textTableBytes.value) : undefined,
    show: (requests, column) => {
      const { bytes, count, text } = requests;
      if (count > rowsMost || bytes.length > input.length) return false;
      if (requests !== shown) {
        input.set(bytes);
        shown = requests;
      }
      const { start, end } = text[column];
      starts.set(start.length === count ? start : start.subarray(0, count));
      ends.set(end.length === count ? end : end.subarray(0, count));
      return true;
    },
    allot: (bytes) => {
      const at = allotted;
      if (at + bytes > countTables) return undefined;
      allotted = aligned(at + bytes);
      return at;
    },
    tableMemory: tableMemory(buffer, countTables, tablesBytes),
  };
}

function aligned(place: number): number {
  return Math.ceil(place / 64) * 64;
}

/** A power of two, so that the index is at most half full, and never less than the code begins with. */
function slotsFor(capacity: number): number {
  return Math.max(8_192, 2 ** Math.ceil(Math.log2(capacity * 2)));
}

/** The compiled code; undefined where this JavaScript engine has no WebAssembly with SIMD. */
const compiled = compile();

function compile(): object | undefined {
  if (typeof WebAssembly === 'undefined') return undefined;
  try {
    return new WebAssembly.Module(Buffer.from(trafficKernelWasm, 'base64'));
  } catch {
    return undefined;
  }
}

function instantiate(): KernelCode | undefined {
  if (compiled === undefined || typeof WebAssembly === 'undefined') return undefined;
  try {
    return new WebAssembly.Instance(compiled, { env: { abort: () => {} } }).exports as KernelCode;
  } catch {
    // No address space left for one more memory: everything can be numbered without.
    return undefined;
  }
}
