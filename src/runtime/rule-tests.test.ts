import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { parseRules } from '../sigma/parse.ts';
import { runRuleTests, testPathOf } from './rule-tests.ts';

let folder = '';
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tocsin-rule-tests-'));
});
afterEach(() => rm(folder, { recursive: true }));

const ruleSource = `
title: A trail was stopped
logsource: { product: aws, service: cloudtrail }
detection: { it: { eventName: StopLogging }, condition: it }
`;
const base = `base: { eventVersion: '1.11', eventTime: '2026-11-20T10:00:00Z', eventSource: cloudtrail.amazonaws.com, eventName: StopLogging }\n`;

function rule() {
  const [only] = parseRules(ruleSource, join(folder, 'rule.yml')).rules;
  if (only === undefined) throw new Error('the rule is broken');
  return only;
}

async function failures(tests: string): Promise<readonly (string | undefined)[] | undefined> {
  await writeFile(testPathOf(rule().path), tests);
  return (await runRuleTests(rule()))?.map(({ failure }) => failure);
}

/** Ten levels of ten aliases each: 10^10 texts when written out. */
const bomb = Array.from(
  { length: 10 },
  (_, i) =>
    `k${i}: &a${i} [${Array(10)
      .fill(i === 0 ? 'x' : `*a${i - 1}`)
      .join(', ')}]`,
).join('\n');

describe('the tests of a rule', () => {
  it('are none where there is no file', async () => {
    expect(await runRuleTests(rule())).toBeUndefined();
  });

  it('hold where they say what the rule does, with members changed and taken away', async () => {
    const cases = `${base}cases:
      - { name: stopped, expect: match, headline: A trail was stopped }
      - { name: started, expect: no match, change: { eventName: StartLogging } }
      - { name: without a region, expect: match, change: { awsRegion: null } }\n`;
    expect(await failures(cases)).toEqual([undefined, undefined, undefined]);
  });

  it('all fail where the rule does not run, also those that expect no match', async () => {
    const source = ruleSource.replace(
      'product: aws, service: cloudtrail',
      'product: windows, category: file_event',
    );
    const [other] = parseRules(source, join(folder, 'rule.yml')).rules;
    if (other === undefined) throw new Error('the rule is broken');
    const cases = `${base}cases: [{ name: one, expect: match }, { name: two, expect: no match }]\n`;
    await writeFile(testPathOf(other.path), cases);
    const reasons = (await runRuleTests(other))?.map(({ failure }) => failure);
    const reason =
      'the rule is for product: windows, category: file_event, of which Tocsin reads no logs yet';
    expect(reasons).toEqual([expect.stringContaining(reason), expect.stringContaining(reason)]);
  });

  it('fail where the rule does otherwise', async () => {
    const cases = `${base}cases:
      - { name: stopped, expect: no match }
      - { name: started, expect: match, change: { eventName: StartLogging } }
      - { name: headline, expect: match, headline: Another }
      - { name: nameless, expect: no match, change: { eventName: null } }\n`;
    expect(await failures(cases)).toEqual([
      'the rule matches but should not',
      'the rule does not match but should: it: eventName is StartLogging, wanted StopLogging',
      'the headline is "A trail was stopped", not "Another"',
      expect.stringContaining('the record cannot be decoded: eventName is missing'),
    ]);
  });

  it.each([
    ['is empty', '', 'expected object'],
    ['is not YAML', 'cases: [', 'not YAML'],
    ['holds itself', 'cases: [{ name: a, expect: match, event: &e { x: *e } }]', 'is no JSON'],
    ['is an alias bomb', bomb, 'is no JSON: Excessive alias count'],
    ['has no case', 'cases: []', '>=1'],
    ['has a key that is none', `${base}cases: [{ name: a, expect: match, evnet: {} }]`, 'evnet'],
  ])('fail as a whole where the file %s', async (_, source, expected) => {
    expect(await failures(source)).toEqual([expect.stringContaining(expected)]);
  });

  it('fail where the file cannot be read, for it is there', async () => {
    await mkdir(testPathOf(rule().path));
    expect((await runRuleTests(rule()))?.map(({ failure }) => failure)).toEqual([
      expect.stringContaining('cannot be read'),
    ]);
  });
});
