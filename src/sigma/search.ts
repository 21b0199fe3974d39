import { parseCondition } from './condition.ts';
import { splitSelectors } from './element-path.ts';
import { RuleError } from './problem.ts';
import type { Condition, ElementQuantifier } from './rule.ts';
import { WrittenNumber } from './written-number.ts';

/** Path of keys to where something stands in its document. */
export type Place = readonly (string | number)[];

/**
 * A search as the rule writes it: what stands where is known, and what the modifiers make of the values is not. Filters are added to it
 * and pipelines change it; detection.ts makes what runs of it.
 */
export type Search =
  { readonly type: 'all' | 'any'; readonly of: readonly Search[] } | SearchItem | ElementSearch;

export interface SearchItem {
  readonly type: 'item';
  /** Undefined where the values are looked for in the whole event. */
  readonly field: string | undefined;
  readonly modifiers: readonly string[];
  readonly values: readonly SearchValue[];
  readonly at: Place;
  /** Ids of the pipeline items that have changed it. */
  readonly applied?: readonly string[];
}

export interface SearchValue {
  /** What YAML made of it. */
  readonly value: unknown;
  readonly at: Place;
}

export interface ElementSearch {
  readonly type: 'element';
  readonly field: string;
  readonly quantifier: ElementQuantifier;
  readonly searches: Readonly<Record<string, Search>>;
  readonly condition: Condition;
  readonly at: Place;
  readonly applied?: readonly string[];
}

export interface SearchOptions {
  /** Whether `field[any]` is a selector of elements (`sigma-version: 3`) or a name like any other. */
  readonly elements: boolean;
  /** Says something of a search that is read all the same. */
  readonly warn?: (message: string, at: Place) => void;
}

/**
 * Reads one search identifier: a map (all fields must match), a list of maps (one must), a list of texts or a single text
 * (keywords, looked for in every value).
 * https://sigmahq.io/sigma-specification/specification/sigma-rules-specification.html#detection
 * @throws {RuleError} at the key or value that cannot be read.
 */
export function readSearch(value: unknown, at: Place, options: SearchOptions): Search {
  return readAny(value, at, { ...options, inside: 0 });
}

interface Reading extends SearchOptions {
  /** In how many elements one lies in the other; 0 where the whole event is looked at. */
  readonly inside: number;
}

function readAny(value: unknown, at: Place, reading: Reading): Search {
  if (isMap(value)) return readMap(value, at, reading);
  if (!Array.isArray(value)) return keywords([{ value, at }], [], at, reading);
  if (value.length === 0) throw new RuleError('an empty list can never match; remove it or add a value', at);
  if (value.every((item) => !isMap(item)))
    return keywords(
      value.map((item: unknown) => ({ value: item, at })),
      [],
      at,
      reading,
    );
  const of = value.map((item, i) => readAny(isMap(item) ? item : [item], [...at, i], reading));
  return single(of) ?? { type: 'any', of };
}

function readMap(map: Readonly<Record<string, unknown>>, at: Place, reading: Reading): Search {
  const entries = Object.entries(map);
  if (entries.length === 0) throw new RuleError('an empty map would match every event; add a field', at);
  const of = entries.map(([key, value]) => readItem(key, value, [...at, key], reading));
  return single(of) ?? { type: 'all', of };
}

function readItem(key: string, value: unknown, at: Place, reading: Reading): Search {
  const [name = '', ...modifiers] = key.split('|');
  if (name === '')
    return keywords(
      (Array.isArray(value) ? value : [value]).map((item: unknown) => ({ value: item, at })),
      modifiers,
      at,
      reading,
    );
  if (!reading.elements) {
    if (isMap(value) && /\[\w*\]/.test(name))
      throw new RuleError(
        `'${name}' has a map below it, which asks for one element of a list; that needs 'sigma-version: 3' at the top of the rule`,
        at,
      );
    if (/\[(?:any|all|all_or_empty|none)\]/.test(name))
      reading.warn?.(
        `'${name}' is the whole name of a field here; to ask elements of a list, write 'sigma-version: 3' at the top`,
        at,
      );
    return item(name, modifiers, value, at);
  }
  const path = splitSelectors(name, at);
  return readPath(path.field, path.selectors, modifiers, value, at, reading);
}

/** No log is nested so; and what comes after may follow a rule as deep as it goes. */
const deepestElements = 20;

/** `a[any].b[all].c`: the selectors from the left, then what stands behind them. */
function readPath(
  field: string,
  selectors: readonly { readonly quantifier: ElementQuantifier; readonly rest: string }[],
  modifiers: readonly string[],
  value: unknown,
  at: Place,
  reading: Reading,
): Search {
  const [selector, ...more] = selectors;
  if (selector === undefined) {
    if (field === '.' && reading.inside === 0)
      throw new RuleError("'.' is an element of a list; it has a sense below a key such as 'field[any]'", at);
    return item(field, modifiers, value, at);
  }
  if (reading.inside === deepestElements)
    throw new RuleError(`asks for elements in elements more than ${deepestElements} deep`, at);
  const inside = { ...reading, inside: reading.inside + 1 };
  const { quantifier, rest } = selector;
  const element = (searches: Readonly<Record<string, Search>>, condition: Condition): Search => ({
    type: 'element',
    field,
    quantifier,
    searches,
    condition,
    at,
  });
  const only = (search: Search) => element({ element: search }, { type: 'detection', name: 'element' });
  if (rest !== '' || !holdsMap(value))
    return only(readPath(rest === '' ? '.' : rest, more, modifiers, value, at, inside));
  if (modifiers.length > 0)
    throw new RuleError(
      `the modifiers '${modifiers.join('|')}' need values; below '${field}[${quantifier}]' stands a map`,
      at,
    );
  if (!isMap(value) || !Object.hasOwn(value, 'condition')) return only(readAny(value, at, inside));
  const { condition, ...named } = value;
  const names = Object.keys(named);
  if (typeof condition !== 'string')
    throw new RuleError("the condition of an element is a text such as 'open and not known'", [
      ...at,
      'condition',
    ]);
  if (names.length === 0)
    throw new RuleError('there is no search beside the condition of the element', [...at, 'condition']);
  return element(
    Object.fromEntries(names.map((name) => [name, readAny(named[name], [...at, name], inside)])),
    parseCondition(condition, names, [...at, 'condition']),
  );
}

function holdsMap(value: unknown): boolean {
  return isMap(value) || (Array.isArray(value) && value.some(isMap));
}

function item(field: string, modifiers: readonly string[], value: unknown, at: Place): SearchItem {
  if (Array.isArray(value) && value.length === 0)
    throw new RuleError('an empty list can never match; remove the field or add a value', at);
  const values: readonly SearchValue[] =
    Array.isArray(value) && value.length > 1
      ? value.map((one: unknown, i) => ({ value: one, at: [...at, i] }))
      : [{ value: Array.isArray(value) ? (value[0] as unknown) : value, at }];
  return { type: 'item', field, modifiers, values, at };
}

function keywords(
  values: readonly SearchValue[],
  modifiers: readonly string[],
  at: Place,
  reading: Reading,
): SearchItem {
  if (reading.inside > 0)
    throw new RuleError(
      "texts without a field are looked for in the whole event; put them into a search of their own, or write '.' for the element itself",
      at,
    );
  return { type: 'item', field: undefined, modifiers, values, at };
}

function isMap(value: unknown): value is Readonly<Record<string, unknown>> {
  return (
    typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof WrittenNumber)
  );
}

function single(of: readonly Search[]): Search | undefined {
  return of.length === 1 ? of[0] : undefined;
}
