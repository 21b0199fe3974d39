/**
 * What the people who run Tocsin have told about their estate: which accounts and organisations are theirs, and which others they
 * let in on purpose. All of it may be empty; then every account but the owner's is a stranger.
 */
export interface Known {
  readonly ownAccounts: ReadonlySet<string>;
  readonly ownOrganisations: ReadonlySet<string>;
  /** Ids of other people's accounts that may be let in: vendors, partners. */
  readonly trustedAccounts: ReadonlySet<string>;
}

export const nothingKnown: Known = {
  ownAccounts: new Set(),
  ownOrganisations: new Set(),
  trustedAccounts: new Set(),
};

/** Whether an account is nobody of one's own and nobody who was let in on purpose. */
export function isStranger(account: string, known: Known): boolean {
  return !known.ownAccounts.has(account) && !known.trustedAccounts.has(account);
}
