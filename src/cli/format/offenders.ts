import { severities, type Severity } from '../../event/severity.ts';
import { line } from '../../notify/safe-text.ts';
import type { EvidenceLine, Offence, OffenceSubject } from '../../web/offence.ts';
import { paint, type Terminal } from '../terminal.ts';
import { severityStyles } from './severity.ts';

/** A subject with all that it did, the worst first. */
export interface Offender {
  readonly subject: OffenceSubject;
  readonly severity: Severity;
  readonly first: number;
  readonly last: number;
  readonly offences: readonly Offence[];
}

/** Offences by who did them, the worst first, then who did most. */
export function offendersOf(offences: readonly Offence[]): readonly Offender[] {
  const bySubject = Map.groupBy(offences, ({ subject }) => JSON.stringify([subject.type, subject.value]));
  return [...bySubject.values()]
    .flatMap((all): readonly Offender[] => {
      const sorted = all.toSorted((a, b) => rank(b.severity) - rank(a.severity) || b.count - a.count);
      const [worst] = sorted;
      if (worst === undefined) return [];
      const { subject, severity } = worst;
      const first = sorted.reduce((least, one) => Math.min(least, one.first), worst.first);
      const last = sorted.reduce((most, one) => Math.max(most, one.last), worst.last);
      return [{ subject, severity, first, last, offences: sorted }];
    })
    .sort(
      (a, b) =>
        rank(b.severity) - rank(a.severity) ||
        (b.offences[0]?.count ?? 0) - (a.offences[0]?.count ?? 0) ||
        (a.subject.value < b.subject.value ? -1 : 1),
    );
}

const rank = (severity: Severity): number => severities.indexOf(severity);

/** So many of the things that one offender did are told, and one request of each. */
const toldOfEach = 4;

/** `lists` are those of reputation that a client is on. */
export function renderOffenders(
  offenders: readonly Offender[],
  lists: Readonly<Record<string, readonly string[]>>,
  top: number,
  terminal: Terminal,
): string {
  if (offenders.length === 0) return paint(terminal, 'bold', 'No offenders.');
  const room = Math.max(40, terminal.width);
  const lines = [paint(terminal, 'bold', `Offenders (${offenders.length.toLocaleString('en')})`)];
  for (const { subject, severity, first, last, offences } of offenders.slice(0, top)) {
    const who = subject.type === 'client' ? subject.value : `${subject.type} ${subject.value}`;
    const period = first === last ? time(first) : `${time(first)} to ${time(last)}`;
    lines.push(
      '',
      `${paint(terminal, severityStyles[severity], severity.padEnd(9))}${paint(terminal, 'bold', line(who, Math.max(12, room - 9 - 2 - period.length)))}  ${period}`,
    );
    const on = subject.type === 'client' && Object.hasOwn(lists, subject.value) ? lists[subject.value] : [];
    if (on !== undefined && on.length > 0)
      lines.push(...wrapped(`on lists: ${line(on.join(', '), 600)}`, room, '  '));
    for (const { rule, explanation, evidence } of offences.slice(0, toldOfEach)) {
      lines.push(...wrapped(`${rule}: ${line(explanation, 600)}`, room, '  '));
      const [example] = evidence;
      if (example !== undefined)
        lines.push(paint(terminal, 'dim', `    ${line(requestLine(example), room - 4)}`));
    }
    const more = offences.length - toldOfEach;
    if (more > 0) lines.push(`  and ${more} more`);
  }
  const hidden = offenders.length - top;
  if (hidden > 0)
    lines.push('', `${hidden.toLocaleString('en')} more offenders; --top shows more, --json all`);
  return lines.join('\n');
}

function wrapped(text: string, width: number, indent: string): readonly string[] {
  const lines: string[] = [];
  let current = '';
  for (const word of text.split(' ')) {
    const longer = current === '' ? word : `${current} ${word}`;
    if (current !== '' && indent.length + 2 + longer.length > width) {
      lines.push(current);
      current = word;
    } else current = longer;
  }
  const rest = `${indent}  `;
  return [...lines, current].map((one, i) =>
    i === 0 ? `${indent}${line(one, width - indent.length)}` : `${rest}${line(one, width - rest.length)}`,
  );
}

function requestLine({ status, method, host, target }: EvidenceLine): string {
  return `${status === 0 ? '-' : status} ${method} ${host}${target}`;
}

function time(at: number): string {
  return new Date(at).toISOString().slice(0, 19).replace('T', ' ');
}
