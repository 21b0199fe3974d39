import type { IndicatorType } from './indicator.ts';

/** What a simple pattern names. */
export interface PatternPart {
  readonly type: IndicatorType;
  readonly text: string;
}

const longestPattern = 16_000;
const mostParts = 200;

/** Object paths of STIX by what they are: https://docs.oasis-open.org/cti/stix/v2.1/os/stix-v2.1-os.html#_e8slinrhxcc9 */
const paths: Readonly<Record<string, IndicatorType>> = {
  'ipv4-addr:value': 'address',
  'ipv6-addr:value': 'address',
  'domain-name:value': 'domain',
  'url:value': 'url',
  'file:hashes.md5': 'hash',
  'file:hashes.sha-1': 'hash',
  'file:hashes.sha1': 'hash',
  'file:hashes.sha-256': 'hash',
  'file:hashes.sha256': 'hash',
  'network-traffic:src_ref.value': 'address',
  'network-traffic:dst_ref.value': 'address',
  'network-traffic:extensions.http-request-ext.request_header.user-agent': 'agent',
};

/**
 * The things of which any makes a pattern match: comparisons by `=`, `IN` or `ISSUBSET` that are joined by OR. Undefined for every other pattern
 * (AND, FOLLOWEDBY, NOT, LIKE, MATCHES, qualifiers): one that asks for several things together must not be told by one of them.
 */
export function simplePattern(pattern: string): readonly PatternPart[] | undefined {
  if (pattern.length > longestPattern) return undefined;
  const parts: PatternPart[] = [];
  let at = 0;
  const take = (expression: RegExp): string | undefined => {
    expression.lastIndex = at;
    const match = expression.exec(pattern);
    if (match === null) return undefined;
    at = expression.lastIndex;
    return match[1] ?? '';
  };
  const comparison = (): boolean => {
    const path = take(/\s*([a-z0-9-]+:[^\s=!<>()[\]]+(?:\s*\[[^\]]{0,80}\])?[^\s=!<>()[\]]*)/gy);
    if (path === undefined) return false;
    const type = paths[path.toLowerCase().replaceAll(/['"]/g, '')];
    if (type === undefined) return false;
    if (take(/\s*=(?!=)/gy) !== undefined || take(/\s+ISSUBSET\b/giy) !== undefined) {
      const text = take(literal);
      return text !== undefined && push(type, text);
    }
    if (take(/\s+IN\s*\(/giy) === undefined) return false;
    do {
      const text = take(literal);
      if (text === undefined || !push(type, text)) return false;
    } while (take(/\s*,/gy) !== undefined);
    return take(/\s*\)/gy) !== undefined;
  };
  const push = (type: IndicatorType, text: string): boolean => {
    parts.push({ type, text: text.replaceAll(/\\(['\\])/g, '$1') });
    return parts.length <= mostParts;
  };
  do {
    if (take(/\s*\[/gy) === undefined) return undefined;
    do if (!comparison()) return undefined;
    while (take(/\s+OR\b/giy) !== undefined);
    if (take(/\s*\]/gy) === undefined) return undefined;
  } while (take(/\s*OR\b/giy) !== undefined);
  return take(/\s*$/gy) === undefined ? undefined : parts;
}

const literal = /\s*'((?:[^'\\]|\\['\\])*)'/gy;
