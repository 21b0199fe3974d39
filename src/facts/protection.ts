import type { Fact } from './fact.ts';
import type { FieldName } from './field-name.ts';

/** What is guarded, or by what. */
export type ProtectionKind =
  | 'block-public-access'
  // Records of what was done.
  | 'trail'
  | 'event-data-store'
  | 'configuration-recording'
  | 'flow-logs'
  | 'logs'
  | 'session-logging'
  | 'control-plane-logging'
  | 'dns-logging'
  | 'tracing'
  | 'audit'
  | 'security-lake'
  // What looks for trouble, and tells.
  | 'threat-detection'
  | 'findings-hub'
  | 'sensitive-data-discovery'
  | 'vulnerability-scanning'
  | 'investigation'
  | 'access-analysis'
  | 'alarm'
  | 'event-rule'
  | 'notification'
  | 'detector'
  // What keeps out.
  | 'web-firewall'
  | 'network-firewall'
  | 'firewall-management'
  | 'ddos-protection'
  | 'dns-firewall'
  | 'dnssec'
  | 'domain-lock'
  | 'domain-renewal'
  // What keeps accounts and people to what they may do, and tells people from strangers.
  | 'organisation-policy'
  | 'password-policy'
  | 'second-factor'
  // What keeps stored data from strangers, or from being lost.
  | 'object-ownership'
  | 'versioning'
  | 'mfa-delete'
  | 'encryption'
  | 'customer-key-block'
  | 'access-logging'
  | 'object-lock'
  | 'retention'
  | 'legal-hold'
  | 'replication'
  | 'requester-pays'
  | 'deletion-protection'
  | 'backups'
  | 'stream-retention'
  | 'snapshot-lock'
  // What keeps keys, secrets and container images usable and what they seem.
  | 'key'
  | 'key-rotation'
  | 'secret-rotation'
  | 'secret-replica'
  | 'image-scanning'
  | 'image-immutability'
  // What keeps strangers from what stands behind the edge.
  | 'origin-access'
  | 'endpoint-policy'
  // What keeps strangers out of databases, machines and the code that runs on them.
  | 'transport-encryption'
  | 'authentication'
  | 'instance-metadata'
  | 'code-signing'
  | 'session-limits'
  | 'guardrail';

/** `absent`: something new is made without the guard. */
export type ProtectionChange = 'removed' | 'weakened' | 'absent' | 'restored' | 'unchanged' | 'unknown';

/**
 * A guard, and what the call did to it:
 * `removed` (all of it off), `weakened` (a part off), `restored` (all of it on), `unchanged` (the call failed),
 * `unknown` (the request can't be read).
 */
export interface Protection {
  readonly kind: ProtectionKind;
  readonly change: ProtectionChange;
  /** What the call was meant to do, the same as `change` where it succeeded. */
  readonly wanted: Exclude<ProtectionChange, 'unchanged'>;
  readonly attempted: boolean;
  readonly scope: 'organisation' | 'account' | 'region' | 'bucket' | 'access-point' | 'object' | 'resource';
  readonly resourceType: string;
  /** ARN or id of the thing that is guarded or that guards, or the account's id. */
  readonly resource: string;
  readonly resourceName: string;
  /** What is not guarded, recorded or told any more, as words that rules can ask for: `management-writes`, `log-file-validation`. */
  readonly lost?: readonly string[] | undefined;
  readonly switchesOff?: readonly string[] | undefined;
  readonly switchesOn?: readonly string[] | undefined;
}

/** What rules see under `tocsin.protection`. Held by a test to what is produced. */
export const protectionFieldNames: readonly FieldName[] = [
  {
    name: 'protection.kind',
    description:
      'what guards, such as block-public-access, trail, threat-detection, alarm, web-firewall or dnssec',
  },
  {
    name: 'protection.change',
    description:
      'removed (all of it off), weakened (a part off), absent (something new is made without it), restored (on), unchanged (the call failed) or unknown',
  },
  {
    name: 'protection.wanted',
    description:
      'what the call asked for, whether it succeeded or not: removed, weakened, absent, restored or unknown',
  },
  { name: 'protection.attempted', description: 'true where the call failed' },
  {
    name: 'protection.scope',
    description: 'organisation, account, region, bucket, access-point, object or resource',
  },
  { name: 'protection.resource_type', description: 'such as AWS::S3::Bucket or AWS::CloudTrail::Trail' },
  {
    name: 'protection.resource',
    description: 'ARN or id of what guards or is guarded, or the id of the account',
  },
  { name: 'protection.resource_name', description: 'what people call it, or the id of the account' },
  {
    name: 'protection.lost',
    description:
      'what is not guarded, recorded or told any more, such as management-writes, log-file-validation or every-region',
  },
  {
    name: 'protection.switches_off',
    description:
      'which of BlockPublicAcls, BlockPublicPolicy, IgnorePublicAcls, RestrictPublicBuckets are off by this call',
  },
  { name: 'protection.switches_on', description: 'which of them are on by this call' },
];

export function protectionFact(
  protection: Protection,
  explanation: string,
  unknowns: readonly string[],
): Fact {
  return {
    subject: 'protection',
    explanation,
    unknowns,
    fields: {
      kind: protection.kind,
      change: protection.change,
      wanted: protection.wanted,
      attempted: protection.attempted,
      scope: protection.scope,
      resource_type: protection.resourceType,
      resource: protection.resource,
      resource_name: protection.resourceName,
      ...(protection.lost === undefined ? {} : { lost: protection.lost }),
      ...(protection.switchesOff === undefined ? {} : { switches_off: protection.switchesOff }),
      ...(protection.switchesOn === undefined ? {} : { switches_on: protection.switchesOn }),
    },
  };
}
