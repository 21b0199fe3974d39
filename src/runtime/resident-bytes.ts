import { openSync, readSync } from 'node:fs';

/**
 * Bytes that the process takes (its resident set); 0 where the system does not tell. For those who ask hundreds of times a second: Linux
 * makes a page of text for each answer to `process.memoryUsage.rss()`, and a line of seven numbers in a file that may stay open.
 * https://man7.org/linux/man-pages/man5/proc_pid_statm.5.html
 */
export function residentBytes(): number {
  return (read ??= readStatm() ?? askNode)();
}

let read: (() => number) | undefined;

function askNode(): number {
  try {
    return process.memoryUsage.rss();
  } catch {
    return 0;
  }
}

/** Undefined where there is no such file, or it says something else than Node. */
function readStatm(): (() => number) | undefined {
  const line = Buffer.alloc(128);
  try {
    const file = openSync('/proc/self/statm', 'r');
    const pages = (): number => residentPages(line, readSync(file, line, 0, line.length, 0));
    // It counts in pages, whose size only Node knows: a power of two, from 4 KB on.
    const pageBytes = 2 ** Math.round(Math.log2(askNode() / pages()));
    if (!(pageBytes >= 4_096 && pageBytes <= 1_048_576)) return undefined;
    return () => {
      try {
        return pages() * pageBytes;
      } catch {
        return askNode();
      }
    };
  } catch {
    return undefined;
  }
}

/** The second number of the line. */
export function residentPages(line: Uint8Array, length: number): number {
  let at = line.indexOf(SPACE) + 1;
  let pages = 0;
  for (; at > 0 && at < length && line[at] !== SPACE; at++) pages = pages * 10 + (line[at] ?? 0) - ZERO;
  return pages;
}

const SPACE = 0x20;
const ZERO = 0x30;
