import { describe, expect, it } from 'vitest';
import { architectureProblems } from './layers.ts';
import { readSource } from './source-file.ts';

/** The problems of a tree of source texts by path. */
function problemsOf(tree: Readonly<Record<string, string>>): string[] {
  return architectureProblems(Object.entries(tree).map(([path, text]) => readSource(path, text)));
}

describe('the direction of imports', () => {
  const event = { 'src/event/event.ts': 'export interface Event {}' };
  const cases: readonly [string, Readonly<Record<string, string>>, readonly string[]][] = [
    [
      'lets a higher layer import a lower one',
      {
        ...event,
        'src/cli/main.ts': "import type { Event } from '../event/event.ts'; export type E = Event;",
      },
      [],
    ],
    [
      'lets files of one layer import each other',
      { ...event, 'src/event/a.ts': "import type { Event } from './event.ts'; export type A = Event;" },
      [],
    ],
    [
      'refuses an import of a value upwards',
      {
        'src/decode/a.ts': "import { b } from '../facts/b.ts'; b();",
        'src/facts/b.ts': 'export function b() {}',
      },
      ['src/decode/a.ts:1: imports src/facts/b.ts: decode lies below facts, and imports go downwards only'],
    ],
    [
      'refuses an import of a type upwards',
      {
        ...event,
        'src/event/a.ts': "\nimport type { B } from '../web/b.ts'; export type A = B;",
        'src/web/b.ts': 'export type B = 1;',
      },
      ['src/event/a.ts:2: imports src/web/b.ts: event lies below web, and imports go downwards only'],
    ],
    [
      'refuses a re-export from above',
      {
        'src/decode/a.ts': "export const x = 1; export { b } from '../facts/b.ts';",
        'src/facts/b.ts': 'export function b() {}',
      },
      ['src/decode/a.ts:1: imports src/facts/b.ts: decode lies below facts, and imports go downwards only'],
    ],
    [
      'refuses a dynamic import upwards',
      {
        'src/store/a.ts': "export const a = () => import('../runtime/b.ts');",
        'src/runtime/b.ts': 'export const b = 1;',
      },
      ['src/store/a.ts:1: imports src/runtime/b.ts: store lies below runtime, and imports go downwards only'],
    ],
    [
      'refuses the type of an import upwards',
      {
        'src/store/a.ts': "export type A = import('../runtime/b.ts').B;",
        'src/runtime/b.ts': 'export type B = 1;',
      },
      ['src/store/a.ts:1: imports src/runtime/b.ts: store lies below runtime, and imports go downwards only'],
    ],
    [
      'keeps the shells apart',
      {
        'src/lambda/a.ts': "import { b } from '../cli/b.ts'; b();",
        'src/cli/b.ts': 'export function b() {}',
      },
      ['src/lambda/a.ts:1: imports src/cli/b.ts: lambda and cli are shells side by side'],
    ],
    [
      'keeps AWS out of the rule engine',
      {
        'src/sigma/a.ts': "import { b } from '../facts/b.ts'; b();",
        'src/facts/b.ts': 'export function b() {}',
      },
      ['src/sigma/a.ts:1: imports src/facts/b.ts: sigma may use event only'],
    ],
    [
      'refuses what lies outside src',
      { 'src/cli/a.ts': "import { b } from '../../bench/b.ts'; b();" },
      ['src/cli/a.ts:1: imports bench/b.ts: it lies outside src/'],
    ],
    [
      'lets a test use what lies outside src',
      { 'src/cli/a.test.ts': "import { b } from '../../test/b.ts'; b();" },
      [],
    ],
    [
      'lets the version be read from the manifest',
      {
        'src/cli/a.ts':
          "import manifest from '../../package.json' with { type: 'json' }; export const a = manifest;",
      },
      [],
    ],
    [
      'refuses an import of a test',
      {
        'src/event/a.ts': "import { b } from './b.test.ts'; b();",
        'src/event/b.test.ts': 'export function b() {}',
      },
      ['src/event/a.ts:1: imports src/event/b.test.ts: it is a test'],
    ],
    [
      'refuses a file that is not there',
      { 'src/event/a.ts': "import { b } from './b.ts'; b();" },
      ['src/event/a.ts:1: imports src/event/b.ts: there is no such file'],
    ],
    [
      'refuses a layer that nobody knows',
      { 'src/utils/a.ts': 'export const a = 1;' },
      [
        'src/utils/a.ts: lies in no layer; expected src/<layer>/ with one of event, decode, facts, context, sigma, alert, web, store, notify, respond, lookup, source, worker, api, runtime, cli, lambda',
      ],
    ],
    [
      'refuses a file beside the layers',
      { 'src/main.ts': 'export const a = 1;' },
      [
        'src/main.ts: lies in no layer; expected src/<layer>/ with one of event, decode, facts, context, sigma, alert, web, store, notify, respond, lookup, source, worker, api, runtime, cli, lambda',
      ],
    ],
    ['does not look at packages', { 'src/event/a.ts': "import { z } from 'zod'; export const a = z;" }, []],
  ];
  it.each(cases)('%s', (_name, tree, expected) => {
    expect(problemsOf(tree)).toEqual(expected);
  });
});

describe('cycles', () => {
  it('are found across three files, types included, and told once', () => {
    const tree = {
      'src/event/a.ts': "import { b } from './b.ts'; export const a = b;",
      'src/event/b.ts': "import { c } from './c.ts'; export const b = c;",
      'src/event/c.ts': "import type { a } from './a.ts'; export const c = 1 as typeof a;",
    };
    expect(problemsOf(tree)).toEqual([
      'src/event/a.ts: imports itself in a circle: src/event/a.ts -> src/event/b.ts -> src/event/c.ts -> src/event/a.ts',
    ]);
  });

  it('are found where a file imports itself', () => {
    expect(
      problemsOf({ 'src/event/a.ts': "import * as me from './a.ts'; export const a = () => me;" }),
    ).toEqual(['src/event/a.ts: imports itself in a circle: src/event/a.ts -> src/event/a.ts']);
  });

  it('are not seen where two files share a third', () => {
    const tree = {
      'src/event/a.ts': "import { c } from './c.ts'; import { b } from './b.ts'; export const a = [b, c];",
      'src/event/b.ts': "import { c } from './c.ts'; export const b = c;",
      'src/event/c.ts': 'export const c = 1;',
    };
    expect(problemsOf(tree)).toEqual([]);
  });
});

describe('the shape of a file', () => {
  const barrel = 'only hands on what other files export; import from those files instead';
  const other = { 'src/event/b.ts': 'export const b = 1;' };
  const cases: readonly [string, string, readonly string[]][] = [
    [
      'refuses a default export',
      'export default function a() {}',
      ['src/event/a.ts:1: default export; export it by name'],
    ],
    [
      'refuses a default export by renaming',
      'const a = 1;\nexport { a as default };',
      ['src/event/a.ts:2: default export; export it by name'],
    ],
    ['refuses a file of export *', "export * from './b.ts';", [`src/event/a.ts:1: ${barrel}`]],
    ['refuses a file of named re-exports', "export { b } from './b.ts';", [`src/event/a.ts:1: ${barrel}`]],
    [
      'refuses a file that imports and exports the same',
      "import { b } from './b.ts'; export { b };",
      [`src/event/a.ts:1: ${barrel}`],
    ],
    ['allows a re-export beside work of its own', "export { b } from './b.ts'; export const a = 1;", []],
    ['allows a list of its own names', 'const a = 1; export { a };', []],
    ['allows a module without exports', 'export {};', []],
  ];
  it.each(cases)('%s', (_name, text, expected) => {
    expect(problemsOf({ ...other, 'src/event/a.ts': text })).toEqual(expected);
  });
});

describe('the pure layers', () => {
  const told = (what: string): string[] => [
    `src/facts/a.ts:1: facts is pure: ${what}; take it as an argument`,
  ];
  const cases: readonly [string, string, readonly string[]][] = [
    ['may not read the clock by Date.now', 'export const a = () => Date.now();', told('Date.now')],
    ['may not read the clock by new Date()', 'export const a = () => new Date();', told('new Date()')],
    ['may not read the clock by Date()', 'export const a = () => Date();', told('Date()')],
    ['may turn a number into a date', 'export const a = (ms: number) => new Date(ms).toISOString();', []],
    ['may use the other members of Date', "export const a = Date.parse('2024-01-01') + Date.UTC(2024);", []],
    ['may not draw lots', 'export const a = () => Math.random();', told('Math.random')],
    ['may not draw ids', 'export const a = () => crypto.randomUUID();', told('crypto.randomUUID')],
    ['may not read the environment', 'export const a = () => process.env.HOME;', told('process')],
    [
      'may not read the environment through a pattern',
      'const { env } = process; export const a = env;',
      told('process'),
    ],
    ['may not go round by globalThis', 'export const a = () => globalThis.Date.now();', told('globalThis')],
    ['may not wait', 'export const a = (f: () => void) => setTimeout(f, 1);', told('setTimeout')],
    ['may not fetch', "export const a = () => fetch('http://localhost');", told('fetch')],
    ['may not print', "export const a = () => console.log('x');", told('console')],
    ['may not keep state in the module', 'let n = 0; export const a = () => n++;', told('module-level let')],
    ['may not export state', 'export let n = 0;', told('module-level let')],
    ['may keep variables in functions', 'export function a() { let n = 0; n += 1; return n; }', []],
    ['may call a member process', 'export const a = (x: { process: number }) => x.process;', []],
    ['may have a key called process', 'export const a = { process: 1, fetch() { return 2; } };', []],
    [
      'may not import files',
      "import { readFileSync } from 'node:fs'; export const a = readFileSync;",
      ['src/facts/a.ts:1: facts is pure and may not import node:fs'],
    ],
    [
      'may not import files by the old spelling',
      "import { readFile } from 'fs/promises'; export const a = readFile;",
      ['src/facts/a.ts:1: facts is pure and may not import fs/promises'],
    ],
    [
      'may not import the network',
      "import { connect } from 'node:net'; export const a = connect;",
      ['src/facts/a.ts:1: facts is pure and may not import connect of node:net'],
    ],
    [
      'may not import for the effect alone',
      "import 'node:net'; export const a = 1;",
      ['src/facts/a.ts:1: facts is pure and may not import * of node:net'],
    ],
    ['may ask whether a text is an address', "import { isIP } from 'node:net'; export const a = isIP;", []],
    [
      'may not import child processes on the way',
      "export const a = () => import('node:child_process');",
      ['src/facts/a.ts:1: facts is pure and may not import node:child_process'],
    ],
    ['may hash', "import { createHash } from 'node:crypto'; export const a = createHash;", []],
    [
      'may not take randomness out of node:crypto',
      "import { randomBytes as r } from 'node:crypto'; export const a = r;",
      ['src/facts/a.ts:1: facts is pure and may not import randomBytes of node:crypto'],
    ],
    [
      'may not take all of node:crypto',
      "import * as c from 'node:crypto'; export const a = c;",
      ['src/facts/a.ts:1: facts is pure and may not import * of node:crypto'],
    ],
  ];
  it.each(cases)('%s', (_name, text, expected) => {
    expect(problemsOf({ 'src/facts/a.ts': text })).toEqual(expected);
  });

  it('unpack only where they decode', () => {
    const text = "import { createGunzip } from 'node:zlib'; export const a = createGunzip;";
    expect(problemsOf({ 'src/decode/a.ts': text, 'src/alert/a.ts': text })).toEqual([
      'src/alert/a.ts:1: alert is pure and may not import node:zlib',
    ]);
  });

  it('are bound where the shells and the tests are free', () => {
    const text =
      "import { readFileSync } from 'node:fs'; export const a = [readFileSync, Date.now(), process.env];";
    expect(problemsOf({ 'src/cli/a.ts': text, 'src/facts/a.test.ts': text })).toEqual([]);
  });
});

describe('a file that does not parse', () => {
  it('is an error and not a file without problems', () => {
    expect(() => readSource('src/event/a.ts', 'export const = 1;')).toThrow(
      /src\/event\/a\.ts: does not parse/,
    );
  });
});
