import type { Alert } from '../alert/alert.ts';
import { isClosed } from '../alert/lifecycle.ts';
import { raisedStanding } from '../alert/standing.ts';
import type { Severity } from '../event/severity.ts';
import { isoTime } from './alert-event.ts';
import { asffType } from './asff-type.ts';
import type { DeliveryContext } from './channel.ts';
import { line } from './safe-text.ts';
import { alertSections } from './sections.ts';
import { titleOf } from './words.ts';

/**
 * An alert as a finding in the AWS Security Finding Format: https://docs.aws.amazon.com/securityhub/latest/userguide/securityhub-findings-format-syntax.html
 * Limits are those of https://docs.aws.amazon.com/securityhub/1.0/APIReference/API_AwsSecurityFinding.html, written from memory.
 */

const labels: Readonly<Record<Severity, 'INFORMATIONAL' | 'LOW' | 'MEDIUM' | 'HIGH' | 'CRITICAL'>> = {
  informational: 'INFORMATIONAL',
  low: 'LOW',
  medium: 'MEDIUM',
  high: 'HIGH',
  critical: 'CRITICAL',
};

const limits = {
  title: 256,
  description: 1024,
  id: 512,
  resources: 32,
  type: 256,
  types: 50,
  remediation: 512,
  field: 2048,
  note: 512,
} as const;

/** Where findings go: only one's own account and region take them under the product `default`. */
export interface AsffPlace {
  readonly partition: string;
  readonly account: string;
  readonly region: string;
}

/** @param now what the finding is updated at, in milliseconds since the epoch: Security Hub takes a change only with a newer time */
export function securityFinding(
  alert: Alert,
  place: AsffPlace,
  { link, standing = raisedStanding(alert) }: Pick<DeliveryContext, 'link' | 'standing'>,
  now: number,
) {
  const { who, what, where, rule, correlation } = alert;
  const { facts, links, steps } = alertSections(alert, link);
  const text = (value: string, max: number, otherwise: string): string => {
    const shown = line(value, max);
    return shown === '' ? otherwise : shown;
  };
  const created = isoTime(alert.decidedAt) ?? new Date(0).toISOString();
  const updated = isoTime(Math.max(alert.decidedAt, now)) ?? created;
  const meaning = facts.map(({ explanation }) => explanation).join(' ');
  const page = links[0]?.url;
  const note =
    standing.by === undefined ? undefined : `${standing.by}: ${standing.reason ?? standing.status}`;
  const fields = {
    'tocsin/alert': alert.id,
    'tocsin/rule': rule.id,
    'tocsin/actor': who.name,
    'tocsin/action': what.action,
    'tocsin/service': what.service,
    'tocsin/result': what.result,
    'tocsin/account': where.account ?? 'unknown',
    'tocsin/region': where.region ?? 'unknown',
    'tocsin/address': where.origin.type === 'address' ? where.origin.address : 'unknown',
    'tocsin/event': alert.evidence.eventId,
    'tocsin/status': standing.status,
    'tocsin/count': String(standing.count),
    ...(alert.news === undefined ? {} : { 'tocsin/news': alert.news.sentence }),
  };
  return {
    SchemaVersion: '2018-10-08',
    Id: `tocsin/${text(alert.id, limits.id - 7, 'unknown')}`,
    ProductArn: `arn:${place.partition}:securityhub:${place.region}:${place.account}:product/${place.account}/default`,
    ProductName: 'Tocsin',
    CompanyName: 'Tocsin',
    GeneratorId: text(rule.id, limits.id, 'tocsin'),
    // Security Hub takes an account's findings from itself alone; where it happened stands with the fields.
    AwsAccountId: place.account,
    Types: typesOf(alert),
    FirstObservedAt: isoTime(correlation?.start ?? alert.time) ?? created,
    LastObservedAt: isoTime(correlation?.end ?? alert.time) ?? created,
    CreatedAt: created,
    UpdatedAt: updated,
    Severity: { Label: labels[standing.severity], Original: standing.severity },
    Title: text(titleOf(alert), limits.title, 'Alert without a title'),
    Description: text(meaning === '' ? alert.description : meaning, limits.description, 'No description'),
    ...(steps.length === 0
      ? {}
      : { Remediation: { Recommendation: { Text: line(steps.join(' '), limits.remediation) } } }),
    ...(page === undefined ? {} : { SourceUrl: page }),
    ProductFields: Object.fromEntries(
      Object.entries(fields).map(([name, value]) => [name, text(value, limits.field, 'unknown')]),
    ),
    Resources: resourcesOf(alert, place),
    RecordState: isClosed(standing) ? ('ARCHIVED' as const) : ('ACTIVE' as const),
    ...(note === undefined
      ? {}
      : { Note: { Text: line(note, limits.note), UpdatedBy: 'tocsin', UpdatedAt: updated } }),
  };
}

/** `TTPs/Tactic/Technique`, a namespace of Security Hub's own with what MITRE calls them. */
function typesOf({ tactics, techniques }: Alert): string[] {
  const part = (text: string): string => line(text, 100).replaceAll('/', ' ');
  const tactic = part(tactics[0]?.name ?? '') || 'Unknown';
  const types = techniques.map(({ id, name }) =>
    `TTPs/${tactic}/${part(`${id} ${name}`)}`.slice(0, limits.type),
  );
  return types.length === 0 ? [`TTPs/${tactic}`] : [...new Set(types)].slice(0, limits.types);
}

/** What it was about; the account itself where nothing is named, because a finding has at least one. */
function resourcesOf(alert: Alert, { partition, region, account }: AsffPlace) {
  const { what, where } = alert;
  const found = what.targets.slice(0, limits.resources).flatMap(({ type, arn, name }) => {
    const Id = line(arn ?? name, limits.id);
    return Id === '' ? [] : [{ Type: asffType(type), Id }];
  });
  const own = {
    Type: 'AwsAccount',
    Id: `AWS::::Account:${/^\d{12}$/.test(where.account ?? '') ? where.account : account}`,
  };
  const place = {
    Partition:
      partition === 'aws-cn'
        ? ('aws-cn' as const)
        : partition === 'aws-us-gov'
          ? ('aws-us-gov' as const)
          : ('aws' as const),
    Region: region,
  };
  return (found.length === 0 ? [own] : found).map((resource) => ({ ...resource, ...place }));
}
