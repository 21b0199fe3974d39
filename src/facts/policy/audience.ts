import type { Audience } from '../fact.ts';
import { isStranger, type Known } from '../known.ts';
import type { Limit } from './limit.ts';
import { accountOf } from './principal.ts';
import type { Principal } from './principal.ts';

/** A principal of an Allow with everything that narrows it. */
export interface Caller {
  readonly who: Principal;
  readonly limits: readonly Limit[];
  /** True where a condition can't be decided, so that no audience can be named for `everyone`. */
  readonly undecided: boolean;
  /** True where the service answers no unsigned request, whatever the policy says. */
  readonly signedOnly: boolean;
}

export interface Reach {
  readonly audience: Audience;
  /** Ids of accounts other than the owner's that are let in by name. */
  readonly accounts: readonly string[];
  readonly organisations: readonly string[];
  /** For a service: whether a condition ties it to a source, so that no stranger can make it act for them (confused deputy). */
  readonly guarded: boolean;
  readonly doubts: readonly string[];
}

const nothing = { accounts: [], organisations: [], guarded: true, doubts: [] } as const;

/** Who a caller is, seen from the account that owns the resource (undefined where that is not known). */
export function reachOf(caller: Caller, owner: string | undefined, known: Known): Reach {
  return amongKnown(reachBeyondOwner(caller, owner), known);
}

/** The same reach, where those whom it lets in are known. */
function amongKnown(reach: Reach, known: Known): Reach {
  const { audience, accounts, organisations } = reach;
  if (audience === 'organisation') {
    const isOwn = organisations.length > 0 && organisations.every((id) => known.organisations.includes(id));
    return isOwn ? { ...reach, audience: 'own-organisation' } : reach;
  }
  if (audience !== 'external-account') return reach;
  const strangers = accounts.filter((account) => isStranger(account, known));
  return strangers.length === 0 ? { ...reach, audience: 'known-account' } : { ...reach, accounts: strangers };
}

function reachBeyondOwner(caller: Caller, owner: string | undefined): Reach {
  const { who, limits } = caller;
  switch (who.kind) {
    case 'everyone':
      return reachOfEveryone(caller, owner);
    case 'service':
      return reachOfService(limits, owner);
    case 'account':
    case 'identity':
    case 'federated': {
      const account = accountOf(who);
      if (account === undefined) {
        return {
          ...nothing,
          audience: 'unknown',
          doubts: [
            `who can sign in through the identity provider \`${who.text}\`: the provider's own settings would tell`,
          ],
        };
      }
      const named = accountsIn(limits);
      if (named !== undefined && !named.includes('') && !named.includes(account))
        return { ...nothing, audience: 'nobody' };
      return reachOfAccounts([account], owner);
    }
    case 'unique-id':
    case 'canonical-user':
      return {
        ...nothing,
        audience: 'unknown',
        doubts: [`which account \`${who.text}\` belongs to: the id alone doesn't tell`],
      };
    case 'unreadable':
      return { ...nothing, audience: 'unknown', doubts: [`whom the principal \`${who.text}\` means`] };
  }
}

function reachOfEveryone({ limits, undecided, signedOnly }: Caller, owner: string | undefined): Reach {
  // What can't be decided narrows further those whom the other limits let in; without any, nobody can say whom it leaves.
  if (undecided && limits.length === 0) return { ...nothing, audience: 'unknown' };
  const accounts = accountsIn(limits);
  if (accounts !== undefined) {
    const reach = reachOfAccounts(accounts, owner);
    const viaAccessPoint = limits.some((limit) => limit.kind === 'accounts' && limit.accessPoints);
    return viaAccessPoint && reach.audience !== 'nobody'
      ? {
          ...reach,
          doubts: [
            ...reach.doubts,
            "whom the access points' own policies let in: GetAccessPointPolicy would tell",
          ],
        }
      : reach;
  }
  const unique = limits.find((limit) => limit.kind === 'unique-id');
  if (unique !== undefined) {
    return {
      ...nothing,
      audience: 'unknown',
      doubts: unique.names.map((name) => `which account \`${name}\` belongs to: the id alone doesn't tell`),
    };
  }
  if (limits.some((limit) => limit.kind === 'source' || limit.kind === 'service'))
    return reachOfService(limits, owner);
  const organisation = limits.find((limit) => limit.kind === 'organisation');
  if (organisation !== undefined) {
    return { ...nothing, audience: 'organisation', organisations: organisation.names };
  }
  if (limits.some((limit) => limit.kind === 'network')) return { ...nothing, audience: 'network' };
  if (signedOnly || limits.some((limit) => limit.kind === 'authenticated'))
    return { ...nothing, audience: 'any-aws-account' };
  return { ...nothing, audience: 'public' };
}

/** The accounts that every `accounts` limit names; undefined where there is no such limit. */
function accountsIn(limits: readonly Limit[]): readonly string[] | undefined {
  let common: readonly string[] | undefined;
  for (const limit of limits) {
    if (limit.kind !== 'accounts') continue;
    common =
      common === undefined ? limit.accounts : common.filter((account) => limit.accounts.includes(account));
  }
  return common;
}

function reachOfAccounts(accounts: readonly string[], owner: string | undefined): Reach {
  if (accounts.length === 0) return { ...nothing, audience: 'nobody' };
  const known = accounts.filter((account) => /^\d{12}$/.test(account));
  if (owner === undefined) {
    return {
      ...nothing,
      audience: 'unknown',
      accounts: known,
      doubts: ["whether these accounts are the owner's own: the event doesn't say who owns the resource"],
    };
  }
  if (known.length < accounts.length) {
    return {
      ...nothing,
      audience: 'unknown',
      accounts: known.filter((account) => account !== owner),
      doubts: ['which account a condition means: its value names none'],
    };
  }
  const foreign = known.filter((account) => account !== owner);
  return foreign.length === 0
    ? { ...nothing, audience: 'own-account' }
    : { ...nothing, audience: 'external-account', accounts: foreign };
}

function reachOfService(limits: readonly Limit[], owner: string | undefined): Reach {
  const sources = limits.filter((limit) => limit.kind === 'source');
  if (sources.length === 0) return { ...nothing, audience: 'service', guarded: false };
  // Whoever owns the source makes the service act: through a foreign one, a foreign account comes in.
  const foreign = sources.map((source) => source.accounts.filter((account) => account !== owner));
  const smallest = foreign.find(
    (accounts, index) => accounts.length === 0 && (sources[index]?.accounts.length ?? 0) > 0,
  );
  const named = smallest ?? foreign.find((accounts) => accounts.length > 0) ?? [];
  return named.length > 0 && owner !== undefined
    ? { ...nothing, audience: 'external-account', accounts: named }
    : { ...nothing, audience: 'service' };
}
