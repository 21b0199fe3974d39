import { spawn, spawnSync } from 'node:child_process';
import { chmod, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { disposeOf } from '../decode/disposable.ts';
import { findFiles, NoInputError, readInput } from './files.ts';

let folder = '';
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tocsin-files-'));
});
afterEach(async () => {
  await chmod(join(folder, 'closed'), 0o700).catch(() => {});
  await rm(folder, { recursive: true });
});

async function found(...names: string[]) {
  const files = await findFiles(names.map((name) => join(folder, name)));
  return files.map(({ path, size }) => [path.slice(folder.length + 1), size]);
}

describe('files below a folder', () => {
  it('are found at every depth, in the order of their names', async () => {
    await mkdir(join(folder, 'b/c'), { recursive: true });
    await writeFile(join(folder, 'b/c/2.json'), '22');
    await writeFile(join(folder, 'b/1.json'), '1');
    await writeFile(join(folder, 'a.json'), '');
    expect(await found('')).toEqual([
      ['a.json', 0],
      ['b/1.json', 1],
      ['b/c/2.json', 2],
    ]);
  });

  it('are found behind links to files; links to folders are not followed', async () => {
    await mkdir(join(folder, 'in'));
    await writeFile(join(folder, 'one.json'), '1');
    await symlink('../one.json', join(folder, 'in/link.json'));
    await symlink('..', join(folder, 'in/up'));
    expect(await found('in')).toEqual([['in/link.json', 1]]);
  });

  it('keep a broken link among them, so that reading it fails where it can be told', async () => {
    await symlink('nowhere', join(folder, 'broken.json'));
    await writeFile(join(folder, 'good.json'), '1');
    const files = await findFiles([folder]);
    expect(files.map(({ size }) => size)).toEqual([0, 1]);
    const [broken] = files;
    if (broken === undefined) throw new Error('no file');
    await expect(async () => {
      for await (const _ of readInput(broken)) continue;
    }).rejects.toThrow('ENOENT');
  });

  // The superuser may open everything.
  it.skipIf(process.getuid?.() === 0)('keep a folder that may not be opened', async () => {
    await mkdir(join(folder, 'closed'));
    await writeFile(join(folder, 'good.json'), '1');
    await chmod(join(folder, 'closed'), 0);
    expect(await found('')).toEqual([
      ['closed', 0],
      ['good.json', 1],
    ]);
  });

  it('must be there', async () => {
    await expect(found('')).rejects.toThrow(NoInputError);
    await expect(found('missing')).rejects.toThrow('there is no such file');
  });
});

/** Windows has no such pipes. */
it.skipIf(spawnSync('mkfifo', ['--version']).error !== undefined)('a pipe is read as it comes', async () => {
  const path = join(folder, 'pipe');
  expect(spawnSync('mkfifo', [path]).status).toBe(0);
  spawn('sh', ['-c', 'printf one > "$0"', path]);
  const [file] = await findFiles([path]);
  if (file === undefined) throw new Error('the pipe is not there');
  let text = '';
  for await (const piece of readInput(file)) text += Buffer.from(piece).toString();
  expect(text).toBe('one');
});

describe('files read one after the other', () => {
  const contents = [
    'a'.repeat(700_000),
    'b',
    'c'.repeat(900_000),
    '',
    'd'.repeat(600_000),
    'e'.repeat(5_000_000),
  ];

  async function* piecesOf(): AsyncGenerator<Uint8Array[]> {
    for (const [i, content] of contents.entries()) {
      const path = join(folder, `${i}.json`);
      await writeFile(path, content);
      const pieces: Uint8Array[] = [];
      for await (const piece of readInput({ path, size: content.length, stdin: false })) pieces.push(piece);
      yield pieces;
    }
  }

  it('are whole, where the memory of each is given back before the next', async () => {
    const read: string[] = [];
    for await (const pieces of piecesOf()) {
      read.push(Buffer.concat(pieces).toString());
      pieces.forEach(disposeOf);
    }
    expect(read).toEqual(contents);
  });

  it('are whole, where all of them are kept', async () => {
    const kept: Uint8Array[][] = [];
    for await (const pieces of piecesOf()) kept.push(pieces);
    expect(kept.map((pieces) => Buffer.concat(pieces).toString())).toEqual(contents);
  });

  it('have what is there by then, where they have become shorter or longer since they were found', async () => {
    const path = join(folder, 'log.json');
    for (const content of ['1', '1'.repeat(20_000), '2'.repeat(4_500_000), '']) {
      await writeFile(path, content);
      let text = '';
      for await (const piece of readInput({ path, size: 10_000, stdin: false })) {
        text += Buffer.from(piece).toString();
        disposeOf(piece);
      }
      expect(text === content).toBe(true);
    }
  });
});
