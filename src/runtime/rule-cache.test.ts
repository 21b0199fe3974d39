import {
  chmodSync,
  chownSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { readPipeline } from '../sigma/pipeline/pipeline.ts';
import { faithfulJson } from './faithful-json.ts';
import { builtinRules, loadRules } from './load-rules.ts';
import { packsFolder } from './packs.ts';
import { keepRules } from './rule-cache.ts';

let folder = '';
let kept = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'tocsin-kept-'));
  kept = join(folder, 'kept');
  mkdirSync(join(folder, 'rules'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** A file of rules that is large enough to be worth keeping. */
function writeRule(name: string, detection = '{it: {eventName: One}, condition: it}'): string {
  const path = join(folder, 'rules', name);
  const padding = `description: ${'x'.repeat(35_000)}\n`;
  writeFileSync(
    path,
    `title: ${name}\nlogsource: {product: aws, service: cloudtrail}\ndetection: ${detection}\n${padding}`,
  );
  return path;
}

/** The only one. */
function entry(): string {
  const [name = '', ...others] = readdirSync(kept);
  expect(others).toEqual([]);
  return join(kept, name);
}

async function load() {
  return loadRules([join(folder, 'rules')], [], kept);
}

const plain = (value: unknown): unknown => JSON.parse(JSON.stringify(value));

describe('rules that are kept', () => {
  it('are what reading the files gives, for all rules that come with Tocsin', async () => {
    const paths = [builtinRules, packsFolder];
    const read = await loadRules(paths);
    expect(read.rules.length).toBeGreaterThan(500);
    await loadRules(paths, [], kept);
    expect(plain(await loadRules(paths, [], kept))).toEqual(plain(read));
    // A second entry would be one that the first call could not be found by.
    entry();
  });

  it('are not read from their files again', async () => {
    writeRule('one.yml');
    const { rules } = await load();
    const file = entry();
    const { mtimeMs, ino } = statSync(file);
    expect(plain(await load())).toEqual(plain({ rules, correlations: [], problems: [] }));
    expect(statSync(file)).toMatchObject({ mtimeMs, ino });
  });

  it('have the same problems, with the same lines and columns', async () => {
    writeRule('one.yml', '{it: {eventName|contian: One}, condition: it}');
    writeRule('two.yml', '{it: {eventName: One}, condition: it}\nname: one\nid: taken');
    writeRule('three.yml', '{it: {eventName: One}, condition: it}\ntags: [a, a]\nid: taken');
    const read = await loadRules([join(folder, 'rules')]);
    expect(read.problems).toHaveLength(3);
    expect(new Set(read.problems.map(({ line }) => line)).size).toBeGreaterThan(1);
    await load();
    expect(plain(await load())).toEqual(plain(read));
    entry();
  });

  it.each<[string, (path: string) => void]>([
    ['a rule is changed', (path) => writeFileSync(path, readFileSync(path, 'utf8').replace('One', 'Two'))],
    ['a file has another name', (path) => renameSync(path, join(folder, 'rules/two.yml'))],
    ['there is one more file', () => writeRule('two.yml')],
    ['a file holds what two did together', (path) => writeFileSync(path, `${readFileSync(path, 'utf8')}x`)],
  ])('are read anew where %s', async (_, change) => {
    const path = writeRule('one.yml');
    await load();
    change(path);
    const read = await loadRules([join(folder, 'rules')]);
    expect(plain(await load())).toEqual(plain(read));
    expect(readdirSync(kept)).toHaveLength(2);
  });

  it('are other ones with a pipeline', async () => {
    writeRule('one.yml');
    const pipelines = ['other', 'third'].map((name) => {
      const { pipeline } = readPipeline(
        `name: p\npriority: 1\ntransformations: [{type: field_name_mapping, mapping: {eventName: ${name}}}]\n`,
        'p.yml',
      );
      if (pipeline === undefined) throw new Error('no pipeline');
      return pipeline;
    });
    const texts = [];
    for (let round = 0; round < 2; round++) {
      texts.push(JSON.stringify((await load()).rules));
      for (const pipeline of pipelines)
        texts.push(JSON.stringify((await loadRules([join(folder, 'rules')], [pipeline], kept)).rules));
    }
    expect(readdirSync(kept)).toHaveLength(3);
    expect(new Set(texts).size).toBe(3);
    expect(texts.slice(0, 3)).toEqual(texts.slice(3));
  });

  it('are none where a value cannot be written down', async () => {
    writeRule('one.yml', '{it: {eventName: .inf}, condition: it}');
    const { rules } = await load();
    expect(rules).toHaveLength(1);
    expect(readdirSync(folder)).toEqual(['rules']);
  });

  it('are so many and no more, and those go that were not used for longest', () => {
    for (let i = 0; i < 14; i++) {
      keepRules(`key-${i}`, { rules: [], correlations: [], problems: [] }, kept);
      // The first is used all the time.
      for (const name of readdirSync(kept)) {
        const time = Date.now() / 1000 - (name === 'key-0.json' ? 0 : 1000 - i);
        if (name === `key-${i}.json` || name === 'key-0.json') utimesSync(join(kept, name), time, time);
      }
    }
    const names = readdirSync(kept).sort();
    expect(names).toEqual([0, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13].map((i) => `key-${i}.json`).sort());
  });

  it('need no folder that can be written', async () => {
    writeRule('one.yml');
    writeFileSync(kept, 'a file where the folder would be');
    expect((await load()).rules).toHaveLength(1);
  });
});

describe('what is kept is left alone and rules are read from their files where', () => {
  /** `text` is the entry with another name of the event, which shows where it is used. */
  async function forged(change: (file: string, text: string) => void): Promise<string> {
    writeRule('one.yml');
    await load();
    const file = entry();
    change(file, readFileSync(file, 'utf8').replaceAll('One', 'Bad'));
    return JSON.stringify((await load()).rules);
  }

  it.each<[string, (file: string, text: string) => void]>([
    ['it does not fit its checksum', (file, text) => writeFileSync(file, text)],
    ['it is cut off', (file, text) => writeFileSync(file, text.slice(0, text.length / 2))],
    ['it is empty', (file) => writeFileSync(file, '')],
    ['it is a line', (file, text) => writeFileSync(file, text.slice(0, text.indexOf('\n') + 1))],
    ['it is another entry', (file, text) => writeFileSync(file, `0${text.slice(1)}`)],
    [
      'there is a folder in its place',
      (file) => {
        rmSync(file);
        mkdirSync(file);
      },
    ],
  ])('%s', async (_, change) => {
    const rules = await forged(change);
    expect(rules).toContain('One');
    expect(rules).not.toContain('Bad');
  });

  describe.skipIf(process.platform === 'win32')('it is not the own', () => {
    /** The entry is right; whether it is used shows in whether another is written in its place. */
    async function isUsed(change: (file: string) => void): Promise<boolean> {
      writeRule('one.yml');
      await load();
      const file = entry();
      change(file);
      const { ino } = statSync(file);
      expect((await load()).rules).toHaveLength(1);
      return statSync(file).ino === ino;
    }

    it('and an entry that is right is used', async () => expect(await isUsed(() => {})).toBe(true));

    it.each<[string, (file: string) => void]>([
      ['others may write it', (file) => chmodSync(file, 0o666)],
      [
        'it is a link',
        (file) => {
          renameSync(file, join(folder, 'elsewhere'));
          symlinkSync(join(folder, 'elsewhere'), file);
        },
      ],
    ])('as %s', async (_, change) => expect(await isUsed(change)).toBe(false));

    it.skipIf(process.getuid?.() !== 0)('as another user has written it', async () =>
      expect(await isUsed((file) => chownSync(file, 65_534, 65_534))).toBe(false),
    );
  });
});

describe('a value as JSON', () => {
  it('is the same when it is read again, whatever is in it', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        fc.pre(
          !JSON.stringify(value, (_, part: unknown) => (Object.is(part, -0) ? 'minus' : part)).includes(
            'minus',
          ),
        );
        expect(JSON.parse(faithfulJson(value) ?? '"none"')).toEqual(value);
      }),
    );
  });

  it.each([
    [Number.NaN],
    [Number.POSITIVE_INFINITY],
    [-0],
    [1n],
    [new Map()],
    [() => 1],
    [Symbol('x')],
    [new Date(0)],
  ])('is none where %s is in it', (value) => expect(faithfulJson({ a: [1, { b: value }] })).toBeUndefined());
});
