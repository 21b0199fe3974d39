import { describe, expect, it } from 'vitest';
import { residentBytes, residentPages } from './resident-bytes.ts';

describe('what a process takes', () => {
  it('is what Node says', () => {
    const told = process.memoryUsage.rss();
    expect(residentBytes() / told).toBeCloseTo(1, 0);
    // The second time it is only read.
    expect(residentBytes() / told).toBeCloseTo(1, 0);
  });

  it.each([
    ['4815 1213 902 14 0 1001 0\n', 1213],
    ['4815 7 ', 7],
    ['4815', 0],
    ['', 0],
  ])('is the second number of %j', (line, pages) => {
    expect(residentPages(Buffer.from(line), line.length)).toBe(pages);
  });
});
