import { createHash } from 'node:crypto';
import { atLeast } from '../event/severity.ts';
import {
  mostBlockEvidence,
  mostCounted,
  periodOf,
  stateAt,
  type Block,
  type BlockPolicy,
  type CountedOffence,
} from './block.ts';
import { isAddress, networkText, parseNetwork, widened, type Network } from './network.ts';
import { offenceKey, type Offence } from './offence.ts';
import { protectionText, type ProtectedNetwork, type ProtectedNetworks } from './protected-networks.ts';

/** Why something that looks like a block is none. All of them are for people to see, except `told-before` and `rule`. */
export type Refusal =
  /** Approved, shared by many, or nobody's on the internet. */
  | 'protected'
  | 'too-wide'
  /** More blocks in the last hour than the policy allows. */
  | 'too-many'
  /** Its time would be over already: an archive is being read, or the log came very late. */
  | 'too-old'
  /** A path, an agent or a site is no address. */
  | 'no-address'
  /** A person removed the block after that. */
  | 'removed'
  /** The rule, or offences of this severity, only tell. */
  | 'rule'
  /** Nothing new. */
  | 'told-before';

export type Verdict =
  | { readonly type: 'block'; readonly block: Block }
  /** The subject is blocked already: the same block, which now rests on more, and may last longer. */
  | { readonly type: 'prolong'; readonly block: Block; readonly before: Block }
  | {
      readonly type: 'refuse';
      readonly why: Refusal;
      /** The network as text, or what the offence is about where that is none. */
      readonly subject: string;
      /** A sentence without its full stop. */
      readonly detail: string;
      readonly protection?: ProtectedNetwork;
    };

/** What must be known to decide on one subject. */
export interface BlockSituation {
  /** By the clock. */
  readonly now: number;
  readonly policy: BlockPolicy;
  readonly protections: ProtectedNetworks;
  /** The newest block of the subject, whatever became of it. */
  readonly latest: Block | undefined;
  /** Blocks that rules led to in the hour before now. */
  readonly inLastHour: number;
}

/** The network that an offence would have blocked; undefined where it is about none. */
export function networkOfOffence({ subject }: Offence, policy: BlockPolicy): Network | undefined {
  if (subject.type !== 'client' && subject.type !== 'network') return undefined;
  return clientNetwork(subject.value, policy);
}

/** The network that stands for what somebody wrote: an IPv6 address without a prefix is its whole network. */
export function clientNetwork(text: string, policy: BlockPolicy): Network | undefined {
  const network = parseNetwork(text);
  if (network === undefined || network.family === 4 || text.includes('/') || !isAddress(network))
    return network;
  return widened(network, policy.ipv6Prefix);
}

/**
 * Decides on one offence. Periods run from the time of the last request, as the log tells it, and never from a time that is yet to come; so the
 * same log leads to the same blocks whenever and in whatever order it is read, and an old one to none.
 */
export function decideOnOffence(offence: Offence, situation: BlockSituation): Verdict {
  const { now, policy, latest } = situation;
  const network = networkOfOffence(offence, policy);
  if (network === undefined)
    return refuse(
      'no-address',
      offence.subject.value,
      `a ${offence.subject.type} cannot be blocked, only told`,
    );
  const subject = networkText(network);
  const rule = Object.hasOwn(policy.rules, offence.rule) ? policy.rules[offence.rule] : undefined;
  if (rule?.block === false) return refuse('rule', subject, `the rule ${offence.rule} only tells`);
  if (!atLeast(offence.severity, policy.minSeverity))
    return refuse('rule', subject, `offences of severity ${offence.severity} are only told`);
  const objection = objectionTo(network, situation);
  if (objection !== undefined) return objection;

  const counted: CountedOffence = { key: offenceKey(offence), count: offence.count, last: offence.last };
  const known = latest?.offences.find(({ key }) => key === counted.key);
  if (known !== undefined && known.count >= counted.count && known.last >= counted.last)
    return refuse('told-before', subject, 'the block rests on this offence already');
  if (latest?.state === 'removed' && latest.ended !== undefined && offence.last <= latest.ended.at)
    return refuse('removed', subject, `${latest.ended.by} removed the block after that`);

  const at = policy.blockOld ? now : Math.min(offence.last, now);
  if (latest !== undefined && stateAt(latest, now) === 'active') {
    const until = at + periodOf(policy, offence.rule, latest.times);
    return { type: 'prolong', before: latest, block: grown(latest, offence, counted, until) };
  }
  const times = timesOf(offence.last, latest, policy);
  const expiresAt = at + periodOf(policy, offence.rule, times);
  if (expiresAt <= now)
    return refuse('too-old', subject, 'it happened so long ago that the time of its block is over');
  if (situation.inLastHour >= policy.mostPerHour)
    return refuse(
      'too-many',
      subject,
      `${situation.inLastHour} blocks were made in the last hour, and mostPerHour is ${policy.mostPerHour}`,
    );
  return {
    type: 'block',
    block: {
      id: blockId(subject, now, latest),
      subject,
      rule: offence.rule,
      reason: offence.explanation,
      evidence: offence.evidence.slice(0, mostBlockEvidence),
      first: offence.first,
      last: offence.last,
      count: offence.count,
      offences: [counted],
      decidedAt: now,
      decidedBy: `rule ${offence.rule}`,
      expiresAt,
      times,
      state: 'active',
    },
  };
}

/** What a person asks for. `period` is in milliseconds from now. */
export interface AskedBlock {
  readonly network: Network;
  readonly reason: string;
  readonly by: string;
  readonly period: number;
}

/** Decides on what a person asks for: no rule, no cap for an hour, but the same protections and widest prefix. */
export function decideOnRequest(asked: AskedBlock, situation: BlockSituation): Verdict {
  const { now, latest } = situation;
  const subject = networkText(asked.network);
  const objection = objectionTo(asked.network, situation);
  if (objection !== undefined) return objection;
  const expiresAt = now + asked.period;
  if (latest !== undefined && stateAt(latest, now) === 'active')
    return {
      type: 'prolong',
      before: latest,
      block: { ...latest, reason: asked.reason, decidedBy: asked.by, expiresAt },
    };
  return {
    type: 'block',
    block: {
      id: blockId(subject, now, latest),
      subject,
      rule: 'operator',
      reason: asked.reason,
      evidence: [],
      first: now,
      last: now,
      count: 0,
      offences: [],
      decidedAt: now,
      decidedBy: asked.by,
      expiresAt,
      times: 1,
      state: 'active',
    },
  };
}

/** What speaks against blocking a network at all. */
function objectionTo(network: Network, { policy, protections }: BlockSituation): Verdict | undefined {
  const subject = networkText(network);
  const widest = policy.widest[network.family];
  if (network.prefix < widest)
    return refuse('too-wide', subject, `it is wider than /${widest}, the widest that may be blocked`);
  const protection = protections.over(network);
  return protection && { ...refuse('protected', subject, protectionText(protection)), protection };
}

function refuse(why: Refusal, subject: string, detail: string): Verdict & { readonly type: 'refuse' } {
  return { type: 'refuse', why, subject, detail };
}

/**
 * A comeback is an offence after the last block was over, and not too long after. A block that a person removed was a mistake and counts for
 * nothing, and so does one whose address was approved.
 */
function timesOf(last: number, latest: Block | undefined, policy: BlockPolicy): number {
  if (latest === undefined || latest.state === 'removed' || latest.state === 'approved') return 1;
  if (last > latest.expiresAt + policy.comeback.memory) return 1;
  return last > latest.expiresAt ? latest.times + 1 : latest.times;
}

function grown(block: Block, offence: Offence, counted: CountedOffence, until: number): Block {
  const known = block.offences.find(({ key }) => key === counted.key);
  const others = block.offences.filter((each) => each !== known);
  const merged = {
    ...counted,
    count: Math.max(counted.count, known?.count ?? 0),
    last: Math.max(counted.last, known?.last ?? counted.last),
  };
  // Of an offence that is told again the evidence is there already.
  const evidence = known === undefined ? [...block.evidence, ...offence.evidence] : block.evidence;
  // The reason says as much as is known of its offence, in whatever steps that was told.
  const isReason = known !== undefined && block.rule === offence.rule && counted.count > known.count;
  return {
    ...block,
    reason: isReason ? offence.explanation : block.reason,
    evidence: evidence.slice(0, mostBlockEvidence),
    first: Math.min(block.first, offence.first),
    last: Math.max(block.last, offence.last),
    count: block.count + merged.count - (known?.count ?? 0),
    offences: [...others, merged].slice(-mostCounted),
    expiresAt: Math.max(block.expiresAt, until),
  };
}

/** The same for the same decision after the same history, and never that of an older block. */
function blockId(subject: string, now: number, latest: Block | undefined): string {
  return createHash('sha256')
    .update(JSON.stringify([subject, now, latest?.id ?? '']))
    .digest('hex')
    .slice(0, 32);
}
