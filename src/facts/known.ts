/**
 * What the people who run Tocsin have told about their estate: which accounts and organisations are theirs, and which others they
 * let in on purpose. All of it may be empty; then every account but the owner's is a stranger. Plain data.
 */
export interface Known {
  /** By account id. */
  readonly accounts: Readonly<Record<string, KnownAccount>>;
  /** Ids of one's own organisations. */
  readonly organisations: readonly string[];
}

export interface KnownAccount {
  /** `trusted`: somebody else's that may be let in, such as a vendor's. */
  readonly relation: 'own' | 'trusted';
  readonly name?: string | undefined;
  /** `production` and the like, in one's own words. */
  readonly environment?: string | undefined;
  /** The path of organisational units: `Workloads/Production`. */
  readonly ou?: string | undefined;
  /** The team or person that answers for it. */
  readonly owner?: string | undefined;
}

export const nothingKnown: Known = { accounts: {}, organisations: [] };

export function knownAccount(account: string | undefined, known: Known): KnownAccount | undefined {
  return account !== undefined && Object.hasOwn(known.accounts, account)
    ? known.accounts[account]
    : undefined;
}

/** Whether an account is nobody of one's own and nobody who was let in on purpose. */
export function isStranger(account: string, known: Known): boolean {
  return knownAccount(account, known) === undefined;
}
