import { severities } from '../../event/severity.ts';
import type { RuleDraft } from '../draft.ts';
import { plainOf, patternOf, chainOf, isNumber } from './values.ts';
import { parsePattern } from '../pattern.ts';
import type { Condition, LogSource } from '../rule.ts';
import type { ElementSearch, Search, SearchItem } from '../search.ts';
import { entriesOf, type Scalar, type Step } from './pipeline.ts';
import type { FieldConditionSource, ItemConditionSource, RuleConditionSource } from './schema.ts';

/** What the steps have done to one rule so far. */
export interface Progress {
  readonly state: Map<string, Scalar>;
  /** Ids of steps that have run on the rule. */
  readonly applied: Set<string>;
  /** Ids of steps that have made a field name what it is. */
  readonly fieldApplied: Map<string, ReadonlySet<string>>;
  /** A test for texts that begin so; made once for all rules. */
  readonly beginsWith: (regex: string) => (text: string) => boolean;
}

/** Whether the step is for this rule. */
export function ruleFits({ source, expressions }: Step, draft: RuleDraft, progress: Progress): boolean {
  const conditions = entriesOf(source.rule_conditions);
  if (conditions.length === 0) return true;
  const holds = linked(
    conditions,
    (condition) => ruleHolds(condition, draft, progress),
    expressions.rule,
    source.rule_cond_op,
  );
  return holds !== source.rule_cond_not;
}

/** Whether the step is for this item: its values, and its field or one that it is compared with. */
export function itemFits(step: Step, item: SearchItem | ElementSearch, progress: Progress): boolean {
  const { source, expressions } = step;
  const holds = linked(
    entriesOf(source.detection_item_conditions),
    (condition) => itemHolds(condition, item, progress),
    expressions.item,
    source.detection_item_cond_op,
  );
  if (holds === source.detection_item_cond_not) return false;
  const names = [item.field, ...comparedWith(item)];
  const fieldHolds = linked(
    entriesOf(source.field_name_conditions),
    (condition) => names.some((name) => fieldHoldsFor(condition, name, progress)),
    expressions.field,
    source.field_name_cond_op,
  );
  return fieldHolds !== source.field_name_cond_not;
}

/** Whether the step is for this field name, wherever it stands. */
export function fieldFits({ source, expressions }: Step, field: string, progress: Progress): boolean {
  const holds = linked(
    entriesOf(source.field_name_conditions),
    (condition) => fieldHoldsFor(condition, field, progress),
    expressions.field,
    source.field_name_cond_op,
  );
  return holds !== source.field_name_cond_not;
}

/** The other fields that an item's values name. */
export function comparedWith(item: SearchItem | ElementSearch): readonly string[] {
  if (item.type !== 'item' || !item.modifiers.includes('fieldref')) return [];
  return item.values.flatMap(({ value }) => (typeof value === 'string' ? [value] : []));
}

function linked<T>(
  conditions: readonly (readonly [string | number, T])[],
  holds: (condition: T) => boolean,
  expression: Condition | undefined,
  operator: 'and' | 'or' | undefined,
): boolean {
  if (expression !== undefined) return evaluate(expression, new Map(conditions), holds);
  return operator === 'or'
    ? conditions.some(([, condition]) => holds(condition))
    : conditions.every(([, condition]) => holds(condition));
}

function evaluate<T>(
  expression: Condition,
  named: ReadonlyMap<string | number, T>,
  holds: (condition: T) => boolean,
): boolean {
  switch (expression.type) {
    case 'detection': {
      const condition = named.get(expression.name);
      return condition !== undefined && holds(condition);
    }
    case 'and':
      return expression.of.every((part) => evaluate(part, named, holds));
    case 'or':
      return expression.of.some((part) => evaluate(part, named, holds));
    case 'not':
      return !evaluate(expression.of, named, holds);
    case 'atLeast':
      return expression.of.filter((part) => evaluate(part, named, holds)).length >= expression.count;
  }
}

function ruleHolds(condition: RuleConditionSource, draft: RuleDraft, progress: Progress): boolean {
  switch (condition.type) {
    case 'logsource':
      return logSourceFits(condition, draft.logsource);
    case 'contains_field':
      return someItem(draft, (item) => item.field === condition.field);
    case 'contains_detection_item':
      return someItem(
        draft,
        (item) =>
          item.type === 'item' &&
          item.field === condition.field &&
          item.values.some(({ value }) => sameValue(value, condition.value, item)),
      );
    case 'is_sigma_rule':
      return true;
    case 'is_sigma_correlation_rule':
      return false;
    case 'rule_attribute':
      return attributeHolds(condition, draft);
    case 'tag':
      return draft.header.tags.includes(condition.tag);
    case 'processing_item_applied':
      return progress.applied.has(condition.processing_item_id);
    case 'processing_state':
      return stateHolds(condition, progress);
  }
}

function itemHolds(
  condition: ItemConditionSource,
  item: SearchItem | ElementSearch,
  progress: Progress,
): boolean {
  switch (condition.type) {
    case 'processing_item_applied':
      return item.applied?.includes(condition.processing_item_id) === true;
    case 'processing_state':
      return stateHolds(condition, progress);
    default: {
      if (item.type !== 'item') return false;
      const holds = item.values.map(({ value }) => valueHolds(condition, value, item, progress));
      return condition.cond === 'any' ? holds.includes(true) : !holds.includes(false);
    }
  }
}

function valueHolds(
  condition: Extract<ItemConditionSource, { readonly cond: string }>,
  value: unknown,
  item: SearchItem,
  progress: Progress,
): boolean {
  switch (condition.type) {
    case 'match_string': {
      const pattern = typeof value === 'string' ? patternOf(value, chainOf(item)) : undefined;
      const matches = pattern !== undefined && progress.beginsWith(condition.pattern)(plainOf(pattern));
      return matches !== condition.negate;
    }
    case 'match_value':
      return sameValue(value, condition.value, item);
    case 'contains_wildcard':
      return patternOf(value, chainOf(item))?.some((part) => typeof part !== 'string') === true;
    case 'is_null':
      return value === null;
  }
}

function sameValue(value: unknown, wanted: Scalar, item: SearchItem): boolean {
  if (isNumber(value)) return Number(String(value)) === wanted || String(value) === wanted;
  if (typeof value !== 'string' || typeof wanted !== 'string') return value === wanted;
  const pattern = patternOf(value, chainOf(item));
  return pattern !== undefined && plainOf(pattern) === plainOf(parsePattern(wanted));
}

function fieldHoldsFor(
  condition: FieldConditionSource,
  field: string | undefined,
  progress: Progress,
): boolean {
  switch (condition.type) {
    case 'include_fields':
    case 'exclude_fields': {
      const included =
        field !== undefined &&
        (condition.mode === 'plain'
          ? condition.fields.includes(field)
          : condition.fields.some((source) => progress.beginsWith(source)(field)));
      return included === (condition.type === 'include_fields');
    }
    case 'processing_item_applied':
      return (
        field !== undefined && progress.fieldApplied.get(field)?.has(condition.processing_item_id) === true
      );
    case 'processing_state':
      return stateHolds(condition, progress);
  }
}

type StateCondition = Extract<RuleConditionSource, { readonly type: 'processing_state' }>;

function stateHolds({ key, val, op }: StateCondition, progress: Progress): boolean {
  const value = progress.state.get(key);
  return value !== undefined && compare(value, val, op);
}

function compare(value: Scalar, wanted: Scalar, operator: StateCondition['op']): boolean {
  switch (operator) {
    case 'eq':
      return value === wanted;
    case 'ne':
      return value !== wanted;
    case 'gte':
      return value >= wanted;
    case 'gt':
      return value > wanted;
    case 'lte':
      return value <= wanted;
    case 'lt':
      return value < wanted;
  }
}

/** What the condition leaves open fits everything. */
function logSourceFits(condition: Partial<LogSource>, logsource: LogSource): boolean {
  return (['product', 'category', 'service'] as const).every(
    (part) => condition[part] === undefined || condition[part] === logsource[part],
  );
}

const statuses: readonly string[] = ['unsupported', 'deprecated', 'experimental', 'test', 'stable'];

function attributeHolds(
  { attribute, value: wanted, op }: Extract<RuleConditionSource, { readonly type: 'rule_attribute' }>,
  { header }: RuleDraft,
): boolean {
  const { custom, falsePositives: falsepositives, ...own } = header;
  const known: Readonly<Record<string, unknown>> = { ...custom, ...own, falsepositives };
  const value = Object.hasOwn(known, attribute) ? known[attribute] : undefined;
  if (Array.isArray(value)) {
    const within = value.includes(wanted);
    return op === 'in' ? within : op === 'not_in' ? !within : op === 'ne';
  }
  if (op === 'in' || op === 'not_in') return false;
  if (attribute === 'level' || attribute === 'status') {
    const order: readonly string[] = attribute === 'level' ? severities : statuses;
    return compare(order.indexOf(String(value)), order.indexOf(String(wanted).toLowerCase()), op);
  }
  if (typeof value !== 'string' && typeof value !== 'number' && typeof value !== 'boolean') return false;
  return compare(value, typeof value === 'string' ? String(wanted) : wanted, op);
}

function someItem(draft: RuleDraft, test: (item: SearchItem | ElementSearch) => boolean): boolean {
  const within = (search: Search): boolean => {
    switch (search.type) {
      case 'all':
      case 'any':
        return search.of.some(within);
      case 'item':
        return test(search);
      case 'element':
        return test(search);
    }
  };
  return Object.values(draft.searches).some(within);
}
