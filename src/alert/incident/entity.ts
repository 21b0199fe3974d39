import { hash } from 'node:crypto';
import type { Target } from '../../event/event.ts';
import type { Alert } from '../alert.ts';

export const entityKinds = [
  'person',
  'user',
  'role',
  'session',
  'access-key',
  'address',
  'resource',
] as const;

export type EntityKind = (typeof entityKinds)[number];

/** Something that several alerts may have in common. */
export interface Entity {
  readonly kind: EntityKind;
  /** An ARN, an address, the id of an access key, or the name of a person. As hostile as the log. */
  readonly key: string;
  /** It is told of, and joins nothing: many have it in common who have nothing to do with each other. */
  readonly wide?: true | undefined;
}

const mostEntities = 16;
const longest = 400;

/** What an alert is about, each once. Neither an account nor a service of AWS is among it: too much happens in them. */
export function entitiesOf(alert: Alert): readonly Entity[] {
  const { who, what, where } = alert;
  const found = new Map<string, Entity>();
  const add = (entity: Entity | undefined): void => {
    if (entity === undefined || entity.key === '' || found.size >= mostEntities) return;
    const key = shortened(entity.key);
    if (!found.has(`${entity.kind} ${key}`)) found.set(`${entity.kind} ${key}`, { ...entity, key });
  };
  if (who.kind !== 'aws-service') {
    if (who.person !== undefined) add({ kind: 'person', key: who.person.name });
    for (const entity of principalsOf(who.arn)) add(entity);
    if (who.accessKeyId !== undefined) add({ kind: 'access-key', key: who.accessKeyId });
  }
  if (where.origin.type === 'address')
    add({
      kind: 'address',
      key: where.origin.address,
      // Everybody in an office or behind a NAT gateway has it.
      ...(where.place?.kind === 'own' && { wide: true }),
    });
  const client = clientOf(alert);
  if (client !== undefined) add({ kind: 'address', key: client });
  for (const target of what.targets.slice(0, mostEntities)) add(targetEntity(target));
  return [...found.values()];
}

/**
 * The client of a web site that an alert of its access log is about, also where it names the client's network and all the evidence is of that one
 * client; undefined for all other alerts.
 */
export function clientOf({ what, where, correlation }: Alert): string | undefined {
  if (what.kind !== 'access-log.request') return undefined;
  if (where.origin.type === 'address') return where.origin.address;
  const clients = new Set(
    correlation?.events.map(({ origin }) => (origin.type === 'address' ? origin.address : '')),
  );
  const [client = ''] = clients;
  return clients.size === 1 && client !== '' ? client : undefined;
}

/** Who is told apart when it is counted how many have something in common; undefined where nobody is named. */
export function actorOf({ who, where }: Alert): string | undefined {
  const actor = who.person?.name ?? who.arn ?? who.accessKeyId;
  if (actor !== undefined) return shortened(actor);
  return where.origin.type === 'address' ? where.origin.address : undefined;
}

/** A session is one of a role: both are told. */
function principalsOf(arn: string | undefined): readonly Entity[] {
  if (arn === undefined) return [];
  const session = /^(arn:[^:]*):sts::(\d*):assumed-role\/([^/]+)\/(.+)$/.exec(arn);
  if (session === null) {
    const principal = namedPrincipal(arn);
    return principal === undefined ? [] : [principal];
  }
  const [, partition = '', account = '', role = ''] = session;
  return [
    roleEntity(`${partition}:iam::${account}:role/`, role),
    { kind: 'session', key: arn, ...(isOfService(role) && { wide: true }) },
  ];
}

/** A user or role, also where it is what was called about: who makes a key for a user and who uses it then belong together. */
function namedPrincipal(arn: string): Entity | undefined {
  const role = /^(arn:[^:]*:iam::\d*:role\/)(?:.*\/)?([^/]+)$/.exec(arn);
  // A session names its role without the path.
  if (role !== null) return roleEntity(role[1] ?? '', role[2] ?? '');
  const isUser = /^arn:[^:]*:(?:iam::\d*:(?:user\/.+|root)|sts::\d*:federated-user\/.+)$/.test(arn);
  return isUser ? { kind: 'user', key: arn } : undefined;
}

function roleEntity(prefix: string, name: string): Entity {
  return { kind: 'role', key: prefix + name, ...(isOfService(name) && { wide: true }) };
}

/** What AWS does by itself uses roles of this name: https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_create-service-linked-role.html */
function isOfService(role: string): boolean {
  return role.startsWith('AWSServiceRoleFor');
}

function targetEntity({ name, arn }: Target): Entity | undefined {
  if (/^(?:AKIA|ASIA)[A-Z0-9]{12,28}$/.test(name)) return { kind: 'access-key', key: name };
  // A bare name is not the same thing everywhere.
  if (arn === undefined) return undefined;
  return namedPrincipal(arn) ?? { kind: 'resource', key: arn };
}

/** Long ones are cut, and stay different. */
function shortened(key: string): string {
  const formed = key.toWellFormed();
  return formed.length <= longest
    ? formed
    : `${formed.slice(0, longest).toWellFormed()}… ${hash('sha256', formed, 'hex').slice(0, 16)}`;
}
