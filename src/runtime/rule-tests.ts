import { readFile } from 'node:fs/promises';
import { isMap, LineCounter, parseDocument } from 'yaml';
import * as z from 'zod';
import { isCountryCode } from '../context/country-name.ts';
import { indicatorSet, openIndicators } from '../context/intel/indicator-set.ts';
import { indicatorTypes, indicatorValue } from '../context/intel/indicator.ts';
import type { Feed } from '../context/intel/intel.ts';
import type { Locate } from '../context/place.ts';
import { readAccessLog } from '../decode/access/read.ts';
import { decodeValue } from '../decode/decode.ts';
import type { Alert } from '../alert/alert.ts';
import { Subject, subjectView } from '../alert/finding.ts';
import { createAssetMemory } from '../facts/assets/memory.ts';
import { sightingsOf } from '../facts/assets/sightings.ts';
import { isJsonObject, text, type Json, type JsonObject } from '../event/json.ts';
import type { Correlation } from '../sigma/correlation/correlation.ts';
import { correlatorDefaults, createCorrelator } from '../sigma/correlation/correlator.ts';
import { withMembers } from '../sigma/correlation/link.ts';
import { parseTimespan } from '../sigma/correlation/timespan.ts';
import { explainRule } from '../sigma/explain.ts';
import type { Rule, RuleHeader } from '../sigma/rule.ts';
import { whyNot } from '../sigma/why-not.ts';
import { injectionRules, requestMatcher } from '../web/inject-match.ts';
import { createEngine, type Engine, type Setting } from './engine.ts';
import type { LoadedRules } from './load-rules.ts';
import { whyNotRun } from './why-not-run.ts';

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
const span = z.string().transform((text, context) => {
  const parsed = parseTimespan(text);
  if (typeof parsed === 'number') return parsed;
  context.addIssue(parsed.problem);
  return z.NEVER;
});
const record = {
  event: jsonObject.optional().describe('A whole record, instead of base.'),
  change: jsonObject
    .optional()
    .describe('A JSON merge patch (RFC 7396) of base: what is here replaces, null deletes.'),
};
const place = z.strictObject({
  network: z.string().min(1).optional().describe('The name of the own network that it is in.'),
  country: z.string().refine(isCountryCode, 'must be two capital letters such as DE').optional(),
  city: z.string().optional(),
  latitude: z.number().optional(),
  longitude: z.number().optional(),
  asn: z.int().optional(),
  as_name: z.string().optional(),
  provider: z
    .strictObject({ name: z.string(), service: z.string().optional(), region: z.string().optional() })
    .optional()
    .describe('Who publishes the address as one of its own.'),
});
const testFile = z.strictObject({
  base: jsonObject.optional().describe('A whole record that the cases change.'),
  places: z
    .record(z.string(), place)
    .default({})
    .describe('Where addresses are, for rules that ask. Nothing is known of others.'),
  indicators: z
    .array(
      z.strictObject({
        type: z.enum(indicatorTypes),
        value: z.string().min(1),
        label: z.string().optional(),
        feed: z.string().default('test'),
      }),
    )
    .default([])
    .describe('What feeds warn of, for rules that ask for `tocsin.intel`.'),
  cases: z
    .array(
      z
        .strictObject({
          name: z.string().describe('What happens, as a sentence.'),
          expect: z.enum(['match', 'no match']),
          ...record,
          events: z
            .array(
              z.strictObject({
                ...record,
                times: z.int().min(1).max(10_000).default(1).describe('How many such records there are.'),
                every: span.default(1_000).describe('The time between them.'),
                after: span
                  .default(1_000)
                  .describe('The time between the record before and the first of them.'),
              }),
            )
            .min(1)
            .optional()
            .describe('Several records, one after the other, for rules that need several.'),
          line: z
            .string()
            .optional()
            .describe('A line of an access log, for rules of the category webserver.'),
          wait: span.optional().describe('How long nothing comes after the last record.'),
          alerts: z.int().min(1).optional().describe('How many alerts there are then.'),
          headline: z.string().optional().describe('The sentence that the first alert then has.'),
        })
        .refine(
          ({ event, change, events }) =>
            events === undefined || (event === undefined && change === undefined),
          "has 'events' and a single one besides; give one or the other",
        ),
    )
    .min(1),
});

/** The JSON schema (draft 7) of a test file. */
export function testSchema(): Readonly<Record<string, unknown>> {
  return {
    ...z.toJSONSchema(testFile, { target: 'draft-7', io: 'input' }),
    title: 'Tests of a rule for Tocsin',
  };
}

type TestCase = z.infer<typeof testFile>['cases'][number];

/** Where a rule's tests lie: `bucket_public.yml` has `bucket_public.test.yml` beside it. */
export function testPathOf(rulePath: string): string {
  return rulePath.replace(/\.(ya?ml)$/, '.test.$1');
}

/**
 * Runs the tests beside a rule. Each case is a record (`event`, or `base` changed by a JSON merge patch, RFC 7396) or several, that go
 * through the same decoder and engine as any other record. Undefined where the rule has no test file.
 */
export async function runRuleTests(rule: Rule): Promise<readonly RuleTestResult[] | undefined> {
  return runTests(
    rule,
    (setting, locate, feeds) => createEngine([rule], [], undefined, setting, locate, undefined, { feeds }),
    rule,
  );
}

/**
 * Runs the tests beside a file that holds correlations: what the file as a whole raises counts. `loaded` has what its correlations refer to.
 */
export async function runCorrelationTests(
  correlation: Correlation,
  loaded: Pick<LoadedRules, 'rules' | 'correlations'>,
): Promise<readonly RuleTestResult[] | undefined> {
  const ids = [...loaded.rules, ...loaded.correlations]
    .filter(({ path }) => path === correlation.path)
    .map(({ id }) => id);
  const { rules, correlations } = withMembers(ids, loaded);
  return runTests(correlation, (setting, locate, feeds) =>
    createEngine(rules, correlations, undefined, setting, locate, undefined, { feeds }),
  );
}

/** `own` is the rule where it is a detection rule, for reasons. */
async function runTests(
  rule: RuleHeader,
  engineWith: (setting: Setting, locate: Locate, feeds: () => readonly Feed[]) => Engine,
  own?: Rule,
): Promise<readonly RuleTestResult[] | undefined> {
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
  const { base = {}, cases, places, indicators } = parsed.data;
  const [setting, locate] = contextIn(places);
  const feeds = feedsIn(indicators);
  const engine = engineWith(setting, locate, () => feeds);
  // A rule that does not run would pass every test that expects no match.
  if (own !== undefined && isForRequests(own)) {
    const results: RuleTestResult[] = [];
    for (const [i, test] of cases.entries())
      results.push(
        result(lineOfCase(document.get('cases', true), i, lines), test.name, await judgeLine(test, own)),
      );
    return results;
  }
  const notRun = own === undefined || engine.active.includes(own) ? undefined : `the rule ${whyNotRun(own)}`;
  return cases.map((test, i) =>
    result(
      lineOfCase(document.get('cases', true), i, lines),
      test.name,
      notRun ?? judge(test, recordsOf(test, toJson(base)), engine, rule.path, own),
    ),
  );
}

/** What the test file says of addresses, as a configuration and data would. */
function contextIn(
  places: Readonly<Record<string, z.infer<typeof place>>>,
): readonly [setting: Setting, locate: Locate] {
  const networks = Object.entries(places).flatMap(([address, { network, country }]) =>
    network === undefined ? [] : [{ name: network, ranges: [address], country }],
  );
  const known = new Map(Object.entries(places));
  const locate: Locate = (address) => {
    const { network: _network, as_name: asName, ...rest } = known.get(address) ?? {};
    return { ...rest, asName };
  };
  return [{ context: { networks, people: [] } }, locate];
}

/** What the test file says that feeds warn of. */
function feedsIn(indicators: z.infer<typeof testFile>['indicators']): readonly Feed[] {
  return [...Map.groupBy(indicators, ({ feed }) => feed)].map(([name, some]) => {
    const set = indicatorSet();
    for (const { type, value: text, label } of some) {
      const value = indicatorValue(type, text);
      if (value !== undefined) set.add({ type, value, label });
    }
    return { name, set: openIndicators(set.pack()) };
  });
}

/** The records of a case. Those of several get ids and times of their own, where they are not given. */
function recordsOf(test: TestCase, base: Json): readonly Json[] {
  const made = ({ event, change }: Pick<TestCase, 'event' | 'change'>) =>
    toJson(event ?? mergePatch(base, toJson(change ?? {})));
  if (test.events === undefined) return [made(test)];
  let time: number | undefined;
  let last = Date.parse(text(base, 'eventTime') ?? '') || Date.parse('2026-01-01T00:00:00Z');
  return test.events.flatMap((item, i) =>
    Array.from({ length: item.times }, (_, n) => {
      const own = made(item);
      const given = toJson(item.event ?? item.change ?? {});
      last = time === undefined ? last : last + (n === 0 ? item.after : item.every);
      const at = text(given, 'eventTime');
      if (at !== undefined) last = Date.parse(at);
      time = last;
      return {
        ...own,
        eventTime: at ?? new Date(last).toISOString(),
        eventID: text(given, 'eventID') ?? `event ${i + 1}, number ${n + 1}`,
      };
    }),
  );
}

function judge(
  test: TestCase,
  records: readonly Json[],
  engine: Engine,
  rulePath: string,
  own: Rule | undefined,
): string | undefined {
  const correlator = createCorrelator(engine.correlations, {
    ...correlatorDefaults,
    lateness: Number.POSITIVE_INFINITY,
  });
  // What one record says of assets is known to the next, as in a log.
  const memory = createAssetMemory();
  const alerts: Alert[] = [];
  const paths = new Map(
    [...engine.active, ...engine.correlations.map(({ correlation }) => correlation)].map(({ id, path }) => [
      id,
      path,
    ]),
  );
  const add = (more: readonly Alert[]) =>
    alerts.push(...more.filter((alert) => paths.get(alert.rule.id) === rulePath));
  for (const own of records) {
    const decoded = decodeValue(own, { source: 'test', object: test.name, receivedAt: 0 });
    const [rejection] = decoded.rejections;
    if (rejection) return `the record cannot be decoded: ${rejection.reason}`;
    if (decoded.events.length === 0) return 'there is no record: give the case an event, or the file a base';
    for (const event of decoded.events) {
      const { findings, match } = engine.examine(event, memory);
      add(findings.map((finding) => engine.raise(finding, 0)));
      memory.observe(event, sightingsOf(event));
      add(engine.raiseCorrelated(correlator.take(match === undefined ? [] : [match], event.time), 0));
    }
  }
  add(engine.raiseCorrelated(correlator.take([], correlator.clock() + (test.wait ?? 0)), 0));
  add(engine.raiseCorrelated(correlator.flush(), 0));
  const [alert] = alerts;
  if (test.expect === 'no match') return alert ? 'the rule matches but should not' : undefined;
  if (!alert)
    return `the rule does not match but should${own === undefined ? '' : reasonOf(own, records, engine)}`;
  if (test.alerts !== undefined && alerts.length !== test.alerts)
    return `the rule raises ${alerts.length} alerts, not ${test.alerts}`;
  if (test.headline !== undefined && alert.title !== test.headline)
    return `the headline is "${alert.title}", not "${test.headline}"`;
  return undefined;
}

/** Whether a rule is for access logs, which come as lines and not as records. */
function isForRequests(rule: Rule): boolean {
  return injectionRules([rule]).length > 0;
}

/** A line goes through the same readers as a log of one line. */
async function judgeLine(test: TestCase, rule: Rule): Promise<string | undefined> {
  if (test.line === undefined) return "the rule is for access logs: give the case a 'line'";
  const from = { source: 'test', object: test.name, receivedAt: 0 };
  const match = requestMatcher([rule]);
  let rows = 0;
  let matched = 0;
  for await (const { requests, rejections } of readAccessLog(oneChunk(`${test.line}\n`), from)) {
    const [rejection] = rejections;
    if (rejection) return `the line cannot be read: ${rejection.reason}`;
    rows += requests.count;
    for (let row = 0; row < requests.count; row++) matched += match(requests, row).length;
  }
  if (rows === 0) return 'there is no request in the line';
  if (test.expect === 'no match') return matched > 0 ? 'the rule matches but should not' : undefined;
  return matched > 0 ? undefined : 'the rule does not match but should';
}

async function* oneChunk(text: string): AsyncGenerator<Uint8Array> {
  yield await Promise.resolve(Buffer.from(text));
}

/** Of several records, what keeps the last one from matching. */
function reasonOf(rule: Rule, records: readonly Json[], { context }: Engine): string {
  const { events } = decodeValue(records.at(-1) ?? null, { source: 'test', object: '', receivedAt: 0 });
  const [event] = events;
  if (event === undefined) return '';
  const subject = new Subject(event, undefined, undefined, undefined, context);
  const reason = whyNot(explainRule(rule, subjectView, subject));
  return reason === '' ? '' : `: ${reason}`;
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
