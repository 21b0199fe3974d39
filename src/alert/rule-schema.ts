import { severities } from '../event/severity.ts';
import { correlationKeys } from '../sigma/correlation/parse.ts';
import { boundOperators } from '../sigma/correlation/bounds.ts';
import { testTypes } from '../sigma/correlation/parse-test.ts';
import { relations } from '../sigma/header-details.ts';
import { statuses } from '../sigma/header.ts';
import { searchDefinitions, type Schema } from './search-schema.ts';

const day = { type: 'string', pattern: String.raw`^\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])$` };
const textOrList = {
  anyOf: [{ type: 'string' }, { type: 'array', items: { type: 'string' } }, { type: 'null' }],
};
/** YAML reads names of digits as numbers. */
const name = { type: ['string', 'number'] };
const names = { anyOf: [name, { type: 'array', items: name, minItems: 1, uniqueItems: true }] };

/** What every kind of document says of itself, in the order in which it is usually written. */
const header: Readonly<Record<string, Schema>> = {
  title: { type: 'string', maxLength: 256, description: 'What happened, in a few words.' },
  id: {
    type: 'string',
    description: 'A UUID that never changes: alerts are known by it.',
    pattern: '^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$',
  },
  name: { ...name, description: 'A short name by which correlations and filters can refer to the rule.' },
  related: {
    type: 'array',
    description: 'Other rules that this one comes from or stands for.',
    items: {
      type: 'object',
      required: ['id', 'type'],
      properties: {
        id: { type: 'string' },
        type: { enum: relations },
      },
    },
  },
  status: {
    enum: statuses,
    description: 'How far the rule has come. A rule that is unsupported does not run.',
  },
  description: {
    type: ['string', 'null'],
    description: 'What it means that this happened, and why it matters.',
  },
  license: { type: 'string', description: 'The SPDX id of the licence.' },
  author: { type: 'string' },
  references: { ...textOrList, description: 'Where more about it can be read.' },
  date: { ...day, description: 'The day on which the rule was made: 2026-11-21.' },
  modified: { ...day, description: 'The day on which it was last changed: 2026-11-21.' },
  taxonomy: {
    type: 'string',
    description: 'Whose names the fields have; those of the log source where it is not said.',
  },
  'sigma-version': {
    type: ['number', 'string'],
    description:
      "The major version of Sigma. From 3 on, '[any]' behind a field's name selects an element of a list.",
  },
  tags: {
    description:
      "ATT&CK tactics and techniques and other marks: 'attack.defense-evasion', 'attack.t1562.008'.",
    anyOf: [
      {
        type: 'array',
        items: { type: 'string', pattern: String.raw`^[a-z0-9_-]+\.[A-Za-z0-9._-]+$` },
        uniqueItems: true,
      },
      { type: 'null' },
    ],
  },
  fields: { type: 'array', items: { type: 'string' }, description: 'Fields that an analyst wants to see.' },
  falsepositives: { ...textOrList, description: 'Who does this rightfully.' },
  level: { enum: severities, description: 'How bad it is.' },
  scope: { type: 'array', items: { type: 'string' }, description: 'Where the rule is meant to be used.' },
};

const logsource: Schema = {
  type: 'object',
  description:
    "The logs that the rule is for. For CloudTrail: 'product: aws', 'service: cloudtrail'. For what AWS's own security services find: 'product: aws', 'category: finding'.",
  properties: {
    product: { type: ['string', 'null'], description: 'Such as aws.' },
    category: {
      type: ['string', 'null'],
      description: 'A kind of log that many products have, such as process_creation.',
    },
    service: { type: ['string', 'null'], description: 'Such as cloudtrail.' },
    definition: { type: 'string', description: 'What has to be switched on for these logs to be there.' },
  },
};

const detection: Schema = {
  type: 'object',
  description: 'Searches with names, and the condition that joins them.',
  required: ['condition'],
  minProperties: 2,
  properties: {
    condition: {
      description:
        "Names of searches joined by and, or, not, brackets, '1 of name*', 'all of them'. Of a list one must hold.",
      anyOf: [{ type: 'string' }, { type: 'array', items: { type: 'string' }, minItems: 1, maxItems: 100 }],
    },
    timeframe: { not: {}, description: 'An old form; write a correlation rule instead.' },
  },
  additionalProperties: { $ref: '#/definitions/search' },
};

const filter: Schema = {
  type: 'object',
  description: 'Searches that are joined to the condition of other rules, to leave something out of them.',
  required: ['rules', 'condition'],
  minProperties: 3,
  properties: {
    rules: { ...names, description: "Ids or names of the rules, or 'any' for all of the log source." },
    condition: { type: 'string', description: "Joined to the rule's own by 'and': mostly 'not selection'." },
  },
  additionalProperties: { $ref: '#/definitions/search' },
};

const timespan = { type: 'string', pattern: '^[0-9]{1,9}[smhdwMy]$' };

const correlationProperties: Readonly<Record<string, Schema>> = {
  type: { enum: testTypes, description: 'What is asked of the events of one group in one window of time.' },
  rules: { ...names, description: 'Ids or names of the rules whose events count.' },
  'group-by': { anyOf: [...names.anyOf, { type: 'null' }], description: 'Fields whose values make a group.' },
  timespan: { ...timespan, description: 'How long the window is: 30s, 90m, 12h, 7d, 2w, 1M (month), 1y.' },
  aliases: {
    type: ['object', 'null'],
    description:
      "Names for fields that are called otherwise in each rule's events: { user: { rule_a: x, rule_b: y } }.",
    additionalProperties: { type: 'object', additionalProperties: name },
  },
  condition: {
    anyOf: [
      { type: 'string', description: 'Of temporal types: names of rules joined by and, or, not.' },
      {
        type: 'object',
        minProperties: 1,
        additionalProperties: false,
        properties: {
          ...Object.fromEntries(boundOperators.map((operator) => [operator, { type: ['number', 'string'] }])),
          field: { ...names, description: 'The field whose values count.' },
          percentile: { type: 'number', exclusiveMinimum: 0, maximum: 100 },
        },
      },
    ],
    description: 'How many, or how much: gte: 10.',
  },
  generate: { type: 'boolean', description: 'Whether the rules raise alerts of their own, too.' },
  learning: { ...timespan, description: 'Of tocsin_new_value: how long values are only learned.' },
  minimum: {
    type: 'integer',
    minimum: 1,
    description:
      'How many events there must be for a ratio to mean something; of tocsin_travel, the least distance in kilometres.',
  },
  reference: {
    type: 'integer',
    minimum: 1,
    description: 'Of tocsin_spike: how many there must be in the window before.',
  },
};

const correlation: Schema = {
  type: 'object',
  description: 'What must be true of several events.',
  required: ['type', 'timespan'],
  anyOf: [{ required: ['rules'] }, { required: ['condition'] }],
  properties: Object.fromEntries([...correlationKeys].map((key) => [key, correlationProperties[key] ?? {}])),
  additionalProperties: false,
};

const tocsin: Schema = {
  type: 'object',
  description: 'What Tocsin makes of a match.',
  properties: {
    headline: {
      type: 'string',
      description:
        "The alert's sentence. {field} is a value of the event, {field|other} the first of them that is there.",
    },
    response: { type: 'string', description: 'What to do first, one step a line.' },
    'group-by': {
      type: 'array',
      items: { type: 'string', minLength: 1 },
      description:
        'Fields by whose values findings become one alert; an empty list makes each an alert of its own. Actor, account and targets, where left out.',
    },
    'group-window': {
      ...timespan,
      description: 'How far apart in event time findings may be and still become one alert: 30m, 1h.',
    },
    dial: {
      type: 'array',
      items: { type: 'string' },
      description:
        "Events of CRED's DIAL that this rule stands for; docs/coming-from-dial.md is made from them.",
    },
  },
  additionalProperties: false,
};

const needs = (key: string, ...others: readonly string[]) => ({
  if: { required: [key] },
  // oxlint-disable-next-line unicorn/no-thenable -- a keyword of JSON schema
  then: { required: ['title', key, ...others] },
});

/**
 * The JSON schema (draft 7, which editors know best) of one document of a rule file: a detection rule, a correlation or a filter. It is made
 * of the tables that the parser uses. What it accepts, the parser may still refuse, because of a chain of modifiers without sense, for example.
 */
export function ruleSchema(): Schema {
  return {
    $schema: 'http://json-schema.org/draft-07/schema#',
    title: 'Rule for Tocsin (Sigma 2.1.0)',
    type: 'object',
    properties: {
      ...header,
      logsource,
      detection,
      filter,
      correlation,
      generate: correlationProperties['generate'],
      tocsin,
      action: { enum: ['global', 'reset', 'repeat'], description: 'A form that Sigma has given up.' },
    },
    // One after the other, so that an editor tells what is missing from the kind of document that is being written.
    ...needs('correlation'),
    else: {
      ...needs('filter', 'logsource'),
      else: { if: { required: ['action'] }, else: { required: ['title', 'logsource', 'detection'] } },
    },
    definitions: searchDefinitions(),
  };
}
