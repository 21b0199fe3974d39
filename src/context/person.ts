import type { Event } from '../event/event.ts';
import { object, text, type JsonObject } from '../event/json.ts';
import type { FieldName } from '../facts/field-name.ts';
import { isIdentityCenter } from '../facts/identity/signin.ts';

/** Who is behind an event, as far as it can be told. */
export interface Person {
  /**
   * The same text in all that one person does. Undefined where the record only names a role and a session name that whoever assumed it
   * chose.
   */
  readonly id: string | undefined;
}

/** Pure; reads the event alone. */
export function personOf(event: Event): Person {
  return { id: idOf(event)?.toLowerCase() };
}

/**
 * An IAM user and root are their ARN. Of sessions, the source identity counts, which cannot be changed once it is set, and the session name
 * where IAM Identity Center or another identity provider gave it.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_temp_control-access_monitor.html
 */
function idOf(event: Event): string | undefined {
  const { actor, fields } = event;
  switch (actor.kind) {
    case 'root':
    case 'iam-user':
      return actor.arn ?? (actor.account === undefined ? undefined : `${actor.account}/${actor.name}`);
    case 'federated-user':
      return actor.issuer?.kind === 'iam-user' || actor.issuer?.kind === 'root'
        ? actor.issuer.arn
        : undefined;
    case 'assumed-role': {
      const session = object(object(fields, 'userIdentity'), 'sessionContext');
      const isGiven = isIdentityCenter(event) || event.action === 'ConsoleLogin';
      return text(session, 'sourceIdentity') ?? (isGiven ? actor.session : undefined);
    }
    case 'identity-center-user':
      return text(object(fields, 'additionalEventData'), 'UserName');
    case 'role':
    case 'web-identity-user':
    case 'saml-user':
    case 'directory-user':
    case 'aws-account':
    case 'aws-service':
    case 'anonymous':
    case 'unknown':
      return undefined;
  }
}

/** What rules see under `tocsin.person`. */
export const personFieldNames: readonly FieldName[] = [
  {
    name: 'person.id',
    description:
      'the same text in all that one person does: the ARN of an IAM user or root, the source identity of a session, or the name that the identity provider gave; absent where the record does not tell',
  },
];

/** A person under the names that rules use; undefined where nothing is known. */
export function personFields({ id }: Person): JsonObject | undefined {
  return id === undefined ? undefined : { id };
}
