import ipaddr from 'ipaddr.js';

type Value = string | number | { readonly [key: string]: Value };

/**
 * Writes a small MaxMind DB file: https://maxmind.github.io/MaxMind-DB/
 * @param networks records by network in CIDR notation; none may lie in another
 */
export function mmdbOf(
  networks: Readonly<Record<string, Value>>,
  { type = 'Test-City', ipVersion = 6 }: { readonly type?: string; readonly ipVersion?: 4 | 6 } = {},
): Buffer {
  const nodes: [number | undefined, number | undefined][] = [[undefined, undefined]];
  const data: Buffer[] = [];
  let dataSize = 0;
  const leaves: { node: number; side: 0 | 1; offset: number }[] = [];
  for (const [cidr, record] of Object.entries(networks)) {
    const bits = bitsOf(cidr, ipVersion);
    let node = 0;
    for (const bit of bits.slice(0, -1)) {
      const next = nodes[node]?.[bit];
      if (next === undefined) {
        nodes.push([undefined, undefined]);
        const made = nodes.length - 1;
        const parent = nodes[node];
        if (parent !== undefined) parent[bit] = made;
        node = made;
      } else node = next;
    }
    leaves.push({ node, side: bits.at(-1) ?? 0, offset: dataSize });
    const bytes = encode(record);
    data.push(bytes);
    dataSize += bytes.length;
  }
  for (const { node, side, offset } of leaves) {
    const parent = nodes[node];
    if (parent !== undefined) parent[side] = nodes.length + 16 + offset;
  }
  const tree = Buffer.alloc(nodes.length * 6);
  for (const [i, [left = nodes.length, right = nodes.length]] of nodes.entries()) {
    tree.writeUIntBE(left, i * 6, 3);
    tree.writeUIntBE(right, i * 6 + 3, 3);
  }
  const metadata = encode({
    binary_format_major_version: 2,
    binary_format_minor_version: 0,
    build_epoch: 1_790_000_000,
    database_type: type,
    ip_version: ipVersion,
    node_count: nodes.length,
    record_size: 24,
  });
  const marker = Buffer.concat([Buffer.from([0xab, 0xcd, 0xef]), Buffer.from('MaxMind.com')]);
  return Buffer.concat([tree, Buffer.alloc(16), ...data, marker, metadata]);
}

/** IPv4 lies in the first of the 32-bit networks of IPv6. */
function bitsOf(cidr: string, ipVersion: 4 | 6): readonly (0 | 1)[] {
  const [address, prefix] = ipaddr.parseCIDR(cidr);
  const bytes = address.toByteArray();
  const moved = ipVersion === 6 && bytes.length === 4 ? [...Array<number>(12).fill(0), ...bytes] : bytes;
  const length = moved.length === bytes.length ? prefix : prefix + 96;
  return Array.from({ length }, (_, i) => (((moved[i >> 3] ?? 0) >> (7 - (i & 7))) & 1) as 0 | 1);
}

function encode(value: Value): Buffer {
  if (typeof value === 'string') {
    const text = Buffer.from(value);
    return Buffer.concat([control(2, text.length), text]);
  }
  if (typeof value === 'number') {
    if (Number.isInteger(value) && value >= 0) {
      const bytes = Buffer.alloc(4);
      bytes.writeUInt32BE(value);
      return Buffer.concat([control(6, 4), bytes]);
    }
    const bytes = Buffer.alloc(8);
    bytes.writeDoubleBE(value);
    return Buffer.concat([control(3, 8), bytes]);
  }
  const members = Object.entries(value);
  return Buffer.concat([
    control(7, members.length),
    ...members.flatMap(([key, member]) => [encode(key), encode(member)]),
  ]);
}

function control(type: number, size: number): Buffer {
  return size < 29 ? Buffer.from([(type << 5) | size]) : Buffer.from([(type << 5) | 29, size - 29]);
}
