import { flagAt, membersAt, textAt, textsAt } from '../call.ts';
import type { Call } from '../call.ts';
import { always, removed, restored, weakened } from '../guards/guard.ts';
import type { Guard, Setting } from '../guards/guard.ts';
import { parsePolicy } from '../policy/document.ts';
import type { Statement } from '../policy/document.ts';
import { setCovers } from '../policy/pattern.ts';

/** The guards of networks as such: what keeps the internet out of all of them, what endpoints let through, what is written down. */
export const networkGuards: readonly Guard[] = [
  {
    service: 'ec2',
    scope: 'region',
    type: 'AWS::EC2::VPCBlockPublicAccessOptions',
    word: 'networks',
    name: [],
    actions: ['ModifyVpcBlockPublicAccessOptions'],
    kind: 'block-public-access',
    guard: 'Block Public Access for networks',
    // https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_ModifyVpcBlockPublicAccessOptions.html
    read: ({ request }) => {
      switch (textAt(request, 'internetGatewayBlockMode')?.toLowerCase()) {
        case 'off':
          return removed;
        case 'block-ingress':
        case 'block-bidirectional':
          return restored;
        default:
          return undefined;
      }
    },
    without:
      'internet gateways of every network let traffic in and out, as far as routes and security groups allow',
    unknowns: ['whether it was on before: the record of the call before this one would tell'],
  },
  {
    service: 'ec2',
    type: 'AWS::EC2::VPCBlockPublicAccessExclusion',
    word: 'network',
    name: ['vpcId', 'subnetId', 'exclusionId'],
    actions: ['CreateVpcBlockPublicAccessExclusion', 'ModifyVpcBlockPublicAccessExclusion'],
    kind: 'block-public-access',
    guard: 'Block Public Access',
    read: ({ request }) =>
      textAt(request, 'internetGatewayExclusionMode') === undefined ? undefined : weakened,
    without: 'it is exempt, and its internet gateway lets traffic through',
    unknowns: ['whether Block Public Access is on at all: DescribeVpcBlockPublicAccessOptions would tell'],
  },
  {
    service: 'ec2',
    type: 'AWS::EC2::VPCEndpoint',
    word: 'endpoint',
    name: ['vpcEndpointId'],
    actions: ['ModifyVpcEndpoint'],
    kind: 'endpoint-policy',
    guard: 'the limit on what goes through',
    read: endpointPolicy,
    without:
      'everything that the service can do may be done through it, with things of any account: data can leave this way',
    unknowns: ['what its policy was before: the record of the call before this one would tell'],
  },
  {
    service: 'ec2',
    type: 'AWS::EC2::FlowLog',
    word: 'flow log',
    name: ['flowLogId.content', 'flowLogId'],
    actions: ['DeleteFlowLogs'],
    kind: 'flow-logs',
    guard: 'recording',
    // It succeeds as a call, and says one by one what it did not delete: DeleteFlowLogs has `unsuccessful`.
    read: ({ response }) =>
      membersAt(response, 'unsuccessful').length > 0 ? { wanted: 'unknown' } : removed,
    without: 'who talks to whom in its network is no longer written down',
    unknowns: ['whether the network still exists, and has another flow log: DescribeFlowLogs would tell'],
  },
  {
    service: 'ec2',
    type: 'AWS::EC2::FlowLog',
    word: 'traffic of',
    name: ['resourceId', 'resourceIds'],
    actions: ['CreateFlowLogs'],
    kind: 'flow-logs',
    guard: 'recording',
    read: always(restored),
    without: '',
  },
];

// https://docs.aws.amazon.com/vpc/latest/privatelink/vpc-endpoints-access.html: without a policy of its own an endpoint has one
// that allows everything to everyone.
function endpointPolicy({ request }: Call): Setting | undefined {
  if (flagAt(request, 'resetPolicy') === true) return removed;
  const [document] = textsAt(request, 'policyDocument');
  if (document === undefined) return undefined;
  const { statements, problems } = parsePolicy(document);
  if (problems.length > 0) return { wanted: 'unknown' };
  const limits = statements.some((statement) => statement.effect === 'Deny');
  return !limits && statements.some(allowsEverything) ? removed : restored;
}

function allowsEverything(statement: Statement): boolean {
  return (
    statement.effect === 'Allow' &&
    statement.conditions.length === 0 &&
    !statement.everyoneBut &&
    statement.principals.some((principal) => principal.kind === 'everyone') &&
    setCovers(statement.actions, '*') &&
    setCovers(statement.resources, '*')
  );
}
