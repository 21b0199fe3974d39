import type { Alert } from '../alert/alert.ts';
import type { Status } from '../alert/alert-life.ts';
import { isClosed } from '../alert/lifecycle.ts';
import { raisedStanding, type Standing } from '../alert/standing.ts';
import type { Severity } from '../event/severity.ts';
import type { DeliveryContext } from './channel.ts';
import { line } from './safe-text.ts';
import { alertSections } from './sections.ts';
import { originWords, titleOf } from './words.ts';

/**
 * An alert as a Detection Finding (class 2004) of the Open Cybersecurity Schema Framework, version 1.3.0, with the profile `cloud`:
 * https://schema.ocsf.io/1.3.0/classes/detection_finding. Names and numbers are written from memory of that schema.
 */

const ocsfVersion = '1.3.0';

const severityIds: Readonly<Record<Severity, number>> = {
  informational: 1,
  low: 2,
  medium: 3,
  high: 4,
  critical: 5,
};
const severityNames: Readonly<Record<Severity, string>> = {
  informational: 'Informational',
  low: 'Low',
  medium: 'Medium',
  high: 'High',
  critical: 'Critical',
};

/** `status_id` of a finding. */
const findingStatus: Readonly<Record<Status, readonly [number, string]>> = {
  open: [1, 'New'],
  acknowledged: [2, 'In Progress'],
  'in-progress': [2, 'In Progress'],
  resolved: [4, 'Resolved'],
  'false-positive': [3, 'Suppressed'],
};

const limits = { title: 600, text: 2000, value: 500, few: 20 } as const;

/** One finding: plain data of bounded length, with every text visible and on one line. Times are milliseconds since the epoch. */
export function detectionFinding(
  alert: Alert,
  { link, standing = raisedStanding(alert) }: Pick<DeliveryContext, 'link' | 'standing'>,
  isChange = false,
): Readonly<Record<string, unknown>> {
  const { who, what, where, rule, correlation } = alert;
  const { facts, links, steps } = alertSections(alert, link);
  const text = (value: string) => line(value, limits.value);
  const activity = activityOf(standing, isChange);
  const [statusId, status] = findingStatus[standing.status];
  const severity = standing.severity;
  const title = line(titleOf(alert), limits.title);
  const time = timeOf(alert.time);
  const account = where.account === undefined ? undefined : text(where.account);
  const region = where.region === undefined ? undefined : text(where.region);
  const description = line(alert.description, limits.text);
  const actor = {
    user: {
      name: text(who.name),
      type: text(who.kind),
      ...(who.arn === undefined ? {} : { uid: text(who.arn) }),
      ...(who.account === undefined ? {} : { account: { uid: text(who.account) } }),
      ...(who.accessKeyId === undefined ? {} : { credential_uid: text(who.accessKeyId) }),
    },
  };
  return {
    activity_id: activity,
    activity_name: activityNames[activity],
    category_uid: 2,
    category_name: 'Findings',
    class_uid: 2004,
    class_name: 'Detection Finding',
    type_uid: 200_400 + activity,
    type_name: `Detection Finding: ${activityNames[activity]}`,
    severity_id: severityIds[severity],
    severity: severityNames[severity],
    status_id: statusId,
    status,
    ...(standing.reason === undefined ? {} : { comment: text(standing.reason) }),
    time: isChange ? time : timeOf(alert.decidedAt),
    message: title,
    count: standing.count,
    metadata: {
      version: ocsfVersion,
      profiles: ['cloud'],
      product: { name: 'Tocsin', vendor_name: 'Tocsin' },
      uid: alert.id,
      original_time: new Date(time).toISOString(),
      logged_time: timeOf(alert.receivedAt),
    },
    finding_info: {
      uid: alert.id,
      title,
      ...(description === '' ? {} : { desc: description }),
      created_time: timeOf(alert.decidedAt),
      first_seen_time: timeOf(correlation?.start ?? alert.time),
      last_seen_time: timeOf(correlation?.end ?? alert.time),
      types: [text(what.kind)],
      analytic: { uid: text(rule.id), name: text(rule.title), type_id: 1, type: 'Rule' },
      attacks: attacksOf(alert),
      ...(links[0] === undefined ? {} : { src_url: links[0].url }),
    },
    evidences: [
      {
        actor,
        api: {
          operation: text(what.action),
          service: { name: text(what.service) },
          response: {
            ...(what.result === 'unknown' ? {} : { code: what.result === 'success' ? 0 : 1 }),
            message: what.reason === undefined ? what.result : text(what.reason),
          },
        },
        ...(where.origin.type === 'address' ? { src_endpoint: { ip: text(where.origin.address) } } : {}),
        data: { facts: facts.map(({ explanation }) => explanation), event_id: text(alert.evidence.eventId) },
      },
    ],
    resources: what.targets.slice(0, limits.few).map(({ name, arn, type }) => ({
      name: text(name),
      ...(arn === undefined ? {} : { uid: text(arn) }),
      ...(type === undefined ? {} : { type: text(type) }),
    })),
    cloud: {
      provider: 'AWS',
      ...(account === undefined ? {} : { account: { uid: account, type_id: 10, type: 'AWS Account' } }),
      ...(region === undefined ? {} : { region }),
    },
    observables: observablesOf(alert),
    ...(steps.length === 0 ? {} : { remediation: { desc: steps.join('\n') } }),
    unmapped: {
      origin: text(originWords(where.origin, where.place)),
      ...(alert.news === undefined ? {} : { news: text(alert.news.sentence) }),
    },
  };
}

const activityNames = { 1: 'Create', 2: 'Update', 3: 'Close' } as const;

function activityOf(standing: Standing, isChange: boolean): 1 | 2 | 3 {
  if (!isChange) return 1;
  return isClosed(standing) ? 3 : 2;
}

function attacksOf({ techniques, tactics }: Alert): readonly object[] {
  const named = tactics
    .slice(0, limits.few)
    .map(({ id, name }) => ({ uid: line(id, 40), name: line(name, 100) }));
  return techniques.slice(0, limits.few).map(({ id, name }) => ({
    technique: { uid: line(id, 40), name: line(name, 100) },
    ...(named.length === 0 ? {} : { tactics: named }),
  }));
}

/** `type_id` of observables: https://schema.ocsf.io/1.3.0/objects/observable */
function observablesOf({ who, where, what }: Alert): readonly object[] {
  const found: { name: string; type_id: number; type: string; value: string }[] = [];
  const add = (name: string, typeId: number, type: string, value: string | undefined): void => {
    if (value !== undefined && value !== '')
      found.push({ name, type_id: typeId, type, value: line(value, limits.value) });
  };
  if (where.origin.type === 'address')
    add('evidences[].src_endpoint.ip', 2, 'IP Address', where.origin.address);
  add('evidences[].actor.user.name', 4, 'User Name', who.name);
  for (const { arn } of what.targets.slice(0, limits.few)) add('resources[].uid', 10, 'Resource UID', arn);
  return found;
}

/** Logs can hold any number for a time; a date of OCSF is a whole one that a date can be made of. */
function timeOf(time: number): number {
  return Number.isNaN(new Date(time).getTime()) ? 0 : Math.trunc(time);
}
