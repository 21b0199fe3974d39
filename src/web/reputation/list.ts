import type { ListFormatName, ListShape } from './format.ts';
import { detectListFormat, listFormats } from './formats.ts';
import { isTooWide, type ListLimits } from './limits.ts';
import { merged } from './merge.ts';
import type { AddressRange, AddressRanges, Range } from './range.ts';
import { touchesReserved } from './reserved.ts';

export interface ListContents extends AddressRanges {
  readonly format: ListFormatName;
  /** Entries that were taken. */
  readonly entries: number;
  /** Entries that were left out because of what they name. */
  readonly tooWide: number;
  readonly reserved: number;
  /** Entries that could not be read. */
  readonly unreadable: number;
}

export type ListRead =
  | { readonly type: 'read'; readonly contents: ListContents }
  /** One clause, to stand after the list's name: what is wrong and what to do. */
  | { readonly type: 'refused'; readonly reason: string };

/** More than any list that a person would give; each is held in memory while it is read. */
const mostEntries = 1_000_000;
/** One entry in so many may be unreadable: lists have a stray line now and then, and another kind of file has hardly a good one. */
const goodForEachBad = 20;

/**
 * Reads a whole list of addresses and networks. What is no list is refused: a page of HTML, a list without an entry, one of which many
 * entries cannot be read, one that ends in the middle where its format tells, and one that names more than `limits` allow.
 */
export function readList(bytes: Uint8Array, shape: ListShape, limits: ListLimits): ListRead {
  if (isHtml(bytes)) return refused('is a page of HTML and no list; check its address');
  const format = shape.format ?? detectListFormat(bytes);
  const v4: Range<number>[] = [];
  const v6: Range<bigint>[] = [];
  const counts = { entries: 0, tooWide: 0, reserved: 0, unreadable: 0 };
  let firstUnreadable = '';
  const problem = listFormats[format](bytes, shape, {
    entry: (range, written) => {
      if (range === undefined) {
        counts.unreadable++;
        if (firstUnreadable === '') firstUnreadable = written().slice(0, 80);
      } else if (isTooWide(range, limits)) counts.tooWide++;
      else if (touchesReserved(range)) counts.reserved++;
      else {
        counts.entries++;
        add(range, v4, v6);
      }
      return counts.entries + counts.tooWide + counts.reserved + counts.unreadable < mostEntries;
    },
  });
  if (problem !== undefined) return refused(problem);
  const { entries, tooWide, reserved, unreadable } = counts;
  const all = entries + tooWide + reserved + unreadable;
  if (all >= mostEntries) return refused(`has ${mostEntries} entries or more; that many are not read`);
  if (all === 0) return refused(`has no entry; read as ${format}`);
  if (unreadable * goodForEachBad > all)
    return refused(
      `has ${unreadable} entries of ${all} that are no address or network, the first ${JSON.stringify(firstUnreadable)}; read as ${format}`,
    );
  if (entries === 0)
    return refused(`has only entries that are too wide (${tooWide}) or reserved (${reserved})`);
  const ranges = { v4: merged(v4, (value) => value + 1), v6: merged(v6, (value) => value + 1n) };
  const addresses = ranges.v4.reduce((sum, { first, last }) => sum + last - first + 1, 0);
  if (addresses > limits.mostV4)
    return refused(
      `names ${addresses} addresses of IPv4; the most for a list of its trust are ${limits.mostV4}`,
    );
  const networks = ranges.v6.reduce((sum, { first, last }) => sum + (last >> 64n) - (first >> 64n) + 1n, 0n);
  if (networks > limits.mostV6)
    return refused(
      `names ${networks} networks of IPv6 of 64 bits; the most for a list of its trust are ${limits.mostV6}`,
    );
  return { type: 'read', contents: { ...ranges, format, ...counts } };
}

function add(range: AddressRange, v4: Range<number>[], v6: Range<bigint>[]): void {
  if (range.family === 4) v4.push({ first: range.first, last: range.last });
  else v6.push({ first: range.first, last: range.last });
}

function refused(reason: string): ListRead {
  return { type: 'refused', reason };
}

/** A login page, an error page, or one that asks whether one is a robot. */
function isHtml(bytes: Uint8Array): boolean {
  const head = Buffer.from(bytes.subarray(0, 1024)).toString('latin1').trimStart().toLowerCase();
  return /^(?:\u00ef\u00bb\u00bf)?\s*<(?:!doctype|html|head|body|\?xml|!--)/.test(head);
}
