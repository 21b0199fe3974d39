import { quote } from '../sentence.ts';
import type { Traffic } from './permission.ts';
import { servicesBetween } from './ports.ts';

/** What some traffic means to people and to rules. */
export interface Meaning {
  /** In words, such as `TCP 22 (SSH)`, `TCP 8000-9000`, `every port`. Sorted; each once. */
  readonly ports: readonly string[];
  /** `every-port`, `admin-port`, `data-port`, `web-port`, `other-port`, `ping`, `other-protocol`. */
  readonly classes: readonly string[];
  /** Names of the services whose port is among it, such as `ssh`. */
  readonly services: readonly string[];
}

const mostNamed = 4;
const lastPort = 65_535;

// https://www.iana.org/assignments/protocol-numbers
const pings: ReadonlySet<string> = new Set(['icmp', '1', 'icmpv6', '58']);
const protocolNames: Readonly<Record<string, string>> = {
  '1': 'ICMP',
  icmp: 'ICMP',
  '58': 'ICMPv6',
  icmpv6: 'ICMPv6',
  '4': 'IP in IP',
  '41': 'IPv6 in IP',
  '47': 'GRE',
  '50': 'ESP',
  '51': 'AH',
  '132': 'SCTP',
};

/** What some traffic is. Ports that touch or overlap are taken together: 0-21 and 22-65535 are every port. */
export function meaningOf(traffic: readonly Traffic[]): Meaning {
  if (traffic.some((one) => one.type === 'every')) {
    return { ports: ['every port'], ...named(0, lastPort, ['tcp', 'udp'], ['every-port']) };
  }
  const ports = new Set<string>();
  const classes = new Set<string>();
  const services = new Set<string>();
  for (const transport of ['tcp', 'udp'] as const) {
    for (const [from, to] of intervals(traffic, transport)) {
      const isEvery = from <= 1 && to >= lastPort;
      const meaning = named(from, to, [transport], isEvery ? ['every-port'] : []);
      for (const name of meaning.classes) classes.add(name);
      for (const name of meaning.services) services.add(name);
      ports.add(isEvery ? `every ${transport.toUpperCase()} port` : spoken(transport, from, to));
    }
  }
  for (const one of traffic) {
    if (one.type === 'service') {
      classes.add('data-port');
      services.add(one.name);
      ports.add(one.label);
    }
    if (one.type !== 'other') continue;
    classes.add(pings.has(one.protocol) ? 'ping' : 'other-protocol');
    const name = Object.hasOwn(protocolNames, one.protocol) ? protocolNames[one.protocol] : undefined;
    ports.add(name ?? `protocol ${quote(one.protocol)}`);
  }
  return { ports: [...ports], classes: [...classes].sort(), services: [...services].sort() };
}

function named(
  from: number,
  to: number,
  transports: readonly ('tcp' | 'udp')[],
  more: readonly string[],
): Pick<Meaning, 'classes' | 'services'> {
  const found = transports.flatMap((transport) => servicesBetween(transport, from, to));
  const classes = new Set([...found.map((service) => `${service.kind}-port`), ...more]);
  if (classes.size === 0) classes.add('other-port');
  return { classes: [...classes].sort(), services: [...new Set(found.map(({ name }) => name))].sort() };
}

function spoken(transport: 'tcp' | 'udp', from: number, to: number): string {
  const labels = [...new Set(servicesBetween(transport, from, to).map(({ label }) => label))];
  const shown = labels.length > mostNamed ? [...labels.slice(0, mostNamed - 1), 'and others'] : labels;
  return `${transport.toUpperCase()} ${from === to ? from : `${from}-${to}`}${shown.length === 0 ? '' : ` (${shown.join(', ')})`}`;
}

function intervals(
  traffic: readonly Traffic[],
  transport: 'tcp' | 'udp',
): readonly (readonly [from: number, to: number])[] {
  const sorted = traffic
    .flatMap((one) => (one.type === 'ports' && one.transport === transport ? [one] : []))
    .filter((one) => one.from <= one.to)
    .sort((a, b) => a.from - b.from);
  const result: (readonly [number, number])[] = [];
  for (const { from, to } of sorted) {
    const held = result.at(-1);
    if (held === undefined || from > held[1] + 1) result.push([from, to]);
    else if (to > held[1]) result[result.length - 1] = [held[0], to];
  }
  return result;
}
