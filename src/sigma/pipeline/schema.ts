import * as z from 'zod';

const scalar = z.union([z.string(), z.number(), z.boolean()]);
const texts = z.array(z.string().min(1)).min(1, 'has an empty list; give it at least one');
const someTexts = z.union([z.string().min(1), texts], 'takes a name or a list of names');

/** A regular expression of RE2's language; whether it is one is looked at where its place is known. */
const pattern = z.string();

const comparison = z.enum(['eq', 'ne', 'gte', 'gt', 'lte', 'lt']).default('eq');
const appliedBefore = z.strictObject({
  type: z.literal('processing_item_applied'),
  processing_item_id: z.string(),
});
const stateIs = z.strictObject({
  type: z.literal('processing_state'),
  key: z.string(),
  val: scalar,
  op: comparison,
});
const anyOrAll = z.enum(['any', 'all']);

/** An unknown `type` is told with those that are known. */
function known(what: string, types: readonly string[], reasons: Readonly<Record<string, string>> = {}) {
  return (issue: { readonly code?: string | undefined; readonly input?: unknown }): string | undefined => {
    if (issue.code !== 'invalid_union') return undefined;
    const { input } = issue;
    const type = typeof input === 'object' && input !== null && 'type' in input ? input.type : undefined;
    if (typeof type !== 'string') return `has no 'type'; a ${what} is one of ${types.join(', ')}`;
    const reason = reasons[type];
    return `'${type}' is ${reason ?? `not a ${what} that Tocsin knows`}; there are ${types.join(', ')}`;
  };
}

const ruleConditionTypes = [
  z.strictObject({
    type: z.literal('logsource'),
    product: z.string().optional(),
    category: z.string().optional(),
    service: z.string().optional(),
  }),
  z.strictObject({ type: z.literal('contains_detection_item'), field: z.string(), value: scalar }),
  z.strictObject({ type: z.literal('contains_field'), field: z.string() }),
  z.strictObject({ type: z.literal('is_sigma_rule') }),
  z.strictObject({ type: z.literal('is_sigma_correlation_rule') }),
  z.strictObject({
    type: z.literal('rule_attribute'),
    attribute: z.string(),
    value: scalar,
    op: z.enum(['eq', 'ne', 'gte', 'gt', 'lte', 'lt', 'in', 'not_in']).default('eq'),
  }),
  z.strictObject({ type: z.literal('tag'), tag: z.string() }),
  appliedBefore,
  stateIs,
] as const;
const itemConditionTypes = [
  z.strictObject({
    type: z.literal('match_string'),
    cond: anyOrAll,
    pattern,
    negate: z.boolean().default(false),
  }),
  z.strictObject({ type: z.literal('match_value'), cond: anyOrAll, value: scalar }),
  z.strictObject({ type: z.literal('contains_wildcard'), cond: anyOrAll }),
  z.strictObject({ type: z.literal('is_null'), cond: anyOrAll }),
  appliedBefore,
  stateIs,
] as const;
const fieldConditionTypes = [
  z.strictObject({
    type: z.enum(['include_fields', 'exclude_fields']),
    fields: texts,
    mode: z.enum(['plain', 're']).default('plain'),
  }),
  appliedBefore,
  stateIs,
] as const;

const ruleCondition = z.discriminatedUnion('type', ruleConditionTypes, {
  error: known('condition of rules', [
    'logsource',
    'contains_detection_item',
    'contains_field',
    'is_sigma_rule',
    'is_sigma_correlation_rule',
    'rule_attribute',
    'tag',
    'processing_item_applied',
    'processing_state',
  ]),
});
const itemCondition = z.discriminatedUnion('type', itemConditionTypes, {
  error: known('condition of detection items', [
    'match_string',
    'match_value',
    'contains_wildcard',
    'is_null',
    'processing_item_applied',
    'processing_state',
  ]),
});
const fieldCondition = z.discriminatedUnion('type', fieldConditionTypes, {
  error: known('condition of field names', [
    'include_fields',
    'exclude_fields',
    'processing_item_applied',
    'processing_state',
  ]),
});

export type RuleConditionSource = z.output<typeof ruleCondition>;
export type ItemConditionSource = z.output<typeof itemCondition>;
export type FieldConditionSource = z.output<typeof fieldCondition>;

function listOrNamed<T extends z.ZodType>(condition: T) {
  return z.union([z.array(condition), z.record(z.string(), condition)]).optional();
}

const operator = z.enum(['and', 'or']).optional();
const common = {
  id: z.string().min(1).optional(),
  rule_conditions: listOrNamed(ruleCondition),
  rule_cond_op: operator,
  rule_cond_not: z.boolean().default(false),
  rule_cond_expr: z.string().optional(),
  detection_item_conditions: listOrNamed(itemCondition),
  detection_item_cond_op: operator,
  detection_item_cond_not: z.boolean().default(false),
  detection_item_cond_expr: z.string().optional(),
  field_name_conditions: listOrNamed(fieldCondition),
  field_name_cond_op: operator,
  field_name_cond_not: z.boolean().default(false),
  field_name_cond_expr: z.string().optional(),
};
const names = { include: texts.optional(), exclude: texts.optional() };

const transformationTypes = [
  z.strictObject({
    ...common,
    type: z.literal('field_name_mapping'),
    mapping: z.record(z.string().min(1), someTexts),
  }),
  z.strictObject({
    ...common,
    type: z.literal('field_name_prefix_mapping'),
    mapping: z.record(z.string().min(1), someTexts),
  }),
  z.strictObject({ ...common, type: z.literal('field_name_prefix'), prefix: z.string() }),
  z.strictObject({ ...common, type: z.literal('field_name_suffix'), suffix: z.string() }),
  z.strictObject({ ...common, type: z.literal('drop_detection_item') }),
  z.strictObject({
    ...common,
    type: z.literal('add_condition'),
    conditions: z.record(z.string(), z.union([scalar, z.array(scalar)])),
    name: z.string().optional(),
    template: z.boolean().default(false),
    negated: z.boolean().default(false),
  }),
  z.strictObject({
    ...common,
    type: z.literal('change_logsource'),
    product: z.string().optional(),
    category: z.string().optional(),
    service: z.string().optional(),
  }),
  z.strictObject({
    ...common,
    type: z.literal('replace_string'),
    regex: pattern,
    replacement: z.string(),
    skip_special: z.boolean().default(false),
    interpret_special: z.boolean().default(false),
  }),
  z.strictObject({
    ...common,
    type: z.literal('map_string'),
    mapping: z.record(z.string(), z.union([z.string(), texts])),
  }),
  z.strictObject({ ...common, type: z.literal('set_state'), key: z.string(), val: scalar }),
  z.strictObject({ ...common, type: z.literal('value_placeholders'), ...names }),
  z.strictObject({ ...common, type: z.literal('wildcard_placeholders'), ...names }),
  z.strictObject({ ...common, type: z.literal('rule_failure'), message: z.string() }),
  z.strictObject({ ...common, type: z.literal('detection_item_failure'), message: z.string() }),
] as const;

const forQueries = 'a transformation for tools that write queries for other systems';
const fromOutside = 'a transformation that reads from outside, which rules of Tocsin never do';

/** The names of the transformations, in the order in which they are told. */
const transformationNames: readonly string[] = transformationTypes.map(({ shape }) => shape.type.value);

const transformation = z.discriminatedUnion('type', transformationTypes, {
  error: known('transformation', transformationNames, {
    query_expression_placeholders: forQueries,
    file_placeholders: fromOutside,
    http_placeholders: fromOutside,
    command_placeholders: fromOutside,
  }),
});
export type TransformationSource = z.output<typeof transformation>;

const inTheQuery = 'changes queries after they were made, and Tocsin makes none; leave it out';

export const pipelineSchema = z.strictObject({
  name: z.string().optional(),
  priority: z.number().default(0),
  vars: z
    .record(z.string(), z.union([scalar, z.array(scalar)], 'takes a text, a number or a list of them'))
    .default({}),
  allowed_backends: z.array(z.string()).optional(),
  transformations: z.array(transformation).default([]),
  postprocessing: z.never(inTheQuery).optional(),
  finalizers: z.never(inTheQuery).optional(),
});
