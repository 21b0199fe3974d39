import { createReadStream, existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { makeWindowsEvents } from '../../bench/windows-events.ts';
import { publishedRules } from '../../test/support/published-rules.ts';
import { decode } from '../decode/decode.ts';
import { isJsonObject, isList, type Json, type JsonObject } from '../event/json.ts';
import { compileRule } from './compile.ts';
import { compileField, topKeysOf } from './field.ts';
import { compileByLogSource } from './log-source.ts';
import { parseRules } from './parse.ts';
import { compileRules } from './ruleset.ts';

/** Events of other people, read where they lie; without them, or the rules, these tests are skipped and counted as such. */
const data = process.env['TOCSIN_TEST_DATA'] ?? join(import.meta.dirname, '../../../shared/data');
const view = { field: compileField, whole: (event: JsonObject) => event, topKeys: topKeysOf };
const haveData = publishedRules.length > 0 && existsSync(join(data, 'cloudtrail-stratus'));
/** How many events of each folder are tried; as oracle.test.ts, this takes TOCSIN_ORACLE_PAIRS for more: 1000000 is all. */
const most = Number(process.env['TOCSIN_ORACLE_PAIRS'] ?? 20_000) / 200;

/** Each object that is an event or has events in it: a log by its decoder, anything else as lines of JSON. */
async function eventsOf(file: string): Promise<readonly JsonObject[]> {
  if (file.includes('cloudtrail-')) {
    const found: JsonObject[] = [];
    for await (const batch of decode(createReadStream(file), { source: 'test', object: file, receivedAt: 0 }))
      found.push(...batch.events.map((event) => event.fields));
    return found;
  }
  const bytes = readFileSync(file);
  const text = (file.endsWith('.gz') ? gunzipSync(bytes) : bytes).toString('utf8');
  return text
    .split('\n')
    .filter((line) => line.startsWith('{'))
    .flatMap((line) => withInner(JSON.parse(line) as Json));
}

/** Records in a list, and an event inside of a test case or an envelope, count as well. */
function withInner(value: Json): readonly JsonObject[] {
  if (!isJsonObject(value)) return [];
  const inner = Object.values(value).flatMap((member): readonly (Json | undefined)[] =>
    isList(member) ? member : [member],
  );
  return [value, ...inner.filter((member) => isJsonObject(member))];
}

async function eventsIn(folder: string): Promise<readonly JsonObject[]> {
  const files = readdirSync(join(data, folder)).filter((name) => /\.jsonl?(\.gz)?$/.test(name));
  return (await Promise.all(files.map((name) => eventsOf(join(data, folder, name))))).flat();
}

describe.skipIf(!haveData)('the rules that SigmaHQ publishes, whatever their log source', () => {
  const rules = publishedRules.flatMap(({ path, text }) => parseRules(text, path).rules);
  const alone = rules.map((rule) => compileRule(rule, view));
  const set = compileRules(rules, view);
  /** How many rules matched, over all events; each event's rules must be those that match alone. */
  const compare = (stream: readonly JsonObject[]) => {
    let found = 0;
    for (const event of stream) {
      const expected = rules.filter((_, i) => alone[i]?.(event)).map(({ path }) => path);
      expect(set(event).map(({ path }) => path)).toEqual(expected);
      found += expected.length;
    }
    return found;
  };

  // Of ordinary audit calls, none matches by itself.
  it.each<[folder: string, least: number]>([
    ['cloudtrail-stratus', 1],
    ['cloudtrail-traildiscover/logs', 1],
    ['cloudtrail-baseline-audit', 0],
    ['cloudtrail-otrf', 1],
    ['panther-rule-tests', 1],
    ['suricata-eve-lab', 1],
  ])(
    'match in %s as a set what they match one by one',
    async (folder, least) => {
      const all = await eventsIn(folder);
      expect(all.length).toBeGreaterThan(50);
      const step = Math.ceil(all.length / most);
      expect(compare(all.filter((_, i) => i % step === 0))).toBeGreaterThanOrEqual(least);
    },
    Math.max(120_000, most * 100),
  );

  it(
    'match on Windows events as a set what they match one by one',
    () => {
      expect(compare(makeWindowsEvents(most, 7).map(({ fields }) => fields))).toBeGreaterThan(10);
    },
    Math.max(120_000, most * 100),
  );

  it('are sorted by log source without one getting lost', () => {
    const setOf = compileByLogSource(rules, view);
    for (const { fields, source } of makeWindowsEvents(2000, 3)) {
      const { product, category, service } = source;
      const fitting = set(fields).filter(
        ({ logsource }) =>
          (logsource.product ?? product) === product &&
          (logsource.category ?? category) === category &&
          (logsource.service ?? service) === service,
      );
      expect(setOf(source)(fields)).toEqual(fitting);
    }
  });
});
