import type { Alert } from '../alert/alert.ts';
import type { Status } from '../alert/alert-life.ts';
import type { GatherSetting } from '../alert/incident/gather.ts';
import { lifecycleOf } from '../alert/lifecycle.ts';
import { passOn } from './incident-life.ts';
import type { AlertChange } from './life-store.ts';
import type { AlertQuery, Store } from './store.ts';

/** An alert to be changed, as it was when somebody chose it. */
export interface BulkTarget {
  /** Its own, or that of a finding that joined it. */
  readonly id: string;
  /** `lifecycle.revision`, 0 where it has none; whatever is there, where left out. */
  readonly revision?: number | undefined;
}

export interface BulkChange extends Pick<AlertChange, 'by' | 'via' | 'now'> {
  readonly status: Status;
  readonly reason?: string | undefined;
}

/** Every alert is counted once, by however many ids it was named. */
export interface BulkResult {
  readonly changed: number;
  /** They were so already. */
  readonly unchanged: number;
  /** Somebody else was faster, or new evidence came: they are left as they are. */
  readonly conflicts: readonly Alert[];
  /** The change makes no sense for them. */
  readonly refused: readonly { readonly id: string; readonly reason: string }[];
  /** Those that are not there. */
  readonly unknown: readonly string[];
  /** Further alerts that got the status, because they belong to an incident whose alert was among the targets. */
  readonly passedOn: number;
}

/** At most so many alerts are changed in one go, so that an answer comes. */
export const mostInBulk = 10_000;

/**
 * Which alerts a search finds at this moment, with their revisions.
 * @param most of 1 to 10,000; `isAll` is false where there are more
 */
export async function bulkTargets(
  store: Pick<Store, 'alerts'>,
  query: Omit<AlertQuery, 'after' | 'limit'>,
  most: number,
): Promise<{ readonly targets: readonly BulkTarget[]; readonly isAll: boolean }> {
  const targets: BulkTarget[] = [];
  let after: string | undefined;
  do {
    const page = await store.alerts({ ...query, after, limit: Math.min(500, most - targets.length + 1) });
    for (const alert of page.alerts) targets.push({ id: alert.id, revision: lifecycleOf(alert).revision });
    after = page.next;
  } while (after !== undefined && targets.length <= most);
  return { targets: targets.slice(0, most), isAll: after === undefined && targets.length <= most };
}

/** Gives alerts a status, one after the other. Nothing that somebody else has decided meanwhile is overwritten. */
export async function changeInBulk(
  store: Pick<Store, 'alert' | 'deliveries' | 'life' | 'state'>,
  gathering: GatherSetting | undefined,
  targets: readonly BulkTarget[],
  change: BulkChange,
): Promise<BulkResult> {
  const { status, reason, ...who } = change;
  const conflicts: Alert[] = [];
  const refused: { id: string; reason: string }[] = [];
  const unknown: string[] = [];
  let [changed, unchanged, passedOn] = [0, 0, 0];
  const once = new Map(targets.map((target) => [target.id, target]));
  const done = new Set<string>();
  const raised: Alert[] = [];
  for (const { id: named, revision } of once.values()) {
    let [id, told] = [named, await store.deliveries(named)];
    if (told.length === 0) {
      // Nobody was told of it, or it is the id of a finding that joined an alert.
      id = (await store.alert(named))?.id ?? named;
      if (id !== named) told = await store.deliveries(id);
    }
    if (done.has(id)) continue;
    done.add(id);
    const result = await store.life.change({
      ...who,
      alertId: id,
      change: { type: 'status', status, reason },
      expected: revision,
      followUps: [...new Set(told.map(({ channel }) => channel))],
    });
    switch (result.type) {
      case 'changed':
        changed += 1;
        raised.push(result.alert);
        break;
      case 'unchanged':
        unchanged += 1;
        break;
      case 'stale':
        conflicts.push(result.alert);
        break;
      case 'refused':
        refused.push({ id, reason: result.reason });
        break;
      case 'unknown':
        unknown.push(id);
        break;
      default:
        return result satisfies never;
    }
  }
  // Behind all others, so that what was chosen itself is changed with the revision that it was chosen with.
  for (const alert of raised) passedOn += await passOn(store, gathering, alert, change);
  return { changed, unchanged, conflicts, refused, unknown, passedOn };
}
