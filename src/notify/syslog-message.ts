import type { Alert } from '../alert/alert.ts';
import type { Severity } from '../event/severity.ts';
import { isoTime } from './alert-event.ts';
import type { LineFormat } from './alert-line.ts';
import { line } from './safe-text.ts';

/** RFC 5424: https://www.rfc-editor.org/rfc/rfc5424#section-6 */

const severities: Readonly<Record<Severity, number>> = {
  critical: 2,
  high: 3,
  medium: 4,
  low: 5,
  informational: 6,
};

/** Without a byte order mark: it is asked for only where the text is not JSON or CEF, whose readers stumble over it. */
export function syslogMessage(
  alert: Alert,
  severity: Severity,
  text: string,
  options: {
    readonly facility: number;
    readonly hostname: string;
    readonly enterpriseNumber: number | undefined;
    readonly format: LineFormat;
  },
): string {
  const { facility, hostname, enterpriseNumber, format } = options;
  const priority = facility * 8 + severities[severity];
  const time = isoTime(alert.time);
  // A year has four digits there.
  const timestamp = time !== undefined && /^\d{4}-/.test(time) ? time : '-';
  const mark = format === 'text' ? '\ufeff' : '';
  return `<${priority}>1 ${timestamp} ${headerText(hostname, 255)} tocsin - alert ${dataOf(alert, enterpriseNumber)} ${mark}${text}`;
}

/** Printable ASCII without spaces, or nothing. */
function headerText(text: string, max: number): string {
  const plain = text.replace(/[^\x21-\x7e]/g, '').slice(0, max);
  return plain === '' ? '-' : plain;
}

/** A name of one's own needs a number that IANA has given out; without one only the registered `origin` is used. */
function dataOf(alert: Alert, enterpriseNumber: number | undefined): string {
  const origin = '[origin software="Tocsin"]';
  if (enterpriseNumber === undefined) return origin;
  const { rule, severity, where, who, what } = alert;
  const values: readonly (readonly [string, string | undefined])[] = [
    ['alert', alert.id],
    ['rule', rule.id],
    ['severity', severity],
    ['account', where.account],
    ['region', where.region],
    ['actor', who.name],
    ['action', what.action],
    ['address', where.origin.type === 'address' ? where.origin.address : undefined],
  ];
  const parameters = values.flatMap(([name, value]) =>
    value === undefined ? [] : [`${name}="${line(value, 200).replace(/["\\\]]/g, '\\$&')}"`],
  );
  return `${origin}[tocsin@${enterpriseNumber} ${parameters.join(' ')}]`;
}
