import type { Fact } from '../fact.ts';
import type { FieldName } from '../field-name.ts';

/** Computing power that somebody asks for. */
export interface Launch {
  /**
   * `instances` start at once; `spot` and `fleet` are orders that AWS fills; `template` and `group` start instances later; `resize` changes
   * one that is there; `job` runs once; `containers` are tasks; `service` is a managed thing that runs on instances of its own.
   */
  readonly kind:
    'instances' | 'spot' | 'fleet' | 'template' | 'group' | 'resize' | 'job' | 'containers' | 'service';
  readonly change: 'done' | 'unchanged' | 'unknown';
  readonly attempted: boolean;
  /** Why it was refused: `rights`, `quota`, `verification` (AWS does not trust the account yet), `capacity`, or `other`. */
  readonly refused: 'rights' | 'quota' | 'verification' | 'capacity' | 'other' | undefined;
  readonly types: readonly string[];
  readonly accelerated: boolean;
  readonly large: boolean;
  /** How many were asked for, at most; undefined where the request does not say. */
  readonly count: number | undefined;
  /** Virtual processors of all of them, about; undefined where type or number is not known. */
  readonly processors: number | undefined;
  readonly spot: boolean;
  readonly startScript: boolean;
  readonly publicAddress: boolean;
  readonly metadata: 'v2-only' | 'v1-allowed' | 'unknown';
  readonly image: string | undefined;
  readonly role: string | undefined;
  readonly resources: readonly string[];
}

/** What rules see under `tocsin.launch`. Held by a test to what is produced. */
export const launchFieldNames: readonly FieldName[] = [
  {
    name: 'launch.kind',
    description:
      'instances, spot, fleet, template, group, resize, job, containers or service: what is started',
  },
  { name: 'launch.change', description: 'done, unchanged (the call failed) or unknown' },
  { name: 'launch.attempted', description: 'true where the call failed' },
  {
    name: 'launch.refused',
    description: 'why it failed: rights, quota, verification, capacity or other; absent where it did not',
  },
  { name: 'launch.types', description: 'instance types that are asked for, such as p4d.24xlarge' },
  {
    name: 'launch.accelerated',
    description: 'true where a type has graphics, AI or programmable accelerators',
  },
  {
    name: 'launch.large',
    description:
      'true where a type has 64 virtual processors or more, is bare metal or has terabytes of memory',
  },
  { name: 'launch.count', description: 'how many are asked for, at most' },
  { name: 'launch.processors', description: 'virtual processors of all of them, about' },
  { name: 'launch.spot', description: 'true where they run at spot prices' },
  { name: 'launch.start_script', description: 'true where they get user data to run at their start' },
  { name: 'launch.public_address', description: 'true where the request gives them a public address' },
  {
    name: 'launch.metadata',
    description: 'v2-only, v1-allowed (any request is answered with credentials) or unknown',
  },
  { name: 'launch.image', description: 'id of the machine image, where the request names one' },
  {
    name: 'launch.role',
    description: 'instance profile or role that they run with, where the request names one',
  },
  { name: 'launch.resources', description: 'ids or names of what was started, as far as the answer tells' },
];

/** A launch as a fact with its sentence. */
export function launchFact(launch: Launch, explanation: string, unknowns: readonly string[]): Fact {
  const { refused, count, processors, image, role } = launch;
  return {
    subject: 'launch',
    explanation,
    unknowns,
    fields: {
      kind: launch.kind,
      change: launch.change,
      attempted: launch.attempted,
      ...(refused === undefined ? {} : { refused }),
      types: launch.types,
      accelerated: launch.accelerated,
      large: launch.large,
      ...(count === undefined ? {} : { count }),
      ...(processors === undefined ? {} : { processors }),
      spot: launch.spot,
      start_script: launch.startScript,
      public_address: launch.publicAddress,
      metadata: launch.metadata,
      ...(image === undefined ? {} : { image }),
      ...(role === undefined ? {} : { role }),
      resources: launch.resources,
    },
  };
}
