import type { Alert, AlertEvent } from '../alert/alert.ts';
import { alertId } from '../alert/identity.ts';
import { headerPart } from '../alert/rule-header.ts';
import type { Origin } from '../event/event.ts';
import type { Severity } from '../event/severity.ts';
import type { RuleHeader } from '../sigma/rule.ts';
import type { RefusedBlock } from './would-block.ts';
import { shortened, type EvidenceLine, type Offence, type OffenceSubject } from './offence.ts';
import { offenceRuleText } from './offence-rules.ts';

/** An alert and the rule that it is judged under. */
export interface RaisedAlert {
  readonly alert: Alert;
  readonly rule: RuleHeader;
}

/** When something was received and decided, in milliseconds since the epoch. */
interface Moment {
  readonly receivedAt: number;
  readonly decidedAt: number;
}

const longestSubject = 120;
const mostTargets = 5;

/**
 * The alert of an offence. Its id is made of rule, subject and where the stretch of time begins, so that the same offence told again, with a
 * higher count or out of another reading of the same log, is the same alert.
 */
export function offenceAlert(offence: Offence, moment: Moment): RaisedAlert {
  const { rule, subject, severity } = offence;
  const text = offenceRuleText(rule);
  const header = headerOf({ id: rule, severity, ...text });
  const who = shortened(subject.value, longestSubject);
  return {
    rule: header,
    alert: alertOf(header, offence, moment, {
      id: offenceAlertId(offence),
      title: `${header.title}: ${subject.type === 'client' || who === '' ? who : `${subject.type} ${who}`}`,
      summary: `${offence.explanation.replace(/\.$/, '')}.`,
    }),
  };
}

/** The id of its alert. */
export function offenceAlertId({ rule, subject, start, window }: Offence): string {
  return alertId(rule, [subject.type, subject.value, String(window)], String(start));
}

/** Rule names of the alerts that tell of a block that was not made. */
const refusalRules = { refused: 'block-refused', tooMany: 'blocks-too-many' } as const;

const hour = 3_600_000;

/**
 * The alert of a block that was refused: one for each network and reason in the stretch of time of the offence, and one an hour for blocks
 * that are too many.
 */
export function refusalAlert(offence: Offence, refused: RefusedBlock, moment: Moment): RaisedAlert {
  const isTooMany = refused.why === 'too-many';
  const header = headerOf(
    isTooMany
      ? {
          id: refusalRules.tooMany,
          severity: 'high',
          title: 'Too many blocks in an hour',
          description:
            'More blocks than blocking.mostPerHour allows: an attack from very many addresses, or a rule or threshold that is wrong. Blocks that are there stay; new ones are not made.',
          response:
            'Look at /traffic and /blocks. If these are attackers, raise blocking.mostPerHour for now; if they are not, set the rule to tell only (traffic.rules).',
        }
      : {
          id: refusalRules.refused,
          severity: 'medium',
          title: 'Not blocked, although it offends',
          description:
            'An offence of an address that is never blocked: approved, shared by many, or part of a network that is too wide.',
          response:
            'If it is your own, find out what does this there. If many people are behind it, slow it down by other means.',
        },
  );
  const parts = isTooMany
    ? [refusalRules.tooMany]
    : [refused.why, refused.subject, offence.rule, String(offence.window)];
  const start = isTooMany ? Math.floor(moment.decidedAt / hour) * hour : offence.start;
  return {
    rule: header,
    alert: alertOf(header, offence, moment, {
      id: alertId(header.id, parts, String(start)),
      title: isTooMany ? `${header.title}: ${refused.detail}` : `${header.title}: ${refused.subject}`,
      summary: `${refused.subject} is not blocked: ${refused.detail}. ${offence.explanation.replace(/\.$/, '')}.`,
    }),
  };
}

function headerOf(rule: {
  readonly id: string;
  readonly severity: Severity;
  readonly title?: string;
  readonly description?: string;
  readonly tags?: readonly string[];
  readonly falsePositives?: readonly string[];
  readonly response?: string;
}): RuleHeader {
  return {
    id: rule.id,
    title: rule.title ?? rule.id,
    name: undefined,
    status: undefined,
    description: rule.description ?? '',
    level: rule.severity,
    tags: rule.tags ?? [],
    references: [],
    falsePositives: rule.falsePositives ?? [],
    custom: { tocsin: { response: rule.response ?? '' } },
    path: '',
  };
}

function alertOf(
  header: RuleHeader,
  offence: Offence,
  { receivedAt, decidedAt }: Moment,
  { id, title, summary }: { readonly id: string; readonly title: string; readonly summary: string },
): Alert {
  const { subject, first, last, count, evidence } = offence;
  const events = evidence.map((line) => eventOf(line, receivedAt));
  const newest = events.at(-1);
  const only = (values: readonly string[]): string | undefined => {
    const different = [...new Set(values)];
    return different.length === 1 ? different[0] : undefined;
  };
  const methods = [...new Set(evidence.map(({ method }) => method))].filter((method) => method !== '');
  const targets = [...new Set(events.flatMap(({ target }) => target ?? []))];
  const agents = [...new Set(evidence.map(({ agent }) => agent))].filter((agent) => agent !== '');
  const result = only(events.map((event) => event.result));
  return {
    id,
    rule: { id: header.id, title: header.title },
    severity: header.level,
    title,
    description: header.description,
    response: headerPart(header).response,
    time: first,
    receivedAt,
    decidedAt,
    who: {
      kind: subject.type === 'client' ? 'anonymous' : 'unknown',
      name: subject.type === 'client' ? subject.value : `${subject.type} ${subject.value}`.trim(),
      chain: [],
    },
    what: {
      kind: 'access-log.request',
      service: only(evidence.map(({ host }) => host)) || 'web',
      action: methods.length === 0 ? 'requests' : methods.join(', '),
      result: result === 'success' || result === 'failure' ? result : 'unknown',
      targets: targets.slice(0, mostTargets).map((name) => ({ name })),
    },
    where: { origin: originOf(subject), userAgent: agents.length === 0 ? undefined : agents.join(', ') },
    tactics: headerPart(header).tactics,
    techniques: headerPart(header).techniques,
    facts: [],
    falsePositives: header.falsePositives,
    references: [],
    correlation: {
      type: 'access_log',
      summary,
      group: subject.value === '' ? [] : [{ field: subject.type, value: subject.value }],
      value: count,
      start: first,
      end: last,
      total: Math.max(Math.round(count), events.length),
      events,
    },
    evidence: {
      eventId: newest?.id ?? '',
      provenance: newest?.provenance ?? { source: 'access-log', object: '', position: 0, receivedAt },
      fields: {},
    },
  };
}

function originOf({ type, value }: OffenceSubject): Origin {
  return type === 'client' ? { type: 'address', address: value } : { type: 'unknown', text: value };
}

/** One line of evidence as an event of the alert. */
function eventOf(line: EvidenceLine, receivedAt: number): AlertEvent {
  const { time, client, method, host, target, status, agent, object, position } = line;
  return {
    id: `${object}:${position}`,
    time,
    kind: 'access-log.request',
    service: host === '' ? 'web' : host,
    action: method === '' ? 'request' : method,
    result: status === 0 ? 'unknown' : status < 400 ? 'success' : 'failure',
    ...(status === 0 ? {} : { reason: String(status) }),
    target: `${host}${target}`,
    who: { kind: 'anonymous', name: client },
    origin: { type: 'address', address: client },
    ...(agent === '' ? {} : { userAgent: agent }),
    provenance: { source: 'access-log', object, position, receivedAt },
  };
}
