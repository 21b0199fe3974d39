import type { Audience } from './fact.ts';
import type { AccessClass } from './policy/access.ts';

const longestName = 160;
const mostListed = 4;

/** A name out of a log, fit to stand in a sentence: one line, marked as a name, and not endless. */
export function quote(name: string): string {
  const line = name.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}`]/gu, '\uFFFD');
  const short = line.length > longestName ? `${line.slice(0, longestName)}…` : line;
  return `\`${short}\``;
}

/** `a`, `a and b`, `a, b and c`; past a handful, how many more there are. */
export function listed(items: readonly string[]): string {
  const shown =
    items.length > mostListed + 1
      ? [...items.slice(0, mostListed), `${items.length - mostListed} more`]
      : items;
  const last = shown.at(-1) ?? '';
  return shown.length < 2 ? last : `${shown.slice(0, -1).join(', ')} and ${last}`;
}

export interface Named {
  readonly audience: Audience;
  readonly principals: readonly string[];
  readonly accounts: readonly string[];
  readonly organisations: readonly string[];
}

/** Whom an audience means, as the beginning of a sentence. */
export function spokenAudience(named: Named): string {
  switch (named.audience) {
    case 'public':
      return 'anyone on the internet';
    case 'any-aws-account':
      return 'anyone with an AWS account';
    case 'network':
      return 'anyone who calls from certain networks';
    case 'organisation':
      return named.organisations.length === 0
        ? 'every account of an organisation'
        : `every account of organisation ${listed(named.organisations.map(quote))}`;
    case 'own-organisation':
      return `every account of your own organisation ${listed(named.organisations.map(quote))}`;
    case 'external-account':
      return spokenOutsiders(named);
    case 'known-account':
      return `the known AWS account${named.accounts.length > 1 ? 's' : ''} ${listed(named.accounts)}`;
    case 'federated':
      return `whom the identity provider ${listed(named.principals.map(quote))} signs in`;
    case 'service':
      return named.principals.includes('*') || named.principals.length === 0
        ? 'AWS services'
        : `the AWS service ${listed(named.principals.map(quote))}`;
    case 'own-account':
      return 'its own account';
    case 'nobody':
      return 'nobody';
    case 'unknown':
      return named.principals.length === 0 || named.principals.includes('*')
        ? 'somebody who cannot be told from this event'
        : `${listed(named.principals.map(quote))}, whoever that is,`;
  }
}

function spokenOutsiders({ principals, accounts }: Named): string {
  const names = listed(principals.map(quote));
  // An account's id and its root ARN say no more than "the account".
  const isPlain = principals.every(
    (principal) => principal === '*' || /^(arn:[^:]*:iam::\d{12}:root|\d{12})$/.test(principal),
  );
  const spoken =
    accounts.length === 0
      ? 'another AWS account'
      : `the outside AWS account${accounts.length > 1 ? 's' : ''} ${listed(accounts)}`;
  if (isPlain) return spoken;
  return accounts.length === 0 ? `${spoken} (canonical user ${names})` : `${names} of ${spoken}`;
}

const verbs: Readonly<Record<AccessClass, string>> = {
  all: 'do everything with',
  read: 'read',
  list: 'list',
  write: 'write',
  execute: 'run',
  delete: 'delete',
  permissions: 'change the permissions of',
  assume: 'assume',
};

/** What an access means, as the verb of a sentence; `own` are the words of a service that has better ones. */
export function spokenAccess(
  access: readonly AccessClass[],
  own: Readonly<Partial<Record<AccessClass, string>>> = {},
): string {
  const spoken = (one: AccessClass): string => own[one] ?? verbs[one];
  return access.includes('all') ? spoken('all') : listed(access.map(spoken));
}
