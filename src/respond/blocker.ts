import type { Approval, AuditLine, BlockStore, KnownBlocks } from '../store/block-store.ts';
import { endBlock, expireBlock, stateAt, type Block, type BlockPolicy } from '../web/block.ts';
import {
  clientNetwork,
  decideOnOffence,
  decideOnRequest,
  networkOfOffence,
  type Verdict,
} from '../web/decide-block.ts';
import { cidrText, networkText, parseNetwork, type Network } from '../web/network.ts';
import type { Offence } from '../web/offence.ts';
import {
  protectedNetworks,
  protectionText,
  type ProtectedNetwork,
  type ProtectedNetworks,
} from '../web/protected-networks.ts';
import type { Enforcement } from './enforcement.ts';
import { previewEnforcement, syncEnforcement, type SyncResult, type SyncTools } from './sync.ts';

export interface BlockerOptions {
  readonly store: BlockStore;
  readonly policy: BlockPolicy;
  /** What the configuration protects. */
  readonly protections: readonly ProtectedNetwork[];
  /** Names of the lists that count, as `setList` is given them; what the store has of others is left alone and ignored. */
  readonly lists: readonly string[];
  readonly enforcements: readonly Enforcement[];
  /** Decides and writes down, and touches nothing outside. */
  readonly dryRun: boolean;
  readonly tools: Omit<SyncTools, 'store' | 'policy' | 'protections'>;
}

/** A verdict and the offence that it is about. */
export interface OffenceVerdict {
  readonly offence: Offence;
  readonly verdict: Verdict;
}

/** Who asks for something: `operator jane`, `key console`. */
export interface Asker {
  readonly by: string;
  readonly now: number;
}

/** Blocks from decision to enforcement. Each call that changes the ledger is one transaction; `sync` brings it outside. */
export interface Blocker {
  readonly policy: BlockPolicy;
  readonly dryRun: boolean;
  readonly enforcements: readonly Enforcement[];
  /**
   * Decides on offences, in their order, and writes blocks into the ledger. Call `sync` afterwards, where a verdict is `block`. Verdicts that
   * refuse are for the caller to alert on: `protected`, `too-wide` and `too-many` above all.
   *
   * @param now milliseconds since the epoch, by the clock
   */
  readonly take: (offences: readonly Offence[], now: number) => Promise<readonly OffenceVerdict[]>;
  readonly add: (
    asked: { readonly network: Network; readonly reason: string; readonly period: number | undefined },
    asker: Asker,
  ) => Promise<Verdict>;
  /** Ends the active block of exactly this network; undefined where there is none. */
  readonly remove: (network: Network, reason: string, asker: Asker) => Promise<Block | undefined>;
  /** Never blocks this network from now on, and ends what blocks any of its addresses. Returns the blocks that ended. */
  readonly approve: (network: Network, reason: string, asker: Asker) => Promise<readonly Block[]>;
  /** False where an operator had not approved exactly this network. */
  readonly disapprove: (network: Network, reason: string, asker: Asker) => Promise<boolean>;
  /** Replaces all that comes from one list, and ends blocks that now are in the way. */
  readonly setList: (
    list: { readonly source: string; readonly kind: Approval['kind']; readonly networks: readonly Network[] },
    now: number,
  ) => Promise<readonly Block[]>;
  /** Writes down which blocks are over by the clock, or by what is protected. Returns them. */
  readonly review: (now: number) => Promise<readonly Block[]>;
  /** Reviews the ledger and makes every list outside agree with it; in a dry run only says what would be done. */
  readonly sync: (
    by: string,
    options?: { /** Takes out what is over and puts nothing in. */ readonly addNothing?: boolean },
  ) => Promise<readonly SyncResult[]>;
  readonly protections: () => Promise<ProtectedNetworks>;
  /** The network that a person means; an IPv6 address without a prefix means its whole network. */
  readonly networkOf: (text: string) => Network | undefined;
}

/** The source of what people approve one by one. */
const operatorSource = 'operator';

const hour = 3_600_000;
/** A rule's prolonging is written into the audit log when it reaches into another of these. */
const auditedProlonging = hour / 4;

export function createBlocker(options: BlockerOptions): Blocker {
  const { store, policy, enforcements, dryRun } = options;
  const counting: ReadonlySet<string> = new Set([operatorSource, ...options.lists]);

  const protectionsOf = (approvals: readonly Approval[]): ProtectedNetworks =>
    protectedNetworks([
      ...options.protections,
      ...approvals.flatMap(({ network: text, kind, source, reason }) => {
        const network = parseNetwork(text);
        return network === undefined || !counting.has(source) ? [] : [{ network, kind, source, reason }];
      }),
    ]);
  const protections = async (): Promise<ProtectedNetworks> => protectionsOf(await store.approvals());
  const tools: SyncTools = { ...options.tools, store, policy, protections };

  /** Active blocks that are over by the clock or by these protections, as ended, and what the audit log says of each. */
  const reviewed = (active: readonly Block[], over: ProtectedNetworks, now: number): readonly Ended[] =>
    active.flatMap((block) => {
      if (stateAt(block, now) === 'expired') return [expired(block)];
      const network = parseNetwork(block.subject);
      const protection = network && over.over(network);
      if (protection === undefined) return [];
      const reason = protectionText(protection);
      return [ended('approve-over', endBlock(block, 'approved', { at: now, by: protection.source, reason }))];
    });

  const changeApprovals = (
    source: string,
    now: number,
    change: (
      before: readonly Approval[],
    ) => { readonly approvals: readonly Approval[]; readonly audit: readonly AuditLine[] } | undefined,
  ): Promise<readonly Block[] | undefined> =>
    store.change({ active: true }, now, (known) => {
      const changed = change(known.approvals.filter((each) => each.source === source));
      if (changed === undefined) return { result: undefined };
      const after = [...known.approvals.filter((each) => each.source !== source), ...changed.approvals];
      const over = reviewed(known.active, protectionsOf(after), now);
      return {
        approvals: { source, approvals: changed.approvals },
        blocks: over.map(({ block }) => block),
        audit: [...changed.audit, ...over.map(({ line }) => line)],
        result: over.flatMap(({ block }) => (block.state === 'approved' ? [block] : [])),
      };
    });

  return {
    policy,
    dryRun,
    enforcements,
    protections,
    networkOf: (text) => clientNetwork(text, policy),

    take: async (offences, now) => {
      if (offences.length === 0) return [];
      const subjects = offences.flatMap((offence) => {
        const network = networkOfOffence(offence, policy);
        return network === undefined ? [] : [networkText(network)];
      });
      return store.change({ subjects, since: now - hour }, now, (known) =>
        decideOnAll(offences, known, protectionsOf(known.approvals), policy, now),
      );
    },

    add: ({ network, reason, period = policy.period }, { by, now }) => {
      const subject = networkText(network);
      return store.change<Verdict>({ subjects: [subject] }, now, (known) => {
        const latest = known.latest.get(subject);
        const verdict = decideOnRequest(
          { network, reason, by, period },
          { now, policy, protections: protectionsOf(known.approvals), latest, inLastHour: 0 },
        );
        if (verdict.type === 'refuse')
          return {
            audit: [{ action: 'refuse', by, subject, detail: `${verdict.why}: ${verdict.detail}` }],
            result: verdict,
          };
        const over = expiredBefore(verdict, latest);
        return {
          blocks: [...over.map(({ block }) => block), verdict.block],
          audit: [...over.map(({ line }) => line), lineOf(verdict, by)],
          result: verdict,
        };
      });
    },

    remove: (network, reason, { by, now }) => {
      const subject = networkText(network);
      return store.change({ subjects: [subject] }, now, (known) => {
        const latest = known.latest.get(subject);
        if (latest === undefined || stateAt(latest, now) !== 'active') return { result: undefined };
        const { block, line } = ended('remove', endBlock(latest, 'removed', { at: now, by, reason }));
        return { blocks: [block], audit: [line], result: block };
      });
    },

    approve: async (network, reason, { by, now }) => {
      const text = cidrText(network);
      const approval: Approval = {
        network: text,
        kind: 'approved',
        source: operatorSource,
        reason,
        by,
        at: now,
      };
      const over = await changeApprovals(operatorSource, now, (before) => ({
        approvals: [...before.filter((each) => each.network !== text), approval],
        audit: [{ action: 'approve', by, subject: networkText(network), detail: reason }],
      }));
      return over ?? [];
    },

    disapprove: async (network, reason, { by, now }) => {
      const text = cidrText(network);
      const over = await changeApprovals(operatorSource, now, (before) =>
        before.some((each) => each.network === text)
          ? {
              approvals: before.filter((each) => each.network !== text),
              audit: [{ action: 'disapprove', by, subject: networkText(network), detail: reason }],
            }
          : undefined,
      );
      return over !== undefined;
    },

    setList: async ({ source, kind, networks }, now) => {
      const texts = new Set(networks.map(cidrText));
      const over = await changeApprovals(source, now, (before) => {
        const same =
          before.length === texts.size &&
          before.every((each) => each.kind === kind && texts.has(each.network));
        if (same) return undefined;
        return {
          approvals: [...texts].map((network) => ({
            network,
            kind,
            source,
            reason: undefined,
            by: source,
            at: now,
          })),
          audit: [
            {
              action: 'list',
              by: 'tocsin',
              subject: source,
              detail: `${texts.size} networks, ${before.length} before`,
            },
          ],
        };
      });
      return over ?? [];
    },

    review,

    sync: async (by, { addNothing = false } = {}) => {
      if (!dryRun) await review(options.tools.now());
      const results: SyncResult[] = [];
      // One after the other: lists of one pace would only wait for each other.
      for (const enforcement of enforcements)
        results.push(
          dryRun
            ? await previewEnforcement(enforcement, { ...tools, addNothing })
            : await syncEnforcement(enforcement, { ...tools, addNothing }, by),
        );
      return results;
    },
  };

  function review(now: number): Promise<readonly Block[]> {
    return store.change({ active: true }, now, (known) => {
      const over = reviewed(known.active, protectionsOf(known.approvals), now);
      const blocks = over.map(({ block }) => block);
      return { blocks, audit: over.map(({ line }) => line), result: blocks };
    });
  }
}

interface Ended {
  readonly block: Block;
  readonly line: AuditLine;
}

function ended(action: AuditLine['action'], block: Block): Ended {
  const { by, reason } = block.ended ?? { by: 'tocsin', reason: '' };
  return { block, line: { action, by, subject: block.subject, block: block.id, detail: reason } };
}

function expired(block: Block): Ended {
  return ended('expire', expireBlock(block));
}

/** A new block of a subject whose last one was over and stood there as active: its end comes first. */
function expiredBefore(verdict: Verdict, latest: Block | undefined): readonly Ended[] {
  return verdict.type === 'block' && latest?.state === 'active' ? [expired(latest)] : [];
}

function lineOf(verdict: Exclude<Verdict, { readonly type: 'refuse' }>, by: string): AuditLine {
  const { type, block } = verdict;
  const until = `until ${new Date(block.expiresAt).toISOString()}`;
  const times = block.times > 1 ? `, for the ${block.times}. time` : '';
  return {
    action: type,
    by,
    subject: block.subject,
    block: block.id,
    detail: `${until}${times}: ${block.reason}`,
  };
}

function decideOnAll(
  offences: readonly Offence[],
  known: KnownBlocks,
  protections: ProtectedNetworks,
  policy: BlockPolicy,
  now: number,
) {
  const latest = new Map(known.latest);
  let inLastHour = known.byRules;
  const blocks: Block[] = [];
  const audit: AuditLine[] = [];
  const result = offences.map((offence): OffenceVerdict => {
    const network = networkOfOffence(offence, policy);
    const before = network && latest.get(networkText(network));
    const verdict = decideOnOffence(offence, { now, policy, protections, latest: before, inLastHour });
    if (verdict.type === 'refuse') return { offence, verdict };
    const over = expiredBefore(verdict, before);
    blocks.push(...over.map(({ block }) => block), verdict.block);
    audit.push(...over.map(({ line }) => line));
    if (verdict.type === 'block' || isNoted(verdict.before, verdict.block))
      audit.push(lineOf(verdict, `rule ${offence.rule}`));
    if (verdict.type === 'block') inLastHour++;
    latest.set(verdict.block.subject, verdict.block);
    return { offence, verdict };
  });
  return { blocks, audit, result };
}

/** An attack that goes on prolongs its block with every request; a line for each would drown the log. */
function isNoted(before: Block, after: Block): boolean {
  return Math.floor(before.expiresAt / auditedProlonging) !== Math.floor(after.expiresAt / auditedProlonging);
}
