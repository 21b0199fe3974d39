import type { Fact } from './fact.ts';
import type { FieldName } from './field-name.ts';

/**
 * A guard of AWS's own that stops exposure whatever policies and ACLs say, and what the call did to it:
 * `removed` (all of it off), `weakened` (a part off), `restored` (all of it on), `unchanged` (the call failed),
 * `unknown` (the request can't be read).
 */
export interface Protection {
  readonly kind: 'block-public-access';
  readonly change: 'removed' | 'weakened' | 'restored' | 'unchanged' | 'unknown';
  /** What the call was meant to do, the same as `change` where it succeeded. */
  readonly wanted: 'removed' | 'weakened' | 'restored' | 'unknown';
  readonly attempted: boolean;
  readonly scope: 'account' | 'bucket';
  readonly resourceType: string;
  /** ARN of the bucket, or the account's id. */
  readonly resource: string;
  readonly resourceName: string;
  readonly switchesOff: readonly string[];
  readonly switchesOn: readonly string[];
}

/** What rules see under `tocsin.protection`. Held by a test to what is produced. */
export const protectionFieldNames: readonly FieldName[] = [
  { name: 'protection.kind', description: 'block-public-access' },
  {
    name: 'protection.change',
    description:
      'removed (all switches off), weakened (some off), restored (all on), unchanged (the call failed) or unknown',
  },
  {
    name: 'protection.wanted',
    description:
      'what the call asked for, whether it succeeded or not: removed, weakened, restored or unknown',
  },
  { name: 'protection.attempted', description: 'true where the call failed' },
  { name: 'protection.scope', description: 'account or bucket' },
  { name: 'protection.resource_type', description: 'AWS::S3::Bucket or AWS::S3::AccountPublicAccessBlock' },
  { name: 'protection.resource', description: 'ARN of the bucket, or the id of the account' },
  { name: 'protection.resource_name', description: 'the bucket, or the id of the account' },
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
      switches_off: protection.switchesOff,
      switches_on: protection.switchesOn,
    },
  };
}
