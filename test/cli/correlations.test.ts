import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { temporaryFolder, tocsin } from '../support/cli.ts';

const folder = temporaryFolder();
afterAll(folder.remove);
const at = (name: string) => join(folder.path, name);

const rules = `title: Many trails stopped
id: 0b1e0f3c-6d2f-4c1b-9a59-0d1f6b1c2a01
description: Somebody goes from trail to trail.
tags: [attack.defense-evasion, attack.t1562.008]
correlation:
  type: value_count
  rules: [stopped]
  group-by: [userIdentity.userName]
  timespan: 10m
  condition: { field: requestParameters.name, gte: 3 }
falsepositives: [Nobody]
level: high
tocsin:
  headline: '{userIdentity.userName} stopped {requestParameters.name}: {tocsin.count} events'
---
title: Trail stopped
id: 0b1e0f3c-6d2f-4c1b-9a59-0d1f6b1c2a02
name: stopped
logsource: { product: aws, service: cloudtrail }
detection: { selection: { eventName: StopLogging }, condition: selection }
`;

const tests = `base: { eventVersion: '1.11', eventTime: '2026-11-20T10:00:00Z', eventSource: cloudtrail.amazonaws.com, eventName: StopLogging, userIdentity: { type: IAMUser, userName: alice } }
cases:
  - name: three
    expect: match
    alerts: 1
    headline: 'alice stopped a, b, c: 3 events'
    events:
      - change: { requestParameters: { name: a } }
      - change: { requestParameters: { name: b } }
        after: 9m
      - change: { requestParameters: { name: c } }
        after: 1m
  - name: too slow
    expect: no match
    events:
      - change: { requestParameters: { name: a } }
      - change: { requestParameters: { name: b } }
        after: 9m
      - change: { requestParameters: { name: c } }
        after: 61s
  - name: a single record
    expect: no match
    change: { requestParameters: { name: a } }
`;

function record(minute: number, name: string): string {
  return JSON.stringify({
    eventVersion: '1.11',
    eventTime: `2026-11-20T10:0${minute}:00Z`,
    eventSource: 'cloudtrail.amazonaws.com',
    eventName: 'StopLogging',
    awsRegion: 'eu-west-1',
    eventID: name,
    userIdentity: { type: 'IAMUser', userName: 'alice' },
    requestParameters: { name },
  });
}

beforeAll(() => {
  mkdirSync(at('rules'));
  mkdirSync(at('logs'));
  writeFileSync(at('rules/trails.yml'), rules);
  writeFileSync(at('rules/trails.test.yml'), tests);
  // In no order of time, and one twice.
  writeFileSync(at('logs/1.json'), [record(4, 'c'), record(0, 'a')].join('\n'));
  writeFileSync(at('logs/2.json'), [record(2, 'b'), record(0, 'a')].join('\n'));
});

describe('a correlation on the command line', () => {
  it('is listed, and the rule that only serves it is marked', async () => {
    const { code, stdout } = await tocsin(['rules', 'list', at('rules')]);
    expect(code).toBe(0);
    expect(stdout).toContain('Many trails stopped');
    expect(stdout).toContain('Trail stopped (for correlations only)');
  });

  it('is shown by the name of its file', async () => {
    const { code, stdout } = await tocsin(['rules', 'show', at('rules/trails.yml'), '--json']);
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ title: 'Many trails stopped', test: { type: 'value_count' } });
  });

  it('is tested with several records', async () => {
    const { code, stdout } = await tocsin(['rules', 'test', at('rules')]);
    expect([code, stdout]).toEqual([0, '2 rules, 3 cases: 3 passed, 0 failed\n']);
  });

  it('fails its tests where it does otherwise, with the place', async () => {
    mkdirSync(at('wrong'));
    writeFileSync(at('wrong/trails.yml'), rules.replace('gte: 3', 'gte: 2'));
    writeFileSync(at('wrong/trails.test.yml'), tests);
    const { code, stdout } = await tocsin(['rules', 'test', at('wrong')]);
    expect(code).toBe(1);
    expect(stdout).toMatch(/trails\.test\.yml:3: three: the headline is "alice stopped a, b: 2 events"/);
    expect(stdout).toMatch(/trails\.test\.yml:13: too slow: the rule matches but should not/);
  });

  it('is linted as a whole, and asks nothing of the rule that raises no alert', async () => {
    const { code, stdout, stderr } = await tocsin(['rules', 'lint', at('rules')]);
    expect([code, stdout + stderr]).toEqual([0, '2 rules: 0 errors, 0 of advice\n']);
    mkdirSync(at('poor'));
    writeFileSync(
      at('poor/trails.yml'),
      rules.replace('userIdentity.userName]', 'tocsin.actor.nmae]').replace(/^description.*\n/m, ''),
    );
    const poor = await tocsin(['rules', 'lint', at('poor')]);
    expect(poor.code).toBe(1);
    expect(poor.stdout).toMatch(/trails\.yml:7:14: there is no field 'tocsin\.actor\.nmae'/);
    expect(poor.stdout).toMatch(/has no description/);
    expect(poor.stdout).toMatch(/has no test: write .*trails\.test\.yml/);
  });

  it('is no rule for one event', async () => {
    const { code, stderr } = await tocsin(['rules', 'explain', at('rules/trails.yml'), '-'], { input: '{}' });
    expect(code).toBe(2);
    expect(stderr).toContain(
      "'Many trails stopped' is a correlation over several events; name one of its rules: stopped",
    );
  });

  it('is told of where it names a rule that is not there', async () => {
    mkdirSync(at('lost'));
    writeFileSync(at('lost/trails.yml'), rules.replace('rules: [stopped]', 'rules: [stoped]'));
    const { code, stderr } = await tocsin(['scan', at('logs'), '--no-builtin-rules', '--rules', at('lost')]);
    expect(code).toBe(0);
    expect(stderr).toMatch(/trails\.yml:7:11: no rule has the id or name 'stoped'; load the file/);
  });

  it('finds its events wherever they lie in an archive', async () => {
    const args = [at('logs'), '--no-builtin-rules', '--rules', at('rules')];
    const { code, stdout } = await tocsin(['scan', '--format', 'ndjson', '--quiet', ...args]);
    expect(code).toBe(0);
    const lines = stdout.trim().split('\n');
    expect(lines).toHaveLength(1);
    expect(JSON.parse(lines[0] ?? '')).toMatchObject({
      title: 'alice stopped a, b, c: 3 events',
      correlation: { total: 3, events: [{ id: 'a' }, { id: 'b' }, { id: 'c' }] },
    });
    const table = await tocsin(['scan', ...args]);
    expect(table.stdout).toContain('3 different values of requestParameters.name within 10m (at least 3)');
    expect(table.stdout).toContain('2026-11-20 10:04:00 UTC StopLogging');
  });

  it('is tried over an archive before it is enabled', async () => {
    const { code, stdout } = await tocsin(['rules', 'backtest', at('rules'), at('logs'), '--json']);
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({
      alerts: 1,
      rules: [{ title: 'Many trails stopped', alerts: 1, tests: 'Its 3 tests pass.' }],
    });
  });

  it('counts in the coverage, and the rule that serves it does not', async () => {
    const { stdout } = await tocsin(['rules', 'coverage', at('rules'), '--json']);
    expect(JSON.parse(stdout)).toMatchObject({
      techniques: [{ id: 'T1562.008', rules: [{ title: 'Many trails stopped' }] }],
      untagged: 0,
    });
  });
});
