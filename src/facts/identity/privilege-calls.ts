import type { PrincipalType } from './privilege.ts';

/**
 * What a call does with rights. `put`, `create`, `version`: it carries a policy document. `attach`, `detach`: it names a policy.
 * `delete`, `leave`, `unassign`: rights are taken away. The others change rights that the event doesn't show.
 */
export type Verb =
  | 'put'
  | 'create'
  | 'version'
  | 'attach'
  | 'detach'
  | 'delete'
  | 'leave'
  | 'unassign'
  | 'default'
  | 'join'
  | 'bound'
  | 'unbound'
  | 'assign';

export interface PrivilegeCall {
  readonly verb: Verb;
  readonly type: PrincipalType;
  /** The member of the request that says whose rights change. */
  readonly who: string;
}

function of(type: PrincipalType, who: string): Record<Verb, PrivilegeCall> {
  const call = (verb: Verb): PrivilegeCall => ({ verb, type, who });
  return {
    put: call('put'),
    create: call('create'),
    version: call('version'),
    attach: call('attach'),
    detach: call('detach'),
    delete: call('delete'),
    leave: call('leave'),
    unassign: call('unassign'),
    default: call('default'),
    join: call('join'),
    bound: call('bound'),
    unbound: call('unbound'),
    assign: call('assign'),
  };
}

const user = of('user', 'userName');
const role = of('role', 'roleName');
const group = of('group', 'groupName');
const policy = of('policy', 'policyArn');
const permissionSet = of('permission-set', 'permissionSetArn');
const assignment = of('assignment', 'principalId');

// Members are named as CloudTrail writes the parameters of
// https://docs.aws.amazon.com/IAM/latest/APIReference/API_Operations.html and
// https://docs.aws.amazon.com/singlesignon/latest/APIReference/API_Operations.html, in lowerCamelCase.
const iam: readonly (readonly [action: string, call: PrivilegeCall])[] = [
  ['AddUserToGroup', user.join],
  ['AttachGroupPolicy', group.attach],
  ['AttachRolePolicy', role.attach],
  ['AttachUserPolicy', user.attach],
  ['CreatePolicy', { ...policy.create, who: 'policyName' }],
  ['CreatePolicyVersion', policy.version],
  ['DeleteGroupPolicy', group.delete],
  ['DeleteRolePermissionsBoundary', role.unbound],
  ['DeleteRolePolicy', role.delete],
  ['DeleteUserPermissionsBoundary', user.unbound],
  ['DeleteUserPolicy', user.delete],
  ['DetachGroupPolicy', group.detach],
  ['DetachRolePolicy', role.detach],
  ['DetachUserPolicy', user.detach],
  ['PutGroupPolicy', group.put],
  ['PutRolePermissionsBoundary', role.bound],
  ['PutRolePolicy', role.put],
  ['PutUserPermissionsBoundary', user.bound],
  ['PutUserPolicy', user.put],
  ['RemoveUserFromGroup', user.leave],
  ['SetDefaultPolicyVersion', policy.default],
];

const identityCenter: readonly (readonly [action: string, call: PrivilegeCall])[] = [
  ['AttachCustomerManagedPolicyReferenceToPermissionSet', permissionSet.attach],
  ['AttachManagedPolicyToPermissionSet', permissionSet.attach],
  ['CreateAccountAssignment', assignment.assign],
  ['DeleteAccountAssignment', assignment.unassign],
  ['DeleteInlinePolicyFromPermissionSet', permissionSet.delete],
  ['DeletePermissionsBoundaryFromPermissionSet', permissionSet.unbound],
  ['DetachCustomerManagedPolicyReferenceFromPermissionSet', permissionSet.detach],
  ['DetachManagedPolicyFromPermissionSet', permissionSet.detach],
  ['PutInlinePolicyToPermissionSet', permissionSet.put],
  ['PutPermissionsBoundaryToPermissionSet', permissionSet.bound],
];

/** Every call that changes rights, by service and action. */
export const privilegeCalls: ReadonlyMap<string, PrivilegeCall> = new Map([
  ...iam.map(([action, call]) => [`iam.amazonaws.com:${action}`, call] as const),
  ...identityCenter.map(([action, call]) => [`sso.amazonaws.com:${action}`, call] as const),
]);
