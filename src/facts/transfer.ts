import type { Fact } from './fact.ts';
import type { FieldName } from './field-name.ts';
import type { Whose } from './whose.ts';

/** Data of a resource, or news of it, that goes somewhere else from now on by a setting or a job. */
export interface Transfer {
  readonly kind:
    | 'replication'
    | 'access-logs'
    | 'inventory'
    | 'analytics'
    | 'usage-export'
    | 'notifications'
    | 'transformation'
    | 'routing'
    | 'batch-copy'
    | 'batch-report'
    | 'object-copy'
    | 'upload'
    | 'copy'
    | 'export'
    | 'restore'
    | 'snapshot'
    | 'replica'
    | 'block-read';
  /** `started`: it goes there from now on; `stopped`: it no longer does; `unchanged`: the call failed. */
  readonly change: 'started' | 'stopped' | 'unchanged' | 'unknown';
  readonly attempted: boolean;
  /** Whose the place is that it goes to; the farthest, where there are several. */
  readonly whose: Whose;
  /** The accounts of the places, as far as the event names them, the owner's own left out. */
  readonly accounts: readonly string[];
  /** Buckets, topics, queues, functions: as the request names them. */
  readonly destinations: readonly string[];
  /** What of the resource goes there: prefixes; empty for all of it. */
  readonly scope: readonly string[];
  /** True where the destination's account becomes the owner of what it gets. */
  readonly givesOwnership: boolean;
  /** Regions that it goes to, where they are others than its own. */
  readonly regions?: readonly string[] | undefined;
  /** Whether what arrives is encrypted, as far as request or answer tell. */
  readonly encrypted?: 'yes' | 'no' | 'unknown' | undefined;
  readonly resourceType: string;
  readonly resource: string;
  readonly resourceName: string;
}

/** What rules see under `tocsin.transfer`. Held by a test to what is produced. */
export const transferFieldNames: readonly FieldName[] = [
  {
    name: 'transfer.kind',
    description:
      'replication, access-logs, inventory, analytics, usage-export, notifications, transformation (a function that objects pass through), routing, batch-copy, batch-report, object-copy, upload; of databases, disks and machines: copy, export (to a bucket), restore, snapshot, replica or block-read',
  },
  {
    name: 'transfer.change',
    description: 'started (it goes there from now on), stopped, unchanged (the call failed) or unknown',
  },
  { name: 'transfer.attempted', description: 'true where the call failed' },
  {
    name: 'transfer.whose',
    description:
      'whose the destination is: own-account, known-account (own or trusted, by the configuration of the estate), external-account or unknown (the event does not tell)',
  },
  {
    name: 'transfer.accounts',
    description: "accounts of the destinations as far as the event names them, without the resource's own",
  },
  {
    name: 'transfer.destinations',
    description: 'buckets, topics, queues or functions that it goes to, as the request names them',
  },
  { name: 'transfer.scope', description: 'what goes there, as prefixes; absent members mean all of it' },
  {
    name: 'transfer.gives_ownership',
    description: "true where the destination's account becomes the owner of what it gets",
  },
  { name: 'transfer.regions', description: 'regions that it goes to, where they are others than its own' },
  { name: 'transfer.encrypted', description: 'yes, no or unknown: whether what arrives is encrypted' },
  { name: 'transfer.resource_type', description: 'such as AWS::S3::Bucket or AWS::RDS::DBSnapshot' },
  { name: 'transfer.resource', description: 'ARN of what the data is taken from' },
  { name: 'transfer.resource_name', description: 'what people call it' },
];

/** A transfer as a fact with its sentence. */
export function transferFact(transfer: Transfer, explanation: string, unknowns: readonly string[]): Fact {
  return {
    subject: 'transfer',
    explanation,
    unknowns,
    fields: {
      kind: transfer.kind,
      change: transfer.change,
      attempted: transfer.attempted,
      whose: transfer.whose,
      accounts: transfer.accounts,
      destinations: transfer.destinations,
      scope: transfer.scope,
      gives_ownership: transfer.givesOwnership,
      ...(transfer.regions === undefined ? {} : { regions: transfer.regions }),
      ...(transfer.encrypted === undefined ? {} : { encrypted: transfer.encrypted }),
      resource_type: transfer.resourceType,
      resource: transfer.resource,
      resource_name: transfer.resourceName,
    },
  };
}
