import type { Known, KnownAccount } from '../../facts/known.ts';
import type { KnownPerson } from '../people.ts';

/** What a file, AWS Organizations or IAM Identity Center tells of whose accounts are whose and who people are. Plain data. */
export interface FoundEstate {
  /** Ids of one's own organisations. */
  readonly organisations: readonly string[];
  /** One's own accounts, by id. */
  readonly accounts: Readonly<Record<string, FoundAccount>>;
  readonly people: readonly KnownPerson[];
}

export type FoundAccount = Omit<KnownAccount, 'relation'>;

export const nothingFound: FoundEstate = { organisations: [], accounts: {}, people: [] };

/**
 * What is known of all of them together. Where two tell the same of an account, the configuration counts, and then the first that was found;
 * what the configuration calls somebody else's stays so.
 */
export function withFound(own: Known, found: readonly FoundEstate[]): Known {
  const accounts = new Map(Object.entries(own.accounts));
  for (const one of found)
    for (const [id, told] of Object.entries(one.accounts)) {
      const known = accounts.get(id);
      if (known?.relation === 'trusted') continue;
      accounts.set(id, { relation: 'own', ...told, ...given(known) });
    }
  return {
    accounts: Object.fromEntries(accounts),
    organisations: [
      ...new Set([...own.organisations, ...found.flatMap(({ organisations }) => organisations)]),
    ],
  };
}

/** Without what has no value, which would hide what others tell. */
function given(account: KnownAccount | undefined): Partial<KnownAccount> {
  return Object.fromEntries(Object.entries(account ?? {}).filter(([, value]) => value !== undefined));
}
