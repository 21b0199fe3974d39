/**
 * Takes the documents of one file in their order. `raw` is the document with what it shares with others; undefined where the document
 * is no rule but only holds what others share.
 */
export type Shared = (document: unknown) => { readonly raw: unknown; readonly warning?: string };

/**
 * The `action` key that Sigma had before its specification: `global` gives its content to the documents behind it, `reset` ends that,
 * `repeat` is the rule before it with changes. What a document says itself goes before what it is given; maps are merged, lists replaced.
 */
export function startShared(): Shared {
  let given: PlainMap = {};
  let previous: PlainMap = {};
  const borrowed = new Map<unknown, number>();
  /** Several rules cannot have one id: the first keeps the one that it is given, the others get a number behind it. */
  const ownId = (rule: PlainMap, own: PlainMap) => {
    if (typeof rule.id !== 'string' || own.id !== undefined) return { raw: rule };
    const before = borrowed.get(rule.id) ?? 0;
    borrowed.set(rule.id, before + 1);
    if (before === 0) return { raw: rule };
    const id = `${rule.id}#${before + 1}`;
    return {
      raw: { ...rule, id },
      warning: `shares its id with another rule of this file and is known as '${id}'; give it an id of its own`,
    };
  };
  return (document) => {
    if (!isPlainMap(document)) return { raw: document };
    const { action, ...own } = document;
    switch (action) {
      case 'global':
        given = merge(given, own);
        return {
          raw: undefined,
          warning:
            "'action: global' is a form that Sigma has given up; it is read, but write whole rules instead",
        };
      case 'reset':
        given = {};
        return {
          raw: undefined,
          warning:
            "'action: reset' is a form that Sigma has given up; it is read, but write whole rules instead",
        };
      case 'repeat':
        if (previous.id !== undefined && !borrowed.has(previous.id)) borrowed.set(previous.id, 1);
        previous = merge(previous, own);
        return joinedWith(
          "'action: repeat' is a form that Sigma has given up; it is read, but write whole rules instead",
          ownId(previous, own),
        );
      default:
        previous = merge(given, document);
        return ownId(previous, document);
    }
  };
}

function joinedWith(
  warning: string,
  { raw, warning: more }: { readonly raw: PlainMap; readonly warning?: string },
): { readonly raw: PlainMap; readonly warning: string } {
  return { raw, warning: more === undefined ? warning : `${warning}; it ${more}` };
}

type PlainMap = Readonly<Record<string, unknown>>;

function merge(given: PlainMap, own: PlainMap): PlainMap {
  const merged = new Map(Object.entries(given));
  for (const [key, value] of Object.entries(own)) {
    const below = merged.get(key);
    merged.set(key, isPlainMap(below) && isPlainMap(value) ? merge(below, value) : value);
  }
  // From entries, so that a key such as `__proto__` is a key like any other.
  return Object.fromEntries(merged);
}

function isPlainMap(value: unknown): value is PlainMap {
  return typeof value === 'object' && value !== null && Object.getPrototypeOf(value) === Object.prototype;
}
