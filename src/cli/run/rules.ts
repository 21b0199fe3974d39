import { readFile } from 'node:fs/promises';
import Table from 'cli-table3';
import { lintRule } from '../../alert/lint.ts';
import { severities, type Severity } from '../../event/severity.ts';
import { visible } from '../../notify/safe-text.ts';
import { createEngine } from '../../runtime/engine.ts';
import { builtinRules, loadRules, type LoadedRules } from '../../runtime/load-rules.ts';
import { runRuleTests, testPathOf, type RuleTestResult } from '../../runtime/rule-tests.ts';
import { formatProblem, type Problem } from '../../sigma/problem.ts';
import type { Rule } from '../../sigma/rule.ts';
import { CliFailure, exitCode } from '../failure.ts';
import { count, paint, terminalOf, writeOut } from '../terminal.ts';

async function load(given: readonly string[]): Promise<LoadedRules> {
  return loadRules(given.length > 0 ? given : [builtinRules]);
}

function report(problems: readonly Problem[]): void {
  const terminal = terminalOf(process.stderr);
  for (const problem of problems) {
    const word =
      problem.level === 'error' ? paint(terminal, 'red', 'error') : paint(terminal, 'yellow', 'advice');
    process.stderr.write(`${word} ${visible(formatProblem(problem))}\n`);
  }
}

export async function listRules(
  given: readonly string[],
  flags: { severity?: Severity; json?: boolean },
): Promise<number> {
  const { rules, problems } = await load(given);
  report(problems);
  const active = new Set(createEngine(rules).active);
  const floor = severities.indexOf(flags.severity ?? 'informational');
  const shown = rules
    .filter((rule) => severities.indexOf(rule.level) >= floor)
    .sort(
      (a, b) => severities.indexOf(b.level) - severities.indexOf(a.level) || a.title.localeCompare(b.title),
    );
  if (flags.json) {
    const rows = shown.map(({ id, title, level, status, tags, path }) => ({
      id,
      title,
      level,
      status,
      tags,
      path,
    }));
    await writeOut(`${JSON.stringify(rows, null, 2)}\n`);
  } else {
    const terminal = terminalOf(process.stdout);
    const table = new Table({
      head: ['level', 'rule', 'id'],
      style: { head: [], border: [], compact: true },
      chars: { mid: '', 'left-mid': '', 'mid-mid': '', 'right-mid': '' },
    });
    for (const rule of shown)
      table.push([
        rule.level,
        visible(active.has(rule) ? rule.title : `${rule.title} (waits for its log source)`),
        visible(rule.id),
      ]);
    await writeOut(`${table.toString()}\n${paint(terminal, 'dim', count(shown.length, 'rule'))}\n`);
  }
  return problems.some((problem) => problem.level === 'error') ? exitCode.failure : exitCode.ok;
}

export async function showRules(
  wanted: string,
  given: readonly string[],
  flags: { json?: boolean },
): Promise<number> {
  const { rules } = await load(given);
  const needle = wanted.toLowerCase();
  const exact = rules.filter(
    (rule) => rule.id === wanted || rule.path === wanted || rule.path.endsWith(`/${wanted}`),
  );
  const matching =
    exact.length > 0
      ? exact
      : rules.filter((rule) => rule.title.toLowerCase().includes(needle) || rule.path.includes(needle));
  const [rule] = matching;
  if (rule === undefined)
    throw new CliFailure(`no rule is called '${wanted}'; 'tocsin rules list' shows them all`);
  if (matching.length > 1)
    throw new CliFailure(
      `'${wanted}' fits ${matching.length} rules; name one of them:\n${matching.map((one) => `  ${visible(`${one.id}  ${one.title}`)}`).join('\n')}`,
    );
  await writeOut(
    flags.json
      ? `${JSON.stringify(rule, null, 2)}\n`
      : `${paint(terminalOf(process.stdout), 'dim', `# ${rule.path}`)}\n${await readFile(rule.path, 'utf8')}`,
  );
  return exitCode.ok;
}

export async function testRules(given: readonly string[], flags: { json?: boolean }): Promise<number> {
  const { rules, problems } = await load(given);
  report(problems);
  const results: RuleTestResult[] = [];
  const untested: Rule[] = [];
  for (const rule of rules) {
    const ran = await runRuleTests(rule);
    if (ran === undefined) untested.push(rule);
    else results.push(...ran);
  }
  const failures = results.filter((result) => result.failure !== undefined);
  if (flags.json) {
    await writeOut(`${JSON.stringify({ results, untested: untested.map((rule) => rule.path) }, null, 2)}\n`);
  } else {
    const out = terminalOf(process.stdout);
    const lines = failures.map(
      (result) =>
        `${paint(out, 'red', 'failed')} ${visible(`${result.path}:${result.line}: ${result.name}: ${result.failure ?? ''}`)}`,
    );
    for (const rule of untested)
      lines.push(
        `${paint(out, 'yellow', 'no tests')} ${visible(`${rule.path}: write ${testPathOf(rule.path)}`)}`,
      );
    lines.push(
      `${count(rules.length, 'rule')}, ${count(results.length, 'case')}: ${results.length - failures.length} passed, ${failures.length} failed`,
    );
    await writeOut(`${lines.join('\n')}\n`);
  }
  if (problems.some((problem) => problem.level === 'error')) return exitCode.failure;
  if (results.length === 0)
    throw new CliFailure('no test was found; a rule RULE.yml has its tests in RULE.test.yml beside it');
  return failures.length > 0 ? exitCode.findings : exitCode.ok;
}

export async function lintRules(given: readonly string[], flags: { json?: boolean }): Promise<number> {
  const { rules, problems } = await load(given);
  const all = [...problems, ...rules.flatMap(lintRule)];
  if (flags.json) await writeOut(`${JSON.stringify(all, null, 2)}\n`);
  else {
    report(all);
    const errors = all.filter((problem) => problem.level === 'error').length;
    await writeOut(
      `${count(rules.length, 'rule')}: ${count(errors, 'error')}, ${all.length - errors} of advice\n`,
    );
  }
  return all.some((problem) => problem.level === 'error') ? exitCode.findings : exitCode.ok;
}
