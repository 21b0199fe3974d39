import { placeFields } from '../context/place.ts';
import type { Json, JsonObject } from '../event/json.ts';
import { knownAccount, type Known } from '../facts/known.ts';
import type { FieldName } from '../facts/field-name.ts';
import type { EventView } from '../sigma/compile.ts';
import { compileField } from '../sigma/field.ts';
import type { RuleHeader } from '../sigma/rule.ts';
import type { Alert } from './alert.ts';
import { subjectField, type Subject } from './finding.ts';

/** An alert under judgement, with the event behind it where there is one. */
export interface Judged {
  readonly alert: Alert;
  readonly rule: RuleHeader;
  readonly subject: Subject | undefined;
}

/** What a policy can read besides the fields that rules read. */
export const judgedFieldNames: readonly FieldName[] = [
  { name: 'rule.id', description: 'id of the rule that raised the alert' },
  { name: 'rule.title', description: 'its title' },
  { name: 'rule.level', description: 'its level, before any change' },
  { name: 'rule.tags', description: 'its tags, such as attack.t1530' },
];

/**
 * How a policy sees an alert: the event's raw fields and all of `tocsin.*` where one event made it; where several did, what they have in
 * common (`tocsin.actor`, `tocsin.client`, `tocsin.place`, `tocsin.account` ...).
 */
export function judgedView(known: Known): EventView<Judged> {
  return {
    field: (name) => {
      const ofRule = ruleField(name);
      if (ofRule !== undefined) return ({ rule }) => ofRule(rule);
      const ofSubject = subjectField(name);
      const ofAlert = compileField(name);
      return ({ subject, alert }) =>
        subject === undefined ? ofAlert(commonFields(alert, known)) : ofSubject(subject);
    },
    whole: ({ subject, alert }) => subject?.event.fields ?? commonFields(alert, known),
  };
}

/** What a field under `tocsin.rule` reads; undefined for any other field. */
export function ruleField(
  name: string,
): ((rule: Pick<RuleHeader, 'id' | 'title' | 'level' | 'tags'>) => Json | undefined) | undefined {
  switch (name) {
    case 'tocsin.rule.id':
      return (rule) => rule.id;
    case 'tocsin.rule.title':
      return (rule) => rule.title;
    case 'tocsin.rule.level':
      return (rule) => rule.level;
    case 'tocsin.rule.tags':
      return (rule) => rule.tags;
    default:
      return undefined;
  }
}

/** What the alert itself says of the events behind it, under the names that rules use. */
export function commonFields({ who, what, where }: Alert, known: Known): JsonObject {
  const { origin } = where;
  const estate = knownAccount(where.account, known);
  const fields = {
    kind: what.kind,
    account: where.account,
    region: where.region,
    service: what.service,
    action: what.action,
    actor: {
      kind: who.kind,
      name: who.name,
      arn: who.arn,
      account: who.account,
      access_key_id: who.accessKeyId,
    },
    client: {
      type: origin.type,
      address: origin.type === 'address' ? origin.address : undefined,
      service: origin.type === 'service' ? origin.service : undefined,
      text: origin.type === 'unknown' ? origin.text : undefined,
      user_agent: where.userAgent,
    },
    person: who.person && { name: who.person.name, team: who.person.team },
    place: where.place === undefined ? undefined : placeFields(where.place),
    outcome: { result: what.result },
    target: what.targets.map(({ type, name, arn, account }) => ({ type, name, arn, account })),
    estate,
  };
  // What has no value must not be there: a policy may ask whether it exists.
  return { tocsin: JSON.parse(JSON.stringify(fields)) as JsonObject };
}
