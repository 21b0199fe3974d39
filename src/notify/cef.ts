import { isIP } from 'node:net';
import type { Alert } from '../alert/alert.ts';
import { raisedStanding } from '../alert/standing.ts';
import type { Severity } from '../event/severity.ts';
import type { DeliveryContext } from './channel.ts';
import { line } from './safe-text.ts';
import { alertSections } from './sections.ts';
import { attackWords, titleOf } from './words.ts';

/**
 * ArcSight's Common Event Format, version 0, as written from memory of its guide ("Implementing ArcSight Common Event Format"):
 * `CEF:0|vendor|product|version|id|name|severity|extension`. In the head `\` and `|` are escaped, in values of the extension `\` and
 * `=`; nothing has a line break, because all texts have been made visible before.
 */

const severities: Readonly<Record<Severity, number>> = {
  informational: 1,
  low: 3,
  medium: 5,
  high: 8,
  critical: 10,
};

const head = (text: string, max: number): string => line(text, max).replace(/[\\|]/g, '\\$&');
const value = (text: string, max: number): string => line(text, max).replace(/[\\=]/g, '\\$&');

/** Version of what stands in the extension, which changes when fields get another meaning. */
const formatVersion = '1';

/** One line of at most `maxBytes`: fields that do not fit are left out, the last ones first. */
export function cefLine(
  alert: Alert,
  { link, standing = raisedStanding(alert) }: Pick<DeliveryContext, 'link' | 'standing'>,
  maxBytes: number,
): string {
  const { who, what, where, rule } = alert;
  const { facts, links } = alertSections(alert, link);
  const names = [
    'CEF:0',
    'Tocsin',
    'Tocsin',
    formatVersion,
    head(rule.id, 100),
    head(titleOf(alert), 512),
    String(severities[standing.severity]),
  ].join('|');
  const address = where.origin.type === 'address' ? where.origin.address : '';
  const targets = what.targets.slice(0, 5).map(({ name }) => name.slice(0, 500));
  const fields: readonly (readonly [string, string | undefined, number])[] = [
    ['rt', Number.isFinite(alert.time) && alert.time >= 0 ? String(Math.trunc(alert.time)) : undefined, 20],
    ['externalId', alert.id, 40],
    ['cat', what.kind, 1023],
    ['act', what.action, 63],
    ['app', what.service, 31],
    ['outcome', what.result, 63],
    ['suser', who.name, 1023],
    ['suid', who.arn, 1023],
    ['src', isIP(address) === 4 ? address : undefined, 45],
    ...labelled('c6a2', 'Source IPv6 Address', isIP(address) === 6 ? address : undefined, 45),
    ...labelled('cs1', 'AWS account', where.account, 400),
    ...labelled('cs2', 'AWS region', where.region, 400),
    ...labelled('cs3', 'Rule', rule.title, 400),
    ...labelled('cs4', 'MITRE ATT&CK', attackWords(alert), 400),
    ...labelled('cs5', 'Resources', targets.join(', '), 1000),
    ...labelled('cs6', 'Status', standing.status, 40),
    ...labelled('flexString1', 'News', alert.news?.sentence, 1023),
    ['cnt', String(standing.count), 20],
    ['reason', what.reason, 1023],
    ['msg', facts.map(({ explanation }) => explanation).join(' ') || alert.description, 1023],
    ['request', links[0]?.url, 1023],
    ['requestClientApplication', where.userAgent, 1023],
  ];
  let text = `${names}|`;
  let separator = '';
  for (const [name, written, max] of fields) {
    if (written === undefined || written === '') continue;
    const field = `${separator}${name}=${value(written, max)}`;
    if (Buffer.byteLength(text) + Buffer.byteLength(field) > maxBytes) break;
    text += field;
    separator = ' ';
  }
  return text;
}

function labelled(
  name: string,
  label: string,
  written: string | undefined,
  max: number,
): readonly (readonly [string, string | undefined, number])[] {
  if (written === undefined || written === '') return [];
  return [
    [`${name}Label`, label, 100],
    [name, written, max],
  ];
}
