import { disposeOf } from './disposable.ts';
import type { Format, ReadLimits, Sink } from './format.ts';
import type { Frame } from './frame.ts';
import { defaultFrameLimits } from './frame.ts';
import { Splitter, type SplitterStart } from './frames.ts';
import { parseJson } from './parse.ts';
import type { Scanner } from './prefilter/scanner.ts';
import { startSkimmer, type Handover } from './prefilter/skimmer.ts';
import { unwrap } from './shapes.ts';

/** Chunks are cut to this, so that one yield never stands for more. */
const sliceBytes = 256 * 1024;
/** Fewer records are better: those of one yield are in memory together, in many times the size of their bytes. */
const framesPerYield = 1000;
const usualBytesPerYield = 128 * 1024;

/** JSON in all layouts: a document, an array, lines, concatenated documents, records under a container's key. */
export const jsonFormat: Format = {
  name: 'JSON',
  detect: (head) => {
    for (const [index, byte] of head.entries()) {
      if (isSpace(byte) || isByteOrderMark(index, byte)) continue;
      // A quote may begin a line of CSV too, so that format is asked first. A comma or a closing bracket begins what was cut out of the middle.
      return (
        byte === 0x7b || byte === 0x5b || byte === 0x22 || byte === 0x2c || byte === 0x7d || byte === 0x5d
      );
    }
    return true;
  },
  read: readJson,
};

async function* readJson(
  chunks: AsyncIterable<Uint8Array>,
  sink: Sink,
  limits: ReadLimits,
): AsyncGenerator<number> {
  const scanner = limits.prefilter?.take(limits.maxRecordBytes);
  const { bytesPerYield = usualBytesPerYield } = limits;
  try {
    const { part } = limits;
    const start = part && part.from > 0 ? { base: part.from, place: part.place, lines: false } : undefined;
    const reader =
      scanner === undefined ? carefulReader(limits, start) : skimmingReader(scanner, sink, limits, start);
    const borders = (part?.borders ?? []).values();
    const from = part?.from ?? 0;
    let border = borders.next().value;
    let read = 0;
    let frames = 0;
    let bytes = 0;
    for await (const chunk of chunks) {
      for (let at = 0; at < chunk.length;) {
        const most = border === undefined ? sliceBytes : Math.min(sliceBytes, border - from - read);
        const slice = chunk.subarray(at, at + most);
        reader.push(slice);
        at += slice.length;
        read += slice.length;
        for (let frame = reader.next(); frame !== undefined; frame = reader.next()) {
          take(frame, reader, sink, limits);
          frames++;
          if (frame.kind === 'value') bytes += frame.bytes.length;
          if (frames < framesPerYield && bytes < bytesPerYield) continue;
          yield read;
          frames = 0;
          bytes = 0;
        }
        yield read;
        if (part === undefined || from + read !== border) continue;
        if (reader.standsIn(part.place)) {
          part.endsAt(border);
          return;
        }
        border = borders.next().value;
      }
      disposeOf(chunk);
    }
    reader.end();
    for (let frame = reader.next(); frame !== undefined; frame = reader.next())
      take(frame, reader, sink, limits);
  } finally {
    if (scanner !== undefined) limits.prefilter?.giveBack(scanner);
  }
}

interface Reader extends Pick<Splitter, 'push' | 'next' | 'end' | 'standsIn'> {
  /** Whether the value that came last, which is no JSON, will be read again with more care. */
  readonly readsAgain?: () => boolean;
}

function carefulReader(limits: ReadLimits, start?: SplitterStart): Reader {
  return new Splitter({ ...defaultFrameLimits, maxBytes: limits.maxRecordBytes }, start);
}

/** Skims as far as it can, and reads the rest with care. */
function skimmingReader(scanner: Scanner, sink: Sink, limits: ReadLimits, start?: SplitterStart): Reader {
  const skimmer = startSkimmer(scanner, start);
  let careful: Reader | undefined;
  const goOn = ({ start: from, bytes }: Handover): Reader => {
    const reader = carefulReader(limits, from);
    reader.push(bytes);
    return reader;
  };
  return {
    push: (slice) => {
      if (careful === undefined && !skimmer.push(slice)) careful = goOn(skimmer.rest());
      careful?.push(slice);
    },
    next: () => {
      if (careful === undefined) {
        const frame = skimmer.next();
        const { records, counted } = skimmer.takePassedOver();
        sink.passedOver(records, counted);
        if (frame !== undefined) return frame;
        const handover = skimmer.handover();
        if (handover === undefined) return undefined;
        careful = goOn(handover);
      }
      return careful.next();
    },
    readsAgain: () => {
      if (careful !== undefined) return false;
      skimmer.takeBack();
      return true;
    },
    standsIn: (place) => (careful ?? skimmer).standsIn(place),
    end: () => {
      careful ??= goOn(skimmer.rest());
      careful.end();
    },
  };
}

/** The seam between framing and parsing: here a record is bytes and nothing has been spent on it yet. */
function take(frame: Frame, reader: Reader, sink: Sink, limits: ReadLimits): void {
  if (frame.kind === 'broken') {
    sink.rejected(frame.at, frame.reason, frame);
    return;
  }
  const raw = { bytes: frame.bytes, length: frame.bytes.length };
  const parsed = parseJson(frame.bytes);
  if ('problem' in parsed) {
    if (reader.readsAgain?.() !== true) sink.rejected(frame.at, parsed.problem, raw);
  } else unwrap(parsed.value, raw, { sink, at: frame.at, limits });
}

function isSpace(byte: number): boolean {
  return byte === 0x20 || byte === 0x09 || byte === 0x0a || byte === 0x0d;
}

function isByteOrderMark(index: number, byte: number): boolean {
  return [0xef, 0xbb, 0xbf][index] === byte;
}
