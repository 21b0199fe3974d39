import type { Requests } from '../event/requests.ts';
import { wordsInAddress } from './address.ts';
import { boardKernelWasm } from './board-kernel.wasm.ts';
import {
  heavyHitters,
  heavyHittersBytes,
  type HeavyHitters,
  type HeavyHittersMemory,
  type HeavyHittersSettings,
} from './heavy-hitters.ts';

/** Counts what the board holds by compiled code (assembly/board-kernel.ts), in tables that both sides may change. */
export interface BoardKernel {
  /** The most rows of a batch. */
  readonly rowsMost: number;
  readonly clients: HeavyHitters;
  readonly pairs: HeavyHitters;
  readonly urls: HeavyHitters;
  /** Where the table of URLs lies. */
  readonly urlsAt: number;
  readonly code: RowsCode;
  /** What compiled code reads and writes of rows and URLs. */
  readonly rows: RowViews;
  /** For `amounts`, of bytes that were sent and received, and how many rows there were of each class of status. */
  readonly sent: Float64Array<ArrayBuffer>;
  readonly received: Float64Array<ArrayBuffer>;
  readonly statuses: Float64Array<ArrayBuffer>;
  /** Puts times, statuses and amounts of a batch before the code; nothing to do where they are there. */
  readonly show: (requests: Requests) => void;
  /** The registers of the sketch that says how many clients there are. */
  readonly registers: Uint8Array<ArrayBuffer>;
  /** Of each row its address as four words, written before `countClients`. */
  readonly addresses: Uint32Array;
  /** Of each row the class of its status, -1 where the row does not count; written before `countClients`. */
  readonly classes: Int8Array<ArrayBuffer>;
  /** Of each row the stretch of time and the hash of its URL, written before `countPairs`. */
  readonly stretches: Int32Array<ArrayBuffer>;
  readonly urlLows: Int32Array<ArrayBuffer>;
  readonly urlHighs: Int32Array<ArrayBuffer>;
  readonly countClients: (requests: Requests) => void;
  /** Counts the same rows by client, URL and stretch: how often each came for certain. */
  readonly countPairs: (count: number) => Float64Array;
}

/** Of rows and URLs; the places are those of assembly/board-rows.ts. */
interface RowViews {
  readonly classes: Int8Array<ArrayBuffer>;
  readonly hosts: Int32Array<ArrayBuffer>;
  readonly paths: Int32Array<ArrayBuffer>;
  readonly lineSums: Float64Array<ArrayBuffer>;
  readonly urlHosts: Int32Array<ArrayBuffer>;
  readonly urlPaths: Int32Array<ArrayBuffer>;
  readonly fresh: Uint32Array<ArrayBuffer>;
}

/** What assembly/board-rows.ts exports. */
interface RowsCode {
  readonly countRun: (from: number, count: number) => number;
  readonly urlsNumbered: () => number;
  readonly clearUrls: () => void;
  readonly numberUrl: (row: number, low: number, high: number) => void;
  readonly countUrls: (from: number, count: number, window: number) => number;
  readonly countOfOne: (count: number, most: number) => void;
  readonly bringUrlsNear: (head: number) => number;
  readonly takeFresh: () => number;
  readonly endUrls: (head: number, from: number) => number;
  readonly urlsMost: Place;
  readonly times: Place;
  readonly statuses: Place;
  readonly hosts: Place;
  readonly paths: Place;
  readonly rowClasses: Place;
  readonly statusSums: Place;
  readonly lineSums: Place;
  readonly sentAmounts: Place;
  readonly receivedAmounts: Place;
  readonly amountsLength: Place;
  readonly urlHosts: Place;
  readonly urlPaths: Place;
  readonly fresh: Place;
}

export interface BoardKernelSettings {
  readonly seed: number;
  readonly clients: HeavyHittersSettings;
  readonly pairs: HeavyHittersSettings;
  readonly urls: HeavyHittersSettings;
  /** There are 2^precision registers. */
  readonly precision: number;
}

/** What the compiled code exports; it lies in this repository, so that there is nothing to check at run time. */
interface Exported extends RowsCode {
  readonly memory: { readonly buffer: ArrayBuffer; readonly grow: (pages: number) => number };
  readonly seedWith: (seed: number) => void;
  readonly hashRows: (count: number, clients: number) => void;
  readonly countClients: (
    head: number,
    registers: number,
    shift: number,
    from: number,
    count: number,
  ) => number;
  readonly hashPairs: (count: number, pairs: number) => void;
  readonly countPairs: (head: number, from: number, count: number) => number;
  readonly rowsMost: Place;
  readonly addresses: Place;
  readonly classes: Place;
  readonly sent: Place;
  readonly received: Place;
  readonly stretches: Place;
  readonly urlLows: Place;
  readonly urlHighs: Place;
  readonly pairCounts: Place;
  readonly tables: Place;
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

const pageBytes = 65_536;
const statusClasses = 6;
/** As `lineColumns` of board-state.ts. */
const lineColumnCount = 5;

/** Undefined where it can't be had, for want of WebAssembly or of memory. */
export function createBoardKernel(settings: BoardKernelSettings): BoardKernel | undefined {
  const code = instantiate();
  if (code === undefined) return undefined;
  const registersAt = code.tables.value;
  const clientsAt = aligned(registersAt + 2 ** settings.precision);
  const pairsAt = aligned(clientsAt + heavyHittersBytes(settings.clients));
  const urlsAt = aligned(pairsAt + heavyHittersBytes(settings.pairs));
  const pages = Math.ceil((urlsAt + heavyHittersBytes(settings.urls)) / pageBytes);
  try {
    code.memory.grow(pages - code.memory.buffer.byteLength / pageBytes);
  } catch {
    return undefined;
  }
  const { buffer } = code.memory;
  const tableAt = (at: number): HeavyHittersMemory => ({ buffer, at });
  code.seedWith(settings.seed);
  const rowsMost = code.rowsMost.value;
  const clients = heavyHitters(settings.clients, tableAt(clientsAt));
  const pairs = heavyHitters(settings.pairs, tableAt(pairsAt));
  const urls = heavyHitters(settings.urls, tableAt(urlsAt));
  const times = new Float64Array(buffer, code.times.value, rowsMost);
  const statuses = new Uint16Array(buffer, code.statuses.value, rowsMost);
  const sent = new Float64Array(buffer, code.sent.value, rowsMost);
  const received = new Float64Array(buffer, code.received.value, rowsMost);
  const pairCounts = new Float64Array(buffer, code.pairCounts.value, rowsMost);
  let shown: Requests | undefined;
  const show = (requests: Requests): void => {
    if (requests === shown) return;
    shown = requests;
    const { count } = requests;
    times.set(requests.time.subarray(0, count));
    statuses.set(requests.status.subarray(0, count));
    sent.set(requests.sent.subarray(0, count));
    received.set(requests.received.subarray(0, count));
  };
  return {
    rowsMost,
    clients,
    pairs,
    urls,
    urlsAt,
    code,
    rows: {
      classes: new Int8Array(buffer, code.rowClasses.value, rowsMost),
      hosts: new Int32Array(buffer, code.hosts.value, rowsMost),
      paths: new Int32Array(buffer, code.paths.value, rowsMost),
      lineSums: new Float64Array(buffer, code.lineSums.value, lineColumnCount),
      urlHosts: new Int32Array(buffer, code.urlHosts.value, code.urlsMost.value),
      urlPaths: new Int32Array(buffer, code.urlPaths.value, code.urlsMost.value),
      fresh: new Uint32Array(buffer, code.fresh.value, rowsMost * 2),
    },
    sent: new Float64Array(buffer, code.sentAmounts.value, code.amountsLength.value),
    received: new Float64Array(buffer, code.receivedAmounts.value, code.amountsLength.value),
    statuses: new Float64Array(buffer, code.statusSums.value, statusClasses),
    show,
    registers: new Uint8Array(buffer, registersAt, 2 ** settings.precision),
    addresses: new Uint32Array(buffer, code.addresses.value, rowsMost * wordsInAddress),
    classes: new Int8Array(buffer, code.classes.value, rowsMost),
    stretches: new Int32Array(buffer, code.stretches.value, rowsMost),
    urlLows: new Int32Array(buffer, code.urlLows.value, rowsMost),
    urlHighs: new Int32Array(buffer, code.urlHighs.value, rowsMost),
    countClients: (requests) => {
      const { count } = requests;
      show(requests);
      code.hashRows(count, clientsAt);
      for (let row = 0; row < count;) {
        row = code.countClients(clientsAt, registersAt, 32 - settings.precision, row, count);
        if (row < count) clients.makeRoom();
      }
    },
    countPairs: (count) => {
      code.hashPairs(count, pairsAt);
      for (let row = 0; row < count;) {
        row = code.countPairs(pairsAt, row, count);
        if (row < count) pairs.makeRoom();
      }
      return pairCounts;
    },
  };
}

function aligned(place: number): number {
  return Math.ceil(place / 64) * 64;
}

/** The compiled code; undefined where this JavaScript engine has no WebAssembly. */
const compiled = compile();

function compile(): object | undefined {
  if (typeof WebAssembly === 'undefined') return undefined;
  try {
    return new WebAssembly.Module(Buffer.from(boardKernelWasm, 'base64'));
  } catch {
    return undefined;
  }
}

function instantiate(): Exported | undefined {
  if (compiled === undefined || typeof WebAssembly === 'undefined') return undefined;
  try {
    return new WebAssembly.Instance(compiled, { env: { abort: () => {} } }).exports as Exported;
  } catch {
    // No address space left for one more memory: everything can be counted without.
    return undefined;
  }
}
