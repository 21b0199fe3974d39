import type { BlockPolicy } from '../web/block.ts';
import { cidrText, type Network } from '../web/network.ts';
import { overlapTest } from '../web/network-sets.ts';
import { protectionText, type ProtectedNetworks } from '../web/protected-networks.ts';
import type { Enforcement, ListedAddresses } from './enforcement.ts';

/** A list that must not go out; what it was made from has changed meanwhile, or there is a fault. */
export class GuardError extends Error {
  override readonly name = 'GuardError';
}

/** A list that is about to be written, and what of it is ours. */
export interface GuardedList {
  readonly entries: readonly Network[];
  readonly ours: readonly Network[];
}

/**
 * The last check, whoever asked for the block and whatever was checked before: no approved address is in the list, nothing of ours is
 * protected or too wide. What others put into the list and nobody approved is theirs to answer for.
 *
 * @throws {GuardError} for the first entry that must not be there
 */
export function checkList(list: GuardedList, protections: ProtectedNetworks, policy: BlockPolicy): void {
  const isApproved = overlapTest(protections.approved);
  const approved = list.entries.find(isApproved);
  if (approved !== undefined)
    throw new GuardError(`${cidrText(approved)} holds approved addresses; the list was not written`);
  for (const network of list.ours) {
    const protection = protections.over(network);
    if (protection !== undefined)
      throw new GuardError(
        `${cidrText(network)} must not be blocked: ${protectionText(protection)}; the list was not written`,
      );
    if (network.prefix < policy.widest[network.family])
      throw new GuardError(
        `${cidrText(network)} is wider than /${policy.widest[network.family]}; the list was not written`,
      );
  }
}

/** The only way to change a list: reads what is protected now, checks, and writes. */
export async function guardedWrite(
  enforcement: Pick<Enforcement, 'write'>,
  list: GuardedList,
  listed: ListedAddresses,
  guard: { readonly protections: () => Promise<ProtectedNetworks>; readonly policy: BlockPolicy },
): Promise<void> {
  checkList(list, await guard.protections(), guard.policy);
  await enforcement.write(list.entries, listed);
}
