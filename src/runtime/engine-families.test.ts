import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { parse } from 'yaml';
import { Subject, subjectView } from '../alert/finding.ts';
import { decodeValue } from '../decode/decode.ts';
import type { Event } from '../event/event.ts';
import { isJsonObject, isList, type Json, type JsonObject } from '../event/json.ts';
import { createAssetMemory } from '../facts/assets/memory.ts';
import { sightingsOf } from '../facts/assets/sightings.ts';
import { lacksFacts } from '../facts/lacking.ts';
import { compileRule } from '../sigma/compile.ts';
import { compileRules } from '../sigma/ruleset.ts';
import { builtinRules, loadRules } from './load-rules.ts';
import { isForCloudTrail } from './log-sources.ts';
import { testPathOf } from './rule-tests.ts';

const { rules } = await loadRules([builtinRules]);
const forCalls = rules.filter(isForCloudTrail);

/** The records of the tests beside the rules, each member of a change in place of the one in the base. */
const events: readonly Event[] = [...new Set(rules.map(({ path }) => testPathOf(path)))].flatMap((path) => {
  const file = parse(readFileSync(path, 'utf8')) as Json;
  const base = isJsonObject(file) && isJsonObject(file['base']) ? file['base'] : {};
  return recordsBelow(isJsonObject(file) ? file['cases'] : undefined, base).flatMap(
    (record) => decodeValue(record, { source: 'test', object: path, receivedAt: 0 }).events,
  );
});

function recordsBelow(cases: Json | undefined, base: JsonObject): readonly JsonObject[] {
  if (!isList(cases)) return [];
  return cases.filter(isJsonObject).flatMap((test): readonly JsonObject[] => {
    if (isList(test['events'])) return recordsBelow(test['events'], base);
    const own = isJsonObject(test['event']) ? test['event'] : base;
    return [isJsonObject(test['change']) ? { ...own, ...test['change'] } : own];
  });
}

it('no event has a fact that its call is said to lack, whatever is remembered', () => {
  expect(events.length).toBeGreaterThan(2000);
  const memory = createAssetMemory();
  let facts = 0;
  for (const event of events) {
    for (const { subject } of new Subject(event, undefined, memory).facts) {
      facts++;
      if (lacksFacts(subject, event.action)) throw new Error(`${event.action} has a fact of ${subject}`);
    }
    memory.observe(event, sightingsOf(event));
  }
  expect(facts).toBeGreaterThan(1000);
});

it('what a call can have no facts of is said, and not said of what is unknown', () => {
  expect(lacksFacts('exposure', 'DescribeInstances')).toBe(true);
  expect(lacksFacts('exposure', 'PutBucketPolicy')).toBe(false);
  expect(lacksFacts('change', 'DescribeInstances')).toBe(true);
  // Findings of AWS's services name no call.
  expect(lacksFacts('finding', 'DescribeInstances')).toBe(false);
  expect(lacksFacts('actor', 'DescribeInstances')).toBe(false);
  expect(lacksFacts('of-another-version', 'DescribeInstances')).toBe(false);
});

it('the own rules find in families of calls what each of them finds alone', () => {
  const { families } = subjectView;
  if (families === undefined) throw new Error('there are no families of calls');
  const set = compileRules(forCalls, { ...subjectView, families: { ...families, after: 0 } });
  const alone = forCalls.map((rule) => compileRule(rule, subjectView));
  let found = 0;
  // Each record as its test has it, under the name of another call, and under that of a service that is not called so.
  for (const [i, { fields }] of events.entries()) {
    if (i % 6 !== 0) continue;
    const other = events[(i * 7) % events.length]?.fields ?? {};
    const changed = i % 9 === 0 ? {} : { eventName: other['eventName'] ?? '' };
    const moved = i % 10 === 0 ? { eventSource: other['eventSource'] ?? '' } : {};
    const record = { ...fields, ...changed, ...moved };
    for (const event of decodeValue(record, { source: 'test', object: 'test', receivedAt: 0 }).events) {
      const subject = new Subject(event);
      const expected = forCalls.filter((_, n) => alone[n]?.(subject)).map(({ id }) => id);
      expect(set(new Subject(event)).map(({ id }) => id)).toEqual(expected);
      found += expected.length;
    }
  }
  expect(found).toBeGreaterThan(200);
}, 120_000);
