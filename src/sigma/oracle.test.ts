import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { JsonObject } from '../event/json.ts';
import { compileRule } from './compile.ts';
import { compileField, topKeysOf } from './field.ts';
import { compileRules } from './ruleset.ts';
import { oracleMatches } from './testing/oracle.ts';
import { someEvents, someRules } from './testing/some-rules.ts';

/** Pairs of a rule and an event. TOCSIN_ORACLE_PAIRS asks for more, for instance 1000000 for a night. */
const pairs = Number(process.env['TOCSIN_ORACLE_PAIRS'] ?? 20_000);
const rulesOfRun = 5;
const eventsOfRun = 5;
const view = { field: compileField, whole: (event: JsonObject) => event, topKeys: topKeysOf };

it(
  `the compiled rule and the index say what the plain evaluator says, over ${pairs} pairs`,
  () => {
    let matched = 0;
    let tried = 0;
    fc.assert(
      fc.property(
        fc.array(someRules, { minLength: rulesOfRun, maxLength: rulesOfRun }),
        fc.array(someEvents, { minLength: eventsOfRun, maxLength: eventsOfRun }),
        (drawn, stream) => {
          const given = drawn.map((rule, i) => ({ ...rule, id: String(i) }));
          const alone = given.map((rule) => compileRule(rule, view));
          const indexed = compileRules(given, view);
          for (const event of stream) {
            const expected = given.map((rule) => oracleMatches(rule, event));
            expect(alone.map((matches) => matches(event))).toEqual(expected);
            expect(indexed(event).map(({ id }) => Number(id))).toEqual(
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
