import { RE2JS } from 're2js';
import type { RuleDraft } from '../draft.ts';
import { RuleError } from '../problem.ts';
import { compileRegex } from '../regex.ts';
import type { Condition } from '../rule.ts';
import { readSearch, type ElementSearch, type Search, type SearchItem } from '../search.ts';
import { comparedWith, fieldFits, itemFits, ruleFits, type Progress } from './conditions.ts';
import type { Pipeline, Scalar, Step } from './pipeline.ts';
import { fillPlaceholders } from './placeholders.ts';
import { chainOf, isNumber, patternOf, plainOf, replaceIn, writtenOf } from './values.ts';

/** Makes one pipeline function of several: from the lowest priority to the highest, and where it is the same in the order given. */
export function compilePipelines(pipelines: readonly Pipeline[]): (draft: RuleDraft) => RuleDraft {
  const ordered = pipelines.toSorted((a, b) => a.priority - b.priority);
  const vars = new Map(ordered.flatMap((pipeline) => Object.entries(pipeline.vars)));
  // As Python's `re.match`: from the beginning, and to any end.
  const beginsWith = once((regex) => compileRegex(`^(?:${regex})`, ''));
  const replacer = once((regex) => RE2JS.compile(regex));
  return (draft) => {
    const progress: Progress = {
      state: new Map(),
      applied: new Set(),
      fieldApplied: new Map(),
      beginsWith,
    };
    let changed = draft;
    for (const { path, steps } of ordered) {
      for (const step of steps) {
        if (!ruleFits(step, changed, progress)) continue;
        if (step.source.id !== undefined) progress.applied.add(step.source.id);
        changed = transform(changed, { step, path, vars, progress, replacer });
      }
    }
    return changed;
  };
}

interface Running {
  readonly step: Step;
  readonly path: string;
  readonly vars: ReadonlyMap<string, readonly Scalar[]>;
  readonly progress: Progress;
  readonly replacer: (regex: string) => RE2JS;
}

/** Regular expressions are few and rules are many. */
function once<T>(make: (regex: string) => T): (regex: string) => T {
  const made = new Map<string, T>();
  return (regex) => {
    const known = made.get(regex);
    if (known !== undefined) return known;
    const fresh = make(regex);
    made.set(regex, fresh);
    return fresh;
  };
}

/** @throws {RuleError} where the step refuses the rule. */
function transform(draft: RuleDraft, running: Running): RuleDraft {
  const { step, progress, vars } = running;
  const { source } = step;
  switch (source.type) {
    case 'field_name_mapping':
      return mapFields(draft, running, (name) =>
        Object.hasOwn(source.mapping, name) ? source.mapping[name] : undefined,
      );
    case 'field_name_prefix_mapping':
      return mapFields(draft, running, (name) => {
        const found = Object.entries(source.mapping).find(([prefix]) => name.startsWith(prefix));
        if (found === undefined) return undefined;
        const [prefix, to] = found;
        return [to].flat().map((each) => each + name.slice(prefix.length));
      });
    case 'field_name_prefix':
      return mapFields(draft, running, (name) => source.prefix + name);
    case 'field_name_suffix':
      return mapFields(draft, running, (name) => name + source.suffix);
    case 'drop_detection_item':
      return changeItems(draft, running, (item, inside) => (inside ? item : undefined));
    case 'add_condition':
      return addCondition(draft, running, source);
    case 'change_logsource': {
      const { product, category, service } = source;
      return { ...draft, logsource: { product, category, service } };
    }
    case 'replace_string':
      return changeItems(draft, running, (item) =>
        changeTexts(item, (value, chain) => {
          const pattern = patternOf(value, chain);
          const replaced = pattern && replaceIn(pattern, running.replacer(source.regex), source);
          return replaced && [writtenOf(replaced)];
        }),
      );
    case 'map_string':
      return changeItems(draft, running, (item) =>
        changeTexts(item, (value, chain) => {
          const pattern = isNumber(value) ? undefined : patternOf(value, chain);
          const plain = pattern && plainOf(pattern);
          return plain !== undefined && Object.hasOwn(source.mapping, plain)
            ? [source.mapping[plain] ?? []].flat()
            : undefined;
        }),
      );
    case 'set_state':
      progress.state.set(source.key, source.val);
      return draft;
    case 'value_placeholders':
    case 'wildcard_placeholders':
      return changeItems(draft, running, (item) => {
        if (item.type !== 'item') return item;
        return fillPlaceholders(item, (name, at) => {
          if (source.include?.includes(name) === false || source.exclude?.includes(name) === true)
            return undefined;
          if (source.type === 'wildcard_placeholders') return [item.modifiers.includes('re') ? '.*' : '*'];
          const values = vars.get(name);
          if (values === undefined || values.length === 0)
            throw new RuleError(
              `the placeholder '%${name}%' has no values; give it some below 'vars' of ${running.path}, or leave it out of step ${step.number} with 'exclude'`,
              at,
            );
          return values.map(String);
        });
      });
    case 'rule_failure':
      throw new RuleError(`is refused by ${running.path}: ${source.message}`, []);
    case 'detection_item_failure':
      return changeItems(draft, running, (item) => {
        throw new RuleError(`is refused by ${running.path}: ${source.message}`, item.at);
      });
  }
}

type Item = SearchItem | ElementSearch;

/**
 * Changes each item that the step is for. Within an element of a list field names begin at the element, so that the conditions on names say
 * nothing there: `inside` items are given to the change if it is not by name.
 */
function changeItems(
  draft: RuleDraft,
  { step, progress, path }: Running,
  change: (item: Item, inside: boolean) => Search | undefined,
): RuleDraft {
  const { id } = step.source;
  const changeOne = (item: Item, inside: boolean): Search | undefined => {
    if (!itemFits(step, item, progress)) return item;
    const changed = change(item, inside);
    return changed === item || changed === undefined || id === undefined ? changed : marked(changed, id);
  };
  const within = (search: Search, inside: boolean): Search | undefined => {
    switch (search.type) {
      case 'all':
      case 'any': {
        const of = search.of.map((part) => within(part, inside)).filter((part) => part !== undefined);
        return of.length === 0 ? undefined : of.length === 1 ? of[0] : { type: search.type, of };
      }
      case 'item':
        return changeOne(search, inside);
      case 'element': {
        const changed = changeOne(search, inside);
        return changed?.type === 'element' ? mapElement(changed, (inner) => within(inner, true)) : changed;
      }
    }
  };
  const searches = Object.entries(draft.searches).map(([name, search]) => {
    const changed = within(search, false);
    if (changed === undefined)
      throw new RuleError(
        `step ${step.number} of ${path} leaves nothing of '${name}', which would then match every event; drop less, or leave the rule out`,
        ['detection', name],
      );
    return [name, changed] as const;
  });
  return { ...draft, searches: Object.fromEntries(searches) };
}

function mapElement(element: ElementSearch, change: (search: Search) => Search | undefined): ElementSearch {
  const searches = Object.entries(element.searches).map(
    ([name, search]) => [name, change(search) ?? search] as const,
  );
  return { ...element, searches: Object.fromEntries(searches) };
}

function marked(search: Search, id: string): Search {
  switch (search.type) {
    case 'all':
    case 'any':
      return { type: search.type, of: search.of.map((part) => marked(part, id)) };
    case 'item':
    case 'element':
      return { ...search, applied: [...(search.applied ?? []), id] };
  }
}

/** Gives fields other names, also those that are compared with and those that the rule lists for people. */
function mapFields(
  draft: RuleDraft,
  running: Running,
  nameOf: (name: string) => string | readonly string[] | undefined,
): RuleDraft {
  const { step, progress } = running;
  const { fieldApplied } = progress;
  const tracked = new Map<string, ReadonlySet<string>>();
  const namesFor = (name: string): readonly string[] => {
    const to = fieldFits(step, name, progress) ? nameOf(name) : undefined;
    if (to === undefined) return [name];
    const names = typeof to === 'string' ? [to] : to;
    if (step.source.id !== undefined && (names.length !== 1 || names[0] !== name))
      for (const each of names)
        tracked.set(each, new Set([...(fieldApplied.get(name) ?? []), step.source.id]));
    return names;
  };
  const changed = changeItems(draft, running, (item, inside) => {
    const compared = comparedWith(item);
    const values =
      item.type === 'item' && compared.length > 0
        ? item.values.flatMap((one) =>
            typeof one.value === 'string' ? namesFor(one.value).map((value) => ({ ...one, value })) : [one],
          )
        : undefined;
    if (
      item.type === 'item' &&
      values !== undefined &&
      values.length > item.values.length &&
      item.modifiers.includes('all')
    )
      throw new RuleError(
        `step ${step.number} of ${running.path} gives a field that is compared with several names, and 'all' asks for each of them; leave 'all' out`,
        item.at,
      );
    const same = values === undefined || values.every(({ value }, i) => value === compared[i]);
    const base: Item = item.type === 'item' && values !== undefined && !same ? { ...item, values } : item;
    const names = inside || item.field === undefined ? undefined : namesFor(item.field);
    if (names === undefined || (names.length === 1 && names[0] === item.field)) return base;
    const of = names.map((field): Search => ({ ...base, field }));
    const [only] = of;
    return of.length === 1 ? only : { type: asksForNone(base) ? 'all' : 'any', of };
  });
  const fields = draft.header.fields?.flatMap(namesFor);
  const correlated = Object.entries(draft.correlated ?? {}).map(
    ([field, names]) => [field, [...new Set(names.flatMap(namesFor))]] as const,
  );
  for (const [name, ids] of tracked) fieldApplied.set(name, ids);
  return {
    ...changed,
    header: fields === undefined ? changed.header : { ...changed.header, fields },
    correlated: Object.fromEntries(correlated),
  };
}

/** That a field is not so, not there or null must be true of each of its names; anything else of one of them. */
function asksForNone(item: Item): boolean {
  if (item.type === 'element') return item.quantifier === 'none' || item.quantifier === 'all_or_empty';
  if (item.modifiers.includes('neq')) return true;
  return item.values.every(
    ({ value }) => value === null || (item.modifiers.includes('exists') && value === false),
  );
}

/**
 * Changes texts and numbers as pySigma sees them, after `contains` and the like have put their wildcards around them; what is encoded is
 * left as it is.
 */
function changeTexts(
  item: Item,
  change: (value: unknown, chain: ReturnType<typeof chainOf>) => readonly string[] | undefined,
): Item {
  if (item.type !== 'item') return item;
  const chain = chainOf(item);
  if (chain.type !== 'text' || chain.encodings.length > 0) return item;
  let changed = false;
  const values = item.values.flatMap((one) => {
    const texts = change(one.value, chain);
    if (texts === undefined) {
      // The wildcards of the others are written out as well, since the modifier goes.
      const pattern = chain.placed === 'equals' ? undefined : patternOf(one.value, chain);
      return [pattern === undefined ? one : { ...one, value: writtenOf(pattern) }];
    }
    changed = true;
    return texts.map((value) => ({ ...one, value }));
  });
  if (!changed) return item;
  const modifiers =
    chain.placed === 'equals' ? item.modifiers : item.modifiers.filter((word) => word !== chain.placed);
  return { ...item, modifiers, values };
}

function addCondition(
  draft: RuleDraft,
  { step, progress }: Running,
  source: Extract<Step['source'], { readonly type: 'add_condition' }>,
): RuleDraft {
  const { product, category, service } = draft.logsource;
  const filled = (value: Scalar): Scalar =>
    source.template && typeof value === 'string'
      ? value.replace(/\$(?:\{(\w+)\}|(\w+))/g, (whole, braced?: string, bare?: string) => {
          const name = braced ?? bare ?? '';
          return { product, category, service }[name as 'product'] ?? whole;
        })
      : value;
  const conditions = Object.fromEntries(
    Object.entries(source.conditions).map(([key, value]) => [
      key,
      Array.isArray(value) ? value.map(filled) : filled(value),
    ]),
  );
  let name = source.name ?? `_cond_${source.id ?? step.number}`;
  while (Object.hasOwn(draft.searches, name)) name += "'";
  const search = readSearch(conditions, [], { elements: false });
  const added: Condition = { type: 'detection', name };
  if (source.id !== undefined) progress.applied.add(source.id);
  return {
    ...draft,
    searches: {
      ...draft.searches,
      [name]: source.id === undefined ? search : marked(search, source.id),
    },
    conditions: draft.conditions.map((own): Condition => {
      const joined = source.negated ? ({ type: 'not', of: added } as const) : added;
      // The rule's own condition stays the first of those that filters are joined to.
      if (draft.filters.length === 0 || own.type !== 'and') return { type: 'and', of: [joined, own] };
      const [first, ...others] = own.of;
      return { type: 'and', of: [{ type: 'and', of: first ? [joined, first] : [joined] }, ...others] };
    }),
  };
}
