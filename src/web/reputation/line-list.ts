import type { ListReader, ListShape, ListSink } from './format.ts';
import { rangeAt } from './range.ts';

const lineFeed = 0x0a;
const hash = 0x23;
const semicolon = 0x3b;

/**
 * One address, network or range at the beginning of each line; what follows after a space, a tab, a comma or a semicolon is not looked at.
 * Lines that begin with `#`, `;` or `//` are comments. Spamhaus DROP (`192.0.2.0/24 ; SBL1`), the block list of Emerging Threats, Tor's bulk
 * list, FireHOL's netsets, ipsum and nearly all others are written so.
 * https://www.spamhaus.org/drop/drop.txt https://rules.emergingthreats.net/fwrules/emerging-Block-IPs.txt
 */
export const readLineList: ListReader = (bytes, _shape: ListShape, sink: ListSink) => {
  eachLine(bytes, (start, end) => {
    if (isComment(bytes, start)) return true;
    const entryEnd = endOfEntry(bytes, start, end);
    return sink.entry(rangeAt(bytes, start, entryEnd), () => textOf(bytes, start, end));
  });
  return undefined;
};

/** `ExitAddress 192.0.2.1 2026-01-05 10:00:00`, among lines about the relay that has it. https://check.torproject.org/exit-addresses */
export const readTorExits: ListReader = (bytes, _shape: ListShape, sink: ListSink) => {
  const word = Buffer.from('ExitAddress ');
  eachLine(bytes, (start, end) => {
    const begin = bytes.subarray(start, start + word.length);
    if (Buffer.compare(begin, word) !== 0) return true;
    const from = start + word.length;
    return sink.entry(rangeAt(bytes, from, endOfEntry(bytes, from, end)), () => textOf(bytes, start, end));
  });
  return undefined;
};

/** Calls with each line that has something on it, without what is white around it, until it is told to stop. */
function eachLine(bytes: Uint8Array, line: (start: number, end: number) => boolean): void {
  const byteOrderMark = bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf;
  for (let at = byteOrderMark ? 3 : 0; at < bytes.length;) {
    const found = bytes.indexOf(lineFeed, at);
    const next = found === -1 ? bytes.length : found;
    let start = at;
    let end = next;
    while (start < end && isWhite(bytes[start])) start++;
    while (end > start && isWhite(bytes[end - 1])) end--;
    if (end > start && !line(start, end)) return;
    at = next + 1;
  }
}

function isWhite(byte: number | undefined): boolean {
  return byte === 0x20 || byte === 0x09 || byte === 0x0d;
}

function isComment(bytes: Uint8Array, start: number): boolean {
  const first = bytes[start];
  return first === hash || first === semicolon || (first === 0x2f && bytes[start + 1] === 0x2f);
}

/** Up to what separates; a dash with spaces around it belongs to a range. */
function endOfEntry(bytes: Uint8Array, start: number, end: number): number {
  for (let i = start; i < end; i++) {
    const byte = bytes[i];
    if (byte === semicolon || byte === 0x2c || byte === hash) return i;
    if (byte !== 0x20 && byte !== 0x09) continue;
    if (bytes[i + 1] !== 0x2d || bytes[i + 2] !== 0x20) return i;
    i += 2;
  }
  return end;
}

function textOf(bytes: Uint8Array, start: number, end: number): string {
  return Buffer.from(bytes.subarray(start, Math.min(end, start + 200))).toString('utf8');
}
