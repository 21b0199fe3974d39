import type { Severity } from '../event/severity.ts';
import type { Alert } from './alert.ts';
import { alertId } from './identity.ts';

/** What of a rule was told to nobody in an hour, because the rule had told too much. */
export interface Overflow {
  readonly rule: { readonly id: string; readonly title: string };
  /** The worst of what was kept back. */
  readonly severity: Severity;
  /** When the hour began, and the number that the store knows it by; milliseconds since the epoch. */
  readonly start: number;
  /** Tellings that were kept back. */
  readonly muted: number;
  /** Who they were about: the first 50. */
  readonly actors: readonly string[];
  /** Names of the channels, or of their digests, that would have been told; absent in what an earlier version wrote. */
  readonly channels?: readonly string[] | undefined;
  /** Event times of the first and last of them. */
  readonly first: number;
  readonly last: number;
}

/** How long an hour of tellings is. */
export const hourMs = 3_600_000;

/** The alert that tells of an overflow: one for each rule and hour, however often it is made. */
export function overflowAlert(overflow: Overflow, decidedAt: number): Alert {
  const { rule, severity, start, muted, actors, first, last } = overflow;
  const when = `${minuteOf(start)} to ${minuteOf(start + hourMs)}`;
  const isOnly = actors.length === 1;
  return {
    id: alertId(rule.id, ['overflow'], String(start)),
    rule,
    severity,
    title: `${rule.title}: ${muted.toLocaleString('en')} further times within the hour, by ${isOnly ? actors[0] : `${actors.length} actors`}`,
    description: `From ${when} this rule told as much as it may in an hour. What it found besides was kept and told to nobody; this sums it up.`,
    response:
      'Look through the alerts of the rule in this hour. Narrow the rule, or group its alerts by less, if most of them are one thing.',
    time: last,
    receivedAt: decidedAt,
    decidedAt,
    who: {
      kind: 'unknown',
      name: actors.slice(0, 3).join(', ') + (actors.length > 3 ? ` and ${actors.length - 3} more` : ''),
      chain: [],
    },
    what: {
      kind: 'cloudtrail.api-call',
      service: 'tocsin',
      action: 'alerts kept back',
      result: 'unknown',
      targets: [],
    },
    where: { origin: { type: 'unknown', text: '' } },
    tactics: [],
    techniques: [],
    facts: [
      {
        explanation: `${muted.toLocaleString('en')} tellings were kept back, of what happened from ${minuteOf(first)} to ${minuteOf(last)}`,
        unknowns: [],
      },
    ],
    falsePositives: [],
    references: [],
    evidence: {
      eventId: `overflow ${start}`,
      provenance: { source: 'tocsin', object: '', position: 0, receivedAt: decidedAt },
      fields: {},
    },
  };
}

function minuteOf(time: number): string {
  return `${new Date(time).toISOString().slice(0, 16).replace('T', ' ')} UTC`;
}
