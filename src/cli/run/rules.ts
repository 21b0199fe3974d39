import { readFile, writeFile } from 'node:fs/promises';
import { severities, type Severity } from '../../event/severity.ts';
import { visible } from '../../notify/safe-text.ts';
import { createEngine } from '../../runtime/engine.ts';
import {
  runCorrelationTests,
  runRuleTests,
  testPathOf,
  type RuleTestResult,
} from '../../runtime/rule-tests.ts';
import type { Problem } from '../../sigma/problem.ts';
import type { Rule, RuleHeader } from '../../sigma/rule.ts';
import { CliFailure, exitCode } from '../failure.ts';
import { asWritten } from '../format/as-written.ts';
import type { PipelineFlags } from '../options.ts';
import { renderColumns } from '../format/columns.ts';
import { jsonText } from '../format/json.ts';
import { junitXml, type JunitSuite } from '../format/junit.ts';
import { severityStyles } from '../format/severity.ts';
import { count, paint, terminalOf, writeOut } from '../terminal.ts';
import { findAnyRule, isCorrelation } from './find-rule.ts';
import { codeOf, load, report } from './loaded.ts';

export async function listRules(
  given: readonly string[],
  flags: PipelineFlags & { severity?: Severity; json?: boolean },
): Promise<number> {
  const { rules, correlations, problems } = await load(given, flags);
  report(problems);
  const engine = createEngine(rules, correlations);
  const running = new Set(
    [...engine.active, ...engine.correlations.map((one) => one.correlation)].map(({ id }) => id),
  );
  const alone = new Set(engine.standalone.map(({ id }) => id));
  const kindOf = (rule: RuleHeader): string =>
    !running.has(rule.id)
      ? ' (waits for its log source)'
      : isRule(rule) && !alone.has(rule.id)
        ? ' (for correlations only)'
        : '';
  const floor = severities.indexOf(flags.severity ?? 'informational');
  const shown = [...rules, ...correlations]
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
    await writeOut(jsonText(rows));
  } else {
    const terminal = terminalOf(process.stdout);
    // Where there is no room for both, a title is worth more than an id; `show` finds a rule by either.
    const withId = terminal.width >= 100;
    const table = renderColumns(
      [{ head: 'level' }, { head: 'rule', gives: true }, ...(withId ? [{ head: 'id', gives: true }] : [])],
      shown.map((rule) => [
        rule.level,
        visible(rule.title + kindOf(rule)),
        ...(withId ? [visible(rule.id)] : []),
      ]),
      terminal,
      (cell, column) => (column === 0 ? paint(terminal, severityStyles[cell as Severity], cell) : cell),
    );
    await writeOut(`${table}\n${paint(terminal, 'dim', count(shown.length, 'rule'))}\n`);
  }
  return codeOf(problems);
}

export async function showRules(
  wanted: string,
  given: readonly string[],
  flags: PipelineFlags & { json?: boolean },
): Promise<number> {
  const { rule } = await findAnyRule(wanted, given, flags);
  const filters = isCorrelation(rule) ? [] : (rule.filters ?? []);
  const notes = [rule.path, ...filters.map(({ title, path }) => `with the filter '${title}' of ${path}`)].map(
    (note) => `${paint(terminalOf(process.stdout), 'dim', `# ${visible(note)}`)}\n`,
  );
  await writeOut(
    flags.json ? jsonText(rule) : `${notes.join('')}${asWritten(await readFile(rule.path, 'utf8'))}`,
  );
  return exitCode.ok;
}

export async function testRules(
  given: readonly string[],
  flags: PipelineFlags & { json?: boolean; junit?: string },
): Promise<number> {
  const { rules, correlations, problems } = await load(given, flags);
  report(problems);
  const results: RuleTestResult[] = [];
  const untested: RuleHeader[] = [];
  const suites: JunitSuite[] = [];
  const add = (rule: RuleHeader, ran: readonly RuleTestResult[] | undefined) => {
    if (ran === undefined) untested.push(rule);
    else results.push(...ran);
    suites.push(suiteOf(rule, ran));
  };
  // A file with correlations is tested as a whole, and the rules in it with it.
  const whole = new Map(correlations.map((correlation) => [correlation.path, correlation]));
  for (const rule of rules) if (!whole.has(rule.path)) add(rule, await runRuleTests(rule));
  for (const correlation of whole.values())
    add(correlation, await runCorrelationTests(correlation, { rules, correlations }));
  if (flags.junit !== undefined) await writeJunit(flags.junit, [...suites, ...suitesOf(problems)]);
  const failures = results.filter((result) => result.failure !== undefined);
  if (flags.json) {
    await writeOut(jsonText({ results, untested: untested.map((rule) => rule.path) }));
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
      `${count(rules.length + correlations.length, 'rule')}, ${count(results.length, 'case')}: ${(results.length - failures.length).toLocaleString('en')} passed, ${failures.length.toLocaleString('en')} failed`,
    );
    await writeOut(`${lines.join('\n')}\n`);
  }
  if (problems.some((problem) => problem.level === 'error')) return exitCode.failure;
  if (results.length === 0)
    throw new CliFailure('no test was found; a rule RULE.yml has its tests in RULE.test.yml beside it');
  return failures.length > 0 ? exitCode.findings : exitCode.ok;
}

function isRule(rule: RuleHeader): rule is Rule {
  return 'detections' in rule;
}

function suiteOf(rule: RuleHeader, ran: readonly RuleTestResult[] | undefined): JunitSuite {
  const { title: name, path: file } = rule;
  if (ran === undefined) {
    const outcome = { type: 'skipped', message: `write ${testPathOf(file)}` } as const;
    return { name, file, cases: [{ name: 'has no tests', file, line: 1, outcome }] };
  }
  return {
    name,
    file,
    cases: ran.map((result) => ({
      name: result.name,
      file: result.path,
      line: result.line,
      outcome: result.failure === undefined ? undefined : { type: 'failure', message: result.failure },
    })),
  };
}

/** What could not be loaded is told too, or a broken rule would look like one without tests. */
function suitesOf(problems: readonly Problem[]): readonly JunitSuite[] {
  return problems
    .filter(({ level }) => level === 'error')
    .map(({ path, line, message }) => ({
      name: path,
      file: path,
      cases: [{ name: 'can be loaded', file: path, line, outcome: { type: 'error', message } }],
    }));
}

async function writeJunit(path: string, suites: readonly JunitSuite[]): Promise<void> {
  try {
    await writeFile(path, junitXml(suites));
  } catch (error) {
    throw new CliFailure(
      `--junit: ${visible(path)}: cannot be written: ${visible(error instanceof Error ? error.message : String(error))}`,
    );
  }
}
