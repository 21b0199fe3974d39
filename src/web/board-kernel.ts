import type { Requests } from '../event/requests.ts';
import { wordsInAddress } from './address.ts';
import { frequentKeysWasm } from './frequent-keys.wasm.ts';
import {
  heavyHitters,
  heavyHittersBytes,
  type HeavyHitters,
  type HeavyHittersMemory,
  type HeavyHittersSettings,
} from './heavy-hitters.ts';

/** Counts what the board holds of clients by compiled code (assembly/frequent-keys.ts), in tables that both sides may change. */
export interface BoardKernel {
  /** The most rows of a batch. */
  readonly rowsMost: number;
  readonly clients: HeavyHitters;
  readonly pairs: HeavyHitters;
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

export interface BoardKernelSettings {
  readonly seed: number;
  readonly clients: HeavyHittersSettings;
  readonly pairs: HeavyHittersSettings;
  /** There are 2^precision registers. */
  readonly precision: number;
}

/** What the compiled code exports; it lies in this repository, so that there is nothing to check at run time. */
interface Exported {
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

/** Undefined where it can't be had, for want of WebAssembly or of memory. */
export function createBoardKernel(settings: BoardKernelSettings): BoardKernel | undefined {
  const code = instantiate();
  if (code === undefined) return undefined;
  const registersAt = code.tables.value;
  const clientsAt = aligned(registersAt + 2 ** settings.precision);
  const pairsAt = aligned(clientsAt + heavyHittersBytes(settings.clients));
  const pages = Math.ceil((pairsAt + heavyHittersBytes(settings.pairs)) / pageBytes);
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
  const sent = new Float64Array(buffer, code.sent.value, rowsMost);
  const received = new Float64Array(buffer, code.received.value, rowsMost);
  const pairCounts = new Float64Array(buffer, code.pairCounts.value, rowsMost);
  return {
    rowsMost,
    clients,
    pairs,
    registers: new Uint8Array(buffer, registersAt, 2 ** settings.precision),
    addresses: new Uint32Array(buffer, code.addresses.value, rowsMost * wordsInAddress),
    classes: new Int8Array(buffer, code.classes.value, rowsMost),
    stretches: new Int32Array(buffer, code.stretches.value, rowsMost),
    urlLows: new Int32Array(buffer, code.urlLows.value, rowsMost),
    urlHighs: new Int32Array(buffer, code.urlHighs.value, rowsMost),
    countClients: (requests) => {
      const { count } = requests;
      sent.set(requests.sent.subarray(0, count));
      received.set(requests.received.subarray(0, count));
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
    return new WebAssembly.Module(Buffer.from(frequentKeysWasm, 'base64'));
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
