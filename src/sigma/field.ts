import { isList, ownMember, type Json, type JsonObject } from '../event/json.ts';

/**
 * A reader for a field name with dots, compiled once. Where an array lies on the way or at the end, the result is an array of
 * all that its members hold; a name may write such a place as `items[]`. A key that has dots in it is found too, where
 * the plain reading finds nothing. Inherited names (`constructor`) are never found. Undefined means: not there.
 */
export function compileField(name: string): (root: JsonObject) => Json | undefined {
  const segments = segmentsOf(name);
  const [only] = segments;
  if (segments.length === 1 && only !== undefined) return (root) => ownMember(root, only);
  const path: Path = {
    segments,
    dotted: segments.map((_, from) =>
      segments
        .slice(from + 1)
        .map((_segment, more) => ({
          key: segments.slice(from, from + more + 2).join('.'),
          next: from + more + 2,
        }))
        .reverse(),
    ),
  };
  return (root) => readPlain(root, segments) ?? read(root, path, 0);
}

/** What stands there where every key on the way is plain and every value an object, as nearly always; undefined where it may be otherwise. */
function readPlain(root: JsonObject, segments: readonly string[]): Json | undefined {
  let value: Json | undefined = root;
  for (const segment of segments) {
    if (typeof value !== 'object' || value === null || isList(value)) return undefined;
    value = ownMember(value, segment);
  }
  return value;
}

/** The keys at the top of an event under which `compileField` looks for the field: without any of them it is not there. */
export function topKeysOf(name: string): readonly string[] {
  const segments = segmentsOf(name);
  return segments.map((_, last) => segments.slice(0, last + 1).join('.'));
}

function segmentsOf(name: string): readonly string[] {
  return name.split('.').map((segment) => segment.replace(/\[\]$/, ''));
}

interface Path {
  readonly segments: readonly string[];
  /** For each depth, the keys with dots that could stand there, the longest first, and the depth behind each. */
  readonly dotted: readonly (readonly { readonly key: string; readonly next: number }[])[];
}

function read(value: Json | undefined, path: Path, depth: number): Json | undefined {
  const segment = path.segments[depth];
  if (segment === undefined) return value;
  if (typeof value !== 'object' || value === null) return undefined;
  if (isList(value)) {
    const found: Json[] = [];
    return readMembers(value, path, depth, found) ? found : undefined;
  }
  const plain = Object.hasOwn(value, segment) ? read(value[segment], path, depth + 1) : undefined;
  return plain === undefined ? readDotted(value, path, depth) : plain;
}

/**
 * Adds to `found` what the members hold; false where none of them has the field, which is something else than an empty list in it.
 * Lists inside lists are entered with a stack of its own: they may be nested deeper than the call stack allows.
 */
function readMembers(members: readonly Json[], path: Path, depth: number, found: Json[]): boolean {
  let there = false;
  const open = [members.values()];
  for (let list = open.at(-1); list !== undefined; list = open.at(-1)) {
    const { done, value: item } = list.next();
    if (done === true) {
      open.pop();
      continue;
    }
    if (isList(item)) {
      open.push(item.values());
      continue;
    }
    const value = read(item, path, depth);
    if (value === undefined) continue;
    there = true;
    if (isList(value)) {
      // One by one: so long a list would not fit onto the call stack.
      for (const inner of value) found.push(inner);
    } else found.push(value);
  }
  return there;
}

/** Keys that hold dots themselves: `a.b` under `x` for the field `x.a.b`. */
function readDotted(parent: JsonObject, path: Path, depth: number): Json | undefined {
  for (const { key, next } of path.dotted[depth] ?? []) {
    if (!Object.hasOwn(parent, key)) continue;
    const value = read(parent[key], path, next);
    if (value !== undefined) return value;
  }
  return undefined;
}
