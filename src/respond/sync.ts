import type { BlockStore, StoredBlock, TargetState } from '../store/block-store.ts';
import type { BlockPolicy } from '../web/block.ts';
import { planEntries, type BlockPlan, type WantedNetwork } from '../web/block-plan.ts';
import { cidrText, networkText, parseNetwork, type Network } from '../web/network.ts';
import { overlapTest, withoutNetworks } from '../web/network-sets.ts';
import type { ProtectedNetworks } from '../web/protected-networks.ts';
import { EnforcementError, type Enforcement } from './enforcement.ts';
import { guardedWrite, GuardError } from './guard.ts';

/** What making lists agree with the ledger needs of the world. Times are in milliseconds. */
export interface SyncTools {
  readonly store: BlockStore;
  readonly policy: BlockPolicy;
  /** What is protected now; read anew for each use. */
  readonly protections: () => Promise<ProtectedNetworks>;
  readonly now: () => number;
  readonly sleep: (ms: number) => Promise<void>;
  /** From 0 to below 1, as Math.random gives. */
  readonly random: () => number;
  /** A text that nobody else has, for each call another. */
  readonly newHolder: () => string;
  /** Longest that one list may take before another process may go on with it; 60 seconds by default. */
  readonly leaseTime?: number | undefined;
  /** Whether only what is over is taken out, because not everything that is protected is known. */
  readonly addNothing?: boolean | undefined;
}

export interface SyncResult {
  readonly target: string;
  /** `busy`: another process is at it; it reads the same ledger. */
  readonly outcome: 'unchanged' | 'changed' | 'would-change' | 'busy' | 'failed';
  /** Why it failed, or is busy. */
  readonly reason?: string;
  readonly add: readonly string[];
  readonly remove: readonly string[];
  /** Entries of the list that others put there and that stay. */
  readonly foreign: readonly string[];
  /** Entries that others put there and that go, because approved addresses lie in them. */
  readonly cleared: readonly string[];
  /** Blocks for which there is no room, the worst first. */
  readonly leftOut: readonly string[];
}

const defaultLease = 60_000;
const mostAttempts = 8;
const firstPause = 250;
const longestPause = 8_000;
const poll = 200;

/** Says what would be done to make a list agree with the ledger, and touches nothing. */
export async function previewEnforcement(enforcement: Enforcement, tools: SyncTools): Promise<SyncResult> {
  try {
    const { plan, needed } = await readAndPlan(enforcement, tools);
    return resultOf(enforcement, plan, needed ? 'would-change' : 'unchanged');
  } catch (error) {
    return failed(enforcement, error);
  }
}

/**
 * Makes a list agree with the ledger. Safe to be cut off at any moment and to be run by several processes: what is about to be done is written
 * down first, the ledger is read after the list's token was given out, so a list that was changed from an older ledger is never the last word.
 */
export async function syncEnforcement(
  enforcement: Enforcement,
  tools: SyncTools,
  by: string,
): Promise<SyncResult> {
  const { store, now } = tools;
  const holder = tools.newHolder();
  const lease = (until: number): Promise<boolean> =>
    store.lease(enforcement.pace.name, { holder, now: now(), until });
  const leaseTime = tools.leaseTime ?? defaultLease;
  const patience = now() + leaseTime + enforcement.pace.apart;
  while (!(await lease(now() + leaseTime))) {
    if (now() >= patience)
      return { ...nothing(enforcement, 'busy'), reason: 'another process is changing lists of this kind' };
    await tools.sleep(poll);
  }
  let wrote = false;
  try {
    for (let attempt = 1; ; attempt++) {
      const step = await tryOnce(enforcement, tools, by);
      wrote ||= step.wrote;
      if (step.result !== undefined) return step.result;
      if (attempt === mostAttempts) return failed(enforcement, step.error);
      const pause = Math.min(longestPause, firstPause * 2 ** (attempt - 1));
      await tools.sleep(Math.max(step.wrote ? enforcement.pace.apart : 0, pause * (0.5 + tools.random())));
      if (!(await lease(now() + leaseTime)))
        return { ...nothing(enforcement, 'busy'), reason: 'another process has taken over' };
    }
  } catch (error) {
    return failed(enforcement, error);
  } finally {
    // Held on to until the next change may be made, by whomever.
    if (wrote && enforcement.pace.apart > 0) await lease(now() + enforcement.pace.apart);
    else await store.release(enforcement.pace.name, holder);
  }
}

interface Step {
  /** Undefined where it should be tried again. */
  readonly result: SyncResult | undefined;
  readonly error?: unknown;
  /** Whether a change was asked for, come through or not. */
  readonly wrote: boolean;
}

async function tryOnce(enforcement: Enforcement, tools: SyncTools, by: string): Promise<Step> {
  const { store, now } = tools;
  let looked: Awaited<ReturnType<typeof readAndPlan>>;
  try {
    looked = await readAndPlan(enforcement, tools);
  } catch (error) {
    return { result: isPassing(error) ? undefined : failed(enforcement, error), error, wrote: false };
  }
  const { plan, listed, state, needed } = looked;
  const outcome = {
    type: 'confirmed',
    held: plan.ours.map(cidrText),
    leftOut: plan.leftOut.map(({ network }) => networkText(network)),
  } as const;
  if (!needed) {
    if (!isRemembered(state, outcome)) {
      const detail = 'the list is as it should be; what is remembered of it was not';
      const intent = await store.intend({ target: enforcement.name, by, detail, add: [], now: now() });
      await store.settle(intent, enforcement.name, outcome, now());
    }
    return { result: resultOf(enforcement, plan, 'unchanged'), wrote: false };
  }
  const intent = await store.intend({
    target: enforcement.name,
    by,
    detail: detailOf(plan),
    add: plan.ours.map(cidrText),
    now: now(),
  });
  try {
    await guardedWrite(enforcement, plan, listed, tools);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    await store.settle(intent, enforcement.name, { type: 'failed', reason }, now());
    const wrote = !(error instanceof GuardError);
    return { result: isPassing(error) ? undefined : failed(enforcement, error), error, wrote };
  }
  await store.settle(intent, enforcement.name, outcome, now());
  return { result: resultOf(enforcement, plan, 'changed'), wrote: true };
}

/** The list first and the ledger after it: see `syncEnforcement`. */
async function readAndPlan(enforcement: Enforcement, tools: SyncTools) {
  const listed = await enforcement.read();
  const state = (await tools.store.targets()).find(({ name }) => name === enforcement.name);
  const held = (state?.held ?? []).flatMap((text) => parseNetwork(text) ?? []);
  const protections = await tools.protections();
  const blocks = await tools.store.active(tools.now());
  const touchesHeld = overlapTest(held);
  const isHeld = (network: Network): boolean =>
    touchesHeld(network) && withoutNetworks([network], held).length === 0;
  const wanted = wantedOf(blocks, protections, enforcement.family);
  const plan = planEntries({
    wanted: tools.addNothing === true ? wanted.filter(({ network }) => isHeld(network)) : wanted,
    actual: listed.entries,
    held,
    approved: protections.approved,
    capacity: enforcement.capacity,
    exclusive: enforcement.exclusive,
    widest: tools.policy.widest,
  });
  const needed = listed.absent === true || plan.add.length > 0 || plan.remove.length > 0;
  return { plan, listed, state, needed };
}

function wantedOf(
  blocks: readonly StoredBlock[],
  protections: ProtectedNetworks,
  family: Network['family'] | undefined,
): readonly WantedNetwork[] {
  return blocks.flatMap(({ subject, count, rule }) => {
    const network = parseNetwork(subject);
    if (network === undefined || (family !== undefined && network.family !== family)) return [];
    if (protections.over(network) !== undefined) return [];
    // What a person asked for counts no requests and comes first.
    return [{ network, weight: rule === 'operator' ? Number.POSITIVE_INFINITY : count }];
  });
}

/** The protections changed while the list was written, somebody else changed it, or it did not answer. */
function isPassing(error: unknown): boolean {
  return error instanceof GuardError || (error instanceof EnforcementError && error.problem !== 'refused');
}

function isRemembered(
  state: TargetState | undefined,
  outcome: { readonly held: readonly string[]; readonly leftOut: readonly string[] },
): boolean {
  const same = (a: readonly string[], b: readonly string[]): boolean =>
    a.length === b.length && a.every((each, i) => each === b[i]);
  return same(state?.held ?? [], outcome.held) && same(state?.leftOut ?? [], outcome.leftOut);
}

const mostNamed = 20;

function detailOf({ add, remove, cleared, leftOut, entries }: BlockPlan): string {
  const named = (what: string, networks: readonly Network[]): readonly string[] =>
    networks.length === 0
      ? []
      : [
          `${what} ${networks.slice(0, mostNamed).map(networkText).join(', ')}${networks.length > mostNamed ? ` and ${networks.length - mostNamed} more` : ''}`,
        ];
  return [
    ...named('add', add),
    ...named('remove', remove),
    ...named('take approved addresses out of', cleared),
    ...(leftOut.length === 0 ? [] : [`${leftOut.length} do not fit`]),
    `${entries.length} in all`,
  ].join('; ');
}

function resultOf(enforcement: Enforcement, plan: BlockPlan, outcome: SyncResult['outcome']): SyncResult {
  const texts = (networks: readonly Network[]): readonly string[] => networks.map(networkText);
  return {
    target: enforcement.name,
    outcome,
    add: texts(plan.add),
    remove: texts(plan.remove),
    foreign: texts(plan.foreign),
    cleared: texts(plan.cleared),
    leftOut: plan.leftOut.map(({ network }) => networkText(network)),
  };
}

function nothing(enforcement: Enforcement, outcome: SyncResult['outcome']): SyncResult {
  return {
    target: enforcement.name,
    outcome,
    add: [],
    remove: [],
    foreign: [],
    cleared: [],
    leftOut: [],
  };
}

function failed(enforcement: Enforcement, error: unknown): SyncResult {
  const reason = error instanceof Error ? error.message : String(error);
  return { ...nothing(enforcement, 'failed'), reason };
}
