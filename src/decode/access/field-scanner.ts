import { textColumnNames } from '../../event/requests.ts';
import { firstText, numberTargets, type Layout, type Lines } from './cloudfront-fields.ts';
import { fieldScannerWasm } from './field-scanner.wasm.ts';
import { rowsAtOnce, type RowColumns } from './row-columns.ts';

/** What a scan found; places are in the scanned bytes. */
export interface Scanned {
  /** Where it ended: all lines before are rows. */
  readonly position: number;
  /** `more`: the line there does not end here; `odd`: it is for the plain reader; `full`: there was no room for it. */
  readonly stopped: 'more' | 'odd' | 'full';
}

/** As much of a builder as is used here; its columns are those of the scanner. */
interface RowTaker {
  readonly count: number;
  readonly room: () => number;
  readonly acceptRows: (rows: number) => void;
}

/** Reads the plainest of lines, many at once; the rest is left to the plain reader. It has its own memory, which is used again. */
export interface FieldScanner {
  /** Where it writes rows; they lie in its memory. */
  readonly columns: RowColumns;
  /** The most bytes that lie in its memory at once. */
  readonly capacity: number;
  /** Begins with another log: the columns have anything in them. */
  readonly begin: () => void;
  /** Says what stands in the lines from here on; nothing to do where it is the same layout as before. */
  readonly use: (lines: Lines) => void;
  /** Takes bytes that begin at `at` of what the columns point into. */
  readonly fill: (bytes: Uint8Array, at: number) => void;
  /**
   * Reads lines from a place in the filled bytes on, into the rows that follow.
   * @param offset where the bytes that the columns point into begin in the log
   */
  readonly scan: (from: number, offset: number, into: RowTaker) => Scanned;
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
    row: number,
    room: number,
    bias: number,
    offset: number,
  ) => number;
  readonly position: () => number;
  readonly rows: () => number;
  readonly codes: Place;
  readonly capacity: Place;
  readonly times: Place;
  readonly sent: Place;
  readonly received: Place;
  readonly taken: Place;
  readonly positions: Place;
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
  if (wasm === undefined || wasm.capacity.value !== rowsAtOnce) return undefined;
  const input = wasm.input.value;
  const pages = Math.ceil((input + capacity + paddingBytes) / pageBytes);
  const missing = pages - wasm.memory.buffer.byteLength / pageBytes;
  if (missing > 0) wasm.memory.grow(missing);
  const { buffer } = wasm.memory;
  const memory = new Uint8Array(buffer);
  const columns = columnsIn(wasm, buffer);
  const texts = Object.values(columns.text);
  let used: Used | undefined;
  /** Rows from here on are blank in the columns that the layout has not. */
  let blankFrom = 0;
  let filled = 0;
  let bias = 0;
  return {
    columns,
    capacity,
    begin: () => {
      used = undefined;
    },
    use: ({ layout, delimiter, atLeast }) => {
      if (layout === used?.layout) return;
      const has = (code: number): boolean => layout.codes.includes(code);
      memory.set(layout.codes.subarray(0, mostFields), wasm.codes.value);
      used = {
        layout,
        otherTexts: texts
          .filter((_, index) => !has(firstText + index))
          .flatMap(({ start, end }) => [start, end]),
        otherNumbers: (['sent', 'received', 'taken'] as const)
          .filter((name) => !has(1 + numberTargets.indexOf(name)))
          .map((name) => columns[name]),
        hasStatus: has(1 + numberTargets.indexOf('status')),
        // A line that ends before a field that is wanted would leave there what the row before had.
        least: Math.max(atLeast, layout.codes.findLastIndex((code) => code !== 0) + 1),
        most: layout.codes.length,
        delimiter,
      };
      blankFrom = rowsAtOnce;
    },
    fill: (bytes, at) => {
      memory.set(bytes, input);
      filled = bytes.length;
      bias = at - input;
    },
    scan: (from, offset, into) => {
      if (used === undefined) return { position: from, stopped: 'odd' };
      const { least, most, delimiter } = used;
      const row = into.count;
      if (row < blankFrom) {
        makeBlank(used, columns, row, blankFrom);
        blankFrom = row;
      }
      const [begin, end] = [input + from, input + filled];
      const stopped = wasm.scan(begin, end, delimiter, least, most, row, into.room(), bias, offset + bias);
      into.acceptRows(wasm.rows());
      return { position: wasm.position() - input, stopped: whyStopped[stopped] ?? 'odd' };
    },
  };
}

function columnsIn(wasm: Exported, buffer: ArrayBuffer): RowColumns {
  const rows = wasm.capacity.value;
  const places = (at: number): Int32Array => new Int32Array(buffer, at, rows);
  const numbers = ({ value }: Place): Float64Array => new Float64Array(buffer, value, rows);
  const text = textColumnNames.map((name, index) => {
    const at = wasm.texts.value + index * wasm.textColumn.value;
    return [name, { start: places(at), end: places(at + wasm.textColumn.value / 2) }];
  });
  return {
    position: numbers(wasm.positions),
    time: numbers(wasm.times),
    status: new Uint16Array(buffer, wasm.statuses.value, rows),
    sent: numbers(wasm.sent),
    received: numbers(wasm.received),
    taken: numbers(wasm.taken),
    text: Object.fromEntries(text) as RowColumns['text'],
  };
}

/** What is known of the lines, and the columns that nothing in them is for. */
interface Used {
  readonly layout: Layout;
  readonly otherTexts: readonly Int32Array[];
  readonly otherNumbers: readonly Float64Array[];
  readonly hasStatus: boolean;
  readonly least: number;
  readonly most: number;
  readonly delimiter: number;
}

function makeBlank(
  { otherTexts, otherNumbers, hasStatus }: Used,
  { status }: RowColumns,
  from: number,
  to: number,
): void {
  for (const column of otherTexts) column.fill(0, from, to);
  for (const column of otherNumbers) column.fill(Number.NaN, from, to);
  if (!hasStatus) status.fill(0, from, to);
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
