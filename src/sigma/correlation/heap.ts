import { Queue } from './entry.ts';

/** A list that gives its least member first. What comes in order costs nothing more; else both ways cost the logarithm of its length. */
export interface Heap<T> {
  readonly size: () => number;
  readonly first: () => T | undefined;
  readonly push: (item: T) => void;
  readonly pop: () => T | undefined;
}

export function createHeap<T>(before: (a: T, b: T) => boolean): Heap<T> {
  const parts: Parts<T> = { before, ordered: new Queue<T>(), rest: [] };
  return {
    size: () => parts.ordered.length + parts.rest.length,
    first: () => first(parts),
    push: (item) => push(parts, item),
    pop: () => pop(parts),
  };
}

interface Parts<T> {
  readonly before: (a: T, b: T) => boolean;
  /** What came in order: no member before the one in front of it. */
  readonly ordered: Queue<T>;
  /** A tree in a list: none is before the one above it. */
  readonly rest: T[];
}

// Each of these is one function for all heaps: functions made with a heap are compiled anew for each.

/** Whether the least member is among the rest. */
function isInRest<T>({ before, ordered, rest }: Parts<T>): boolean {
  const [other] = rest;
  if (other === undefined) return false;
  const { first } = ordered;
  return first === undefined || before(other, first);
}

function first<T>(parts: Parts<T>): T | undefined {
  return isInRest(parts) ? parts.rest[0] : parts.ordered.first;
}

function push<T>({ before, ordered, rest }: Parts<T>, item: T): void {
  const { last } = ordered;
  if (last === undefined || !before(item, last)) ordered.push(item);
  else pushToTree(rest, item, before);
}

function pop<T>(parts: Parts<T>): T | undefined {
  return isInRest(parts) ? popFromTree(parts.rest, parts.before) : parts.ordered.shift();
}

function pushToTree<T>(items: T[], item: T, before: (a: T, b: T) => boolean): void {
  let at = items.length;
  items.push(item);
  while (at > 0) {
    const above = (at - 1) >> 1;
    const parent = items[above];
    if (parent === undefined || !before(item, parent)) break;
    items[at] = parent;
    at = above;
  }
  items[at] = item;
}

function popFromTree<T>(items: T[], before: (a: T, b: T) => boolean): T | undefined {
  const first = items[0];
  const last = items.pop();
  if (last === undefined || items.length === 0) return first;
  let at = 0;
  for (;;) {
    let below = at * 2 + 1;
    let child = items[below];
    if (child === undefined) break;
    const other = items[below + 1];
    if (other !== undefined && before(other, child)) {
      child = other;
      below++;
    }
    if (!before(child, last)) break;
    items[at] = child;
    at = below;
  }
  items[at] = last;
  return first;
}
