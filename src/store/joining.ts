import type { Alert } from '../alert/alert.ts';
import type { FollowedAlert } from '../alert/alert-life.ts';
import { isWithin, joinFinding, type Span } from '../alert/join.ts';
import { isClosed, lifecycleOf, type HistoryLine } from '../alert/lifecycle.ts';
import { occurrencesOf } from '../alert/occurrences.ts';
import type { JoinedNote, OwedDelivery } from './owed.ts';
import type { RulePaces } from './pace.ts';
import { owedOnce, stateChange, type CommitRows } from './rows.ts';

/** One alert of a batch, the first under its id. */
export interface Arrival {
  readonly entry: CommitRows['alerts'][number];
  readonly batch: CommitRows;
}

/** An alert that findings may join: one that is stored, or one that this transaction stores. */
export interface Held {
  /** Undefined until it is stored. */
  sequence: number | undefined;
  /** Undefined until somebody may join it. */
  alert: Alert | undefined;
  /** As it is stored. */
  before: Alert | undefined;
  span: Span;
  isClosed: boolean;
  readonly isExcepted: boolean;
  readonly arrival: Arrival | undefined;
  /** Who is to be told of it, where somebody is. */
  readonly owes: Map<string, OwedDelivery>;
  readonly lines: HistoryLine[];
  isChanged: boolean;
  now: number;
}

/** One that is stored, before anything was decided of it. */
export function heldAlert(
  stored: Pick<Held, 'isExcepted'> & {
    readonly sequence: number;
    readonly span: Span;
    readonly isClosed: boolean;
  },
): Held {
  return {
    ...stored,
    alert: undefined,
    before: undefined,
    arrival: undefined,
    owes: new Map(),
    lines: [],
    isChanged: false,
    now: 0,
  };
}

/** What becomes of arrivals. */
export interface Decided {
  readonly fresh: readonly Held[];
  /** Those that something joined, new ones among them. */
  readonly changed: ReadonlySet<Held>;
  /** By the key that each arrival came with. */
  readonly joined: ReadonlyMap<string, Held>;
  /** What the state is to hold of those that joined. */
  readonly notes: CommitRows['state'];
}

/**
 * Takes arrivals that are not known in their order, each seeing what became of those before it.
 * @param groups what is stored of their groups; what is new is added
 * @param stored reads the alert of one that is stored
 */
export async function decideArrivals(
  arrivals: readonly Arrival[],
  groups: Map<string, Held[]>,
  paces: RulePaces,
  stored: (held: Held) => Promise<Alert>,
): Promise<Decided> {
  const fresh: Held[] = [];
  const changed = new Set<Held>();
  const joined = new Map<string, Held>();
  const notes: CommitRows['state'][number][] = [];
  for (const arrival of arrivals) {
    const { row, alert } = arrival.entry;
    const taken = await take(arrival, joiners(arrival, groups), paces, stored);
    if (taken.type === 'joined') {
      joined.set(row.id, taken.held);
      changed.add(taken.held);
      if (taken.note !== undefined) notes.push(stateChange(taken.note, arrival.batch.now));
      continue;
    }
    fresh.push(taken.held);
    if (alert.group !== undefined) addTo(groups, alert.group.key, taken.held);
  }
  return { fresh, changed, joined, notes };
}

type Taken =
  | { readonly type: 'joined'; readonly held: Held; readonly note: JoinedNote | undefined }
  | { readonly type: 'fresh'; readonly held: Held };

/** Decides what becomes of one that is not known. */
async function take(
  arrival: Arrival,
  candidates: readonly Held[],
  paces: RulePaces,
  stored: (held: Held) => Promise<Alert>,
): Promise<Taken> {
  const { entry, batch } = arrival;
  const { joining, now } = batch;
  let follows: FollowedAlert | undefined;
  if (joining !== undefined)
    for (const held of candidates) {
      if (held.alert === undefined) {
        held.before = await stored(held);
        held.alert = held.before;
      }
      const verdict = joinFinding(held.alert, entry.alert, joining, now);
      if (verdict.type === 'apart') {
        follows ??= verdict.follows;
        continue;
      }
      const note = joining.noteOf?.(entry.alert, held.alert);
      const isNew = held.arrival !== undefined;
      held.alert = isNew ? untold(verdict.alert) : verdict.alert;
      held.span = occurrencesOf(verdict.alert);
      held.isClosed = isClosed(lifecycleOf(verdict.alert));
      held.isChanged = true;
      held.now = now;
      held.lines.push(...verdict.lines);
      if (verdict.tells) {
        // Who cares for what has joined it, such as an account of production, may not have been told of the first.
        const owes = owedOnce([...joining.channelsFor(verdict.alert), ...entry.owes]);
        const isTold =
          held.owes.size > 0 || (owes.length > 0 && (await paces.admits(verdict.alert, batch, owes)));
        if (isTold) {
          for (const one of owes) if (!held.owes.has(one.channel)) held.owes.set(one.channel, one);
          held.alert = unmuted(held.alert);
        }
      }
      return { type: 'joined', held, note };
    }
  const alert = follows === undefined ? entry.alert : { ...entry.alert, follows };
  const isMuted =
    joining !== undefined && entry.owes.length > 0 && !(await paces.admits(alert, batch, entry.owes));
  return {
    type: 'fresh',
    held: {
      sequence: undefined,
      alert: isMuted ? { ...alert, muted: { until: paces.endOf(alert) } } : alert,
      before: undefined,
      span: occurrencesOf(alert),
      isClosed: false,
      isExcepted: alert.exception !== undefined,
      arrival,
      owes: new Map(isMuted ? [] : entry.owes.map((one) => [one.channel, one])),
      lines: [],
      isChanged: isMuted || follows !== undefined,
      now,
    },
  };
}

function unmuted(alert: Alert): Alert {
  const { incident } = alert;
  return {
    ...alert,
    muted: undefined,
    ...(incident && { incident: { id: incident.id, name: incident.name } }),
  };
}

/** Of an alert that nobody was told of yet, what joins it is no news. */
function untold(alert: Alert): Alert {
  const { news: _, ...rest } = alert;
  const { occurrences } = rest;
  if (occurrences === undefined) return rest;
  return {
    ...rest,
    occurrences: { ...occurrences, told: { at: occurrences.lastSeen, count: occurrences.count, times: 1 } },
  };
}

/** What of a group is near enough for one to join it: what is open first, then the latest. */
function joiners(
  { entry: { alert }, batch }: Arrival,
  groups: ReadonlyMap<string, readonly Held[]>,
): readonly Held[] {
  const { group } = alert;
  if (group === undefined || batch.joining === undefined) return [];
  return (groups.get(group.key) ?? [])
    .filter(
      ({ isExcepted, span }) =>
        isExcepted === (alert.exception !== undefined) && isWithin(alert.time, span, group.windowMs),
    )
    .toSorted((a, b) => Number(a.isClosed) - Number(b.isClosed) || b.span.lastSeen - a.span.lastSeen);
}

export function addTo(groups: Map<string, Held[]>, key: string, held: Held): void {
  const some = groups.get(key);
  if (some === undefined) groups.set(key, [held]);
  else some.push(held);
}
