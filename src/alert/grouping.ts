import type { Alert } from './alert.ts';

/** By what the alerts of a backtest are counted. */
export const groupings = ['actor', 'account', 'region', 'address'] as const;

export type Grouping = (typeof groupings)[number];

/** Longer names are cut: they are counted, not shown whole. */
const longestKey = 200;

/**
 * Who, in which account and region, and from where. Sessions of a role are one actor, `deploy/*`: their names change with every run, and
 * an exception is made for the role.
 */
export function groupKeys({ who, where }: Alert): Readonly<Record<Grouping, string>> {
  return {
    actor: cut(who.kind === 'assumed-role' ? roleOf(who.name) : who.name),
    account: cut(where.account ?? who.account ?? 'unknown'),
    region: cut(where.region ?? 'unknown'),
    address: cut(addressOf(where.origin)),
  };
}

/** `deploy/ci-run-17` is the role `deploy`. */
function roleOf(name: string): string {
  const slash = name.indexOf('/');
  return slash <= 0 ? name : `${name.slice(0, slash)}/*`;
}

function addressOf(origin: Alert['where']['origin']): string {
  switch (origin.type) {
    case 'address':
      return origin.address;
    case 'service':
      return origin.service;
    case 'internal':
      return 'AWS internal';
    case 'unknown':
      return origin.text === '' ? 'unknown' : origin.text;
  }
}

function cut(text: string): string {
  return text.length > longestKey ? text.slice(0, longestKey) : text;
}
