import type { JsonObject } from '../event/json.ts';
import { tocsinFieldNames } from '../facts/fields.ts';
import type { FieldName } from '../facts/field-name.ts';
import type { Known } from '../facts/known.ts';
import { placeFieldNames } from '../context/place.ts';
import type { EventView } from '../sigma/compile.ts';
import { compileField } from '../sigma/field.ts';
import type { RuleHeader } from '../sigma/rule.ts';
import type { Alert } from './alert.ts';
import { commonFields, judgedFieldNames, ruleField } from './judged.ts';

/** A stored alert with what is known of the rule that raised it. */
export interface ToldAlert {
  readonly alert: Alert;
  readonly rule: Pick<RuleHeader, 'id' | 'title' | 'level' | 'tags'>;
}

/** What the alert says of itself, besides what it says of its events. */
const ofAlert: readonly FieldName[] = [
  { name: 'alert.severity', description: 'severity of the alert, after every change' },
  { name: 'alert.title', description: 'its sentence' },
  { name: 'alert.techniques', description: 'ids of its ATT&CK techniques, such as T1530' },
  { name: 'alert.tactics', description: 'ids of its ATT&CK tactics, such as TA0010' },
];

/** What `commonFields` fills of what rules read of events. */
const inCommon =
  /^(?:kind|account|region|service|action|actor\.(?:kind|name|arn|account|access_key_id)|client\.(?:type|address|service|text|user_agent)|outcome\.result|target\.\w+|estate\.\w+)$/;

/**
 * What can be asked of an alert once the events behind it are gone: what it says itself. Raw fields can be asked for too, where one event
 * made it.
 */
export const alertFieldNames: readonly FieldName[] = [
  ...ofAlert,
  ...judgedFieldNames,
  ...tocsinFieldNames.filter(({ name }) => inCommon.test(name)),
  { name: 'person.name', description: 'name of the person behind it' },
  { name: 'person.team', description: 'the team that they are in' },
  ...placeFieldNames,
];

/** How a search sees an alert, also one that comes out of the store. */
export function alertView(known: Known): EventView<ToldAlert> {
  return {
    field: (name) => {
      const ofRule = ruleField(name);
      if (ofRule !== undefined) return ({ rule }) => ofRule(rule);
      const read = compileField(name);
      if (name.startsWith('tocsin.alert.')) return ({ alert }) => read(ownFields(alert));
      return name.startsWith('tocsin.')
        ? ({ alert }) => read(commonFields(alert, known))
        : ({ alert }) => read(alert.evidence.fields);
    },
    whole: ({ alert }) => alert.evidence.fields,
  };
}

function ownFields({ severity, title, techniques, tactics }: Alert): JsonObject {
  const alert = {
    severity,
    title,
    techniques: techniques.map(({ id }) => id),
    tactics: tactics.map(({ id }) => id),
  };
  return { tocsin: { alert } };
}
