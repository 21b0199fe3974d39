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
  base: jsonObject.optional().describe('A whole record that the cases change.'),
  cases: z
    .array(
      z.strictObject({
        name: z.string().describe('What happens, as a sentence.'),
        expect: z.enum(['match', 'no match']),
        event: jsonObject.optional().describe('A whole record, instead of base.'),
        change: jsonObject
          .optional()
          .describe('A JSON merge patch (RFC 7396) of base: what is here replaces, null deletes.'),
        headline: z.string().optional().describe('The sentence that the alert then has.'),
      }),
    )
    .min(1),
});

/** The JSON schema (draft 7) of a test file. */
export function testSchema(): Readonly<Record<string, unknown>> {
  return { ...z.toJSONSchema(testFile, { target: 'draft-7' }), title: 'Tests of a rule for Tocsin' };
}

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
  const lines = new LineCounter();
  const result = (line: number, name: string, failure: string | undefined) => ({
    rule: rule.title,
    path,
    line,
    name,
    failure,
  });
  let source: string;
  try {
    source = await readFile(path, 'utf8');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    return [result(1, 'the test file', `cannot be read: ${messageOf(error)}`)];
  }
  const document = parseDocument(source, { lineCounter: lines });
  const [broken] = document.errors;
  if (broken) return [result(broken.linePos?.[0].line ?? 1, 'the test file', `not YAML: ${broken.message}`)];
  let plain: unknown;
  try {
    // Through JSON, so that a record is what a log could hold. Aliases may ask for too much, or for themselves.
    plain = toJson(document.toJS({ maxAliasCount: 100 }));
  } catch (error) {
    return [result(1, 'the test file', `is no JSON: ${messageOf(error)}`)];
  }
  const parsed = testFile.safeParse(plain);
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
  const plain: unknown = JSON.parse(JSON.stringify(value ?? null));
  return plain as JsonObject;
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

function lineOfCase(node: unknown, index: number, lines: LineCounter): number {
  if (typeof node !== 'object' || node === null || !('items' in node) || !Array.isArray(node.items)) return 1;
  const item: unknown = node.items[index];
  return isMap(item) && item.range ? lines.linePos(item.range[0]).line : 1;
}
