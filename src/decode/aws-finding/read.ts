import { isIP } from 'node:net';
import type { Actor, ActorKind, Target } from '../../event/event.ts';
import { member, text } from '../../event/json.ts';
import type { Json } from '../../event/json.ts';
import type { Severity } from '../../event/severity.ts';
import { parseArn } from '../cloudtrail/arn.ts';
import { parseTime } from '../cloudtrail/time.ts';

/** The first of these members that is a time, in milliseconds since the epoch. */
export function timeOf(fields: Json, ...keys: readonly string[]): number | undefined {
  for (const key of keys) {
    const value = member(fields, key);
    if (typeof value !== 'string') continue;
    const time = parseTime(value) ?? parseSpokenTime(value);
    if (time !== undefined) return time;
  }
  return undefined;
}

const months = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

/** `Jan 19, 2023, 10:46:15 PM`, as Inspector writes times, in UTC. The space before PM may be a narrow one. */
function parseSpokenTime(text: string): number | undefined {
  const match = /^([A-Z][a-z]{2}) (\d{1,2}), (\d{4}),? (\d{1,2}):(\d\d):(\d\d)[ \u202f]([AP])M$/.exec(text);
  if (match === null) return undefined;
  const [, month = '', day, year, hour, minute, second, half] = match;
  const hours = (Number(hour) % 12) + (half === 'P' ? 12 : 0);
  const at = months.indexOf(month);
  const time = Date.UTC(Number(year), at, Number(day), hours, Number(minute), Number(second));
  return at < 0 || Number.isNaN(time) || time < 0 ? undefined : time;
}

export function numberOf(fields: Json | undefined, key: string): number | undefined {
  const value = member(fields, key);
  return typeof value === 'number' && Number.isFinite(value) ? value : undefined;
}

/** The last part of an ARN that names a finding; anything else as it is. */
export function lastPart(id: string): string {
  const at = parseArn(id) === undefined ? -1 : id.lastIndexOf('/');
  return at < 0 || at === id.length - 1 ? id : id.slice(at + 1);
}

/** The address, if that is what it is. */
export function addressOf(value: Json | undefined): string | undefined {
  return typeof value === 'string' && isIP(value) !== 0 ? value : undefined;
}

/** `CRITICAL`, `High` ... on Sigma's scale; undefined for other words. */
export function severityOf(label: string | undefined): Severity | undefined {
  return labels.get(label?.toUpperCase() ?? '');
}

const labels: ReadonlyMap<string, Severity> = new Map<string, Severity>([
  ['CRITICAL', 'critical'],
  ['HIGH', 'high'],
  ['MEDIUM', 'medium'],
  ['LOW', 'low'],
  ['INFORMATIONAL', 'informational'],
  // Inspector knows the weakness and nobody has rated it yet.
  ['UNTRIAGED', 'low'],
]);

/** A thing by its ARN, or by its name. */
export function targetOf(
  type: string | undefined,
  id: string | undefined,
  name?: string,
): Target | undefined {
  const known = id ?? name;
  if (known === undefined || known === '') return undefined;
  const arn = parseArn(known);
  const resource = arn?.resource ?? known;
  const shown = name ?? (arn?.service === 's3' ? resource : resource.slice(resource.search(/[/:]/) + 1));
  return {
    type,
    name: shown === '' ? known : shown,
    arn: arn === undefined ? undefined : known,
    account: arn === undefined || arn.account === '' ? undefined : arn.account,
  };
}

/** The first fifty things, each once. */
export function targetsOf(targets: readonly (Target | undefined)[]): readonly Target[] {
  const known = new Map<string, Target>();
  for (const target of targets) {
    if (target !== undefined && known.size < 50)
      known.set(`${target.type} ${target.arn ?? target.name}`, target);
  }
  return [...known.values()];
}

/** An actor by what a finding says of credentials: GuardDuty and Security Hub name the kinds as CloudTrail does. */
export function actorOf(given: {
  readonly type: string | undefined;
  readonly name: string | undefined;
  readonly account?: string | undefined;
  readonly arn?: string | undefined;
  readonly principalId?: string | undefined;
  readonly accessKeyId?: string | undefined;
}): Actor | undefined {
  const { type, name, account, arn, principalId, accessKeyId } = given;
  const session =
    principalId?.includes(':') === true ? principalId.slice(principalId.indexOf(':') + 1) : undefined;
  const base = name ?? arn ?? accessKeyId;
  if (base === undefined) return undefined;
  const kind = kinds.get(type ?? '') ?? 'unknown';
  return {
    kind,
    name: kind === 'assumed-role' && session !== undefined && session !== '' ? `${base}/${session}` : base,
    arn,
    account,
    principalId,
    accessKeyId,
    session: kind === 'assumed-role' ? session : undefined,
    chain: [],
  };
}

const kinds: ReadonlyMap<string, ActorKind> = new Map<string, ActorKind>([
  ['Root', 'root'],
  ['IAMUser', 'iam-user'],
  ['AssumedRole', 'assumed-role'],
  ['Role', 'role'],
  ['FederatedUser', 'federated-user'],
  ['WebIdentityUser', 'web-identity-user'],
  ['SAMLUser', 'saml-user'],
  ['Directory', 'directory-user'],
  ['AWSAccount', 'aws-account'],
  ['AWSService', 'aws-service'],
  ['Anonymous', 'anonymous'],
]);

/** What is missing from a finding, as the reason of a rejection. */
export function lacks(product: string, member: string, expected: string): { readonly problem: string } {
  return { problem: `a finding of ${product} without ${member}; expected ${expected}` };
}

/** A text that may stand in a title and in keys of a database. */
export function shortText(fields: Json | undefined, key: string): string | undefined {
  return text(fields, key)?.slice(0, 1000).toWellFormed();
}
