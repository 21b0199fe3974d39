import { isJsonObject, isList, member } from '../../event/json.ts';
import type { Json, JsonObject } from '../../event/json.ts';

// S3's requests are XML, which CloudTrail writes as JSON: one element is an object, several are an array; an element without
// content is ""; texts that look like numbers or truth values become such; an element with attributes has its text in `content`.

const mostElements = 1_000;

/** `parent[name]`, with a small initial letter as well; undefined where it is absent, null or an empty element. */
export function child(parent: Json | undefined, name: string): Json | undefined {
  const found = member(parent, name) ?? member(parent, name.charAt(0).toLowerCase() + name.slice(1));
  return found === null || found === '' ? undefined : found;
}

/** The elements of that name, one or many; at most a thousand, which is more than S3 takes of any. */
export function children(parent: Json | undefined, name: string): readonly Json[] {
  const found = child(parent, name);
  if (found === undefined) return [];
  return isList(found) ? found.slice(0, mostElements) : [found];
}

/** An element that has members; undefined where it is absent or a text. Of several it is the first. */
export function element(parent: Json | undefined, name: string): JsonObject | undefined {
  return children(parent, name).find(isJsonObject);
}

/** The text of a value, whatever JSON made of it. */
function textOf(value: Json | undefined): string | undefined {
  if (typeof value === 'string') return value === '' ? undefined : value;
  if (typeof value === 'number' || typeof value === 'boolean') return String(value);
  return isJsonObject(value) ? textOf(scalar(member(value, 'content'))) : undefined;
}

function scalar(value: Json | undefined): Json | undefined {
  return typeof value === 'object' ? undefined : value;
}

/** The text of the first element of that name. */
export function leaf(parent: Json | undefined, name: string): string | undefined {
  return textOf(children(parent, name)[0]);
}

/** The texts of all elements of that name. */
export function leaves(parent: Json | undefined, name: string): readonly string[] {
  return children(parent, name)
    .map(textOf)
    .filter((one) => one !== undefined);
}

/** The number in an element; undefined where it is absent or no number. */
export function numberIn(parent: Json | undefined, name: string): number | undefined {
  const text = leaf(parent, name);
  const value = text === undefined ? Number.NaN : Number(text);
  return Number.isFinite(value) ? value : undefined;
}

/** An account id: twelve digits, of which JSON numbers lose the zeros in front. */
export function accountIn(parent: Json | undefined, name: string): string | undefined {
  const text = leaf(parent, name);
  return text !== undefined && /^\d{1,12}$/.test(text) ? text.padStart(12, '0') : undefined;
}

/** The values of a header, whose name is in lower case: CloudTrail writes some as a text and some as a list of one. */
export function header(request: JsonObject | undefined, name: string): string | undefined {
  for (const key of Object.keys(request ?? {})) {
    if (key.length === name.length && key.toLowerCase() === name) return leaf(request, key);
  }
  return undefined;
}
