import { execFileSync, spawn } from 'node:child_process';
import { cpSync, existsSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import * as z from 'zod';
import { root, temporaryFolder, until } from '../support/cli.ts';
import { trailStopped } from '../support/records.ts';

/** The files that a published package holds, built, in a folder of their own: what is missing there is missing for every user. */
const folder = temporaryFolder();
const bin = join(folder.path, 'tocsin/bin/tocsin.js');
let files: readonly string[];

const packed = z.tuple([z.object({ files: z.array(z.object({ path: z.string() })) })]);

beforeAll(() => {
  execFileSync(process.execPath, [join(root, 'scripts/build.mjs')], {
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  const output = execFileSync('npm', ['pack', '--dry-run', '--ignore-scripts', '--json'], {
    cwd: root,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  files = packed.parse(JSON.parse(output))[0].files.map(({ path }) => path);
  for (const file of files) cpSync(join(root, file), join(folder.path, 'tocsin', file));
  symlinkSync(join(root, 'node_modules'), join(folder.path, 'node_modules'), 'junction');
}, 180_000);

afterAll(() => folder.remove());

function tocsin(...args: readonly string[]): string {
  return execFileSync(process.execPath, [bin, ...args], { cwd: folder.path, encoding: 'utf8' });
}

describe('the package as it is published', () => {
  it('holds no source and no tests, but licence, rules, docs and the Lambda function', () => {
    const isSource = (path: string) =>
      /^(src|test|scripts|node_modules)\//.test(path) || /\.test\.[cm]?[jt]s$/.test(path);
    expect(files.filter(isSource)).toEqual([]);
    for (const file of [
      'LICENSE',
      'README.md',
      'docs/cli.md',
      'dist/lambda/index.mjs',
      'dist/lambda/rules.json',
    ])
      expect(files).toContain(file);
    expect(files.filter((path) => path.startsWith('dist/lambda/'))).toHaveLength(2);
  });

  it('knows its version', () => expect(tocsin('--version')).toMatch(/^\d+\.\d+\.\d+\n$/));

  it('scans with its own rules', () => {
    writeFileSync(join(folder.path, 'trail.json'), JSON.stringify({ Records: [trailStopped()] }));
    expect(tocsin('scan', 'trail.json')).toContain('alice stopped the trail management');
  });

  it('has its own rules as they were read, and so has nothing to keep of them', () => {
    const cache = join(folder.path, 'cache');
    const scan = (...more: readonly string[]) =>
      execFileSync(process.execPath, [bin, 'scan', 'trail.json', ...more], {
        cwd: folder.path,
        encoding: 'utf8',
        env: { ...process.env, XDG_CACHE_HOME: cache },
      });
    expect(scan()).toContain('alice stopped the trail management');
    expect(existsSync(cache)).toBe(false);
    expect(scan('--pack', 'inventory')).toContain('alice stopped the trail management');
    expect(existsSync(cache)).toBe(true);
  });

  it('tests its own rules', () => expect(tocsin('rules', 'test')).toMatch(/^\d+ rules, .* 0 failed\n$/));

  it('tells the story, with its page and what the page loads', async () => {
    const child = spawn(process.execPath, [bin, 'serve', '--demo', '--port', '0'], {
      cwd: folder.path,
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const ended = new Promise((resolve) => child.on('close', resolve));
    let output = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => (output += text));
    try {
      const address = await until('it listens', () => /http:\/\/127\.0\.0\.1:\d+/.exec(output)?.[0]);
      await until('an alert is on the terminal', () => /CRITICAL|HIGH|MEDIUM/.exec(output)?.[0]);
      const page = await (await fetch(address, { headers: { accept: 'text/html' } })).text();
      const loaded = [...page.matchAll(/"(\/assets\/[^"]+)"/g)].map(([, path = '']) => path);
      expect(loaded.length).toBeGreaterThanOrEqual(3);
      for (const path of loaded) expect((await fetch(address + path)).status, path).toBe(200);
    } finally {
      child.kill('SIGTERM');
      expect(await ended).toBe(0);
    }
  });
});
