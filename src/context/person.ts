import type { Event } from '../event/event.ts';
import { object, text, type JsonObject } from '../event/json.ts';
import type { FieldName } from '../facts/field-name.ts';
import { isIdentityCenter } from '../facts/identity/signin.ts';
import type { KnownPerson, peopleBook } from './people.ts';

/** Who is behind an event, as far as it can be told. */
export interface Person {
  /**
   * The same text in all that one person does: what the configuration calls the person, or else what the record says. Undefined where
   * the record only names a role and a session name that whoever assumed it chose.
   */
  readonly id: string | undefined;
  /** The person, where the configuration knows it. */
  readonly known?: KnownPerson | undefined;
}

/** @param book from `peopleBook` */
export function personOf(event: Event, book: ReturnType<typeof peopleBook>): Person {
  const id = ownIdentity(event);
  const known = book([id, event.actor.arn]);
  return { id: (known?.name ?? id)?.toLowerCase(), known };
}

/**
 * What the record alone says of who is behind it. An IAM user and root are their ARN. Of sessions, the source identity counts, which cannot be changed once it is set, and the session name
 * where IAM Identity Center or another identity provider gave it.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_temp_control-access_monitor.html
 */
export function ownIdentity(event: Event): string | undefined {
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
      'the same text in all that one person does: the name in the configuration, the ARN of an IAM user or root, the source identity of a session, or the name that the identity provider gave; absent where none is known',
  },
  {
    name: 'person.name',
    description: 'name of the person, by the configuration, a file or IAM Identity Center',
  },
  { name: 'person.team', description: 'team of the person, by the configuration' },
];

/** A person under the names that rules use; undefined where nothing is known. */
export function personFields({ id, known }: Person): JsonObject | undefined {
  if (id === undefined) return undefined;
  return {
    id,
    ...(known === undefined ? {} : { name: known.name }),
    ...(known?.team === undefined ? {} : { team: known.team }),
  };
}
