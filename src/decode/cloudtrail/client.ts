import { isIPv4, isIPv6 } from 'node:net';
import ipaddr from 'ipaddr.js';
import type { Client, Origin } from '../../event/event.ts';
import type { JsonObject } from '../../event/json.ts';
import { text } from '../../event/json.ts';

/**
 * Where a CloudTrail record says that its call came from.
 * `sourceIPAddress`: https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-record-contents.html
 */
export function cloudTrailClient(fields: JsonObject): Client {
  return {
    origin: originOf(text(fields, 'sourceIPAddress') ?? ''),
    userAgent: text(fields, 'userAgent'),
    vpcEndpoint: text(fields, 'vpcEndpointId'),
  };
}

/**
 * Reads a `sourceIPAddress`. Addresses come back in one spelling: IPv6 as RFC 5952 has it, IPv4 written inside IPv6
 * as IPv4. An IPv4 address with leading zeros is left as text, because programs disagree whether it is octal.
 */
function originOf(source: string): Origin {
  if (isIPv4(source)) return { type: 'address', address: source };
  // A zone (`fe80::1%eth0`) names an interface of a machine that we are not on.
  if (isIPv6(source) && !source.includes('%')) {
    const address = ipaddr.IPv6.parse(source);
    const plain = address.isIPv4MappedAddress() ? address.toIPv4Address() : address;
    return { type: 'address', address: plain.toString() };
  }
  if (source === 'AWS Internal') return { type: 'internal' };
  if (source.length <= 253 && serviceName.test(source)) return { type: 'service', service: source };
  return { type: 'unknown', text: source };
}

/** `cloudformation.amazonaws.com`; China and the European Sovereign Cloud end differently. */
const serviceName =
  /^[a-z0-9-]{1,63}(?:\.[a-z0-9-]{1,63})*\.(?:amazonaws\.com|amazonaws\.com\.cn|amazonaws\.eu)$/;
