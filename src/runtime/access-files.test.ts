import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, describe, expect, it } from 'vitest';
import { textAt } from '../event/requests.ts';
import { findFiles } from '../source/files.ts';
import { readAccessFiles, type AccessFilesOptions } from './access-files.ts';

const folder = mkdtempSync(join(tmpdir(), 'tocsin-access-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const start = Date.parse('2026-03-02T08:00:00Z');
const line = (second: number, host = ''): string => {
  const time = new Date(start + second * 1000).toISOString().slice(11, 19);
  const target = `GET /${second} HTTP/1.1`;
  return `${host === '' ? '' : `${host}:443 `}192.0.2.1 - - [02/Mar/2026:${time} +0000] "${target}" 200 1 "-" "-"\n`;
};
const every = (step: number, from: number, to: number): string =>
  Array.from({ length: Math.ceil((to - from) / step) }, (_, i) => line(from + i * step)).join('');

async function read(
  files: Readonly<Record<string, string | Uint8Array>>,
  options: Partial<AccessFilesOptions> = {},
) {
  const at = mkdtempSync(join(folder, 'pile-'));
  for (const [name, content] of Object.entries(files)) {
    mkdirSync(join(at, name, '..'), { recursive: true });
    writeFileSync(join(at, name), content);
  }
  const times: number[] = [];
  const paths: string[] = [];
  const rejections: string[] = [];
  const tally = await readAccessFiles(
    {
      files: await findFiles([at]),
      clock: () => start,
      onRejection: ({ reason }) => rejections.push(reason),
      onProgress: () => {},
      ...options,
    },
    (requests) => {
      for (let row = 0; row < requests.count; row++) {
        times.push(((requests.time[row] ?? 0) - start) / 1000);
        paths.push(textAt(requests, 'path', row));
      }
    },
  );
  return { times, paths, rejections, tally };
}

describe('a pile of access logs', () => {
  it('is read in the order of what is in the files, and not of their names', async () => {
    const { times } = await read({
      'access.log': every(10, 200, 300),
      'access.log.1': every(10, 100, 200),
      'old/access.log.2.gz': gzipSync(every(10, 0, 100)),
    });
    expect(times).toEqual(Array.from({ length: 30 }, (_, i) => i * 10));
  });

  it('is read side by side where files are of the same time: none runs ahead by more than a batch', async () => {
    const { times, tally } = await read({
      a: every(1, 0, 40_000),
      b: every(1, 0, 40_000),
      c: every(2, 1, 40_000),
    });
    expect(tally).toMatchObject({ records: 100_000, requests: 100_000, rejected: 0, files: 3 });
    let latest = 0;
    let furthestBack = 0;
    for (const time of times) {
      latest = Math.max(latest, time);
      furthestBack = Math.max(furthestBack, latest - time);
    }
    expect(furthestBack).toBeLessThanOrEqual(2 * 8_192);
    expect(furthestBack).toBeGreaterThan(0);
  });

  it('of more files than are opened at once is read whole', async () => {
    const files = Object.fromEntries(
      Array.from({ length: 50 }, (_, i) => [`edge-${i}`, every(50, i, 1_000)]),
    );
    const { times, tally } = await read(files);
    expect(tally).toMatchObject({ requests: times.length, files: 50 });
    expect(new Set(times).size).toBe(1_000);
  });

  it('tells of what cannot be read and reads the rest', async () => {
    const { times, rejections, tally } = await read({
      bad: 'this is no access log\n',
      cut: gzipSync(every(1, 0, 5)).subarray(0, -6),
      empty: '',
      trail: '{"Records":[{"eventSource":"s3.amazonaws.com"}]}',
      good: every(1, 10, 12),
    });
    expect(times.filter((time) => time >= 10)).toEqual([10, 11]);
    expect(rejections).toHaveLength(3);
    expect(rejections.join('\n')).toMatch(/not a known access log/);
    expect(rejections.join('\n')).toMatch(/'tocsin scan' reads it/);
    expect(tally.records).toBe(tally.requests + tally.rejected);
    expect(tally.files).toBe(5);
  });

  it('with a file that has gone is read all the same', async () => {
    const { times, rejections } = await read(
      { good: every(1, 0, 2) },
      { files: [{ path: join(folder, 'gone'), size: 10_000_000, stdin: false }] },
    );
    expect(times).toEqual([]);
    expect(rejections).toEqual([expect.stringMatching(/^cannot be read: ENOENT/)]);
  });

  it('is cut to a time range and to hosts, and what is left out is counted', async () => {
    const log = [line(0, 'Shop.example'), line(1, 'other.example'), line(2, 'shop.example'), line(3)].join(
      '',
    );
    const { times, tally } = await read({ log }, { hosts: ['shop.example'], until: start + 2_000 });
    expect(times).toEqual([0]);
    expect(tally).toMatchObject({ requests: 4, outside: 3 });
  });

  it('keeps texts of the rows that are left', async () => {
    const { paths } = await read({ log: every(1, 0, 4) }, { since: start + 2_000 });
    expect(paths).toEqual(['/2', '/3']);
  });
});
