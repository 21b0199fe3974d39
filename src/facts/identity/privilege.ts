import type { Fact } from '../fact.ts';
import type { FieldName } from '../field-name.ts';
import type { Breadth, RightsLevel } from './rights.ts';

/** Whose rights a call changes. `policy`: those of everyone to whom the policy is attached. */
export type PrincipalType = 'user' | 'role' | 'group' | 'policy' | 'permission-set' | 'assignment';

/**
 * What a change does to the rights of a user, role, group, policy or permission set.
 *
 * `change` says what came of the call: `gained` (these rights are given now; whether they were before, the event doesn't say),
 * `lost`, `prepared` (written down, but nobody holds them yet), `unchanged` (the call failed), `unknown` (the event doesn't
 * show what the rights are). `wanted` is the same for a call that failed.
 */
export interface Privilege {
  readonly change: PrivilegeChange;
  readonly wanted: PrivilegeChange;
  readonly attempted: boolean;
  readonly level: RightsLevel;
  readonly principal: string;
  readonly principalType: PrincipalType;
  /** Name or ARN of the policy; of the group, for a member of it. */
  readonly policy: string;
  readonly policyKind:
    'inline' | 'aws-managed' | 'customer-managed' | 'boundary' | 'membership' | 'assignment';
  readonly paths: readonly string[];
  /** What the strongest path may be taken to; undefined where there is no path. */
  readonly breadth: Breadth | undefined;
  readonly actions: readonly string[];
  readonly resources: readonly string[];
  readonly conditions: readonly string[];
  /** True where the actor changed the rights of the very user or role that it is. */
  readonly toSelf: boolean;
}

export type PrivilegeChange = 'gained' | 'lost' | 'prepared' | 'unchanged' | 'unknown';

/** What rules see under `tocsin.privilege`. Held by a test to what is produced. */
export const privilegeFieldNames: readonly FieldName[] = [
  {
    name: 'privilege.change',
    description:
      'gained, lost, prepared (written, but nobody holds it yet), unchanged (the call failed) or unknown',
  },
  { name: 'privilege.wanted', description: 'what the call asked for, whether it succeeded or not' },
  { name: 'privilege.attempted', description: 'true where the call failed' },
  {
    name: 'privilege.level',
    description:
      'admin, escalation (a way to the rights of others), power (every service but identities), hijack (to speak through running things with their roles), limited-escalation (through named targets or under conditions only), write, read, none or unknown',
  },
  { name: 'privilege.principal', description: 'name of the user, role, group, policy or permission set' },
  {
    name: 'privilege.principal_type',
    description: 'user, role, group, policy (whoever it is attached to), permission-set or assignment',
  },
  { name: 'privilege.policy', description: 'name or ARN of the policy; of the group, for a membership' },
  {
    name: 'privilege.policy_kind',
    description: 'inline, aws-managed, customer-managed, boundary, membership or assignment',
  },
  {
    name: 'privilege.paths',
    description: 'ids of the escalation paths that the document opens, such as iam-007',
  },
  {
    name: 'privilege.reach',
    description:
      'what the strongest path may be taken to: any, self or named (what the policy names or its conditions admit)',
  },
  { name: 'privilege.actions', description: 'action patterns of the Allow statements, in lower case' },
  { name: 'privilege.resources', description: 'resource patterns of the Allow statements' },
  { name: 'privilege.conditions', description: 'the conditions of the Allow statements, in words' },
  {
    name: 'privilege.to_self',
    description: 'true where the actor changed the rights of the very user or role that it is',
  },
];

export function privilegeFact(privilege: Privilege, explanation: string, unknowns: readonly string[]): Fact {
  return {
    subject: 'privilege',
    explanation,
    unknowns,
    fields: {
      change: privilege.change,
      wanted: privilege.wanted,
      attempted: privilege.attempted,
      level: privilege.level,
      principal: privilege.principal,
      principal_type: privilege.principalType,
      policy: privilege.policy,
      policy_kind: privilege.policyKind,
      paths: privilege.paths,
      ...(privilege.breadth === undefined ? {} : { reach: privilege.breadth }),
      actions: privilege.actions,
      resources: privilege.resources,
      conditions: privilege.conditions,
      to_self: privilege.toSelf,
    },
  };
}
