import { isList, type Json, type JsonObject } from '../event/json.ts';

/**
 * A reader for a field name with dots, compiled once. Where an array lies on the way or at the end, the result is an array of
 * all that its members hold; a name may write such a place as `items[]`. A key that has dots in it is found too, where
 * the plain reading finds nothing. Inherited names (`constructor`) are never found. Undefined means: not there.
 */
export function compileField(name: string): (root: JsonObject) => Json | undefined {
  const segments = name.split('.').map((segment) => segment.replace(/\[\]$/, ''));
  const tails = segments.map((_, from) => segments.slice(from).join('.'));
  if (segments.length === 1) return (root) => (Object.hasOwn(root, name) ? root[name] : undefined);
  return (root) => read(root, segments, tails, 0);
}

function read(
  value: Json | undefined,
  segments: readonly string[],
  tails: readonly string[],
  depth: number,
): Json | undefined {
  let current = value;
  for (let i = depth; i < segments.length; i++) {
    if (typeof current !== 'object' || current === null) return undefined;
    if (isList(current)) return readMembers(current, segments, tails, i);
    const segment = segments[i];
    if (segment !== undefined && Object.hasOwn(current, segment)) current = current[segment];
    else return readDotted(current, segments, tails, i);
  }
  return current;
}

function readMembers(
  members: readonly Json[],
  segments: readonly string[],
  tails: readonly string[],
  depth: number,
): Json | undefined {
  const found: Json[] = [];
  for (const item of members) {
    const value = read(item, segments, tails, depth);
    if (isList(value)) {
      // One by one: so long a list would not fit onto the call stack.
      for (const inner of value) found.push(inner);
    } else if (value !== undefined) found.push(value);
  }
  return found.length > 0 ? found : undefined;
}

/** Keys that hold dots themselves: `a.b` under `x` for the field `x.a.b`. */
function readDotted(
  parent: JsonObject,
  segments: readonly string[],
  tails: readonly string[],
  depth: number,
): Json | undefined {
  const tail = tails[depth];
  if (tail === undefined || depth === segments.length - 1) return undefined;
  if (Object.hasOwn(parent, tail)) return parent[tail];
  for (let end = segments.length - 1; end > depth + 1; end--) {
    const key = segments.slice(depth, end).join('.');
    if (Object.hasOwn(parent, key)) return read(parent[key], segments, tails, end);
  }
  return undefined;
}
