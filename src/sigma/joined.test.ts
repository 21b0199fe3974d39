import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { JsonObject } from '../event/json.ts';
import { compileField } from './field.ts';
import { joinRules, parseRules, readRules } from './parse.ts';
import { readPipeline, type Pipeline } from './pipeline/pipeline.ts';
import { compileRules } from './ruleset.ts';
import { oracleMatches } from './testing/oracle.ts';
import { someEvents, someRuleDocuments } from './testing/some-rules.ts';

/** What filters and pipelines make of rules, held against the plain evaluator on rules that they have not touched. */

const view = { field: compileField, whole: (event: JsonObject) => event };
type Document = Readonly<Record<string, unknown>>;

function matchesAlone(document: Document, event: JsonObject): boolean {
  const [rule] = parseRules(JSON.stringify(document), 'r.yml').rules;
  if (rule === undefined) throw new Error(`refused: ${JSON.stringify(document)}`);
  return oracleMatches(rule, event);
}

function runJoined(documents: readonly Document[], pipelines: readonly Pipeline[]) {
  const files = documents.map((document, i) => readRules(JSON.stringify(document), `${i}.yml`));
  const { rules, problems } = joinRules(files, pipelines);
  expect(problems.filter(({ level }) => level === 'error')).toEqual([]);
  const run = compileRules(rules, view);
  return (event: JsonObject) => run(event).length > 0;
}

function pipelineOf(text: string): Pipeline {
  const { pipeline } = readPipeline(text, 'p.yml');
  if (pipeline === undefined) throw new Error('the pipeline is refused');
  return pipeline;
}

it('a rule with filters matches where the rule and each filter do, whatever their searches are called', () => {
  let matched = 0;
  let suppressed = 0;
  fc.assert(
    fc.property(
      someRuleDocuments,
      fc.array(someRuleDocuments, { minLength: 1, maxLength: 3 }),
      fc.array(someEvents, { minLength: 5, maxLength: 5 }),
      (rule, others, events) => {
        // A filter has one condition, and a rule as many as it wants.
        const single = others.map((other) => {
          const { condition, ...searches } = other['detection'] as { readonly condition: string | string[] };
          return { ...searches, condition: [condition].flat()[0] };
        });
        const filters = single.map((detection) => ({
          ...rule,
          detection: undefined,
          filter: { rules: 'any', ...detection },
        }));
        const run = runJoined([rule, ...filters], []);
        for (const event of events) {
          const own = matchesAlone(rule, event);
          const expected = own && single.every((detection) => matchesAlone({ ...rule, detection }, event));
          expect(run(event)).toBe(expected);
          if (expected) matched++;
          else if (own) suppressed++;
        }
      },
    ),
    { numRuns: 300 },
  );
  expect(Math.min(matched, suppressed)).toBeGreaterThan(50);
});

it('a rule whose fields get a prefix finds in events that lie below the prefix what it found before', () => {
  const prefixed = pipelineOf('transformations: [{ type: field_name_prefix, prefix: p. }]');
  let matched = 0;
  fc.assert(
    fc.property(someRuleDocuments, fc.array(someEvents, { minLength: 5, maxLength: 5 }), (rule, events) => {
      const run = runJoined([rule], [prefixed]);
      for (const event of events) {
        const expected = matchesAlone(rule, event);
        expect(run({ p: event })).toBe(expected);
        if (expected) matched++;
      }
    }),
    { numRuns: 300 },
  );
  expect(matched).toBeGreaterThan(100);
});

it('steps that cancel each other out leave a rule as it was', () => {
  const forth = pipelineOf(
    'priority: 1\ntransformations: [{ type: field_name_suffix, suffix: _x }, { type: field_name_prefix, prefix: y_ }]',
  );
  const back = pipelineOf(`priority: 2
transformations:
  - type: field_name_mapping
    mapping:
${['a', 'b', 'a.b', 'a[].b', 'a.b.c', 'b.c', 'constructor'].map((name) => `      y_${name}_x: ${name}\n`).join('')}`);
  fc.assert(
    fc.property(someRuleDocuments, (rule) => {
      const text = JSON.stringify(rule);
      expect(joinRules([readRules(text, 'r.yml')], [back, forth]).rules).toEqual(
        parseRules(text, 'r.yml').rules,
      );
    }),
    { numRuns: 300 },
  );
});

it('replacing nothing changes nothing, whatever the texts and wildcards', () => {
  const same = pipelineOf(
    "transformations: [{ type: replace_string, regex: '([^*?\\\\])', replacement: '\\1' }]",
  );
  fc.assert(
    fc.property(someRuleDocuments, fc.array(someEvents, { minLength: 5, maxLength: 5 }), (rule, events) => {
      const run = runJoined([rule], [same]);
      for (const event of events) expect(run(event)).toBe(matchesAlone(rule, event));
    }),
    { numRuns: 300 },
  );
});
