import type { Block, BlockPolicy } from './block.ts';
import { decideOnOffence, networkOfOffence, type Refusal } from './decide-block.ts';
import { networkText } from './network.ts';
import type { Offence } from './offence.ts';
import type { ProtectedNetworks } from './protected-networks.ts';

/** Who would have been blocked, had these offences been seen as they happened, and who would not for a reason that people should know. */
export interface WouldBlock {
  /** One for each network, as it stood when its last block was decided, the first first. */
  readonly blocks: readonly Block[];
  readonly refusals: readonly RefusedBlock[];
}

export interface RefusedBlock {
  readonly subject: string;
  readonly rule: string;
  readonly why: Refusal;
  readonly detail: string;
}

const hour = 3_600_000;

/**
 * Takes each offence as decided at the time of its last request, so that an archive tells what would have been done then.
 * @param blocks whether offenders of such an offence are to be blocked at all
 */
export function wouldBlock(
  offences: readonly Offence[],
  policy: BlockPolicy,
  protections: ProtectedNetworks,
  blocks: (offence: Offence) => boolean,
): WouldBlock {
  const latest = new Map<string, Block>();
  const refusals: RefusedBlock[] = [];
  /** When blocks were decided, the oldest first. */
  const decided: number[] = [];
  for (const offence of offences.toSorted((a, b) => a.last - b.last)) {
    if (!blocks(offence)) continue;
    const now = offence.last;
    while ((decided[0] ?? now) < now - hour) decided.shift();
    const network = networkOfOffence(offence, policy);
    const before = network && latest.get(networkText(network));
    const verdict = decideOnOffence(offence, {
      now,
      policy,
      protections,
      latest: before,
      inLastHour: decided.length,
    });
    if (verdict.type === 'refuse') {
      const { why, subject, detail } = verdict;
      if (isWorthTelling(why)) refusals.push({ subject, rule: offence.rule, why, detail });
      continue;
    }
    if (verdict.type === 'block') decided.push(now);
    latest.set(verdict.block.subject, verdict.block);
  }
  return { blocks: [...latest.values()].toSorted((a, b) => a.decidedAt - b.decidedAt), refusals };
}

/** Whether people should know of a refusal: somebody would be blocked, but for this. */
export function isWorthTelling(why: Refusal): boolean {
  return why === 'protected' || why === 'too-wide' || why === 'too-many';
}
