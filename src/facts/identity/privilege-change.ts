import { partitionOfRegion } from '../../decode/cloudtrail/arn.ts';
import type { Event } from '../../event/event.ts';
import { member, object, text } from '../../event/json.ts';
import type { JsonObject } from '../../event/json.ts';
import type { Analyser, Fact } from '../fact.ts';
import { codeOf, isAttempt } from '../gate.ts';
import { quote } from '../sentence.ts';
import { managedName, managedPolicy } from './managed-policies.ts';
import { privilegeCalls } from './privilege-calls.ts';
import type { PrivilegeCall, Verb } from './privilege-calls.ts';
import { privilegeFact } from './privilege.ts';
import type { PrincipalType, Privilege, PrivilegeChange } from './privilege.ts';
import { spokenRights } from './rights-sentence.ts';
import { rightsOf } from './rights.ts';
import type { Rights } from './rights.ts';

/** What calls to IAM and Identity Center mean for the rights of users, roles, groups, policies and permission sets. Fields: privilege.ts. */
export const privilegeChange: Analyser = {
  name: 'privilege-change',
  subjects: ['privilege'],
  actions: [...privilegeCalls.keys()],
  analyse,
};

/** A call with what its facts have in common. */
interface Change extends PrivilegeCall {
  readonly event: Event;
  readonly request: JsonObject;
  readonly principal: string;
  /** "role `deploy`" */
  readonly spoken: string;
}

function analyse(event: Event): readonly Fact[] {
  const call = privilegeCalls.get(`${event.service}:${event.action}`);
  const request = object(event.fields, 'requestParameters');
  // A call that IAM refuses for lack of rights is recorded without its parameters.
  const principal = call === undefined ? undefined : text(request, call.who);
  if (call === undefined || request === undefined || principal === undefined) return [];
  return [
    factOf({ ...call, event, request, principal, spoken: `${spokenTypes[call.type]} ${quote(principal)}` }),
  ];
}

const spokenTypes: Readonly<Record<PrincipalType, string>> = {
  user: 'user',
  role: 'role',
  group: 'group',
  policy: 'policy',
  'permission-set': 'permission set',
  assignment: 'principal',
};

function factOf(change: Change): Fact {
  switch (change.verb) {
    case 'put':
    case 'create':
    case 'version':
      return factOfDocument(change);
    case 'attach':
    case 'detach':
      return factOfAttachment(change);
    case 'delete':
    case 'leave':
    case 'unassign':
    case 'default':
    case 'join':
    case 'bound':
    case 'unbound':
    case 'assign':
      return factOfUnseen(change, change.verb);
  }
}

/** What is said of a change besides whom it concerns. */
interface Saying {
  readonly wanted: PrivilegeChange;
  readonly level: Privilege['level'];
  readonly policy: string;
  readonly policyKind: Privilege['policyKind'];
  readonly rights?: Rights;
  /** The whole sentence where the call succeeded; what was tried, to go on after "tried to ". */
  readonly done: string;
  readonly tried: string;
  readonly unknowns: readonly string[];
}

function said(change: Change, saying: Saying): Fact {
  const attempted = isAttempt(change.event);
  const { rights } = saying;
  return privilegeFact(
    {
      change: attempted ? 'unchanged' : saying.wanted,
      wanted: saying.wanted,
      attempted,
      level: saying.level,
      principal: change.principal,
      principalType: change.type,
      policy: saying.policy,
      policyKind: saying.policyKind,
      paths: rights?.paths.map(({ path }) => path.id) ?? [],
      breadth: widestFirst.find((breadth) => rights?.paths.some((open) => open.breadth === breadth)),
      actions: rights?.actions ?? [],
      resources: rights?.resources ?? [],
      conditions: rights?.conditions ?? [],
      toSelf: isSelf(change),
    },
    attempted ? `tried to ${saying.tried}, but the call failed${codeOf(change.event)}` : saying.done,
    attempted ? [] : saying.unknowns,
  );
}

const widestFirst = ['any', 'self', 'named'] as const;

/** Whether the user or role is the one that acts; a group's members can't be told from an event. */
function isSelf({ event: { actor, account }, type, principal }: Change): boolean {
  if (actor.account !== account) return false;
  if (type === 'user') return actor.kind === 'iam-user' && actor.name === principal;
  return type === 'role' && actor.kind === 'assumed-role' && actor.issuer?.name === principal;
}

const holdersTold = 'ListEntitiesForPolicy would tell';

function factOfDocument(change: Change): Fact {
  const { request, type, verb, spoken, principal } = change;
  const document = member(request, 'policyDocument') ?? member(request, 'inlinePolicy');
  const rights = rightsOf(document, { account: change.event.account, arn: arnOf(change) });
  const isUnheld = verb === 'create' || (verb === 'version' && member(request, 'setAsDefault') !== true);
  const who = type === 'policy' ? `whoever holds ${spoken}` : spoken;
  const can = spokenRights(rights);
  const unknowns: string[] = [];
  if (isUnheld) unknowns.push(`who will hold the policy: ${holdersTold}`);
  else if (type === 'policy') unknowns.push(`who holds the policy: ${holdersTold}`);
  if (rights.problems.length > 0)
    unknowns.push(
      `what the unreadable part allows (${rights.problems.slice(0, 3).join('; ')}): ${shownBy[type]} would tell`,
    );
  return said(change, {
    wanted: changeOf(rights, isUnheld),
    level: rights.level,
    policy: text(request, 'policyName') ?? principal,
    policyKind: type === 'policy' ? 'customer-managed' : 'inline',
    rights,
    done: isUnheld
      ? `a policy was written by which ${who} could ${can}`
      : `by a policy that was written, ${who} can now ${can}`,
    tried: `write a policy by which ${who} could ${can}`,
    unknowns,
  });
}

function changeOf({ level }: Rights, isUnheld: boolean): PrivilegeChange {
  if (level === 'unknown') return 'unknown';
  if (isUnheld) return 'prepared';
  // A document that allows nothing replaces what was allowed before, or only forbids.
  return level === 'none' ? 'lost' : 'gained';
}

const shownBy: Readonly<Record<PrincipalType, string>> = {
  user: 'GetUserPolicy',
  role: 'GetRolePolicy',
  group: 'GetGroupPolicy',
  policy: 'GetPolicyVersion',
  'permission-set': 'GetInlinePolicyForPermissionSet',
  assignment: 'DescribePermissionSet',
};

/** The ARN of the user or role, where the request alone names it: without a path, as most have none. */
function arnOf({ event: { account, region }, type, principal }: Change): string | undefined {
  return account === undefined || (type !== 'user' && type !== 'role')
    ? undefined
    : `arn:${partitionOfRegion(region ?? '')}:iam::${account}:${type}/${principal}`;
}

function factOfAttachment(change: Change): Fact {
  const { request, spoken } = change;
  const reference = object(request, 'customerManagedPolicyReference');
  const policy =
    text(request, 'policyArn') ?? text(request, 'managedPolicyArn') ?? text(reference, 'name') ?? 'a policy';
  const attaches = change.verb === 'attach';
  const name = managedName(policy);
  const tried = `${attaches ? 'attach' : 'detach'} ${quote(policy)} ${attaches ? 'to' : 'from'} ${spoken}`;
  if (name === undefined) {
    return said(change, {
      wanted: attaches ? 'gained' : 'lost',
      level: 'unknown',
      policy,
      policyKind: 'customer-managed',
      done: `${quote(policy)} was ${attaches ? 'attached to' : 'detached from'} ${spoken}`,
      tried,
      unknowns: [`what the policy allows: GetPolicyVersion would tell`],
    });
  }
  const managed = managedPolicy(name);
  const restricts = managed.isRestriction === true;
  return said(change, {
    wanted: attaches === restricts ? 'lost' : 'gained',
    level: restricts ? (attaches ? 'none' : 'unknown') : managed.level,
    policy,
    policyKind: 'aws-managed',
    done: restricts
      ? `${spoken} is ${attaches ? 'now' : 'no longer'} held back by ${quote(policy)}`
      : `${spoken} can ${attaches ? 'now' : 'no longer'} ${managed.means}, by ${quote(policy)}`,
    tried,
    unknowns: managed.level === 'unknown' ? ['what the policy allows: GetPolicyVersion would tell'] : [],
  });
}

type UnseenVerb = Exclude<Verb, 'put' | 'create' | 'version' | 'attach' | 'detach'>;

/** A change of rights that the event names but doesn't show. */
function factOfUnseen(change: Change, verb: UnseenVerb): Fact {
  const { request, spoken } = change;
  const policy =
    text(request, 'policyName') ??
    text(request, 'permissionsBoundary') ??
    text(object(request, 'permissionsBoundary'), 'managedPolicyArn') ??
    '';
  const common = { level: 'unknown', policy } as const;
  switch (verb) {
    case 'delete':
      return said(change, {
        ...common,
        wanted: 'lost',
        policyKind: 'inline',
        done: `${spoken} lost its inline policy ${quote(policy)}`,
        tried: `delete the inline policy ${quote(policy)} of ${spoken}`,
        unknowns: [
          'whether the policy only forbade something, so that its end gives rights: the event does not show it',
        ],
      });
    case 'join':
    case 'leave': {
      const group = text(request, 'groupName') ?? '';
      const joins = verb === 'join';
      return said(change, {
        ...common,
        policy: group,
        wanted: joins ? 'gained' : 'lost',
        policyKind: 'membership',
        done: `${spoken} ${joins ? 'now has' : 'no longer has'} the rights of group ${quote(group)}`,
        tried: `${joins ? 'add' : 'remove'} ${spoken} ${joins ? 'to' : 'from'} group ${quote(group)}`,
        unknowns: ['what the group allows: ListAttachedGroupPolicies and ListGroupPolicies would tell'],
      });
    }
    case 'assign':
    case 'unassign': {
      const set = text(request, 'permissionSetArn') ?? '';
      const target = text(request, 'targetId') ?? '';
      const who = `${text(request, 'principalType') === 'GROUP' ? 'group' : 'user'} ${quote(change.principal)} of Identity Center`;
      const assigns = verb === 'assign';
      return said(change, {
        ...common,
        policy: set,
        wanted: assigns ? 'gained' : 'lost',
        policyKind: 'assignment',
        done: `${who} ${assigns ? 'now has' : 'no longer has'} the permission set ${quote(set)} in account ${quote(target)}`,
        tried: `${assigns ? 'give' : 'take'} ${who} the permission set ${quote(set)} in account ${quote(target)}`,
        unknowns: ['what the permission set allows: DescribePermissionSet and its policies would tell'],
      });
    }
    case 'default': {
      const version = text(request, 'versionId') ?? '';
      return said(change, {
        ...common,
        policy: change.principal,
        wanted: 'unknown',
        policyKind: 'customer-managed',
        done: `version ${quote(version)} of ${spoken} is now the one that counts`,
        tried: `make version ${quote(version)} of ${spoken} the one that counts`,
        unknowns: [
          'what that version allows, and who holds the policy: GetPolicyVersion and ListEntitiesForPolicy would tell',
        ],
      });
    }
    case 'bound':
      return said(change, {
        ...common,
        wanted: 'unknown',
        policyKind: 'boundary',
        done: `the permissions boundary of ${spoken} is now ${quote(policy)}`,
        tried: `set the permissions boundary of ${spoken} to ${quote(policy)}`,
        unknowns: ['whether this is more or less than before: the event shows neither boundary'],
      });
    case 'unbound':
      return said(change, {
        ...common,
        wanted: 'gained',
        policyKind: 'boundary',
        done: `no permissions boundary limits ${spoken} any more: all that its policies allow holds`,
        tried: `take off the permissions boundary of ${spoken}`,
        unknowns: ['what its policies allow beyond the boundary: SimulatePrincipalPolicy would tell'],
      });
  }
}
