import { readFileSync } from 'node:fs';
import { beforeAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { object } from '../../src/event/json.ts';
import { builtinRules, loadRules } from '../../src/runtime/load-rules.ts';
import { packsFolder } from '../../src/runtime/packs.ts';
import { testPathOf } from '../../src/runtime/rule-tests.ts';
import type { RuleHeader } from '../../src/sigma/rule.ts';

/** The events that DIAL asks EventBridge for, by its public code (https://github.com/CRED-CLUB/DIAL), and those that its article adds. */
const watched = `
  RunInstances StopInstances TerminateInstances CreateSecurityGroup DeleteSecurityGroup
  AuthorizeSecurityGroupIngress AuthorizeSecurityGroupEgress RevokeSecurityGroupIngress
  RevokeSecurityGroupEgress CreateVpc DeleteVpc AssociateVpcCidrBlock ModifyVpcAttribute
  CreateVpcPeeringConnection AcceptVpcPeeringConnection DeleteVpcPeeringConnection
  ModifyVpcPeeringConnectionOptions CreateRouteTable DeleteRouteTable AssociateRouteTable CreateRoute
  DeleteRoute CreateInternetGateway DeleteInternetGateway AttachInternetGateway DetachInternetGateway
  CreateBucket DeleteBucket PutBucketAcl PutBucketPolicy PutObjectAcl PutObject CreateUser CreateLoginProfile
  DeleteLoginProfile CreateVirtualMFADevice DeleteVirtualMFADevice CreateGroup DeleteGroup AddUserToGroup
  RemoveUserFromGroup AttachGroupPolicy DetachGroupPolicy CreateAccessKey UpdateAccessKey DeleteAccessKey
  CreatePolicy CreatePolicyVersion DeletePolicy AttachUserPolicy DetachUserPolicy CreateRole DeleteRole
  AttachRolePolicy DetachRolePolicy ConsoleLogin CheckMfa CreateDBInstance ModifyDBInstance DeleteDBInstance
  StartDBInstance StopDBInstance RebootDBInstance CreateDBCluster ModifyDBCluster DeleteDBCluster StartDBCluster
  StopDBCluster RebootDBCluster CreateTable DeleteTable GetSecretValue UpdateSecret PutSecretValue DeleteSecret
  GetParameters PutParameter DeleteParameters DescribeParameters CreateRepository DeleteRepository
  CreateElasticsearchDomain UpdateElasticsearchDomainConfig DeleteElasticsearchDomain ChangeResourceRecordSets
`
  .trim()
  .split(/\s+/)
  .concat('GuardDuty Finding');

let byEvent: ReadonlyMap<string, readonly RuleHeader[]>;

beforeAll(async () => {
  const { rules, correlations } = await loadRules([builtinRules, packsFolder]);
  const marked = [...rules, ...correlations].flatMap((rule) => {
    const marks = object(rule.custom, 'tocsin')?.['dial'];
    return (Array.isArray(marks) ? marks : []).map((mark) => ({ event: String(mark), rule }));
  });
  byEvent = new Map(
    [...Map.groupBy(marked, ({ event }) => event)].map(([event, own]) => [
      event,
      own.map(({ rule }) => rule),
    ]),
  );
});

describe('what DIAL watches', () => {
  it.each(watched)('%s is watched by a rule that says so', (event) => {
    expect(byEvent.get(event) ?? []).not.toEqual([]);
  });

  it('is all that rules are marked with', () => {
    const more = [...byEvent.keys()].filter((event) => !watched.includes(event));

    expect(more).toEqual([]);
  });

  it('stands in a test of each rule that is marked with it', () => {
    const missing = [...byEvent].flatMap(([event, rules]) =>
      rules
        .filter(({ path }) => !namesIn(parse(readFileSync(testPathOf(path), 'utf8'))).has(event))
        .map(({ path }) => `${event}: ${path}`),
    );
    expect(missing).toEqual([]);
  });
});

/** Every eventName and detail-type in a test file, wherever it stands. */
function namesIn(value: unknown): ReadonlySet<string> {
  const found = new Set<string>();
  const left: unknown[] = [value];
  while (left.length > 0) {
    const next = left.pop();
    if (typeof next !== 'object' || next === null) continue;
    for (const [key, inner] of Object.entries(next)) {
      if ((key === 'eventName' || key === 'detail-type') && typeof inner === 'string') found.add(inner);
      else left.push(inner);
    }
  }
  return found;
}
