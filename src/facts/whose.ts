import type { Known } from './known.ts';
import { isStranger } from './known.ts';

/** Whose something is that a call names, seen from the account that owns what the call was about. */
export type Whose = 'own-account' | 'known-account' | 'external-account' | 'unknown';

/** Widest first: what a reader should see first of several. */
export const whoseByDistance: readonly Whose[] = [
  'external-account',
  'unknown',
  'known-account',
  'own-account',
];

/** Whose an account is; unknown where either account is not known. */
export function whoseAccount(account: string | undefined, owner: string | undefined, known: Known): Whose {
  if (account === undefined) return 'unknown';
  if (account === owner) return 'own-account';
  if (!isStranger(account, known)) return 'known-account';
  return owner === undefined ? 'unknown' : 'external-account';
}

/** Whose an account is, to stand behind the name of something of it. */
export function spokenWhose(whose: Whose, account: string | undefined): string {
  switch (whose) {
    case 'own-account':
      return 'of its own account';
    case 'known-account':
      return `of the known AWS account ${account ?? ''}`.trimEnd();
    case 'external-account':
      return `of the outside AWS account ${account ?? ''}`.trimEnd();
    case 'unknown':
      return account === undefined ? 'of an account that the event does not name' : `of account ${account}`;
  }
}
