import { BlockList, isIP } from 'node:net';

const loopback = new BlockList();
loopback.addSubnet('127.0.0.0', 8, 'ipv4');
loopback.addAddress('::1', 'ipv6');

/**
 * True where `host` (a name or address without port; IPv6 with or without brackets) is this machine and no other can
 * reach it. Of names only `localhost` counts: any other may resolve to anything.
 */
export function isLoopback(host: string): boolean {
  const bare = host.startsWith('[') && host.endsWith(']') ? host.slice(1, -1) : host;
  if (/^localhost\.?$/i.test(bare)) return true;
  // A zone (`fe80::1%eth0`) never names a loopback address, and BlockList does not read it.
  const family = bare.includes('%') ? 0 : isIP(bare);
  return family !== 0 && loopback.check(bare, family === 4 ? 'ipv4' : 'ipv6');
}

/** The name or address in a `Host` header, in lower case and without port; undefined where it is no such header. */
export function hostName(header: string | undefined): string | undefined {
  return /^(\[[0-9a-f:.]+\]|[a-z0-9._-]+)(?::\d{1,5})?$/i.exec(header ?? '')?.[1]?.toLowerCase();
}

/** Why a server with these keys must not listen on `host`, as a sentence with the way out; undefined where it may. */
export function checkListen(host: string, keys: readonly unknown[]): string | undefined {
  if (keys.length > 0 || isLoopback(host)) return undefined;
  const place = host === '' ? 'every address' : `'${host}'`;
  return (
    `listening on ${place} needs at least one API key, because others can reach it and without keys there is no ` +
    `authentication; configure a key, or listen on 127.0.0.1`
  );
}
