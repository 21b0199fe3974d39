import { readableFieldNames } from '../context/field-names.ts';
import { elementQuantifiers } from '../sigma/element-path.ts';
import { comparisons, modifierNames, places, timeParts } from '../sigma/modifiers.ts';
import { cloudTrailMembers } from './lint-cloudtrail.ts';
import { requestFieldNames } from './request-fields.ts';

/** A JSON schema, or a part of one. */
export type Schema = Readonly<Record<string, unknown>>;

const ref = (name: string): Schema => ({ $ref: `#/definitions/${name}` });
const oneOrMore = (item: Schema): Schema => ({ anyOf: [item, { type: 'array', items: item, minItems: 1 }] });
const anyOfWords = (words: readonly string[]) => `(?:${words.join('|')})`;
const escaped = (text: string) => text.replace(/[.[\]]/g, '\\$&');

const chain = `(?:\\|${anyOfWords(modifierNames)})*$`;
/** A selector of elements, as in `items[any]`. */
const selector = `\\[${anyOfWords(elementQuantifiers)}\\]`;
const names = [...readableFieldNames, ...requestFieldNames];
const own = names.map(({ name }) => `tocsin.${name}`);
/** Names of fields: any, but under `tocsin.` those that there are. Behind a selector everything is for the parser to judge. */
const fieldName = `^(?:(?!tocsin\\.)[^|]*|${anyOfWords(own.map(escaped))}(?:\\[\\])?|tocsin\\.[^|]*${selector}[^|]*)`;

/** Fields whose last modifiers are these. What follows them are only `all`, `neq` and other words that change no type. */
const behind = (words: readonly string[]) => `\\|${anyOfWords(words)}(?:\\||$)`;

/** What a search may be, from the names of fields with their modifiers to the values that each modifier takes. */
export function searchDefinitions(): Readonly<Record<string, Schema>> {
  const valuesByKey: Readonly<Record<string, Schema>> = {
    [behind(['exists'])]: { type: 'boolean' },
    [behind(timeParts)]: oneOrMore({ type: 'integer', minimum: 0 }),
    // A part of a time may be compared too.
    [`^(?!.*${behind(timeParts)}).*${behind(comparisons)}`]: oneOrMore({ type: 'number' }),
    [behind(places)]: oneOrMore({ type: ['string', 'number'] }),
    [behind(['re', 'cidr', 'fieldref'])]: oneOrMore({ type: 'string' }),
    [`${selector}$`]: { anyOf: [ref('elements'), ref('values')] },
    [`^(?!.*${selector}$).*$`]: ref('values'),
  };
  return {
    scalar: { type: ['string', 'number', 'boolean', 'null'] },
    values: oneOrMore(ref('scalar')),
    search: {
      description:
        'A map (each field must match), a list of maps (one must), or texts that are looked for in every value.',
      anyOf: [
        ref('map'),
        { type: ['string', 'number', 'boolean'] },
        {
          type: 'array',
          minItems: 1,
          items: { anyOf: [ref('map'), { type: ['string', 'number', 'boolean'] }] },
        },
      ],
    },
    map: {
      type: 'object',
      minProperties: 1,
      propertyNames: { pattern: `${fieldName}${chain}` },
      properties: {
        ...Object.fromEntries(cloudTrailMembers.map((name) => [name, {}])),
        ...Object.fromEntries(names.map(({ name, description }) => [`tocsin.${name}`, { description }])),
      },
      patternProperties: valuesByKey,
    },
    elements: {
      description:
        'What must be true of one and the same element. Names begin at the element; . is the element itself.',
      anyOf: [ref('element'), { type: 'array', items: ref('element'), minItems: 1 }],
    },
    element: {
      anyOf: [
        {
          type: 'object',
          minProperties: 1,
          not: { required: ['condition'] },
          propertyNames: { pattern: `^[^|]*${chain}` },
          patternProperties: valuesByKey,
        },
        {
          type: 'object',
          required: ['condition'],
          minProperties: 2,
          properties: { condition: { type: 'string' } },
          additionalProperties: ref('elements'),
        },
      ],
    },
  };
}
