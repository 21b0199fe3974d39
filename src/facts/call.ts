import type { Event } from '../event/event.ts';
import { isJsonObject, isList, object, text } from '../event/json.ts';
import type { Json, JsonObject } from '../event/json.ts';
import { arnOf } from '../decode/cloudtrail/target-arns.ts';
import { accountOfArn, isAccountId, parseArn, partitionOfRegion } from '../decode/cloudtrail/arn.ts';
import { loose } from './loose.ts';
import { codeOf, isAttempt } from './gate.ts';
import { quote } from './sentence.ts';

/** A call with its request and answer, EC2's wrappers taken off. */
export interface Call {
  readonly event: Event;
  readonly request: JsonObject | undefined;
  readonly response: JsonObject | undefined;
  /** True where the call failed: what it asked for did not happen. */
  readonly attempted: boolean;
}

/** How many values of one list are looked at. AWS takes fewer in any call that is read here. */
const mostValues = 200;

export function callOf(event: Event): Call {
  return {
    event,
    request: unwrapped(object(event.fields, 'requestParameters')),
    response: unwrapped(object(event.fields, 'responseElements')),
    attempted: isAttempt(event),
  };
}

/** EC2's newer calls stand in one object of their own: `{"ModifyInstanceMetadataOptionsRequest": {"HttpTokens": "optional"}}`. */
function unwrapped(parameters: JsonObject | undefined): JsonObject | undefined {
  if (parameters === undefined) return undefined;
  const [key, second] = Object.keys(parameters);
  if (key === undefined || second !== undefined || !/^[A-Z].*(?:Request|Response)$/.test(key))
    return parameters;
  return object(parameters, key) ?? parameters;
}

/**
 * The value at a dotted path, whatever the case of the names' letters: services write `dBInstanceIdentifier`,
 * `dbInstanceIdentifier` or `DBInstanceIdentifier` for the same thing. EC2's `{"value": x}` is looked through at the end.
 */
export function at(parent: Json | undefined, path: string): Json | undefined {
  let value = parent;
  for (const name of path.split('.')) value = loose(value, name);
  return isJsonObject(value) && Object.keys(value).length === 1 ? (loose(value, 'value') ?? value) : value;
}

/** The non-empty text at a path. */
export function textAt(parent: Json | undefined, path: string): string | undefined {
  const value = at(parent, path);
  return typeof value === 'string' && value !== '' ? value : undefined;
}

/** The first text that stands at one of the paths, alone or as the first of a list. */
export function firstText(parent: Json | undefined, paths: readonly string[]): string | undefined {
  for (const path of paths) {
    const value = textAt(parent, path) ?? textsAt(parent, path)[0];
    if (value !== undefined) return value;
  }
  return undefined;
}

/** True or false as a boolean or as a text; undefined for anything else. */
export function flagAt(parent: Json | undefined, path: string): boolean | undefined {
  const value = at(parent, path);
  if (typeof value === 'boolean') return value;
  const word = typeof value === 'string' ? value.toLowerCase() : '';
  return word === 'true' ? true : word === 'false' ? false : undefined;
}

/** A number, also where it is written as a text. */
export function numberAt(parent: Json | undefined, path: string): number | undefined {
  const value = at(parent, path);
  if (typeof value === 'number') return value;
  return typeof value === 'string' && /^\d{1,12}$/.test(value) ? Number(value) : undefined;
}

/** The members of a list in any form that CloudTrail writes: `[..]`, `{"items": [..]}`, or one alone. At most 200. */
export function membersAt(parent: Json | undefined, path: string): readonly Json[] {
  const value = at(parent, path);
  if (value === undefined || value === null || value === '') return [];
  if (isList(value)) return value.slice(0, mostValues);
  const items = loose(value, 'items');
  if (items !== undefined) return isList(items) ? items.slice(0, mostValues) : [items];
  return isJsonObject(value) && Object.keys(value).length === 0 ? [] : [value];
}

/** The texts of a list in any of those forms, and of `{"tag": 1, "content": text}`; each once. */
export function textsAt(parent: Json | undefined, path: string): readonly string[] {
  const texts = membersAt(parent, path).map((item) => (isJsonObject(item) ? text(item, 'content') : item));
  return [...new Set(texts.filter((item) => typeof item === 'string' && item !== ''))].map(String);
}

/** A thing that a call was about, as facts name it. */
export interface Resource {
  readonly type: string;
  readonly name: string;
  /** The ARN where the record gives it or leaves nothing open about it, otherwise the name. */
  readonly id: string;
  /** The account that owns it. */
  readonly owner: string | undefined;
  /** What a person calls it: "database instance `billing`". */
  readonly spoken: string;
}

/** A resource by its type and by the name or ARN that the record gives. */
export function resourceOf(event: Event, type: string, word: string, given: string | undefined): Resource {
  const name = nameIn(given ?? '');
  const place = {
    partition: partitionOfRegion(event.region ?? ''),
    region: event.region,
    account: event.account !== undefined && isAccountId(event.account) ? event.account : undefined,
  };
  const isArn = given !== undefined && parseArn(given) !== undefined;
  return {
    type,
    name,
    id: isArn ? given : (arnOf(type, name, place) ?? name),
    owner: (isArn ? accountOfArn(given) : undefined) ?? event.account,
    spoken: name === '' ? `a ${word} that the record does not name` : `${word} ${quote(name)}`,
  };
}

/** The name at the end of an ARN; anything else as it is. */
function nameIn(given: string): string {
  const resource = parseArn(given)?.resource;
  if (resource === undefined) return given;
  return resource.slice(resource.search(/[/:]/) + 1);
}

/** A sentence about a call that failed, with its error code. */
export function failed(event: Event, tried: string): string {
  return `tried to ${tried}, but the call failed${codeOf(event)}`;
}

const unknownOutcome = 'whether the call succeeded: the record does not say';

/** What stays unknown about a call: nothing where it failed, else what is given, and the outcome where the record hides it. */
export function unknownsOf({ event, attempted }: Call, unknowns: readonly string[]): readonly string[] {
  if (attempted) return [];
  return event.outcome.result === 'unknown' ? [unknownOutcome, ...unknowns] : unknowns;
}
