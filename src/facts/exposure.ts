import type { Audience, Fact } from './fact.ts';
import type { FieldName } from './field-name.ts';
import type { AccessClass } from './policy/access.ts';

/**
 * What a change does to who can reach a resource from outside its account.
 *
 * `change` says what came of the call: `opened` (this is allowed now; whether it was before, the event doesn't say),
 * `closed` (through policy or ACL nobody outside is let in any more), `unchanged` (the call failed, or has
 * no effect), `unknown` (the policy or ACL cannot be read).
 * `verdict` is what the event alone proves about the resource's own gates: `exposed` (let in, and none of the
 * resource's own switches can shut them out), `unknown` (let in, but something that the event doesn't show may shut them
 * out: see the fact's `unknowns`), `blocked` (the event itself shows that it has no effect), `none` (nobody outside).
 */
export interface Exposure {
  readonly audience: Audience;
  readonly access: readonly AccessClass[];
  readonly change: 'opened' | 'closed' | 'unchanged' | 'unknown';
  readonly verdict: 'exposed' | 'unknown' | 'blocked' | 'none';
  /** True where the call failed: the rest says what it would have done. */
  readonly attempted: boolean;
  /** `switch`: a setting of the resource that makes it reachable; `share`: the resource is lent by name to accounts or to all. */
  readonly via: 'policy' | 'acl' | 'grant' | 'network-rule' | 'switch' | 'share';
  /** `AWS::S3::Bucket` */
  readonly resourceType: string;
  /** ARN of the resource whose policy or ACL it is. */
  readonly resource: string;
  /** What people call it: the bucket, or bucket/key. */
  readonly resourceName: string;
  /** What within it is open: patterns as the policy has them. */
  readonly scope: readonly string[];
  readonly principals: readonly string[];
  readonly accounts: readonly string[];
  readonly organisations: readonly string[];
  readonly actions: readonly string[];
  readonly conditions: readonly string[];
  /** True where an AWS service is let in with nothing that ties it to a source. */
  readonly confusedDeputy: boolean;
}

/** What rules see under `tocsin.exposure`. Held by a test to what is produced. */
export const exposureFieldNames: readonly FieldName[] = [
  {
    name: 'exposure.audience',
    description:
      'who is let in: public, any-aws-account, network (fixed address ranges, VPCs or endpoints), organisation, external-account, own-organisation, known-account (own or trusted, by the configuration of the estate), federated (through an identity provider, tied by a claim), service, own-account, nobody or unknown',
  },
  {
    name: 'exposure.access',
    description:
      'what they can do: read, list, write, execute, delete, permissions, assume (a role); and all, where nothing is left out',
  },
  {
    name: 'exposure.allows',
    description:
      'audience and access as one text each, such as public:write, so that both are of the same grant',
  },
  {
    name: 'exposure.change',
    description:
      'opened, closed, unchanged (the call failed or has no effect) or unknown (it cannot be read)',
  },
  { name: 'exposure.verdict', description: 'exposed, unknown, blocked or none: what the event alone proves' },
  {
    name: 'exposure.attempted',
    description: 'true where the call failed; the rest then says what it would have done',
  },
  {
    name: 'exposure.via',
    description:
      'policy, acl, grant (of a KMS key, or of S3 Access Grants), network-rule, switch or share: what lets them in',
  },
  { name: 'exposure.resource_type', description: 'such as AWS::S3::Bucket or AWS::S3::Object' },
  { name: 'exposure.resource', description: 'ARN of the resource whose policy or ACL it is' },
  { name: 'exposure.resource_name', description: 'the bucket, or bucket/key for an object' },
  { name: 'exposure.scope', description: 'what is open within the resource, as ARN patterns' },
  {
    name: 'exposure.principals',
    description: 'the principals as the policy or ACL names them; * for everyone',
  },
  {
    name: 'exposure.accounts',
    description: 'ids of the foreign accounts that are let in by name, without those that are known',
  },
  { name: 'exposure.organisations', description: 'ids of the organisations that are let in' },
  {
    name: 'exposure.actions',
    description: 'action patterns of the policy, in lower case; the permissions of an ACL',
  },
  { name: 'exposure.conditions', description: 'the conditions on the grant, in words' },
  {
    name: 'exposure.confused_deputy',
    description:
      'true where an AWS service is let in and no condition ties it to a source account, ARN or organisation',
  },
];

/** An exposure as a fact with its sentence. */
export function exposureFact(exposure: Exposure, explanation: string, unknowns: readonly string[]): Fact {
  return {
    subject: 'exposure',
    explanation,
    unknowns,
    fields: {
      audience: exposure.audience,
      access: exposure.access,
      allows: exposure.access.map((access) => `${exposure.audience}:${access}`),
      change: exposure.change,
      verdict: exposure.verdict,
      attempted: exposure.attempted,
      via: exposure.via,
      resource_type: exposure.resourceType,
      resource: exposure.resource,
      resource_name: exposure.resourceName,
      scope: exposure.scope,
      principals: exposure.principals,
      accounts: exposure.accounts,
      organisations: exposure.organisations,
      actions: exposure.actions,
      conditions: exposure.conditions,
      confused_deputy: exposure.confusedDeputy,
    },
  };
}
