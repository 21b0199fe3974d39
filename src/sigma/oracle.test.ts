import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { Json, JsonObject } from '../event/json.ts';
import { compileRule, type EventView } from './compile.ts';
import { compileField, topKeysOf } from './field.ts';
import { compileRules } from './ruleset.ts';
import { eventsFor } from './testing/matching-events.ts';
import { oracleMatches } from './testing/oracle.ts';
import { someEvents, someRules } from './testing/some-rules.ts';

/** Pairs of a rule and an event. TOCSIN_ORACLE_PAIRS asks for more, for instance 1000000 for a night. */
const pairs = Number(process.env['TOCSIN_ORACLE_PAIRS'] ?? 20_000);
const rulesOfRun = 5;
const eventsOfRun = 5;
/** So many that an index has fields to choose from, texts that several rules want, and literals that begin alike. */
const rulesOfLargeSet = 40;
const eventsOfLargeSet = 20;
const view: EventView<JsonObject> = {
  field: compileField,
  whole: (event: JsonObject) => event,
  topKeys: topKeysOf,
};
/** Each family is worked out at its first event, and at its second. */
const familiar: readonly EventView<JsonObject>[] = [
  { ...view, families: { keys: ['a'], after: 0 } },
  { ...view, families: { keys: ['b', 'a'], after: 1 } },
  { ...view, families: { keys: ['a', 'constructor'], after: 0 } },
];
/** A field of the event's meaning: it is there only where `a` says so, and the rules read it as `b.c`. */
const isMeant = (a: Json | undefined) => typeof a === 'string' && a.length > 2;
const withMeaning: EventView<JsonObject> = {
  field: (name) => {
    const read = compileField(name);
    return name === 'b.c' ? (event) => (isMeant(event['a']) ? read(event) : undefined) : read;
  },
  whole: view.whole,
  topKeys: (name) => (name === 'b.c' ? undefined : topKeysOf(name)),
  families: {
    keys: ['a'],
    after: 0,
    includes: (event) => !Object.hasOwn(event, 'c'),
    lacks: (field, [a]) => field === 'b.c' && !isMeant(a),
  },
};
const views: readonly EventView<JsonObject>[] = [
  view,
  { field: view.field, whole: view.whole },
  ...familiar,
  withMeaning,
];

it(
  `the compiled rule and the index say what the plain evaluator says, over ${pairs} pairs`,
  () => {
    let matched = 0;
    let tried = 0;
    fc.assert(
      fc.property(
        fc.array(someRules, { minLength: rulesOfRun, maxLength: rulesOfRun }),
        fc.array(someEvents, { minLength: eventsOfRun, maxLength: eventsOfRun }),
        fc.constantFrom(...familiar),
        (drawn, stream, seen) => {
          const given = drawn.map((rule, i) => ({ ...rule, id: String(i) }));
          const alone = given.map((rule) => compileRule(rule, view));
          const indexed = compileRules(given, view);
          const families = compileRules(given, seen);
          for (const event of stream) {
            const expected = given.map((rule) => oracleMatches(rule, event));
            expect(alone.map((matches) => matches(event))).toEqual(expected);
            for (const set of [indexed, families])
              expect(set(event).map(({ id }) => Number(id))).toEqual(
                expected.flatMap((holds, i) => (holds ? [i] : [])),
              );
            matched += expected.filter(Boolean).length;
            tried += expected.length;
          }
        },
      ),
      { numRuns: Math.ceil(pairs / rulesOfRun / eventsOfRun) },
    );
    expect(tried).toBeGreaterThanOrEqual(pairs);
    // Both answers are common, or the two would agree for want of anything to say.
    expect(matched / tried).toBeGreaterThan(0.1);
    expect(matched / tried).toBeLessThan(0.9);
  },
  Math.max(60_000, pairs * 3),
);

it(
  `a large set finds what each of its rules finds alone, over ${pairs} pairs and more, in events made from what the rules ask for`,
  () => {
    let matched = 0;
    fc.assert(
      fc.property(
        fc.array(someRules, { minLength: rulesOfLargeSet, maxLength: rulesOfLargeSet }).chain((drawn) =>
          fc.tuple(
            fc.constant(drawn),
            fc.array(fc.oneof(eventsFor(drawn), someEvents), {
              minLength: eventsOfLargeSet,
              maxLength: eventsOfLargeSet,
            }),
          ),
        ),
        fc.constantFrom(...views),
        ([drawn, stream], seen) => {
          const given = drawn.map((rule, i) => ({ ...rule, id: String(i) }));
          const alone = given.map((rule) => compileRule(rule, seen));
          const set = compileRules(given, seen);
          // Again, now that families are known.
          for (const event of [...stream, ...stream]) {
            const expected = alone.flatMap((matches, i) => (matches(event) ? [i] : []));
            expect(set(event).map(({ id }) => Number(id))).toEqual(expected);
            matched += expected.length;
          }
        },
      ),
      { numRuns: Math.ceil((2 * pairs) / rulesOfLargeSet / eventsOfLargeSet) },
    );
    expect(matched).toBeGreaterThan(pairs / 10);
  },
  Math.max(60_000, pairs * 3),
);
