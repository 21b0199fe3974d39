import type { JsonObject } from '../event/json.ts';
import { object, text } from '../event/json.ts';
import type { Provenance, Rejection } from '../event/record.ts';
import type { RuleHeader } from '../sigma/rule.ts';
import type { RecordItem, WorkerItem } from './protocol.ts';

/** What a rule found in a record: all that a controller needs to raise the alert without the rule. */
export interface FoundRule {
  readonly eventId: string;
  readonly rule: RuleHeader;
}

/** A record for the controller. `found` is left out where the worker does not judge. */
export function recordItem(
  record: JsonObject,
  from: Omit<Provenance, 'worker'>,
  found?: readonly FoundRule[],
): WorkerItem {
  return {
    type: 'record',
    from: placeOf(from),
    record,
    ...(found === undefined || found.length === 0 ? {} : { findings: found.slice(0, 1_000).map(findingOf) }),
  };
}

export function rejectionItem({ provenance, reason, length, bytes }: Rejection): WorkerItem {
  return {
    type: 'rejection',
    from: placeOf(provenance),
    reason: cut(reason, 4_000) || 'no reason given',
    length,
    bytes: Buffer.from(bytes).toString('base64'),
  };
}

function placeOf({
  source,
  object: place,
  position,
  receivedAt,
}: Omit<Provenance, 'worker'>): RecordItem['from'] {
  return { source: cut(source, 100), object: cut(place, 4_096), position, receivedAt };
}

/** Texts are cut to what the protocol allows: one long description must not keep an alert back. */
function findingOf({ eventId, rule }: FoundRule): NonNullable<RecordItem['findings']>[number] {
  const tocsin = object(rule.custom, 'tocsin');
  const headline = text(tocsin, 'headline');
  const response = text(tocsin, 'response');
  return {
    eventId: cut(eventId, 1_000),
    rule: {
      id: cut(rule.id, 500),
      title: cut(rule.title, 2_000),
      level: rule.level,
      description: cut(rule.description, 20_000),
      tags: texts(rule.tags),
      references: texts(rule.references),
      falsePositives: texts(rule.falsePositives),
      ...(headline !== undefined && { headline: cut(headline, 4_000) }),
      ...(response !== undefined && { response: cut(response, 20_000) }),
    },
  };
}

function texts(list: readonly string[]): readonly string[] {
  return list.slice(0, 200).map((one) => cut(one, 4_000));
}

function cut(value: string, length: number): string {
  return value.length <= length ? value : value.slice(0, length).toWellFormed();
}
