import { chmodSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import { lintCodes } from '../../src/alert/lint-codes.ts';
import { root, temporaryFolder, tocsin } from '../support/cli.ts';

const folder = temporaryFolder();
afterAll(folder.remove);
const at = (name: string) => join(folder.path, name);

/** Says nothing that lint has to say something of, but for the tag and what a test adds. */
const rule = `title: A trail was stopped   # as it is
id: 0b1e0f3c-6d2f-4c1b-9a59-0d1f6b1c2a3e
description: Nothing is recorded any more.
tags: [attack.t1562.008, attack.nowhere]
logsource: { product: aws, service: cloudtrail }
detection:
  selection: { eventName: StopLogging }
  condition: selection
falsepositives: [Nobody]
level: High
tocsin: { headline: '{tocsin.actor.name} stopped it' }
`;
const lint = (...args: readonly string[]) => tocsin(['rules', 'lint', ...args]);

beforeEach(() => {
  folder.remove();
  mkdirSync(at('rules'), { recursive: true });
  writeFileSync(at('rules/trail.yml'), rule);
  writeFileSync(at('rules/trail.test.yml'), 'cases: []\n');
});

describe('tocsin rules lint', () => {
  it('does not pass where it finds no rule', async () => {
    mkdirSync(at('empty'));
    const { code, stdout, stderr } = await lint(at('empty'), '--json');
    expect({ code, stdout, stderr }).toEqual({
      code: 2,
      stdout: '',
      stderr: 'tocsin: no rule was found; rules are in files that end with .yml or .yaml\n',
    });
  });

  it('tells line, column and code of what is at fault, and of what --fix would mend', async () => {
    const { code, stdout, stderr } = await lint(at('rules'));
    expect(stdout).toMatch(
      /^advice .*trail\.yml:10:8: 'level' is written in lower case: high \[header-case, --fix mends it\]$/m,
    );
    expect(stdout).toMatch(/^error .*trail\.yml:10:1: 'level' is wrong.* \[refused\]$/m);
    expect(stdout).toContain('0 rules: 1 error, 1 of advice');
    expect(stderr).toBe('');
    expect(code).toBe(1);
  });

  it('mends with --fix what is safe, and tells what is left', async () => {
    const { code, stdout } = await lint(at('rules'), '--fix');
    expect(readFileSync(at('rules/trail.yml'), 'utf8')).toBe(rule.replace('High', 'high'));
    expect(stdout).toContain('1 fixed in 1 file\n1 rule: 0 errors, 1 of advice\n');
    expect(stdout).toMatch(
      /trail\.yml:4:26: 'attack\.nowhere' is not an ATT&CK tactic that Tocsin knows \[unknown-tactic\]/,
    );
    expect(code).toBe(0);
  });

  it('shows with --dry-run what it would change, and changes nothing', async () => {
    const before = statSync(at('rules/trail.yml')).mtimeMs;
    const { code, stdout, stderr } = await lint(at('rules'), '--fix', '--dry-run');
    expect(stdout).toContain(`--- ${at('rules/trail.yml')}\n+++ ${at('rules/trail.yml')}\n@@ -7,5 +7,5 @@\n`);
    expect(stdout).toContain('\n-level: High\n+level: high\n');
    expect(stderr).toContain('1 would be fixed in 1 file');
    expect(readFileSync(at('rules/trail.yml'), 'utf8')).toBe(rule);
    expect(statSync(at('rules/trail.yml')).mtimeMs).toBe(before);
    expect(code).toBe(1);
  });

  it('prints JSON with path, line, column, code, level, message and whether it can be mended', async () => {
    for (const flags of [['--json'], ['--format', 'json']]) {
      const { stdout } = await lint(at('rules'), ...flags);
      expect(JSON.parse(stdout)).toContainEqual({
        path: at('rules/trail.yml'),
        line: 10,
        column: 8,
        code: 'header-case',
        level: 'advice',
        message: "'level' is written in lower case: high",
        fixable: true,
      });
    }
  });

  it('prints SARIF 2.1.0 with a rule for each code', async () => {
    const { stdout, code } = await lint(at('rules'), '--sarif');
    const [run] = JSON.parse(stdout).runs;
    expect(run.tool.driver.rules.map(({ id }: { id: string }) => id)).toEqual(Object.keys(lintCodes));
    expect(run.results).toHaveLength(2);
    for (const { ruleId, ruleIndex } of run.results) expect(run.tool.driver.rules[ruleIndex].id).toBe(ruleId);
    expect(run.results[1]).toMatchObject({
      ruleId: 'header-case',
      level: 'warning',
      locations: [{ physicalLocation: { region: { startLine: 10, startColumn: 8 } } }],
    });
    expect(code).toBe(1);
  });

  it('exits with 1 on advice where it is asked to be strict', async () => {
    writeFileSync(at('rules/trail.yml'), rule.replace('High', 'high'));
    expect((await lint(at('rules'))).code).toBe(0);
    expect((await lint(at('rules'), '--strict')).code).toBe(1);
    expect((await lint(at('rules'), '--strict', '--ignore', 'unknown-tactic,no-test')).code).toBe(0);
  });

  it('tells a rule without a test, and two that look for the same', async () => {
    const same = rule.replace('0b1e0f3c', '0b1e0f3d').replace('High', 'high').replace(', attack.nowhere', '');
    writeFileSync(at('rules/trail.yml'), same.replace('0b1e0f3d', '0b1e0f3c'));
    writeFileSync(at('rules/zz.yml'), same);
    const { stdout } = await lint(at('rules'));
    expect(stdout).toContain(`has no test: write ${at('rules/zz.test.yml')}`);
    expect(stdout).toMatch(/zz\.yml:6:1: looks for the same as 'A trail was stopped'/);
    expect(stdout).toContain('2 rules: 0 errors, 2 of advice');
  });

  it('prints nothing that a terminal acts on', async () => {
    writeFileSync(
      at('rules/trail.yml'),
      rule.replace('as it is', '\u001b[31m\u009b\u202e').replace('nowhere', '"\\e[31m'),
    );
    for (const flags of [[], ['--json'], ['--sarif'], ['--fix', '--dry-run']]) {
      const { stdout, stderr } = await lint(at('rules'), ...flags);
      // oxlint-disable-next-line no-control-regex
      expect(stdout + stderr).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202e]/);
    }
  });

  it('leaves a file alone that is no UTF-8', async () => {
    const bytes = Buffer.from(rule.replace('Nobody', 'J\u00fcrgen'), 'latin1');
    writeFileSync(at('rules/trail.yml'), bytes);
    const { code, stderr } = await lint(at('rules'), '--fix');
    expect(stderr).toContain('cannot be changed: it is not UTF-8');
    expect(readFileSync(at('rules/trail.yml')).equals(bytes)).toBe(true);
    expect(code).toBe(2);
  });

  it('keeps the permissions of a file that it mends', async () => {
    chmodSync(at('rules/trail.yml'), 0o640);
    await lint(at('rules'), '--fix');
    expect(statSync(at('rules/trail.yml')).mode & 0o777).toBe(0o640);
  });

  it.each<[string, readonly string[], string]>([
    ['--fix without files', ['--fix'], '--fix changes files: name them'],
    ['--dry-run alone', ['rules', '--dry-run'], 'give both'],
    ['--dry-run as JSON', ['rules', '--fix', '--dry-run', '--json'], 'prints a diff'],
    ['a code that there is not', ['rules', '--ignore', 'nonsense'], "there is no code 'nonsense'"],
    ['an error', ['rules', '--ignore', 'refused'], "'refused' is an error"],
    ['two formats', ['rules', '--json', '--sarif'], 'cannot be used with'],
  ])('refuses %s', async (_, args, reason) => {
    const { code, stderr } = await lint(...args);
    expect(stderr).toContain(reason);
    expect(code).toBe(2);
  });

  it('does with a rule what docs/lint.md shows', async () => {
    const page = readFileSync(join(root, 'docs/lint.md'), 'utf8');
    const [, diff = ''] = /```diff\n([^]*?)```/.exec(page) ?? [];
    const before = diff.replace(/^(?:[+@]|---).*\n/gm, '').replace(/^[- ]/gm, '');
    writeFileSync(at('rules/scanner.yml'), before);
    const { stdout } = await lint(at('rules/scanner.yml'), '--fix', '--dry-run');
    const plain = (text: string) =>
      text.replace(/^(?:---|\+\+\+) .*/gm, '').replace(/[0-9a-f]{8}-[0-9a-f-]{27}/, 'ID');
    expect(plain(stdout)).toBe(plain(diff));
    expect(diff.length).toBeGreaterThan(300);
  });

  it('exits with 1 where there is no such file', async () => {
    const { code, stdout } = await lint('/nowhere');
    expect(stdout).toContain('/nowhere:1:1: there is no such file or folder');
    expect(code).toBe(1);
  });
});
