import type { Event } from '../../event/event.ts';
import { isJsonObject, isList } from '../../event/json.ts';
import type { Json, JsonObject } from '../../event/json.ts';
import { at, callOf } from '../call.ts';
import type { Transport } from './ports.ts';

/** What a permission lets through: ports of TCP or UDP, or another protocol whole. */
export type Traffic =
  | { readonly type: 'every' }
  | { readonly type: 'ports'; readonly transport: Transport; readonly from: number; readonly to: number }
  /** ICMP, or a protocol that has no ports, as it is written: `icmp`, `47`. */
  | { readonly type: 'other'; readonly protocol: string }
  /** Whatever port a service has that the record names without it: `rds`. */
  | { readonly type: 'service'; readonly name: string; readonly label: string };

/** A security group that is let in, and the account that owns it where the record says. */
export interface GroupSource {
  readonly group: string;
  readonly account: string | undefined;
}

/** One permission of a security group: its traffic, with the sources (outbound: destinations) that it is for. */
export interface Permission {
  readonly traffic: Traffic;
  /** CIDR blocks of both families, as the record writes them. */
  readonly ranges: readonly string[];
  readonly groups: readonly GroupSource[];
  readonly prefixLists: readonly string[];
}

const lastPort = 65_535;

/**
 * The permissions that a call on a security group named, in each of the shapes that records have: `ipPermissions.items`, parameters
 * flat beside the group (older tools), the rules of ModifySecurityGroupRules, and, where the request holds none (revoking by rule
 * id), the rules of the answer.
 * https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_AuthorizeSecurityGroupIngress.html
 * https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_ModifySecurityGroupRules.html
 */
export function permissionsOf(event: Event): readonly Permission[] {
  const { request, response } = callOf(event);
  const asked = [
    ...items(at(request, 'ipPermissions')).flatMap(ofPermission),
    // {tag, SecurityGroupRuleId, SecurityGroupRule: {...}}, one or a list of them.
    ...items(at(request, 'securityGroupRule')).flatMap((item) => ofRule(at(item, 'securityGroupRule'))),
    ...items(at(request, 'securityGroupRules')).flatMap((item) => ofRule(at(item, 'securityGroupRule'))),
    ...ofFlat(request),
  ];
  if (asked.length > 0) return asked;
  return [
    ...items(at(response, 'securityGroupRuleSet')),
    ...items(at(response, 'revokedSecurityGroupRuleSet')),
  ].flatMap(ofRule);
}

/** `{ipProtocol, fromPort, toPort, ipRanges, ipv6Ranges, prefixListIds, groups}` */
function ofPermission(item: Json): readonly Permission[] {
  if (!isJsonObject(item)) return [];
  return [
    {
      traffic: trafficOf(item),
      ranges: [
        ...items(at(item, 'ipRanges')).flatMap((range) => textOf(range, 'cidrIp') ?? []),
        ...items(at(item, 'ipv6Ranges')).flatMap((range) => textOf(range, 'cidrIpv6') ?? []),
      ],
      groups: [...items(at(item, 'groups')), ...items(at(item, 'userIdGroupPairs'))].flatMap(ofGroup),
      prefixLists: items(at(item, 'prefixListIds')).flatMap((list) => textOf(list, 'prefixListId') ?? []),
    },
  ];
}

/** `{IpProtocol, FromPort, ToPort}` with one of CidrIpv4, CidrIpv6, PrefixListId, ReferencedGroupId. */
function ofRule(item: Json | undefined): readonly Permission[] {
  if (!isJsonObject(item)) return [];
  const referenced = at(item, 'referencedGroupInfo') ?? item;
  const group = textOf(referenced, 'referencedGroupId') ?? textOf(at(item, 'referencedGroupInfo'), 'groupId');
  const list = textOf(item, 'prefixListId');
  return [
    {
      traffic: trafficOf(item),
      ranges: [textOf(item, 'cidrIpv4'), textOf(item, 'cidrIpv6')].filter((range) => range !== undefined),
      groups:
        group === undefined ? [] : [{ group, account: textOf(at(item, 'referencedGroupInfo'), 'userId') }],
      prefixLists: list === undefined ? [] : [list],
    },
  ];
}

/** Parameters flat beside the group, without the list of permissions. */
function ofFlat(request: JsonObject | undefined): readonly Permission[] {
  const range = textOf(request, 'cidrIp', 'cidrIpv6');
  const group = textOf(request, 'sourceSecurityGroupName', 'sourceSecurityGroupId');
  if (request === undefined || (range === undefined && group === undefined)) return [];
  return [
    {
      traffic: trafficOf(request),
      ranges: range === undefined ? [] : [range],
      groups: group === undefined ? [] : [{ group, account: textOf(request, 'sourceSecurityGroupOwnerId') }],
      prefixLists: [],
    },
  ];
}

function ofGroup(item: Json): readonly GroupSource[] {
  const group = textOf(item, 'groupId', 'groupName');
  const account = textOf(item, 'userId');
  return group === undefined && account === undefined ? [] : [{ group: group ?? 'unnamed', account }];
}

const transports: Readonly<Record<string, Transport>> = { tcp: 'tcp', '6': 'tcp', udp: 'udp', '17': 'udp' };

/**
 * The traffic of `{ipProtocol, fromPort, toPort}`: -1 is every protocol; any but TCP, UDP and ICMP goes with all of its ports,
 * whatever is named. https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_IpPermission.html
 */
export function trafficOf(item: JsonObject): Traffic {
  const protocol = (textOf(item, 'ipProtocol', 'protocol') ?? '-1').toLowerCase();
  if (protocol === '-1' || protocol === 'all') return { type: 'every' };
  const transport = Object.hasOwn(transports, protocol) ? transports[protocol] : undefined;
  if (transport === undefined) return { type: 'other', protocol };
  const from = portOf(at(item, 'fromPort')) ?? 0;
  const to = portOf(at(item, 'toPort')) ?? lastPort;
  return { type: 'ports', transport, from: Math.max(0, from), to: to < 0 ? lastPort : to };
}

function portOf(value: Json | undefined): number | undefined {
  const number = typeof value === 'string' && /^-?\d{1,5}$/.test(value) ? Number(value) : value;
  return typeof number === 'number' && Number.isInteger(number) && Math.abs(number) <= lastPort
    ? number
    : undefined;
}

/** The text under the first of some names that has one; a number counts as a text. */
function textOf(parent: Json | undefined, ...names: readonly string[]): string | undefined {
  for (const name of names) {
    const value = at(parent, name);
    if (typeof value === 'string' && value !== '') return value;
    if (typeof value === 'number') return String(value);
  }
  return undefined;
}

/** All items of a list in whatever form: an array, `{"items": [...]}`, or a single one by itself. */
function items(value: Json | undefined): readonly Json[] {
  if (isList(value)) return value;
  if (!isJsonObject(value)) return [];
  const inner = at(value, 'items');
  if (inner === undefined) return Object.keys(value).length === 0 ? [] : [value];
  return isList(inner) ? inner : isJsonObject(inner) ? [inner] : [];
}
