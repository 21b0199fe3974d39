import { coverageOf, type Coverage, type Covered } from '../../alert/coverage.ts';
import type { Severity } from '../../event/severity.ts';
import { visible } from '../../notify/safe-text.ts';
import { createEngine } from '../../runtime/engine.ts';
import { renderColumns } from '../format/columns.ts';
import { jsonText } from '../format/json.ts';
import { navigatorLayer } from '../format/navigator.ts';
import { severityStyles } from '../format/severity.ts';
import type { PipelineFlags } from '../options.ts';
import { count, paint, terminalOf, writeOut, type Terminal } from '../terminal.ts';
import { codeOf, load, report } from './loaded.ts';

/** Of rules that run: one that waits for its log source finds nothing yet. */
export async function showCoverage(
  given: readonly string[],
  flags: PipelineFlags & { json?: boolean; navigator?: boolean },
): Promise<number> {
  const { rules, correlations, problems } = await load(given, flags);
  report(problems);
  const engine = createEngine(rules, correlations);
  const active = [...engine.standalone, ...engine.correlations.map(({ correlation }) => correlation)];
  const coverage = coverageOf(active);
  const serving = engine.active.length - engine.standalone.length;
  if (flags.navigator) await writeOut(jsonText(navigatorLayer(coverage)));
  else if (flags.json) await writeOut(jsonText(coverage));
  else
    await writeOut(
      text(coverage, active.length, rules.length + correlations.length - serving, terminalOf(process.stdout)),
    );
  return codeOf(problems);
}

function text(coverage: Coverage, active: number, all: number, terminal: Terminal): string {
  const { techniques, uncovered, untagged } = coverage;
  const notes = [
    `${count(active, 'rule')} on ${count(techniques.length, 'technique')}; ${count(uncovered.length, 'known technique')} without a rule`,
    ...(untagged > 0 ? [`${count(untagged, 'rule')} without a technique`] : []),
    ...(all > active ? [`${count(all - active, 'rule')} not counted: waiting for their log source`] : []),
  ];
  return [
    table('tactic', coverage.tactics, terminal),
    table('technique', techniques, terminal),
    paint(terminal, 'bold', 'Techniques without a rule'),
    renderColumns(
      [{ head: 'id' }, { head: 'technique', gives: true }],
      uncovered.map(({ id, name }) => [id, name]),
      terminal,
    ),
    `${notes.map((note) => paint(terminal, 'dim', note)).join('\n')}\n`,
  ].join('\n\n');
}

function table(head: string, covered: readonly Covered[], terminal: Terminal): string {
  const columns = [
    { head: 'id' },
    { head, gives: true },
    { head: 'rules', right: true },
    { head: 'highest level' },
  ];
  const rows = covered.map(({ id, name, level, rules }) => [
    id,
    visible(name ?? 'not a technique that Tocsin knows'),
    String(rules.length),
    level ?? '-',
  ]);
  return renderColumns(columns, rows, terminal, (cell, column) =>
    column === 3 && cell !== '-' ? paint(terminal, severityStyles[cell as Severity], cell) : cell,
  );
}
