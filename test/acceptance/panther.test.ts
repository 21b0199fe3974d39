import { existsSync, readFileSync } from 'node:fs';
import { relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { beforeAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { z } from 'zod';
import { Subject, subjectView } from '../../src/alert/finding.ts';
import { decodeValue } from '../../src/decode/decode.ts';
import type { Json } from '../../src/event/json.ts';
import { createEngine, type Engine } from '../../src/runtime/engine.ts';
import { builtinRules, loadRules } from '../../src/runtime/load-rules.ts';
import { packsFolder } from '../../src/runtime/packs.ts';
import { compileRules } from '../../src/sigma/ruleset.ts';

/**
 * Panther's own tests of its AWS rules (https://github.com/panther-labs/panther-analysis, Apache-2.0) as a second opinion. What their rule
 * says of one event is held against what those of ours say that panther-rules.yml names for it. Counting over several events comes after
 * that, there as here: where ours is a correlation, what it counts is asked.
 */
const data =
  process.env['TOCSIN_TEST_DATA'] ?? fileURLToPath(new URL('../../../shared/data', import.meta.url));
const file = `${data}/panther-rule-tests/aws-cloudtrail.jsonl`;

const mapping = z
  .strictObject({
    rules: z.record(z.string(), z.array(z.string())),
    disagreements: z.record(z.string(), z.string().min(20)),
  })
  .parse(parse(readFileSync(new URL('panther-rules.yml', import.meta.url), 'utf8')));

const theirRule = z.object({
  id: z.string(),
  path: z.string(),
  tests: z.array(
    z.object({
      name: z.string(),
      expected: z.boolean(),
      needsMocks: z.boolean(),
      event: z.unknown().transform((value) => value as Json),
    }),
  ),
});

interface Case {
  readonly name: string;
  readonly rule: string;
  readonly expected: boolean;
  readonly event: Json;
}

let engine: Engine;
let shipped: ReadonlySet<string>;

beforeAll(async () => {
  const { rules, correlations } = await loadRules([builtinRules, packsFolder]);
  engine = createEngine(rules, correlations);
  shipped = new Set([...rules, ...correlations].map(({ path }) => slugOf(path)));
});

/** `s3/bucket-made-public` */
function slugOf(path: string): string {
  return relative(builtinRules, path).replace(/^aws\/|^\.\.\/packs\/|\.yml$/g, '');
}

function casesOf(lines: string): readonly Case[] {
  return (
    lines
      .trim()
      .split('\n')
      .map((line) => theirRule.parse(JSON.parse(line)))
      // What they call policies looks at descriptions of resources and at no log.
      .filter(({ path }) => !path.startsWith('policies/'))
      .flatMap(({ id, tests }) =>
        tests
          .filter(({ needsMocks }) => !needsMocks)
          .map(({ name, expected, event }) => ({ name: `${id}: ${name}`, rule: id, expected, event })),
      )
  );
}

it('names rules that ship', () => {
  const named = Object.values(mapping.rules).flat();
  expect(named.filter((slug) => !shipped.has(slug))).toEqual([]);
});

describe.skipIf(!existsSync(file))('the tests of another rule set', () => {
  it('agree with ours in nine of ten cases, and each disagreement is explained', () => {
    const cases = casesOf(readFileSync(file, 'utf8'));
    const matching = compileRules(engine.active, subjectView);
    const disagree = cases.filter(({ rule, expected, event }) => {
      const ours = new Set(mapping.rules[rule]);
      const { events } = decodeValue(event, { source: 'test', object: rule, receivedAt: 0 });
      const fired = events.some((one) =>
        matching(new Subject(one)).some(({ path }) => ours.has(slugOf(path))),
      );
      return fired !== expected;
    });
    expect(cases.length).toBeGreaterThan(240);
    expect(disagree.map(({ name }) => name).sort()).toEqual(Object.keys(mapping.disagreements).sort());
    expect(disagree.length / cases.length).toBeLessThanOrEqual(0.1);
  });
});
