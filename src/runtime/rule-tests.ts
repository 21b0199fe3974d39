import { readFile } from 'node:fs/promises';
import { isMap, LineCounter, parseDocument } from 'yaml';
import * as z from 'zod';
import { decodeValue } from '../decode/decode.ts';
import { isJsonObject, type Json, type JsonObject } from '../event/json.ts';
import type { Rule } from '../sigma/rule.ts';
import { createEngine } from './engine.ts';

/** How one case of a rule's test file went. */
export interface RuleTestResult {
  readonly rule: string;
  readonly path: string;
  readonly line: number;
  readonly name: string;
  /** Undefined where the case holds. */
  readonly failure: string | undefined;
}

const jsonObject = z.record(z.string(), z.unknown());
const testFile = z.strictObject({
  base: jsonObject.optional(),
  cases: z
    .array(
      z.strictObject({
        name: z.string(),
        expect: z.enum(['match', 'no match']),
        event: jsonObject.optional(),
        change: jsonObject.optional(),
        headline: z.string().optional(),
      }),
    )
    .min(1),
});

/** Where a rule's tests lie: `bucket_public.yml` has `bucket_public.test.yml` beside it. */
export function testPathOf(rulePath: string): string {
  return rulePath.replace(/\.(ya?ml)$/, '.test.$1');
}

/**
 * Runs the tests beside a rule. Each case is a record (`event`, or `base` changed by a JSON merge patch, RFC 7396) that goes through
 * the same decoder and engine as any other record. Undefined where the rule has no test file.
 */
export async function runRuleTests(rule: Rule): Promise<readonly RuleTestResult[] | undefined> {
  const path = testPathOf(rule.path);
  const source = await readFile(path, 'utf8').catch(() => undefined);
  if (source === undefined) return undefined;
  const lines = new LineCounter();
  const document = parseDocument(source, { lineCounter: lines });
  const result = (line: number, name: string, failure: string | undefined) => ({
    rule: rule.title,
    path,
    line,
    name,
    failure,
  });
  const [broken] = document.errors;
  if (broken) return [result(broken.linePos?.[0].line ?? 1, 'the test file', `not YAML: ${broken.message}`)];
  const parsed = testFile.safeParse(document.toJS());
  if (!parsed.success) return [result(1, 'the test file', z.prettifyError(parsed.error))];
  const { base, cases } = parsed.data;
  const engine = createEngine([rule]);
  return cases.map((test, i) => {
    const record = toJson(test.event ?? mergePatch(toJson(base ?? {}), toJson(test.change ?? {})));
    return result(lineOfCase(document.get('cases', true), i, lines), test.name, judge(test, record, engine));
  });
}

function judge(
  test: z.infer<typeof testFile>['cases'][number],
  record: Json,
  engine: ReturnType<typeof createEngine>,
): string | undefined {
  const decoded = decodeValue(record, { source: 'test', object: test.name, receivedAt: 0 });
  const [rejection] = decoded.rejections;
  if (rejection) return `the record cannot be decoded: ${rejection.reason}`;
  if (decoded.events.length === 0) return 'there is no record: give the case an event, or the file a base';
  const findings = decoded.events.flatMap((event) => engine.find(event));
  const [finding] = findings;
  if (test.expect === 'no match') return finding ? 'the rule matches but should not' : undefined;
  if (!finding) return 'the rule does not match but should';
  const { title } = engine.raise(finding, 0);
  if (test.headline !== undefined && title !== test.headline)
    return `the headline is "${title}", not "${test.headline}"`;
  return undefined;
}

/** RFC 7396: null deletes, objects merge, everything else replaces. */
function mergePatch(target: Json, patch: Json): Json {
  if (!isJsonObject(patch)) return patch;
  const merged: Record<string, Json | undefined> = isJsonObject(target) ? { ...target } : {};
  for (const [key, value] of Object.entries(patch)) {
    if (value === null) delete merged[key];
    else if (value !== undefined) merged[key] = mergePatch(merged[key] ?? null, value);
  }
  return merged;
}

/** What YAML made, as JSON would hold it. */
function toJson(value: unknown): JsonObject {
  const plain: unknown = JSON.parse(JSON.stringify(value));
  return plain as JsonObject;
}

function lineOfCase(node: unknown, index: number, lines: LineCounter): number {
  if (typeof node !== 'object' || node === null || !('items' in node) || !Array.isArray(node.items)) return 1;
  const item: unknown = node.items[index];
  return isMap(item) && item.range ? lines.linePos(item.range[0]).line : 1;
}
