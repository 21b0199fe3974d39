import fc from 'fast-check';
import type { Json, JsonObject } from '../../event/json.ts';
import type { Detection, PatternPart, Rule, ValueTest } from '../rule.ts';

/** A field and a value that one of its tests may want; no field for what is wanted anywhere. */
interface Wish {
  readonly field: string | undefined;
  readonly value: Json;
}

/**
 * Events made from what the rules ask for: whole and partial texts in other cases and among other text, numbers as texts, in lists, in
 * members of lists, under keys with dots. Random events alone rarely get past a rule's first test.
 */
export function eventsFor(rules: readonly Rule[]): fc.Arbitrary<JsonObject> {
  const wishes = rules.flatMap((rule) => Object.values(rule.detections).flatMap(wishesOf));
  if (wishes.length === 0) return fc.constant({});
  return fc
    .array(fc.tuple(fc.constantFrom(...wishes), form, surroundings), { minLength: 1, maxLength: 6 })
    .map((granted) => {
      const event: Record<string, Json> = {};
      for (const [{ field, value }, how, around] of granted)
        put(event, field ?? 'somewhere', how, dressed(value, around));
      return event;
    });
}

const form = fc.constantFrom('plain', 'plain', 'list', 'nested list', 'members', 'dotted', 'among others');
type Form = 'plain' | 'list' | 'nested list' | 'members' | 'dotted' | 'among others';

const surroundings = fc.record({
  before: fc.constantFrom('', '', 'x', 'É ', '😀', '\ud83d', 'k'),
  after: fc.constantFrom('', '', 'y', 'ẞ', '\ude00', '\u0301'),
  letters: fc.constantFrom('as they are', 'upper', 'odd'),
  asText: fc.boolean(),
});
type Surroundings = typeof surroundings extends fc.Arbitrary<infer T> ? T : never;

function dressed(value: Json, { before, after, letters, asText }: Surroundings): Json {
  if (typeof value === 'number' || typeof value === 'boolean') return asText ? String(value) : value;
  if (typeof value !== 'string') return value;
  // The Kelvin sign, the long s: other letters that count as the same.
  const odd = (text: string) => text.replaceAll('k', '\u212a').replaceAll('s', '\u017f');
  const changed = letters === 'upper' ? value.toUpperCase() : letters === 'odd' ? odd(value) : value;
  return before + changed + after;
}

function put(event: Record<string, Json>, field: string, how: Form, value: Json): void {
  const segments = field.split('.').map((segment) => segment.replace(/\[\]$/, ''));
  const [first = '', ...rest] = segments;
  const below = (inner: Json) => rest.reduceRight<Json>((child, segment) => ({ [segment]: child }), inner);
  switch (how) {
    case 'plain':
      event[first] = below(value);
      break;
    case 'list':
      event[first] = below([null, value]);
      break;
    case 'nested list':
      event[first] = below([[], [[value], 1]]);
      break;
    case 'members':
      event[first] = [{}, below(value), below(value)];
      break;
    case 'dotted':
      event[segments.join('.')] = value;
      break;
    case 'among others':
      event[first] = below(value);
      event['other'] = [value, { deep: value }];
      break;
  }
}

function wishesOf(detection: Detection): readonly Wish[] {
  switch (detection.type) {
    case 'all':
    case 'any':
      return detection.of.flatMap(wishesOf);
    case 'element':
      return Object.values(detection.detections).flatMap(wishesOf);
    case 'field':
      return detection.tests.flatMap((test) =>
        wantedValues(test).map((value) => ({ field: detection.field, value })),
      );
    case 'keywords':
      return detection.tests.flatMap((test) =>
        wantedValues(test).map((value) => ({ field: undefined, value })),
      );
  }
}

function wantedValues(test: ValueTest): readonly Json[] {
  switch (test.type) {
    case 'text':
      return [filled(test.pattern, ''), filled(test.pattern, 'zz')];
    case 'number':
      return [test.value, test.text];
    case 'boolean':
      return [test.value];
    case 'compare':
      return [test.value - 1, test.value, test.value + 1];
    case 'regex':
      return ['a', 'ab', 'aab', 'σ', 'kk', ''];
    case 'cidr':
      return ['10.0.0.7', '10.1.2.3'];
    case 'time':
      return ['2026-05-11T09:12:33Z'];
    case 'null':
    case 'exists':
    case 'field':
      return [null, 'a'];
  }
}

function filled(pattern: readonly PatternPart[], star: string): string {
  return pattern
    .map((part) => (typeof part === 'string' ? part : part.wildcard === '*' ? star : 'q'))
    .join('');
}
