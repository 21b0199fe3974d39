import { Queue } from './entry.ts';

/** A list that gives its least member first. What comes in order costs nothing more; else both ways cost the logarithm of its length. */
export interface Heap<T> {
  readonly size: () => number;
  readonly first: () => T | undefined;
  readonly push: (item: T) => void;
  readonly pop: () => T | undefined;
}

export function createHeap<T>(before: (a: T, b: T) => boolean): Heap<T> {
  /** What came in order: no member before the one in front of it. */
  const ordered = new Queue<T>();
  const rest = createTree(before);

  /** Whether the least member is among the rest. */
  function isInRest(): boolean {
    const [first, other] = [ordered.first, rest.first()];
    return other !== undefined && (first === undefined || before(other, first));
  }

  return {
    size: () => ordered.length + rest.size(),
    first: () => (isInRest() ? rest.first() : ordered.first),
    push: (item) => {
      const { last } = ordered;
      if (last === undefined || !before(item, last)) ordered.push(item);
      else rest.push(item);
    },
    pop: () => (isInRest() ? rest.pop() : ordered.shift()),
  };
}

function createTree<T>(before: (a: T, b: T) => boolean): Heap<T> {
  const items: T[] = [];
  return {
    size: () => items.length,
    first: () => items[0],
    push: (item) => {
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
    },
    pop: () => {
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
    },
  };
}
