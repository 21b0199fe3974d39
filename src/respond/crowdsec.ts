import type { StoredBlock } from '../store/block-store.ts';
import { isAddress, networkText, parseNetwork } from '../web/network.ts';

/** A decision as CrowdSec's local API gives it to bouncers, https://docs.crowdsec.net/docs/local_api/bouncers and its OpenAPI document. */
export interface CrowdSecDecision {
  readonly id: number;
  readonly origin: string;
  readonly scenario: string;
  readonly scope: 'Ip' | 'Range';
  readonly type: 'ban';
  readonly value: string;
  /** As Go writes durations: `3h59m12s`; below zero for one that is over. */
  readonly duration: string;
  readonly uuid: string;
  readonly simulated: boolean;
}

export interface CrowdSecStream {
  readonly new: readonly CrowdSecDecision[];
  readonly deleted: readonly CrowdSecDecision[];
}

/**
 * The answer to `GET /v1/decisions/stream`. Every block that stands is `new` in each answer: bouncers take one that they know already as its
 * new duration, and one lost answer loses nothing. `deleted` are those that were ended before their time; what ran out, bouncers drop
 * by themselves.
 */
export function crowdSecStream(
  active: readonly StoredBlock[],
  endedEarly: readonly StoredBlock[],
  now: number,
): CrowdSecStream {
  const standing = new Set(active.map(({ subject }) => subject));
  return {
    new: active.flatMap((block) => decisionOf(block, block.expiresAt - now)),
    deleted: endedEarly
      .filter(({ subject }) => !standing.has(subject))
      .flatMap((block) => decisionOf(block, (block.ended?.at ?? now) - now)),
  };
}

function decisionOf(block: StoredBlock, left: number): readonly CrowdSecDecision[] {
  const network = parseNetwork(block.subject);
  if (network === undefined) return [];
  return [
    {
      id: block.sequence,
      origin: 'tocsin',
      scenario: `tocsin/${block.rule}`,
      scope: isAddress(network) ? 'Ip' : 'Range',
      type: 'ban',
      value: networkText(network),
      duration: goDuration(left),
      uuid: `${block.id.slice(0, 8)}-${block.id.slice(8, 12)}-${block.id.slice(12, 16)}-${block.id.slice(16, 20)}-${block.id.slice(20)}`,
      simulated: false,
    },
  ];
}

/** https://pkg.go.dev/time#Duration.String, to the second */
export function goDuration(ms: number): string {
  const seconds = Math.trunc(Math.abs(ms) / 1000);
  const [h, m, s] = [Math.trunc(seconds / 3600), Math.trunc(seconds / 60) % 60, seconds % 60];
  const text = h > 0 ? `${h}h${m}m${s}s` : m > 0 ? `${m}m${s}s` : `${s}s`;
  return ms < 0 && seconds > 0 ? `-${text}` : text;
}
