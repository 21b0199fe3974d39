import {
  appendFileSync,
  mkdirSync,
  mkdtempSync,
  renameSync,
  rmSync,
  symlinkSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execFileSync } from 'node:child_process';
import { gzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { eventually } from '../../test/support/eventually.ts';
import type { InputOrigin, RunningSource } from './source.ts';
import { startWatchedFolder, type WatchedFolderOptions } from './watched-folder.ts';

let folder: string;
let now: number;
let reads: { name: string; from: number; text: string }[];
let stored: Map<string, string>;
let logged: object[];
let running: RunningSource[];

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'tocsin-watched-'));
  now = 0;
  reads = [];
  stored = new Map();
  logged = [];
  running = [];
});
afterEach(async () => {
  await Promise.all(running.map((source) => source.stop()));
  rmSync(folder, { recursive: true, force: true });
});

async function ingest(chunks: AsyncIterable<Uint8Array>, from: InputOrigin): Promise<void> {
  const pieces: Uint8Array[] = [];
  for await (const chunk of chunks) pieces.push(chunk);
  reads.push({
    name: from.object.slice(folder.length + 1),
    from: from.startAt ?? 0,
    text: Buffer.concat(pieces).toString(),
  });
  if (from.position) stored.set(from.position.source, from.position.position);
}

function start(change: Partial<WatchedFolderOptions> = {}): RunningSource {
  const log = (fields: object) => void logged.push(fields);
  const source = startWatchedFolder({
    path: folder,
    ingest,
    position: async (key) => stored.get(key),
    clock: () => now,
    log: { info: log, warn: log, error: log },
    intervalMs: 5,
    restMs: 1_000,
    ...change,
  });
  running.push(source);
  return source;
}

const file = (name: string) => join(folder, name);
const line = (text: string) => `${JSON.stringify({ eventID: text, pad: 'x'.repeat(20) })}\n`;
const texts = () => reads.map((read) => read.text);

/** Two files with a line each show that whole looks have passed: they are read in the order of their names, after all others. */
async function looksPass(): Promise<void> {
  for (const name of ['~1', '~2']) {
    const before = reads.length;
    appendFileSync(file(name), line(`${name} ${before}`));
    await eventually(() => expect(reads.slice(before).some((read) => read.name === name)).toBe(true));
  }
  reads = reads.filter((read) => !read.name.startsWith('~'));
}

/** Time passes, and everything that rests is seen to rest. */
async function rest(): Promise<void> {
  await looksPass();
  now += 1_000;
  await looksPass();
}

describe('a file of lines', () => {
  const [a, b, c] = [line('a'), line('b'), line('c')];
  const cases: [name: string, change: (path: string) => void, read: string][] = [
    ['appended to is read on from where it was', (path) => appendFileSync(path, b), b],
    ['appended to by half a line is not read on', (path) => appendFileSync(path, b.slice(0, 9)), ''],
    [
      'appended to by one and a half lines is read on by one',
      (path) => appendFileSync(path, b + c.slice(0, 9)),
      b,
    ],
    ['with a whole last line without an end is read to it', (path) => appendFileSync(path, b.trimEnd()), b],
    ['written over with as many bytes is read anew', (path) => writeFileSync(path, b), b],
    [
      'emptied and written beyond its old size is read anew',
      (path) => {
        truncateSync(path);
        appendFileSync(path, b + c);
      },
      b + c,
    ],
    [
      'deleted and made anew, which may give it the same inode, is read anew',
      (path) => {
        rmSync(path);
        writeFileSync(path, b + c);
      },
      b + c,
    ],
    [
      'replaced by another that is moved into its place is read anew',
      (path) => {
        writeFileSync(`${path}.new`, b);
        renameSync(`${path}.new`, path);
      },
      b,
    ],
    [
      'emptied is not read, and what is then written is',
      (path) => {
        truncateSync(path);
        appendFileSync(path, c);
      },
      c,
    ],
    ['that is gone is no trouble', (path) => rmSync(path), ''],
  ];
  it.each(cases)('%s', async (_, change, expected) => {
    writeFileSync(file('log.json'), a);
    const source = start();
    await eventually(() => expect(texts()).toEqual([a]));
    reads = [];
    change(file('log.json'));
    await rest();
    expect(
      reads
        .filter((read) => !read.name.endsWith('.new'))
        .map((read) => read.text)
        .join('')
        .trim(),
    ).toBe(expected.trim());
    expect(source.trouble()).toBeUndefined();
  });

  it.each(cases.filter(([, , read]) => read !== ''))(
    '%s, where it happened while nobody looked',
    async (_, change, expected) => {
      writeFileSync(file('log.json'), a);
      const first = start();
      await eventually(() => expect(texts()).toEqual([a]));
      await first.stop();
      reads = [];
      change(file('log.json'));
      start();
      await rest();
      expect(texts().join('').trim()).toBe(expected.trim());
    },
  );

  it('is known by a first line that is longer than one read', async () => {
    const long = `${JSON.stringify({ pad: 'x'.repeat(200_000) })}\n`;
    writeFileSync(file('log.json'), long);
    start();
    await eventually(() => expect(texts()).toEqual([long]));
    appendFileSync(file('log.json'), b);
    await eventually(() => expect(reads[1]).toMatchObject({ from: long.length, text: b }));
  });

  it('that is long is read in pieces of whole lines, each stored with its position', async () => {
    const lines = Array.from({ length: 10 }, (_, i) => line(`${i}`));
    writeFileSync(file('log.json'), lines.join(''));
    start({ pieceBytes: a.length * 3 + 5 });
    await eventually(() => expect(texts().join('')).toBe(lines.join('')));
    expect(reads.map((read) => read.text.length / a.length)).toEqual([3, 3, 3, 1]);
    expect(reads.map((read) => read.from / a.length)).toEqual([0, 3, 6, 9]);
  });
});

describe('a file that is read as a whole', () => {
  it('is not read while it is still written, however often the folder is looked at', async () => {
    const packed = gzipSync(line('a'));
    start();
    for (let end = 10; end < packed.length; end += 20) {
      writeFileSync(file('a.gz'), packed.subarray(0, end));
      await looksPass();
      now += 900;
    }
    writeFileSync(file('a.gz'), packed);
    await looksPass();
    expect(texts()).toEqual([]);
    now += 1_000;
    await looksPass();
    expect(reads.map((read) => read.name)).toEqual(['a.gz']);
    await rest();
    expect(reads).toHaveLength(1);
  });
});

describe('the folder', () => {
  it('may hold links, pipes and odd names; only plain files are read', async () => {
    symlinkSync('/etc/passwd', file('passwd'));
    symlinkSync(folder, file('loop'));
    execFileSync('mkfifo', [file('pipe')]);
    mkdirSync(file('deep/er'), { recursive: true });
    writeFileSync(file('deep/er/new\nline\u001b[31m.json'), line('a'));
    const source = start();
    await rest();
    expect(reads.map((read) => read.name)).toEqual(['deep/er/new\nline\u001b[31m.json']);
    expect(source.trouble()).toBeUndefined();
  });

  it('is read without what is excepted', async () => {
    mkdirSync(file('.tocsin'));
    writeFileSync(file('.tocsin/own.json'), line('own'));
    writeFileSync(file('own.db'), line('own'));
    writeFileSync(file('theirs.json'), line('theirs'));
    start({ except: [file('.tocsin'), file('own.db')] });
    await rest();
    expect(reads.map((read) => read.name)).toEqual(['theirs.json']);
  });

  it('may be missing, which is said once, and is read when it is there', async () => {
    rmSync(folder, { recursive: true });
    const source = start();
    await eventually(() => expect(source.trouble()).toContain('ENOENT'));
    const errors = () => logged.filter((fields) => 'place' in fields);
    mkdirSync(folder);
    writeFileSync(file('log.json'), line('a'));
    await eventually(() => expect(texts()).toEqual([line('a')]));
    await eventually(() => expect(source.trouble()).toBeUndefined());
    expect(errors()).toHaveLength(1);
  });
});

it('a failure to store is said, does not keep other files out, and the file is read again', async () => {
  writeFileSync(file('a.json'), line('a'));
  writeFileSync(file('b.json'), line('b'));
  let full = true;
  const source = start({
    ingest: async (chunks, from) => {
      if (full && from.object.endsWith('a.json')) throw new Error('the disk is full');
      await ingest(chunks, from);
    },
  });
  await eventually(() => expect(texts()).toEqual([line('b')]));
  expect(source.trouble()).toContain('a.json: the disk is full');
  full = false;
  await eventually(() => expect(texts()).toEqual([line('b'), line('a')]));
  await eventually(() => expect(source.trouble()).toBeUndefined());
});

it('stopping does not wait for the end of a file that takes for ever, and stores no position for it', async () => {
  writeFileSync(file('a.json'), line('a').repeat(40_000));
  let began = false;
  const source = start({
    graceMs: 10,
    ingest: async (chunks) => {
      for await (const _ of chunks) {
        began = true;
        await new Promise((resolve) => setTimeout(resolve, 100));
      }
    },
    pieceBytes: 512 * 1024,
  });
  await eventually(() => expect(began).toBe(true));
  await source.stop();
  expect(stored.size).toBe(0);
});

describe('a folder of text', () => {
  const text = (change: Partial<WatchedFolderOptions> = {}) =>
    start({ content: 'text', keys: 'access', unendedMs: 60_000, ...change });
  const log = (from: number, to: number) =>
    Array.from({ length: to - from }, (_, i) => `192.0.2.1 - - [x] "GET /${from + i} HTTP/1.1" 200 5\n`).join(
      '',
    );
  const read = () => reads.map(({ text: each }) => each).join('');

  it('follows lines that are no JSON, and waits for the end of a line', async () => {
    writeFileSync(join(folder, 'access.log'), `${log(0, 2)}half`);
    text();
    await eventually(() => expect(read()).toBe(log(0, 2)));
    appendFileSync(join(folder, 'access.log'), ` a line\n${log(2, 3)}`);
    await eventually(() => expect(read()).toBe(`${log(0, 2)}half a line\n${log(2, 3)}`));
  });

  it('takes a last line for whole when nothing comes to it for long', async () => {
    writeFileSync(join(folder, 'access.log'), 'one\ntwo');
    text();
    await eventually(() => expect(read()).toBe('one\n'));
    now = 100_000;
    await eventually(() => expect(read()).toBe('one\ntwo'));
  });

  it('reads only files whose names it accepts, the oldest first', async () => {
    for (const [name, seconds] of [
      ['b.log', 1],
      ['a.log', 2],
      ['c.txt', 0],
    ] as const) {
      writeFileSync(join(folder, name), `${name}\n`);
      utimesSync(join(folder, name), seconds, seconds);
    }
    text({ accepts: (name) => name.endsWith('.log') });
    await eventually(() => expect(read()).toBe('b.log\na.log\n'));
  });

  it.each([0, 40, 500])(
    'reads nothing twice of a log with %i lines that is renamed, and then packed',
    async (lines) => {
      const at = (name: string) => join(folder, name);
      writeFileSync(at('access.log'), log(0, lines));
      const source = text();
      await eventually(() => expect(read()).toBe(log(0, lines)));
      // What was written between the last look and the renaming is read under the new name.
      appendFileSync(at('access.log'), log(lines, lines + 2));
      renameSync(at('access.log'), at('access.log.1'));
      writeFileSync(at('access.log'), log(900, 903));
      const both = log(0, lines + 2).length + log(900, 903).length;
      await eventually(() => expect(read()).toHaveLength(both));
      await source.stop();
      // Not even over a restart.
      writeFileSync(at('access.log.2.gz'), gzipSync(log(0, lines + 2)));
      rmSync(at('access.log.1'));
      renameSync(at('access.log'), at('access.log.1'));
      writeFileSync(at('access.log'), log(910, 911));
      stored.set('access:other', '');
      text();
      await eventually(() => expect(read()).toContain('/910 '));
      // It may be looked at for the first time only now, and rests from then on.
      await eventually(() => {
        now += 1_000;
        expect(stored.has(`access:${at('access.log.2.gz')}`)).toBe(true);
      });
      expect(read().split('\n').toSorted()).toEqual(
        (log(0, lines + 2) + log(900, 903) + log(910, 911)).split('\n').toSorted(),
      );
    },
  );

  it('knows a packed file again under another name, and reads one that only begins alike', async () => {
    const at = (name: string) => join(folder, name);
    writeFileSync(at('a.gz'), gzipSync(log(0, 300)));
    text();
    await eventually(() => {
      now += 1_000;
      expect(reads).toHaveLength(1);
    });
    renameSync(at('a.gz'), at('b.gz'));
    writeFileSync(at('plain.log'), log(0, 200));
    await eventually(() => expect(reads.map(({ name }) => name)).toContain('plain.log'));
    now += 10_000;
    await eventually(() => expect(stored.has(`access:${at('b.gz')}`)).toBe(true));
    expect(reads.find(({ name }) => name === 'b.gz')?.text).toBe('');
  });

  it('reads a log that was copied away and emptied from its start, and the copy on from where it was', async () => {
    const at = (name: string) => join(folder, name);
    writeFileSync(at('access.log'), log(0, 100));
    text();
    await eventually(() => expect(read()).toBe(log(0, 100)));
    writeFileSync(at('access.log.1'), log(0, 101));
    truncateSync(at('access.log'), 0);
    appendFileSync(at('access.log'), log(200, 201));
    await eventually(() =>
      expect(read().split('\n').toSorted()).toEqual((log(0, 101) + log(200, 201)).split('\n').toSorted()),
    );
  });

  it('gives the headers along when it goes on in the middle', async () => {
    const beginnings: (string | undefined)[] = [];
    const keep = async (chunks: AsyncIterable<Uint8Array>, from: InputOrigin) => {
      beginnings.push(from.beginning && Buffer.from(from.beginning).toString());
      await ingest(chunks, from);
    };
    writeFileSync(join(folder, 'w3c.log'), '#Fields: date time\na\n');
    text({ ingest: keep });
    await eventually(() => expect(reads).toHaveLength(1));
    appendFileSync(join(folder, 'w3c.log'), 'b\n');
    await eventually(() => expect(reads).toHaveLength(2));
    expect(beginnings).toEqual([undefined, '#Fields: date time\na\nb\n']);
  });
});
