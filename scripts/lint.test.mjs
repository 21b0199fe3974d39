import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const root = path.join(import.meta.dirname, '..');

/** Code that the linter must refuse, by the rule that does; one file each. */
const refused = {
  'typescript(no-floating-promises)': 'export async function a() {} export function b() { a(); }',
  'typescript(no-explicit-any)': 'export function a(x: any) { return Boolean(x); }',
  'typescript(no-non-null-assertion)': 'export function a(x: string | undefined) { return x!.length; }',
  'typescript(consistent-type-imports)': "import { T } from './t.ts'; export type A = T;",
  'typescript(no-unsafe-assignment)': "export function a() { const x = JSON.parse('1'); return Boolean(x); }",
  'typescript(switch-exhaustiveness-check)':
    "export function a(x: 'p' | 'q') { switch (x) { case 'p': return 1; } return 2; }",
  'typescript(ban-ts-comment)': '// @ts-ignore\nexport const a: number = 1;',
  'eslint(no-unused-vars)': 'export function a() { const x = 1; }',
  'eslint(eqeqeq)': 'export function a(x: number) { return x == 1; }',
  'eslint(no-console)': "export function a() { console.log('a'); }",
  'import(no-default-export)': 'export default function a() {}',
};

describe('the lint configuration', () => {
  /** @type {string} */
  let folder;
  /** @type {string} */
  let output;

  beforeAll(() => {
    folder = mkdtempSync(path.join(tmpdir(), 'tocsin-lint-'));
    const source = path.join(folder, 'src', 'event');
    mkdirSync(source, { recursive: true });
    const tsconfig = {
      extends: path.join(root, 'tsconfig.json'),
      compilerOptions: { types: [] },
      include: ['src'],
    };
    writeFileSync(path.join(folder, 'tsconfig.json'), JSON.stringify(tsconfig));
    writeFileSync(path.join(source, 't.ts'), 'export type T = 1;\n');
    Object.values(refused).forEach((text, index) =>
      writeFileSync(path.join(source, `case${index}.ts`), `${text}\n`),
    );
    const oxlint = path.join(root, 'node_modules', 'oxlint', 'bin', 'oxlint');
    const args = [oxlint, '-c', path.join(root, '.oxlintrc.json'), '--type-aware', '--format=unix', folder];
    output = spawnSync(process.execPath, args, { cwd: root, encoding: 'utf8' }).stdout;
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it.each(Object.keys(refused).map((rule, index) => ({ rule, index })))('finds $rule', ({ rule, index }) => {
    const lines = output.split('\n').filter((line) => line.includes(`case${index}.ts:`));
    expect(
      lines.some((line) => line.includes(rule)),
      output,
    ).toBe(true);
  });

  it('has nothing to say of plain code', () => {
    expect(output).not.toMatch(/\bt\.ts:/);
  });
});
