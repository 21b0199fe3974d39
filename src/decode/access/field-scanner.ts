import { textColumnNames, type TextColumnName } from '../../event/requests.ts';
import type { RequestsBuilder } from './builder.ts';
import { firstText, numberTargets, type Layout } from './cloudfront-fields.ts';
import type { Lines } from './delimited.ts';
import { fieldScannerWasm } from './field-scanner.wasm.ts';

/** What a scan found; places are in the scanned bytes. */
export interface Scanned {
  /** Where it ended: all lines before are rows. */
  readonly position: number;
  /** `more`: the line there does not end here; `odd`: it is for the plain reader; `full`: there was no room for it. */
  readonly stopped: 'more' | 'odd' | 'full';
}

/** Reads the plainest of lines, many at once; the rest is left to the plain reader. It has its own memory, which is used again. */
export interface FieldScanner {
  /** The most bytes that lie in its memory at once. */
  readonly capacity: number;
  /** Says what stands in the lines from here on; nothing to do where it is the same layout as before. */
  readonly use: (lines: Lines) => void;
  /** Takes bytes that begin at `at` of what the columns point into. */
  readonly fill: (bytes: Uint8Array, at: number) => void;
  /**
   * Reads lines from a place in the filled bytes on, into the rows that follow in the builder.
   * @param offset where the bytes that the columns point into begin in the log
   */
  readonly scan: (from: number, offset: number, into: RequestsBuilder) => Scanned;
}

const whyStopped = ['more', 'odd', 'full'] as const;
const pageBytes = 65_536;
const capacity = 256 * 1024;
/** The scanner looks at 64 bytes at a step. */
const paddingBytes = 64;

/** As much of it as is used here; the types of Node leave it out. https://webassembly.github.io/spec/js-api/ */
interface WebAssemblyEngine {
  readonly Module: new (binary: Uint8Array) => object;
  readonly Instance: new (module: object, imports: object) => { readonly exports: unknown };
}

declare const WebAssembly: WebAssemblyEngine | undefined;

/** What the compiled code exports; it lies in this repository, so that there is nothing to check at run time. */
interface Exported {
  readonly memory: { readonly buffer: ArrayBuffer; readonly grow: (pages: number) => number };
  readonly scan: (
    from: number,
    end: number,
    delimiter: number,
    least: number,
    most: number,
    room: number,
    bias: number,
  ) => number;
  readonly position: () => number;
  readonly rows: () => number;
  readonly codes: Place;
  readonly capacity: Place;
  readonly times: Place;
  readonly sent: Place;
  readonly received: Place;
  readonly taken: Place;
  readonly lines: Place;
  readonly statuses: Place;
  readonly texts: Place;
  readonly textColumn: Place;
  readonly input: Place;
}

interface Place {
  readonly value: number;
}

/** The compiled code; undefined where this JavaScript engine has no WebAssembly with SIMD. */
const code = compiled();

function compiled(): object | undefined {
  if (typeof WebAssembly === 'undefined') return undefined;
  try {
    return new WebAssembly.Module(Buffer.from(fieldScannerWasm, 'base64'));
  } catch {
    return undefined;
  }
}

/** Undefined where it can't be had, for want of WebAssembly or of memory. */
export function createFieldScanner(): FieldScanner | undefined {
  const wasm = instantiate();
  if (wasm === undefined) return undefined;
  const input = wasm.input.value;
  const rows = wasm.capacity.value;
  const pages = Math.ceil((input + capacity + paddingBytes) / pageBytes);
  const missing = pages - wasm.memory.buffer.byteLength / pageBytes;
  if (missing > 0) wasm.memory.grow(missing);
  const { buffer } = wasm.memory;
  const memory = new Uint8Array(buffer);
  const lines = new Uint32Array(buffer, wasm.lines.value, rows);
  const statuses = new Uint16Array(buffer, wasm.statuses.value, rows);
  const numbers = {
    time: new Float64Array(buffer, wasm.times.value, rows),
    sent: new Float64Array(buffer, wasm.sent.value, rows),
    received: new Float64Array(buffer, wasm.received.value, rows),
    taken: new Float64Array(buffer, wasm.taken.value, rows),
  };
  const texts = textColumnNames.map((name, index) => {
    const at = wasm.texts.value + index * wasm.textColumn.value;
    const ends = at + wasm.textColumn.value / 2;
    return { name, start: new Int32Array(buffer, at, rows), end: new Int32Array(buffer, ends, rows) };
  });
  let used: Used = { layout: undefined, texts: [], numbers: ['time'], least: 0, most: 0, delimiter: 0 };
  let filled = 0;
  let bias = 0;
  return {
    capacity,
    use: ({ layout, delimiter, atLeast }) => {
      if (layout === used.layout) return;
      const has = (code: number): boolean => layout.codes.includes(code);
      memory.set(layout.codes.subarray(0, mostFields), wasm.codes.value);
      for (const { start, end } of texts) {
        start.fill(0);
        end.fill(0);
      }
      for (const column of Object.values(numbers)) column.fill(Number.NaN);
      statuses.fill(0);
      used = {
        layout,
        texts: texts.filter((_, index) => has(firstText + index)),
        numbers: [
          'time',
          ...(['sent', 'received', 'taken'] as const).filter((name) => has(1 + numberTargets.indexOf(name))),
        ],
        // A line that ends before a field that is wanted would leave there what the row before had.
        least: Math.max(atLeast, layout.codes.findLastIndex((code) => code !== 0) + 1),
        most: layout.codes.length,
        delimiter,
      };
    },
    fill: (bytes, at) => {
      memory.set(bytes, input);
      filled = bytes.length;
      bias = at - input;
    },
    scan: (from, offset, into) => {
      const row = into.count;
      const { least, most, delimiter } = used;
      const stopped = wasm.scan(input + from, input + filled, delimiter, least, most, into.room(), bias);
      const count = wasm.rows();
      if (count > 0) {
        into.beginRows(count);
        for (const { name, start, end } of used.texts) {
          into.text[name].start.set(start.subarray(0, count), row);
          into.text[name].end.set(end.subarray(0, count), row);
        }
        for (const name of used.numbers) into[name].set(numbers[name].subarray(0, count), row);
        into.status.set(statuses.subarray(0, count), row);
        for (let i = 0; i < count; i++) into.position[row + i] = offset + (lines[i] ?? 0);
        into.acceptRows(count);
      }
      return { position: wasm.position() - input, stopped: whyStopped[stopped] ?? 'odd' };
    },
  };
}

interface Used {
  readonly layout: Layout | undefined;
  readonly texts: readonly {
    readonly name: TextColumnName;
    readonly start: Int32Array;
    readonly end: Int32Array;
  }[];
  readonly numbers: readonly ('time' | 'sent' | 'received' | 'taken')[];
  readonly least: number;
  readonly most: number;
  readonly delimiter: number;
}

/** The scanner's table has no room for more. */
export const mostFields = 256;

function instantiate(): Exported | undefined {
  if (code === undefined || typeof WebAssembly === 'undefined') return undefined;
  try {
    return new WebAssembly.Instance(code, { env: { abort: () => {} } }).exports as Exported;
  } catch {
    // No address space left for one more memory: what is read can be read without.
    return undefined;
  }
}
