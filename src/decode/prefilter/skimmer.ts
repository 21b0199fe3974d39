import type { Frame } from '../frame.ts';
import type { ListPlace, SplitterStart } from '../frames.ts';
import type { Scanned, Scanner } from './scanner.ts';
import type { Counted } from './wanted.ts';

/** Where the careful reader has to go on: what it is in the middle of, and the bytes from there that were pushed already. */
export interface Handover {
  readonly start: SplitterStart;
  readonly bytes: Uint8Array;
}

/**
 * Reads a stream of JSON as a Splitter does, but gives only the records that may matter and counts the others. It keeps to what is
 * certain: where anything is out of the ordinary it stops, and `handover` says where a Splitter must go on. The frames and
 * the counts of both together are those of a Splitter alone.
 */
export interface PassedOver {
  readonly records: number;
  readonly counted: readonly Counted[];
}

export interface Skimmer {
  /** False where it can't be taken, because the record at hand is too long: then a Splitter must go on with `rest` and this slice. */
  readonly push: (slice: Uint8Array) => boolean;
  /** The next record that may matter; its bytes are good until the next `push`. Undefined: push more, unless `handover` is there. */
  readonly next: () => Frame | undefined;
  /** The record that was given last is no JSON: a Splitter must go on from its beginning. */
  readonly takeBack: () => void;
  /** How many records were passed over since the last time it was asked, and what was counted in them. */
  readonly takePassedOver: () => PassedOver;
  readonly handover: () => Handover | undefined;
  /** As of a Splitter. */
  readonly standsIn: (place: ListPlace) => boolean;
  /** What is left where the stream ends. */
  readonly rest: () => Handover;
}

/** Enough for a byte order mark, a few spaces and the name of the list. */
const headBytes = 256;

/** How CloudTrail's files begin; an array of records; or records one after the other. */
const heads = [
  { place: 'container', begin: /^(?:\xef\xbb\xbf)?[ \t\r\n]*\{[ \t\r\n]*"Records"[ \t\r\n]*:[ \t\r\n]*\[/ },
  { place: 'array', begin: /^(?:\xef\xbb\xbf)?[ \t\r\n]*\[/ },
  { place: 'top', begin: /^(?:\xef\xbb\xbf)?[ \t\r\n]*(?=\{)/ },
] as const;

/** A Splitter takes the list under such a key of a top-level object apart. */
const containerKey = /"(?:Records|Events|Messages|QueryResultRows)"/;

export function startSkimmer(scanner: Scanner, start?: SplitterStart): Skimmer {
  let place = start?.place;
  let lines = false;
  /** As it was before the last scan. */
  let linesBefore = false;
  /** Offset in the stream of the first byte in the scanner's memory. */
  let base = start?.base ?? 0;
  let used = 0;
  /** Where the next scan begins. */
  let at = 0;
  let scanned: Scanned | undefined;
  let given = 0;
  let passedOver = 0;
  let counted: Counted[] = [];
  let over: Handover | undefined;

  function handOver(from: number): Handover {
    return {
      start: { base: base + from, place: place ?? 'top', lines: lines && place === 'top' },
      bytes: scanner.bytes(from, used),
    };
  }

  function findPlace(): boolean {
    const head = Buffer.from(scanner.bytes(0, Math.min(used, headBytes))).toString('latin1');
    for (const candidate of heads) {
      const match = candidate.begin.exec(head);
      // What could still become a list of records is waited for.
      if (match === null || (candidate.place === 'top' && used < headBytes && couldBeContainer(head)))
        continue;
      place = candidate.place;
      at = match[0].length;
      return true;
    }
    if (used >= headBytes) over = handOver(0);
    return false;
  }

  function scan(to: number): Scanned {
    const result = scanner.scan(at, to, place === 'top');
    given = 0;
    linesBefore = lines;
    // At the top only objects on one line are scanned, which is how a Splitter knows lines of JSON.
    if (result.records > 0) lines = true;
    return result;
  }

  function next(): Frame | undefined {
    if (over !== undefined || (place === undefined && !findPlace())) return undefined;
    for (;;) {
      scanned ??= scan(used);
      if (given < scanned.survivors) {
        const { start, end } = scanner.survivor(given++);
        const bytes = scanner.bytes(start, end);
        if (place !== 'top' || !containerKey.test(Buffer.from(bytes).toString('latin1')))
          return { kind: 'value', at: base + start, bytes };
        takeBack();
        return undefined;
      }
      passOver(scanned);
      at = scanned.position;
      if (scanned.stopped === 'odd') over = handOver(at);
      const { stopped } = scanned;
      scanned = undefined;
      if (stopped !== 'full') return undefined;
    }
  }

  function passOver(through: Scanned): void {
    passedOver += through.records - through.survivors;
    counted.push(...through.counted);
  }

  function takeBack(): void {
    if (scanned === undefined || given === 0) return;
    const { start } = scanner.survivor(given - 1);
    // What comes behind it has not been seen by a Splitter that is there.
    lines = linesBefore;
    passOver(scan(start));
    over = handOver(start);
  }

  return {
    push: (slice) => {
      if (used + slice.length > scanner.capacity) {
        scanner.keep(at, used);
        base += at;
        used -= at;
        at = 0;
      }
      if (used + slice.length > scanner.capacity) return false;
      scanner.fill(slice, used);
      used += slice.length;
      return true;
    },
    next,
    takeBack,
    takePassedOver: () => {
      const taken = { records: passedOver, counted };
      passedOver = 0;
      if (counted.length > 0) counted = [];
      return taken;
    },
    handover: () => over,
    standsIn: (wanted) => over === undefined && scanned === undefined && place === wanted && at === used,
    rest: () => handOver(at),
  };
}

/** Whether more bytes could make this beginning that of a list of records. */
function couldBeContainer(head: string): boolean {
  return '{"Records":['.startsWith(head.replace(/^\xef\xbb\xbf/, '').replaceAll(/[ \t\r\n]/g, ''));
}
