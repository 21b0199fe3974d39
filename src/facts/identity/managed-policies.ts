import type { RightsLevel } from './rights.ts';

/** What a policy that AWS manages gives to whom it is attached. */
export interface ManagedPolicy {
  readonly level: RightsLevel;
  /** What the holder can do, to go on after "can ". */
  readonly means: string;
  /** True where the policy only forbids. */
  readonly isRestriction?: boolean;
}

const forbids = (means: string): ManagedPolicy => ({ level: 'none', means, isRestriction: true });

/**
 * AWS's own policies that give much, by name. What each allows is in
 * https://docs.aws.amazon.com/aws-managed-policy/latest/reference/policy-list.html (as of 2026-11).
 */
const policies: ReadonlyMap<string, ManagedPolicy> = new Map<string, ManagedPolicy>([
  ['AdministratorAccess', { level: 'admin', means: 'do everything in the account' }],
  [
    'AdministratorAccess-AWSElasticBeanstalk',
    { level: 'limited-escalation', means: 'do everything around Elastic Beanstalk, roles of it included' },
  ],
  [
    'AdministratorAccess-Amplify',
    { level: 'limited-escalation', means: 'do everything around Amplify, roles of it included' },
  ],
  [
    'AWSCloudFormationFullAccess',
    {
      level: 'hijack',
      means: 'change every CloudFormation stack, and act through the role that a stack has',
    },
  ],
  [
    'AWSCodeBuildAdminAccess',
    { level: 'hijack', means: 'run builds of every CodeBuild project with its role' },
  ],
  ['AWSCompromisedKeyQuarantine', forbids('do some of the expensive and dangerous calls no more')],
  ['AWSCompromisedKeyQuarantineV2', forbids('do some of the expensive and dangerous calls no more')],
  ['AWSCompromisedKeyQuarantineV3', forbids('do some of the expensive and dangerous calls no more')],
  ['AWSDenyAll', forbids('do nothing at all')],
  ['AWSKeyManagementServicePowerUser', { level: 'write', means: 'use the console of KMS and make keys' }],
  [
    'AWSLambda_FullAccess',
    { level: 'escalation', means: 'change every Lambda function and act as any role that Lambda may use' },
  ],
  [
    'AWSOrganizationsFullAccess',
    { level: 'write', means: 'change the organisation, its policies and its accounts' },
  ],
  [
    'AWSSSODirectoryAdministrator',
    { level: 'escalation', means: 'change every user and group of Identity Center' },
  ],
  [
    'AWSSSOMasterAccountAdministrator',
    { level: 'escalation', means: 'change every permission set and assignment of Identity Center' },
  ],
  [
    'AWSSSOMemberAccountAdministrator',
    { level: 'escalation', means: 'change permission sets and assignments of Identity Center' },
  ],
  [
    'AmazonEC2FullAccess',
    { level: 'hijack', means: 'change every instance and act as the role that an instance has' },
  ],
  [
    'AmazonECS_FullAccess',
    { level: 'escalation', means: 'change every ECS service and act as any role that ECS tasks may use' },
  ],
  ['AmazonS3FullAccess', { level: 'write', means: 'do everything with every bucket and object' }],
  [
    'AmazonSSMFullAccess',
    { level: 'hijack', means: 'run commands on every managed instance, with its role' },
  ],
  [
    'IAMFullAccess',
    { level: 'admin', means: 'give themselves and anybody every right, as they can change all of IAM' },
  ],
  ['IAMUserChangePassword', { level: 'write', means: 'change their own password' }],
  ['PowerUserAccess', { level: 'power', means: 'do everything in every service but IAM and Organizations' }],
  ['ReadOnlyAccess', { level: 'read', means: 'read everything, data included' }],
  ['SecretsManagerReadWrite', { level: 'write', means: 'read and change every secret of Secrets Manager' }],
  ['SecurityAudit', { level: 'read', means: 'read the security settings of every service' }],
  ['ViewOnlyAccess', { level: 'read', means: 'list what there is in every service' }],
]);

/** The name in the ARN of a policy that AWS manages, without its path; undefined for other policies. */
export function managedName(arn: string): string | undefined {
  return /^arn:aws[a-z-]*:iam::aws:policy\/(?:[^/]+\/)*([^/]+)$/.exec(arn)?.[1];
}

/** What a policy of AWS's gives, as far as the table or its name tells. */
export function managedPolicy(name: string): ManagedPolicy {
  const known = policies.get(name);
  if (known !== undefined) return known;
  if (/(ReadOnly|ViewOnly)[A-Za-z_]*$/.test(name))
    return { level: 'read', means: 'read what the policy of that name covers' };
  if (/FullAccess/.test(name))
    return { level: 'write', means: 'do everything that the policy of that name covers' };
  return { level: 'unknown', means: 'do what the policy of that name covers' };
}
