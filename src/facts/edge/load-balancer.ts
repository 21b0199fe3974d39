import { flagAt, membersAt, textAt, textsAt } from '../call.ts';
import type { Call } from '../call.ts';
import { absent, isCreation, removed, restored } from '../guards/guard.ts';
import type { Guard, Setting } from '../guards/guard.ts';
import { wordAt } from './word.ts';

const balancer = {
  service: 'elasticloadbalancing',
  type: 'AWS::ElasticLoadBalancingV2::LoadBalancer',
  word: 'load balancer',
  name: ['loadBalancerArn', 'loadBalancerName'],
} as const;
const listener = {
  service: 'elasticloadbalancing',
  type: 'AWS::ElasticLoadBalancingV2::Listener',
  word: 'the listener of load balancer',
  // Classic load balancers have names; a changed listener of the others is known by its own ARN.
  name: ['loadBalancerArn', 'loadBalancerName', 'listenerArn'],
} as const;

// Policies that still take TLS 1.0 or 1.1.
// https://docs.aws.amazon.com/elasticloadbalancing/latest/application/describe-ssl-policies.html
// https://docs.aws.amazon.com/elasticloadbalancing/latest/classic/elb-security-policy-table.html
const oldPolicies: ReadonlyMap<string, string> = new Map([
  ['elbsecuritypolicy-2014-01', 'tls-1.0'],
  ['elbsecuritypolicy-2014-10', 'tls-1.0'],
  ['elbsecuritypolicy-2015-02', 'tls-1.0'],
  ['elbsecuritypolicy-2015-03', 'tls-1.0'],
  ['elbsecuritypolicy-2015-05', 'tls-1.0'],
  ['elbsecuritypolicy-2016-08', 'tls-1.0'],
  ['elbsecuritypolicy-fs-2018-06', 'tls-1.0'],
  ['elbsecuritypolicy-tls-1-0-2015-04', 'tls-1.0'],
  ['elbsecuritypolicy-tls13-1-0-2021-06', 'tls-1.0'],
  ['elbsecuritypolicy-tls13-1-0-fips-2023-04', 'tls-1.0'],
  ['elbsecuritypolicy-fs-1-1-2019-08', 'tls-1.1'],
  ['elbsecuritypolicy-tls-1-1-2017-01', 'tls-1.1'],
  ['elbsecuritypolicy-tls13-1-1-2021-06', 'tls-1.1'],
  ['elbsecuritypolicy-tls13-1-1-fips-2023-04', 'tls-1.1'],
]);

const heard = 'whoever is on the way can read and change what passes';

/** The guards of load balancers. https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/Welcome.html */
export const balancerGuards: readonly Guard[] = [
  {
    ...listener,
    actions: ['CreateListener', 'ModifyListener', 'CreateLoadBalancer', 'CreateLoadBalancerListeners'],
    kind: 'transport-encryption',
    guard: 'encryption on the way',
    read: plainText,
    without: heard,
    unknowns: ['whether the load balancer faces the internet: DescribeLoadBalancers would tell'],
  },
  {
    ...listener,
    actions: [
      'CreateListener',
      'ModifyListener',
      'SetLoadBalancerPoliciesOfListener',
      'CreateLoadBalancerPolicy',
    ],
    kind: 'transport-encryption',
    guard: 'encryption on the way',
    read: oldPolicy,
    without: 'it takes versions of TLS that are broken in part and no longer allowed in many places',
    unknowns: ['which policy it had before: earlier records would tell'],
  },
  {
    ...balancer,
    actions: ['ModifyLoadBalancerAttributes'],
    kind: 'access-logging',
    guard: 'the access log',
    read: firstOfAttributes('access_logs.s3.enabled', 'loadBalancerAttributes.accessLog.enabled'),
    without: 'who calls it, and what for, is no longer written down',
  },
  {
    ...balancer,
    actions: ['ModifyLoadBalancerAttributes'],
    kind: 'deletion-protection',
    guard: 'deletion protection',
    read: firstOfAttributes('deletion_protection.enabled'),
    without: 'one call can delete it now',
  },
  {
    ...balancer,
    actions: ['ModifyLoadBalancerAttributes'],
    kind: 'web-firewall',
    guard: 'the web firewall',
    read: (call) => {
      const open = attribute(call, 'waf.fail_open.enabled');
      return open === 'true' ? { wanted: 'weakened', lost: ['fail-closed'] } : undefined;
    },
    without: 'requests pass without being looked at while the firewall cannot be asked',
  },
];

/** The value of an attribute out of `[{"key": "deletion_protection.enabled", "value": "false"}]`. */
function attribute({ request }: Call, name: string): string | undefined {
  for (const item of membersAt(request, 'attributes')) {
    if (textAt(item, 'key') === name) return wordAt(item, 'value');
  }
  return undefined;
}

/** An attribute of the newer load balancers, or the switch at a path of the classic ones. */
function firstOfAttributes(name: string, path?: string): (call: Call) => Setting | undefined {
  return (call) => {
    const value = attribute(call, name);
    const on =
      value === 'true'
        ? true
        : value === 'false'
          ? false
          : path === undefined
            ? undefined
            : flagAt(call.request, path);
    return on === undefined ? undefined : on ? restored : removed;
  };
}

/** A listener for plain HTTP that doesn't just send everybody on to HTTPS. */
function plainText(call: Call): Setting | undefined {
  const { request } = call;
  // Classic: {"listeners": [{"protocol": "HTTP", ...}]}
  const classic = membersAt(request, 'listeners').some(
    (item) => textAt(item, 'protocol')?.toUpperCase() === 'HTTP',
  );
  if (classic) return absent;
  if (textAt(request, 'protocol')?.toUpperCase() !== 'HTTP') return undefined;
  const actions = membersAt(request, 'defaultActions');
  const sendsOn =
    actions.length > 0 &&
    actions.every(
      (action) =>
        textAt(action, 'type')?.toLowerCase() === 'redirect' &&
        textAt(action, 'redirectConfig.protocol')?.toUpperCase() === 'HTTPS',
    );
  if (sendsOn) return undefined;
  return isCreation(call) ? absent : removed;
}

function oldPolicy({ request }: Call): Setting | undefined {
  const named = [...textsAt(request, 'sslPolicy'), ...textsAt(request, 'policyNames')];
  const lost = named.flatMap((name) => oldPolicies.get(name.toLowerCase()) ?? []);
  for (const item of membersAt(request, 'policyAttributes')) {
    const name = textAt(item, 'attributeName');
    if (wordAt(item, 'attributeValue') !== 'true') continue;
    if (name === 'Protocol-TLSv1') lost.push('tls-1.0');
    if (name === 'Protocol-TLSv1.1') lost.push('tls-1.1');
    if (name === 'Protocol-SSLv3') lost.push('ssl-3.0');
  }
  return lost.length === 0 ? undefined : { wanted: 'weakened', lost: [...new Set(lost)].sort() };
}
