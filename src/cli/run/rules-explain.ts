import { subjectView, Subject } from '../../alert/finding.ts';
import { createContext } from '../../context/context.ts';
import { decode } from '../../decode/decode.ts';
import { line, visible } from '../../notify/safe-text.ts';
import { createEngine } from '../../runtime/engine.ts';
import { explainRule, type Explanation } from '../../sigma/explain.ts';
import type { Rule } from '../../sigma/rule.ts';
import { compileRule } from '../../sigma/compile.ts';
import { findFiles, NoInputError, readInput, type InputFile } from '../../source/files.ts';
import { locateIn } from '../../source/place-files.ts';
import { CliFailure, exitCode } from '../failure.ts';
import type { PipelineFlags } from '../options.ts';
import { renderExplanation } from '../format/explanation.ts';
import { jsonText } from '../format/json.ts';
import { count, paint, terminalOf, writeOut, type Terminal } from '../terminal.ts';
import { findRule } from './find-rule.ts';
import { warnOfPlaces } from './rules-of.ts';

/** So many records are explained; of a file of thousands, nobody reads more. */
const mostExplained = 10;

interface Explained {
  readonly subject: Subject;
  readonly position: number;
  readonly explanation: Explanation;
}

interface Outcome {
  records: number;
  matches: number;
  readonly rejected: string[];
  readonly matching: Explained[];
  readonly others: Explained[];
}

export async function explainRuleOn(
  wanted: string,
  input: string,
  given: readonly string[],
  flags: PipelineFlags & { json?: boolean },
): Promise<number> {
  const rule = await findRule(wanted, given, flags);
  if (createEngine([rule]).active.length === 0)
    process.stderr.write(
      `${paint(terminalOf(process.stderr), 'yellow', 'note')} the rule waits for its log source and does not run on CloudTrail; here it is tried all the same\n`,
    );
  const outcome = await explainAll(rule, await theFile(input));
  for (const reason of outcome.rejected.slice(0, mostExplained))
    process.stderr.write(
      `${paint(terminalOf(process.stderr), 'yellow', 'record rejected')} ${visible(reason)}\n`,
    );
  if (outcome.records === 0)
    throw new CliFailure(
      `${visible(input)}: no record could be read from it; give it CloudTrail records, or '-' for standard input`,
    );
  // The order of the file, whatever was kept.
  const explained = [
    ...outcome.matching,
    ...outcome.others.slice(0, mostExplained - outcome.matching.length),
  ].sort((a, b) => a.position - b.position);
  await writeOut(
    flags.json ? json(rule, outcome, explained) : text(rule, outcome, explained, terminalOf(process.stdout)),
  );
  if (outcome.matches > 0) return exitCode.ok;
  // A record that could not be read might have matched.
  return outcome.rejected.length > 0 ? exitCode.failure : exitCode.findings;
}

async function theFile(input: string): Promise<InputFile> {
  try {
    const [file, ...more] = await findFiles([input]);
    if (file === undefined || more.length > 0)
      throw new CliFailure(`${visible(input)}: holds several files; name one, or scan them`);
    return file;
  } catch (error) {
    if (error instanceof NoInputError) throw new CliFailure(visible(error.message));
    throw error;
  }
}

async function explainAll(rule: Rule, file: InputFile): Promise<Outcome> {
  const outcome: Outcome = { records: 0, matches: 0, rejected: [], matching: [], others: [] };
  const matches = compileRule(rule, subjectView);
  const context = createContext(undefined, locateIn({ files: [], builtin: true }, warnOfPlaces));
  const from = { source: 'explain', object: file.path, receivedAt: 0 };
  try {
    for await (const batch of decode(readInput(file), from)) {
      for (const { provenance, reason } of batch.rejections)
        if (outcome.rejected.length < mostExplained)
          outcome.rejected.push(`${file.path}: byte ${provenance.position}: ${reason}`);
      for (const event of batch.events) {
        const position = outcome.records++;
        const subject = new Subject(event, undefined, undefined, undefined, context);
        const holds = matches(subject);
        if (holds) outcome.matches++;
        const kept = holds ? outcome.matching : outcome.others;
        if (kept.length < mostExplained)
          kept.push({ subject, position, explanation: explainRule(rule, subjectView, subject) });
      }
    }
  } catch (error) {
    if (error instanceof Error && 'code' in error && typeof error.code === 'string')
      throw new CliFailure(`${visible(file.path)}: cannot be read: ${visible(error.message)}`);
    throw error;
  }
  return outcome;
}

function json(rule: Rule, outcome: Outcome, explained: readonly Explained[]): string {
  const { records, matches } = outcome;
  const shown = explained.map(({ subject, position, explanation }) => ({
    record: position + 1,
    id: subject.event.id,
    ...explanation,
  }));
  const { id, title, path } = rule;
  return jsonText({ rule: { id, title, path }, records, matches, explained: shown });
}

function text(rule: Rule, outcome: Outcome, explained: readonly Explained[], terminal: Terminal): string {
  const blocks = explained.map(({ subject, position, explanation }) => {
    const { event } = subject;
    const verdict = explanation.matches
      ? paint(terminal, ['bold', 'green'], 'matches')
      : paint(terminal, ['bold', 'red'], 'does not match');
    const who = `${line(event.action, 40)} by ${line(event.actor.name, 40)}`;
    const when = new Date(event.time).toISOString().replace('.000Z', 'Z');
    const head = `record ${position + 1} ${verdict}\n${line(`${who}, ${when}`, terminal.width)}`;
    const facts = subject.facts.map((fact) => paint(terminal, 'dim', `fact: ${line(fact.explanation, 300)}`));
    return [head, ...facts, renderExplanation(explanation, terminal)].join('\n');
  });
  const left = outcome.records - explained.length;
  const sum = `matches ${outcome.matches.toLocaleString('en')} of ${count(outcome.records, 'record')}${left > 0 ? `; ${left.toLocaleString('en')} not shown` : ''}`;
  return `${paint(terminal, 'bold', line(rule.title, terminal.width))}\n\n${blocks.join('\n')}\n${paint(terminal, 'dim', sum)}\n`;
}
