import type { Severity } from '../event/severity.ts';
import type { EvidenceLine } from './offence.ts';

/**
 * `active` until its time is over, also where nobody has written that down: ask `stateAt`. `removed` by a person; `approved` where its address
 * was approved while it stood.
 */
export type BlockState = 'active' | 'expired' | 'removed' | 'approved';

/** One offence that a block rests on, so that one which is told again is counted once. */
export interface CountedOffence {
  /** `offenceKey` */
  readonly key: string;
  readonly count: number;
  readonly last: number;
}

/** One address or network that is held off until a stated time, and why. */
export interface Block {
  /** 32 hex digits. */
  readonly id: string;
  /** `198.51.100.7`, `198.51.100.0/24`, `2001:db8:1:2::/64` */
  readonly subject: string;
  /** The rule that led to it first; `operator` where a person did. */
  readonly rule: string;
  readonly reason: string;
  /** The first lines that were seen of it, at most `mostBlockEvidence`. */
  readonly evidence: readonly EvidenceLine[];
  /** Event times of the first and the last request that it rests on. */
  readonly first: number;
  readonly last: number;
  /** Requests counted, over all its offences. */
  readonly count: number;
  /** The last offences, at most `mostCounted`; what older ones counted stays in `count`. */
  readonly offences: readonly CountedOffence[];
  /** By the clock. */
  readonly decidedAt: number;
  /** `rule scanner`, or who it was. */
  readonly decidedBy: string;
  readonly expiresAt: number;
  /** 1 for the first block of this subject; each comeback within the memory adds one and makes it longer. */
  readonly times: number;
  readonly state: BlockState;
  readonly ended?: { readonly at: number; readonly by: string; readonly reason: string };
}

export const mostBlockEvidence = 10;
export const mostCounted = 50;

/** How blocks are decided. Times are in milliseconds. */
export interface BlockPolicy {
  /** How long a rule's block lasts, and whether the rule blocks at all; rules that are absent block for `period`. */
  readonly rules: Readonly<Record<string, { readonly block: boolean; readonly period: number | undefined }>>;
  readonly period: number;
  /** Offences that are less severe are only told. */
  readonly minSeverity: Severity;
  /** Each comeback within `memory` after the last block's end multiplies its time by `factor`, up to `longest`. */
  readonly comeback: { readonly factor: number; readonly memory: number; readonly longest: number };
  /** The prefix of a block for a single IPv6 client: one household or host has that many addresses. */
  readonly ipv6Prefix: number;
  /** No block is wider. */
  readonly widest: { readonly 4: number; readonly 6: number };
  /** So many blocks in an hour are taken from rules; more is rather our own mistake than an attack. */
  readonly mostPerHour: number;
  /** Whether what happened so long ago that its block would be over blocks nevertheless, from now on. */
  readonly blockOld: boolean;
}

const hour = 3_600_000;

export const defaultBlockPolicy: BlockPolicy = {
  rules: {},
  period: 4 * hour,
  minSeverity: 'medium',
  comeback: { factor: 2, memory: 30 * 24 * hour, longest: 7 * 24 * hour },
  ipv6Prefix: 64,
  widest: { 4: 24, 6: 48 },
  mostPerHour: 500,
  blockOld: false,
};

/** The state by the clock: a block whose time is over is expired, whether or not a process was there to say so. */
export function stateAt(block: Pick<Block, 'state' | 'expiresAt'>, now: number): BlockState {
  return block.state === 'active' && block.expiresAt <= now ? 'expired' : block.state;
}

/** How long a block of a rule lasts when it is the `times`th of its subject. */
export function periodOf(policy: BlockPolicy, rule: string, times: number): number {
  const base = (Object.hasOwn(policy.rules, rule) ? policy.rules[rule]?.period : undefined) ?? policy.period;
  const grown = base * policy.comeback.factor ** (times - 1);
  return Math.max(base, Math.min(grown, policy.comeback.longest));
}

/** The block with its end written down. An expired one ended when its time was over, whenever that was noticed. */
export function endBlock(
  block: Block,
  state: Exclude<BlockState, 'active'>,
  ended: NonNullable<Block['ended']>,
): Block {
  return { ...block, state, ended };
}

export function expireBlock(block: Block): Block {
  return endBlock(block, 'expired', { at: block.expiresAt, by: 'time', reason: 'its time was over' });
}
