import fc from 'fast-check';
import { expect, it } from 'vitest';
import { parseCondition } from '../condition.ts';
import { parseRules } from '../parse.ts';
import type { Alias, Bounds, Correlation, CorrelationTest } from './correlation.ts';
import { correlatorDefaults, createCorrelator } from './correlator.ts';
import type { CorrelationFinding } from './finding.ts';
import { linkCorrelations } from './link.ts';
import type { FieldValues, Match } from './match.ts';
import type { StateRow } from './state.ts';
import { oracleFindings } from './testing/oracle.ts';

/** Pairs of correlations and a stream. TOCSIN_ORACLE_PAIRS asks for more, for instance 1000000 for a night. */
const pairs = Math.ceil(Number(process.env['TOCSIN_ORACLE_PAIRS'] ?? 20_000) / 10);
const second = 1_000;

const names = ['r0', 'r1', 'r2'];
const { rules: baseRules } = parseRules(
  names
    .map((name) => `title: ${name}\nid: ${name}\nlogsource: {}\ndetection: { a: { x: y }, condition: a }\n`)
    .join('---\n'),
  'r.yml',
);

const value = fc.constantFrom<string | number>('a', 'b', 'c', '1', 2, 3, 40, '');
const values = fc.oneof(
  { weight: 5, arbitrary: value.map((one) => [one]) },
  fc.array(value, { minLength: 0, maxLength: 3 }),
);
const fields: fc.Arbitrary<FieldValues> = fc.record(
  { u: fc.constantFrom('a', 'b').map((one) => [one]), h: values, f: values, g: values },
  { requiredKeys: [] },
);
const stream: fc.Arbitrary<readonly Match[]> = fc
  .array(
    fc.record({
      time: fc.integer({ min: 0, max: 40 }),
      rules: fc.subarray(names, { minLength: 1 }),
      fields,
      id: fc.integer({ min: 0, max: 1_000 }),
    }),
    { minLength: 1, maxLength: 24 },
  )
  .map((events) =>
    // Ids in no order of time, each once.
    events.map(({ id, time, ...rest }, i) => ({
      ...rest,
      time: time * second,
      id: `${id}-${i}`,
      evidence: `event ${i}`,
    })),
  );

const count = fc.integer({ min: 1, max: 4 });
const rising: fc.Arbitrary<Bounds> = count.map((one) => [{ operator: 'gte', value: one }]);
const bounds: fc.Arbitrary<Bounds> = fc.oneof(
  { weight: 2, arbitrary: rising },
  count.map((one): Bounds => [{ operator: 'gt', value: one }]),
  count.map((one): Bounds => [{ operator: 'lte', value: one }]),
  count.map((one): Bounds => [{ operator: 'lt', value: one + 1 }]),
  count.map((one): Bounds => [{ operator: 'eq', value: one }]),
  count.map((one): Bounds => [{ operator: 'neq', value: one }]),
  count.map((one): Bounds => [
    { operator: 'gte', value: one },
    { operator: 'lte', value: one + 1 },
  ]),
);
const someFields = fc.constantFrom(['f'], ['g'], ['f', 'g'], ['al']);
const field = fc.constantFrom('f', 'g', 'al');

const tests: fc.Arbitrary<CorrelationTest> = fc.oneof(
  fc.record({ type: fc.constant('event_count' as const), bounds }),
  fc.record({ type: fc.constant('value_count' as const), fields: someFields, bounds }),
  fc.record({
    type: fc.constantFrom('value_sum' as const, 'value_avg' as const, 'value_median' as const),
    field,
    bounds,
  }),
  fc.record({
    type: fc.constant('value_percentile' as const),
    field,
    percentile: fc.constantFrom(undefined, 25, 50, 100),
    bounds: fc.oneof(
      bounds,
      fc.constantFrom<Bounds>([{ operator: 'lt', value: 30 }], [{ operator: 'gte', value: 50 }]),
    ),
  }),
  fc.record({ type: fc.constantFrom('temporal' as const, 'temporal_ordered' as const), bounds }),
  fc
    .record({
      type: fc.constantFrom('temporal' as const, 'temporal_ordered' as const),
      source: fc.constantFrom(
        '0 and 1',
        '1 and 0',
        '0 or 1',
        '(0 and 1) or 2',
        '(0 or 1) and 2',
        '0 and not 1',
        '2 and (0 or 1) and 0',
        '0 and 1 and not 2',
      ),
    })
    .map((one) => ({ ...one, expression: parseCondition('a', ['a']) })),
  fc.record({
    type: fc.constant('tocsin_new_value' as const),
    fields: someFields,
    learning: fc.constantFrom(0, 3 * second, 10 * second),
  }),
  fc.record({ type: fc.constant('tocsin_change' as const), field }),
  {
    // Few of them find anything.
    weight: 6,
    arbitrary: fc.record({
      type: fc.constant('tocsin_travel' as const),
      fields: fc.constantFrom(['f', 'g'], ['g', 'al']),
      bounds: fc.constantFrom<Bounds>([{ operator: 'gte', value: 1 }], [{ operator: 'gt', value: 9_000 }]),
      minimum: fc.constantFrom(1, 150),
    }),
  },

  {
    weight: 2,
    arbitrary: fc.record({
      type: fc.constant('tocsin_spike' as const),
      bounds: rising,
      minimum: count,
      reference: fc.integer({ min: 1, max: 2 }),
    }),
  },

  fc.record({ type: fc.constant('tocsin_flatline' as const), below: count }),
  fc.record({
    type: fc.constant('tocsin_percentage' as const),
    bounds: fc.constantFrom<Bounds>([{ operator: 'gte', value: 50 }], [{ operator: 'lt', value: 50 }]),
    minimum: count,
  }),
);

interface Raw {
  readonly test: CorrelationTest;
  readonly rules: readonly number[];
  readonly groupBy: readonly string[];
  readonly timespan: number;
  readonly alias: boolean;
}

const raws: fc.Arbitrary<readonly Raw[]> = fc.array(
  fc.record({
    test: tests,
    rules: fc.uniqueArray(fc.integer({ min: 0, max: 5 }), { minLength: 1, maxLength: 3 }),
    groupBy: fc.constantFrom([], ['u'], ['h'], ['u', 'h'], ['al']),
    timespan: fc.integer({ min: 1, max: 12 }).map((one) => one * second),
    alias: fc.boolean(),
  }),
  { minLength: 1, maxLength: 4 },
);

/** Later ones may refer to earlier ones, so that there are chains. */
function correlationsOf(all: readonly Raw[]): readonly Correlation[] {
  return all.map(({ test, rules, groupBy, timespan, alias }, i): Correlation => {
    const known = [...names, ...all.slice(0, i).map((_, before) => `c${before}`)];
    let members = [...new Set(rules.map((rule) => known[rule % known.length] ?? 'r0'))];
    const least = test.type === 'tocsin_percentage' ? 2 : 'expression' in test ? 3 : 1;
    members = [...new Set([...members, ...names])].slice(0, Math.max(least, members.length));
    if (test.type === 'tocsin_percentage') members = members.slice(0, 2);
    let own = test;
    if ('expression' in test) {
      const source = test.source.replace(/\d/g, (digit) => members[Number(digit)] ?? '');
      own = { ...test, source, expression: parseCondition(source, members) };
    }
    const aliases: Alias[] = alias
      ? [
          {
            name: 'al',
            fields: members.slice(0, 2).map((rule, at) => ({ rule, field: at === 0 ? 'u' : 'f' })),
          },
        ]
      : [];
    return {
      id: `c${i}`,
      title: `c${i}`,
      name: undefined,
      status: undefined,
      description: '',
      level: 'medium',
      tags: [],
      references: [],
      falsePositives: [],
      custom: {},
      path: 'c.yml',
      rules: members.map((name) => ({ name, line: 1, column: 1 })),
      groupBy,
      timespan,
      timespanText: `${timespan / second}s`,
      aliases,
      generate: false,
      test: own,
    };
  });
}

const lateness = 5 * second;

/** How the stream comes in: each match after a delay that the lateness allows, some of them again, in batches. */
const arrivals = fc.record({
  delays: fc.array(fc.integer({ min: 0, max: 5 }), { minLength: 24, maxLength: 24 }),
  again: fc.array(fc.option(fc.integer({ min: 0, max: 5 }), { nil: undefined, freq: 3 }), {
    minLength: 24,
    maxLength: 24,
  }),
  batch: fc.integer({ min: 1, max: 6 }),
  restarts: fc.array(fc.boolean(), { minLength: 48, maxLength: 48 }),
});

it('finds what the oracle finds, whatever the order, repeats and restarts', () => {
  const found: Record<string, number> = {};
  fc.assert(
    fc.property(raws, stream, arrivals, (raw, matches, { delays, again, batch, restarts }) => {
      const { correlations: linked, problems } = linkCorrelations(baseRules, correlationsOf(raw));
      expect(problems).toEqual([]);
      const coming = matches
        .flatMap((match, i) => {
          const repeated = again[i];
          const at = (delay: number) => ({ match, at: match.time + delay * second });
          return [at(delays[i] ?? 0), ...(repeated === undefined ? [] : [at(repeated)])];
        })
        .sort((a, b) => a.at - b.at)
        .map(({ match }) => match);
      const kept = new Map<string, StateRow>();
      const options = { ...correlatorDefaults, lateness, keepsState: true };
      let correlator = createCorrelator(linked, options);
      const findings: CorrelationFinding[] = [];
      const keep = () => {
        for (const { key, value: row } of correlator.changes())
          if (row === undefined) kept.delete(key);
          // Through JSON, as a store does it.
          else kept.set(key, JSON.parse(JSON.stringify({ key, value: row })) as StateRow);
      };
      for (let from = 0; from < coming.length; from += batch) {
        const some = coming.slice(from, from + batch);
        findings.push(...correlator.take(some, Number.NEGATIVE_INFINITY));
        keep();
        if (restarts[from / batch] === true) {
          correlator = createCorrelator(linked, options, [...kept.values()].toReversed());
          keep();
        }
      }
      findings.push(...correlator.flush());
      expect(correlator.counters()).toMatchObject({ late: 0, early: 0, evictedGroups: 0, evictedEntries: 0 });

      const ordered = matches.toSorted((a, b) => a.time - b.time);
      const wanted = oracleFindings(linked, ordered).map((one) => JSON.stringify(one));
      expect(findings.map(plain).sort()).toEqual(wanted.toSorted());
      expect(new Set(findings.map(({ id }) => id)).size).toBe(findings.length);
      for (const { correlation } of findings)
        found[correlation.test.type] = (found[correlation.test.type] ?? 0) + 1;
    }),
    { numRuns: pairs },
  );
  // Every type has found something, or nothing would have been held against the oracle.
  expect(Object.keys(found).length).toBeGreaterThanOrEqual(14);
});

function plain({ id, correlation, group, time, value: found, events }: CorrelationFinding): string {
  return JSON.stringify({
    id,
    correlation: correlation.id,
    group: group.map((one) => one.value),
    time,
    value: found,
    events: events.map((one) => one.id).sort(),
  });
}
