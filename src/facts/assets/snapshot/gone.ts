import { isDeleted, type Asset } from '../asset.ts';
import { assetKey } from '../memory.ts';
import type { Sighting } from '../sighting.ts';

/** All assets of a type in an account, or of a part of it, were listed. */
export interface WholeList {
  readonly type: string;
  readonly account: string;
  /** Only those of this region. */
  readonly region?: string | undefined;
  /** Only those whose id begins so. */
  readonly prefix?: string | undefined;
  /** When the list was asked for. */
  readonly time: number;
}

/** What was heard of so shortly before a list may not be in it yet: AWS's answers are consistent only in the end. */
const settledMs = 15 * 60_000;

/** What is remembered as being there, and is missing in a list that would have it. */
export function goneSightings(
  known: Iterable<Asset>,
  lists: readonly WholeList[],
  shown: ReadonlySet<string>,
): readonly { readonly list: WholeList; readonly sighting: Sighting }[] {
  const ofType = Map.groupBy(lists, ({ type }) => type);
  const gone = [];
  for (const asset of known) {
    const list = ofType.get(asset.type)?.find((one) => holds(one, asset));
    if (list === undefined || isDeleted(asset) || shown.has(assetKey(asset))) continue;
    const { type, id, name, arn, account, region } = asset;
    gone.push({
      list,
      sighting: { type, id, name, arn, account, region, what: 'deleted' as const, aspects: {} },
    });
  }
  return gone;
}

function holds(list: WholeList, { id, account, region, lastSeen }: Asset): boolean {
  return (
    account === list.account &&
    (list.region === undefined || region === list.region) &&
    (list.prefix === undefined || id.startsWith(list.prefix)) &&
    lastSeen < list.time - settledMs
  );
}
