import { isMap, isNode, isScalar, isSeq, type Document } from 'yaml';

/** Where the key (or list item) at this path begins, or its nearest parent that exists. */
export function offsetOf(document: Document, at: readonly (string | number)[]): number | undefined {
  for (let depth = at.length; depth > 0; depth--) {
    const key = at[depth - 1];
    const parent: unknown = depth === 1 ? document.contents : document.getIn(at.slice(0, depth - 1), true);
    const node = isMap(parent)
      ? parent.items.find((pair) => isScalar(pair.key) && pair.key.value === key)?.key
      : isSeq(parent) && typeof key === 'number'
        ? parent.items[key]
        : undefined;
    if (isNode(node) && node.range) return node.range[0];
  }
  return document.contents?.range?.[0];
}
