import { randomUUID } from 'node:crypto';
import { existsSync, statSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { lintRule } from '../../alert/lint.ts';
import { explains, lintCorrelation } from '../../alert/lint-correlation.ts';
import { lintCodes, type LintCode } from '../../alert/lint-codes.ts';
import { lintTogether } from '../../alert/lint-detection.ts';
import { findingOf, lintFinding, type LintFinding } from '../../alert/lint-finding.ts';
import { applyFixes, type Fixed } from '../../alert/lint-fix.ts';
import { placesIn, type RulePlaces } from '../../alert/lint-places.ts';
import { lintSource } from '../../alert/lint-source.ts';
import { visible } from '../../notify/safe-text.ts';
import { createEngine } from '../../runtime/engine.ts';
import { testPathOf } from '../../runtime/rule-tests.ts';
import { version } from '../../runtime/version.ts';
import { formatProblem } from '../../sigma/problem.ts';
import { linkCorrelations } from '../../sigma/correlation/link.ts';
import type { RuleHeader } from '../../sigma/rule.ts';
import { CliFailure, exitCode } from '../failure.ts';
import type { PipelineFlags } from '../options.ts';
import { asWritten } from '../format/as-written.ts';
import { jsonText } from '../format/json.ts';
import { lintSarif } from '../format/lint-sarif.ts';
import { unifiedDiff } from '../format/unified-diff.ts';
import { count, paint, terminalOf, writeOut, type Terminal } from '../terminal.ts';
import { load } from './loaded.ts';

export interface LintFlags extends PipelineFlags {
  fix?: boolean;
  dryRun?: boolean;
  strict?: boolean;
  ignore?: string[];
  format?: 'text' | 'json' | 'sarif';
  json?: boolean;
  sarif?: boolean;
}

interface LintedFile {
  readonly source: string;
  readonly findings: readonly LintFinding[];
  readonly places: (rule: RuleHeader) => RulePlaces;
}

interface Linted {
  readonly rules: readonly RuleHeader[];
  readonly findings: readonly LintFinding[];
  readonly files: ReadonlyMap<string, LintedFile>;
}

/** Says what is wrong with rules, mends what can be mended safely, or shows what that would change. */
export async function lintRules(given: readonly string[], flags: LintFlags): Promise<number> {
  const format = formatOf(flags);
  if (flags.dryRun && !flags.fix) throw new CliFailure('--dry-run shows what --fix would change: give both');
  if (flags.dryRun && format !== 'text')
    throw new CliFailure('--dry-run prints a diff; leave --json and --sarif out');
  // Those that come with Tocsin are not the user's to change.
  if (flags.fix && given.length === 0)
    throw new CliFailure('--fix changes files: name them, or their folder');
  const ignored = new Set((flags.ignore ?? []).flatMap((codes) => codes.split(',')).map(knownCode));
  let linted = await lint(given, ignored, flags);
  // A check that looks at nothing must not pass.
  if (linted.files.size === 0 && linted.findings.length === 0)
    throw new CliFailure('no rule was found; rules are in files that end with .yml or .yaml');
  const fixed = flags.fix ? fixesOf(linted) : new Map<string, Fixed>();
  if (flags.dryRun) {
    const diffs = [...fixed].map(([path, { edits }]) =>
      unifiedDiff(path, linted.files.get(path)?.source ?? '', edits),
    );
    await writeOut(colouredDiff(asWritten(diffs.join('')), terminalOf(process.stdout)));
    process.stderr.write(`${fixedText(fixed, 'would be fixed')}; --fix without --dry-run writes the files\n`);
    return codeOf(linted.findings, flags);
  }
  for (const [path, { text }] of fixed) await write(path, text);
  if (fixed.size > 0) linted = await lint(given, ignored, flags);
  const { findings } = linted;
  switch (format) {
    case 'json':
      await writeOut(jsonText(findings.map(asJson)));
      break;
    case 'sarif':
      await writeOut(jsonText(lintSarif(findings, version)));
      break;
    case 'text':
      await writeOut(
        text(linted, flags.fix ? `${fixedText(fixed, 'fixed')}\n` : '', terminalOf(process.stdout)),
      );
  }
  return codeOf(findings, flags);
}

function formatOf({ format = 'text', json, sarif }: LintFlags): 'text' | 'json' | 'sarif' {
  if (json) return 'json';
  return sarif ? 'sarif' : format;
}

function knownCode(code: string): LintCode {
  const known = Object.keys(lintCodes).find((one): one is LintCode => one === code.trim());
  if (known === undefined)
    throw new CliFailure(
      `--ignore: there is no code '${visible(code)}'; there is ${Object.keys(lintCodes).join(', ')}`,
    );
  if (lintCodes[known].level === 'error')
    throw new CliFailure(`--ignore: '${known}' is an error: the rule does not do what it says`);
  return known;
}

async function lint(
  given: readonly string[],
  ignored: ReadonlySet<LintCode>,
  flags: PipelineFlags,
): Promise<Linted> {
  const { rules, correlations, problems } = await load(given, flags);
  const running = new Set(createEngine(rules).active);
  const { silent } = linkCorrelations(rules, correlations);
  const files = new Map<string, LintedFile>();
  // Also files of which no rule could be loaded: perhaps that can be mended.
  for (const path of new Set([
    ...rules.map((rule) => rule.path),
    ...correlations.map(({ path }) => path),
    ...problems.map((problem) => problem.path),
  ])) {
    // Something other than a file, such as a pipe, might never end.
    if (statSync(path, { throwIfNoEntry: false })?.isFile() !== true) continue;
    const source = await readFile(path, 'utf8').catch(() => undefined);
    if (source === undefined) continue;
    const findings = lintSource({ source, path, newId: () => randomUUID() });
    files.set(path, { source, findings, places: placesIn(source) });
  }
  const placesOf = new Map(rules.map((rule) => [rule, files.get(rule.path)?.places(rule)]));
  const findings = [
    ...problems.map(findingOf),
    ...[...files.values()].flatMap((file) => file.findings),
    ...rules.flatMap((rule) =>
      lintRule(rule, placesOf.get(rule)).filter(({ code }) => !silent.has(rule.id) || !explains.has(code)),
    ),
    ...correlations.flatMap((correlation) =>
      lintCorrelation(
        correlation,
        files.get(correlation.path)?.places(correlation),
        silent.has(correlation.id),
      ),
    ),
    ...lintTogether(
      rules,
      (rule) => placesOf.get(rule) ?? { at: () => ({ line: 1, column: 1 }), ofField: () => undefined },
    ),
    ...[...rules.filter((rule) => running.has(rule)), ...correlations]
      .filter(({ id }) => !silent.has(id))
      .flatMap(untested),
  ].filter(({ code }) => !ignored.has(code));
  return { rules: [...rules, ...correlations], files, findings: findings.sort(byPlace) };
}

function untested({ path }: RuleHeader): readonly LintFinding[] {
  const test = testPathOf(path);
  if (test !== path && existsSync(test)) return [];
  const message = test === path ? 'has no test: its file is not called .yml' : `has no test: write ${test}`;
  return [lintFinding('no-test', path, { line: 1, column: 1 }, message)];
}

function byPlace(a: LintFinding, b: LintFinding): number {
  if (a.path !== b.path) return a.path < b.path ? -1 : 1;
  return a.line - b.line || a.column - b.column || (a.code < b.code ? -1 : 1);
}

/** The files that change, with what becomes of them. */
function fixesOf({ files, findings }: Linted): Map<string, Fixed> {
  const fixed = new Map<string, Fixed>();
  const wanted = new Set(findings);
  for (const [path, file] of files) {
    const result = applyFixes(
      file.source,
      path,
      file.findings.filter((finding) => wanted.has(finding)),
    );
    if (result.applied.length > 0) fixed.set(path, result);
  }
  return fixed;
}

function fixedText(fixed: ReadonlyMap<string, Fixed>, word: string): string {
  const sum = [...fixed.values()].reduce((all, { applied }) => all + applied.length, 0);
  return `${sum.toLocaleString('en')} ${word} in ${count(fixed.size, 'file')}`;
}

async function write(path: string, text: string): Promise<void> {
  try {
    // What is no UTF-8 was read with other characters in its place.
    const bytes = await readFile(path);
    if (!Buffer.from(bytes.toString('utf8')).equals(bytes))
      throw new Error('it is not UTF-8; write it as UTF-8 first');
    await writeFile(path, text);
  } catch (error) {
    throw new CliFailure(
      `--fix: ${visible(path)}: cannot be changed: ${visible(error instanceof Error ? error.message : String(error))}`,
    );
  }
}

function asJson({ path, line, column, code, level, message, fix }: LintFinding): object {
  return {
    path,
    line,
    column,
    code,
    level: level === 'error' ? level : 'advice',
    message,
    fixable: fix !== undefined,
  };
}

function text({ rules, findings }: Linted, fixed: string, terminal: Terminal): string {
  const lines = findings.map((finding) => {
    const word =
      finding.level === 'error' ? paint(terminal, 'red', 'error') : paint(terminal, 'yellow', 'advice');
    const fixable = finding.fix === undefined ? '' : ', --fix mends it';
    return `${word} ${visible(formatProblem(finding))} ${paint(terminal, 'dim', `[${finding.code}${fixable}]`)}\n`;
  });
  const errors = findings.filter(({ level }) => level === 'error').length;
  const sum = `${count(rules.length, 'rule')}: ${count(errors, 'error')}, ${(findings.length - errors).toLocaleString('en')} of advice\n`;
  return lines.join('') + fixed + sum;
}

function colouredDiff(diff: string, terminal: Terminal): string {
  return diff.replace(/^([-+@]).*$/gm, (line, mark: string) =>
    paint(terminal, mark === '-' ? 'red' : mark === '+' ? 'green' : 'cyan', line),
  );
}

function codeOf(findings: readonly LintFinding[], { strict }: LintFlags): number {
  const failed = strict ? findings.length > 0 : findings.some(({ level }) => level === 'error');
  return failed ? exitCode.findings : exitCode.ok;
}
