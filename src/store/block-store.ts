import type { Block, BlockState } from '../web/block.ts';
import type { ProtectionKind } from '../web/protected-networks.ts';

/** A block with its number in the store, which rises with each. */
export interface StoredBlock extends Block {
  readonly sequence: number;
}

/** A network that must not be blocked, as it was written down. */
export interface Approval {
  /** CIDR notation. */
  readonly network: string;
  readonly kind: Exclude<ProtectionKind, 'special'>;
  /** `operator`, or the list that it comes from. A list is replaced as a whole. */
  readonly source: string;
  readonly reason: string | undefined;
  readonly by: string;
  readonly at: number;
}

export type AuditAction =
  | 'block'
  | 'prolong'
  | 'expire'
  | 'remove'
  /** A block ended because its address was approved. */
  | 'approve-over'
  | 'refuse'
  | 'approve'
  | 'disapprove'
  /** A list of approved addresses was read anew. */
  | 'list'
  /** A list of blocked addresses, such as an IP set, is changed. */
  | 'enforce';

/**
 * `done` with what it says, in the same transaction; `intended` before a call that changes something outside, which was then `confirmed` or
 * `failed`. One that stays `intended` was cut off: whether it came through shows in the next one of the same target.
 */
export type AuditPhase = 'done' | 'intended' | 'confirmed' | 'failed';

export interface AuditLine {
  readonly action: AuditAction;
  /** Who or what: `rule scanner`, `operator jane`, `time`, `tocsin`. */
  readonly by: string;
  /** The network, the list or the target that it is about. */
  readonly subject: string;
  /** Id of the block. */
  readonly block?: string | undefined;
  /** One sentence. */
  readonly detail: string;
}

export interface StoredAuditLine extends AuditLine {
  readonly sequence: number;
  readonly time: number;
  readonly phase: AuditPhase;
  /** When it was confirmed or failed. */
  readonly settledAt: number | undefined;
  /** Why it failed. */
  readonly outcome: string | undefined;
}

/** What a decision has to know. */
export interface BlockQuestion {
  /** Subjects whose newest blocks are asked for. */
  readonly subjects?: readonly string[] | undefined;
  /** Whether all blocks that are active are asked for, those too whose time is over and was not written down. */
  readonly active?: boolean | undefined;
  /** Blocks that rules led to since then are counted. */
  readonly since?: number | undefined;
}

export interface KnownBlocks {
  readonly latest: ReadonlyMap<string, Block>;
  readonly active: readonly Block[];
  readonly byRules: number;
  readonly approvals: readonly Approval[];
}

/** What a decision changes; all of it or nothing. */
export interface BlockChanges<T> {
  /** New ones, and those that are there under the same id with what is new about them, in their order. */
  readonly blocks?: readonly Block[];
  readonly audit?: readonly AuditLine[];
  /** All approvals of one source from now on. */
  readonly approvals?: { readonly source: string; readonly approvals: readonly Approval[] } | undefined;
  readonly result: T;
}

export interface BlockQuery {
  /** By the clock `now`: blocks whose time is over are expired. */
  readonly state?: BlockState | undefined;
  readonly subject?: string | undefined;
  readonly now: number;
  readonly after?: string | undefined;
  /** 1 to 500. */
  readonly limit: number;
}

export interface BlockPage {
  /** The newest first. */
  readonly blocks: readonly StoredBlock[];
  readonly next: string | undefined;
}

export interface AuditQuery {
  readonly subject?: string | undefined;
  readonly after?: string | undefined;
  /** 1 to 500. */
  readonly limit: number;
}

export interface AuditPage {
  /** The newest first. */
  readonly lines: readonly StoredAuditLine[];
  readonly next: string | undefined;
}

/** What is known of a list of blocked addresses outside, by its name. */
export interface TargetState {
  readonly name: string;
  /** What Tocsin put there or was about to, in CIDR notation. */
  readonly held: readonly string[];
  /** Blocks that did not fit when it was last written. */
  readonly leftOut: readonly string[];
  /** When it was last written, or trying began; undefined where never. */
  readonly triedAt: number | undefined;
  readonly confirmedAt: number | undefined;
}

/** A change to a target that is about to be made. */
export interface Intent {
  readonly target: string;
  readonly by: string;
  readonly detail: string;
  /** What will be put there by us: it is held from now on, whatever becomes of the call. */
  readonly add: readonly string[];
  readonly now: number;
}

export type IntentOutcome =
  | { readonly type: 'confirmed'; readonly held: readonly string[]; readonly leftOut: readonly string[] }
  | { readonly type: 'failed'; readonly reason: string };

/** The ledger of blocks, the audit log and what enforcement has to remember. The promises of `Store` hold for all of it. */
export interface BlockStore {
  /**
   * Reads what the question asks for, lets `decide` decide, and writes what it says, in one transaction in which nobody else writes. `decide`
   * must be pure: it may be called again.
   */
  change<T>(
    question: BlockQuestion,
    now: number,
    decide: (known: KnownBlocks) => BlockChanges<T>,
  ): Promise<T>;
  /** All blocks that are active at `now` by the clock. */
  active(now: number): Promise<readonly StoredBlock[]>;
  /** Blocks that a person or an approval ended before their time, which is not over at `now`. */
  endedEarly(now: number): Promise<readonly StoredBlock[]>;
  /** @throws {BadCursorError} @throws {RangeError} */
  list(query: BlockQuery): Promise<BlockPage>;
  /** @throws {BadCursorError} @throws {RangeError} */
  audit(query: AuditQuery): Promise<AuditPage>;
  approvals(): Promise<readonly Approval[]>;
  /** Takes a lease, or renews one's own; false while somebody else holds it. */
  lease(name: string, options: { holder: string; now: number; until: number }): Promise<boolean>;
  release(name: string, holder: string): Promise<void>;
  targets(): Promise<readonly TargetState[]>;
  /** Writes down what is about to be done, before it is. Returns the number of the audit line. */
  intend(intent: Intent): Promise<number>;
  /** Writes down what became of it. */
  settle(intent: number, target: string, outcome: IntentOutcome, now: number): Promise<void>;
}
