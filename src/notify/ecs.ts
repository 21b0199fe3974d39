import type { Alert } from '../alert/alert.ts';
import type { Json } from '../event/json.ts';
import { severities } from '../event/severity.ts';
import { clip } from './safe-text.ts';
import { titleOf } from './words.ts';

/**
 * An alert in the Elastic Common Schema (https://www.elastic.co/docs/reference/ecs/ecs-field-reference), which OpenSearch's
 * tools read as well. The names of fields are fixed: nothing from a log becomes one, so that no attacker can fill the
 * mapping of an index. The raw record is text, in `event.original`. Values are as the log has them, bounded.
 */
export function ecsDocument(
  alert: Alert,
  link: string | undefined,
  options: { readonly withOriginal: boolean },
): { readonly [key: string]: Json } {
  const { who, what, where, correlation, evidence } = alert;
  const address = where.origin.type === 'address' ? where.origin.address : undefined;
  const events = correlation?.events.slice(-mostItems) ?? [];
  const addresses = events.flatMap(({ origin }) => (origin.type === 'address' ? [origin.address] : []));
  const hasOriginal = options.withOriginal && Object.keys(evidence.fields).length > 0;
  return {
    '@timestamp': iso(alert.time) ?? iso(alert.decidedAt) ?? new Date(0).toISOString(),
    ecs: { version: '8.11.0' },
    message: text(titleOf(alert)),
    event: compact({
      kind: 'alert',
      module: 'tocsin',
      dataset: 'tocsin.alert',
      id: alert.id,
      created: iso(alert.decidedAt),
      ingested: iso(alert.receivedAt),
      provider: text(what.service),
      action: text(what.action),
      outcome: what.result,
      reason: optional(what.reason),
      severity: severities.indexOf(alert.severity) + 1,
      url: link,
      original: hasOriginal ? JSON.stringify(evidence.fields) : undefined,
    }),
    rule: compact({
      id: text(alert.rule.id),
      name: text(alert.rule.title),
      description: optional(alert.description),
    }),
    threat: {
      framework: 'MITRE ATT&CK',
      tactic: {
        id: texts(alert.tactics.map(({ id }) => id)),
        name: texts(alert.tactics.map(({ name }) => name)),
      },
      technique: {
        id: texts(alert.techniques.map(({ id }) => id)),
        name: texts(alert.techniques.map(({ name }) => name)),
      },
    },
    cloud: compact({
      provider: 'aws',
      account: compact({ id: optional(where.account), name: optional(where.accountName) }),
      region: optional(where.region),
      service: { name: text(what.service) },
    }),
    user: compact({ name: text(who.name), id: optional(who.arn), full_name: optional(who.person?.name) }),
    source: sourceOf(alert, address),
    user_agent: compact({ original: optional(where.userAgent) }),
    related: {
      ip: [...new Set([...(address === undefined ? [] : [address]), ...addresses])],
      user: texts([who.name, ...who.chain]),
    },
    log: compact({
      file: { path: text(evidence.provenance.object) },
      offset: Number.isSafeInteger(evidence.provenance.position) ? evidence.provenance.position : undefined,
    }),
    tocsin: compact({
      severity: alert.severity,
      severity_changes: texts(alert.severityChanges ?? []),
      news: optional(alert.news?.sentence),
      event_id: text(evidence.eventId),
      event_ids: texts(events.map(({ id }) => id)),
      access_key: optional(who.accessKeyId),
      targets: texts(what.targets.map(({ arn, name }) => arn ?? name)),
      facts: texts(alert.facts.map(({ explanation }) => explanation)),
      unknowns: texts(alert.facts.flatMap(({ unknowns }) => unknowns)),
      response: optional(alert.response),
      correlation: optional(correlation?.summary),
      original_left_out: hasOriginal || Object.keys(evidence.fields).length === 0 ? undefined : true,
    }),
  };
}

function sourceOf(
  { where: { origin, place } }: Alert,
  address: string | undefined,
): { readonly [key: string]: Json } {
  return compact({
    ip: address,
    domain: origin.type === 'service' ? text(origin.service) : undefined,
    geo: compact({
      country_iso_code: optional(place?.country),
      country_name: optional(place?.countryName),
      city_name: optional(place?.city),
      name: optional(place?.network),
    }),
    as: compact({
      number: place?.asn,
      organization: compact({ name: optional(place?.asName) }),
    }),
  });
}

/** An index takes 32,766 bytes at most for one keyword: a text of this length has fewer. */
const longest = 2000;
const mostItems = 20;

function text(value: string): string {
  return clip(value, longest).toWellFormed();
}

function optional(value: string | undefined): string | undefined {
  return value === undefined || value === '' ? undefined : text(value);
}

function texts(values: readonly string[]): readonly string[] {
  return values.slice(0, mostItems).map(text);
}

function iso(time: number): string | undefined {
  const date = new Date(time);
  return Number.isNaN(date.getTime()) ? undefined : date.toISOString();
}

/** Without what is not known, and without groups in which nothing is. */
function compact(entries: { readonly [key: string]: Json | undefined }): { readonly [key: string]: Json } {
  const known: [string, Json][] = [];
  for (const [key, value] of Object.entries(entries)) {
    if (value === undefined) continue;
    if (typeof value === 'object' && value !== null && Object.keys(value).length === 0) continue;
    known.push([key, value]);
  }
  return Object.fromEntries(known);
}
