import type { Event } from '../../event/event.ts';
import { isJsonObject, isList, list, member, type Json, type JsonObject } from '../../event/json.ts';

/** What a call, or a look at the account, says of one asset: that it is there, was made, changed or deleted, and what is known of it by that. */
export interface Sighting {
  /** `AWS::S3::Bucket` and the like, as CloudFormation names them. */
  readonly type: string;
  /** Names the asset for good, together with its type: `vault`, `sg-0a1b`, `111122223333/alice`. */
  readonly id: string;
  /** What people call it. */
  readonly name: string;
  readonly arn?: string | undefined;
  readonly account?: string | undefined;
  readonly region?: string | undefined;
  /** `shown`: it is there, whoever made it. */
  readonly what: 'created' | 'changed' | 'deleted' | 'shown';
  readonly aspects: Readonly<Record<string, AspectChange>>;
}

/**
 * What a sighting says of one aspect. `set` replaces what was known, undefined where there is nothing any more (a deleted policy);
 * `members` takes members into a set and out of it, and says nothing of the others unless it says `all`.
 */
export type AspectChange =
  | { readonly how: 'set'; readonly value: Json | undefined }
  | {
      readonly how: 'members';
      readonly add: readonly string[];
      readonly remove: readonly string[];
      /** Nothing but these is in it. */
      readonly all?: true;
    }
  /** What another aspect of the same asset is known to be becomes this one. */
  | { readonly how: 'copy'; readonly of: string };

/** Aspects that hold a policy document, and what people call it. Inline policies are `inline-policy NAME`. */
export const policyAspects: ReadonlyMap<string, string> = new Map([
  ['policy', 'policy'],
  ['trust', 'trust policy'],
]);

export const inlinePrefix = 'inline-policy ';

/** Where an asset can be reached: addresses and DNS names, in lower case without a dot at the end. */
export const reachedAt = 'reached-at';

/** What a DNS record points at, written like `reachedAt`. */
export const pointsAt = 'points-at';

/** Where assets are. */
export interface Place {
  readonly account: string | undefined;
  readonly region: string | undefined;
  readonly partition: string;
}

/** A call as the readers of sightings see it. */
export interface Call extends Place {
  readonly event: Event;
  readonly request: JsonObject | undefined;
  readonly response: JsonObject | undefined;
}

export type Reader = (call: Call) => readonly Sighting[];

/** The value at a path of keys; the first letter of each may be written large or small, as services differ in that. */
export function at(value: Json | undefined, path: string): Json | undefined {
  let here = value;
  for (const key of path.split('.')) {
    if (!isJsonObject(here)) return undefined;
    here = member(here, key) ?? member(here, otherCase(key));
  }
  return here;
}

function otherCase(key: string): string {
  const first = key.charAt(0);
  const lower = first.toLowerCase();
  return (first === lower ? first.toUpperCase() : lower) + key.slice(1);
}

/** A text that is not empty, at the first of these paths that has one. Names longer than anything that AWS gives are none. */
export function textAt(value: Json | undefined, ...paths: readonly string[]): string | undefined {
  for (const path of paths) {
    const found = at(value, path);
    if (typeof found === 'string' && found !== '' && found.length <= 2048) return found;
  }
  return undefined;
}

/** The members of a list, or of EC2's `{items: []}` around one; so many at most. */
export function itemsAt(value: Json | undefined, path: string): readonly Json[] {
  const found = at(value, path);
  const items = isList(found) ? found : list(found, 'items');
  return items.slice(0, mostItems);
}

/** One call names so many things at most; a record can hold far more, but no call of AWS does. */
const mostItems = 1000;

export function set(value: Json | undefined): AspectChange {
  return { how: 'set', value };
}

/** Aspects that the call says something of; undefined ones are left out. */
export function told(
  aspects: Readonly<Record<string, AspectChange | undefined>>,
): Readonly<Record<string, AspectChange>> {
  const kept: Record<string, AspectChange> = {};
  for (const [name, change] of Object.entries(aspects)) if (change !== undefined) kept[name] = change;
  return kept;
}

/** A change to the value where there is one; nothing is said otherwise. */
export function setIf(value: Json | undefined): AspectChange | undefined {
  return value === undefined || value === null || value === '' ? undefined : set(value);
}

/** Tags as `key=value`, in either spelling of the APIs: a list of pairs or an object. */
export function tagsOf(value: Json | undefined): readonly string[] {
  const pairs = isList(value)
    ? value.map((tag): readonly [Json | undefined, Json | undefined] => [
        at(tag, 'key') ?? at(tag, 'tagKey'),
        at(tag, 'value') ?? at(tag, 'tagValue'),
      ])
    : isJsonObject(value)
      ? Object.entries(value)
      : [];
  return pairs
    .flatMap(([key, text]) =>
      typeof key === 'string' ? [`${key}=${typeof text === 'string' ? text : ''}`.slice(0, 300)] : [],
    )
    .slice(0, 50);
}

export function tagsIf(value: Json | undefined): AspectChange | undefined {
  const add = tagsOf(value);
  return add.length === 0 ? undefined : { how: 'members', add, remove: [] };
}

/** An address or a DNS name as it is compared: case and the dot at the end say nothing. */
export function reachable(name: string): string {
  return name.toLowerCase().replace(/\.$/, '');
}

/** A set of addresses and DNS names that the asset has from now on. */
export function reachedIf(...names: readonly (string | undefined)[]): AspectChange | undefined {
  const known = names.flatMap((name) => (name === undefined ? [] : [reachable(name)]));
  return known.length === 0 ? undefined : { how: 'members', add: known, remove: [] };
}

export function arn(
  place: Place,
  service: string,
  rest: string,
  scope: 'regional' | 'global' = 'regional',
): string {
  const region = scope === 'regional' ? (place.region ?? '') : '';
  return `arn:${place.partition}:${service}:${region}:${place.account ?? ''}:${rest}`;
}
