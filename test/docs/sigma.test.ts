import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { subjectView, Subject } from '../../src/alert/finding.ts';
import { decodeValue } from '../../src/decode/decode.ts';
import type { JsonObject } from '../../src/event/json.ts';
import { parseConfig } from '../../src/runtime/config.ts';
import { createEngine } from '../../src/runtime/engine.ts';
import { loadPipelines } from '../../src/runtime/load-pipelines.ts';
import { loadRules } from '../../src/runtime/load-rules.ts';
import { compileRule } from '../../src/sigma/compile.ts';
import { readPipeline, type Pipeline } from '../../src/sigma/pipeline/pipeline.ts';
import type { Rule } from '../../src/sigma/rule.ts';
import { temporaryFolder } from '../support/cli.ts';
import { docTexts, snippetsOf } from './snippets.ts';

/** The examples of docs/sigma.md, run as they stand there. */
const page = docTexts().find(({ path }) => path === 'docs/sigma.md')?.text ?? '';
const examples = snippetsOf('docs/sigma.md', page).filter(({ file }) => file.startsWith('sigma/'));
const folder = temporaryFolder();

beforeAll(() => {
  for (const { file, text } of examples) {
    mkdirSync(dirname(join(folder.path, file)), { recursive: true });
    writeFileSync(join(folder.path, file), text);
  }
});
afterAll(() => folder.remove());

async function rule(...files: readonly string[]): Promise<Rule> {
  return fitted(files, []);
}

async function fitted(files: readonly string[], pipelines: readonly Pipeline[]): Promise<Rule> {
  const paths = files.map((file) => join(folder.path, file));
  const { rules, problems } = await loadRules(paths, pipelines);
  expect(problems).toEqual([]);
  const [only] = rules;
  if (only === undefined) throw new Error(`there is no ${files.join()}`);
  return only;
}

function matches(of: Rule, record: JsonObject): boolean {
  const whole = {
    eventVersion: '1.11',
    userIdentity: { type: 'IAMUser', userName: 'alice' },
    eventTime: '2026-05-11T09:12:33Z',
    eventSource: 'ec2.amazonaws.com',
    eventName: 'AuthorizeSecurityGroupIngress',
    awsRegion: 'eu-west-1',
    eventID: '3f0f6e2d-1df1-4a60-9f0e-0c5e5f1f8f11',
    recipientAccountId: '111122223333',
    ...record,
  };
  const { events } = decodeValue(whole, { source: 'test', object: 'docs', receivedAt: 0 });
  const [event] = events;
  if (event === undefined) throw new Error('the record is not decoded');
  return compileRule(of, subjectView)(new Subject(event));
}

const permission = (fromPort: number, toPort: number, ...cidrs: string[]) => ({
  fromPort,
  toPort,
  ipRanges: { items: cidrs.map((cidrIp) => ({ cidrIp })) },
});
const opens = (...items: JsonObject[]) => ({ requestParameters: { ipPermissions: { items } } });
const apart = opens(permission(443, 443, '0.0.0.0/0'), permission(22, 22, '192.0.2.0/24'));
const together = opens(permission(443, 443, '192.0.2.0/24'), permission(20, 25, '10.0.0.0/8', '0.0.0.0/0'));

describe('one element of a list', () => {
  it('without a selector two elements have it together, with one they do not', async () => {
    expect(matches(await rule('sigma/either.yml'), apart)).toBe(true);
    expect(matches(await rule('sigma/port-22.yml'), apart)).toBe(false);
    expect(matches(await rule('sigma/port-22.yml'), together)).toBe(true);
  });

  it('a condition of its own takes accounts out that are known', async () => {
    const share = (...accounts: string[]) => ({
      eventName: 'ModifySnapshotAttribute',
      requestParameters: {
        createVolumePermission: { add: { items: accounts.map((userId) => ({ userId })) } },
      },
    });
    const foreign = await rule('sigma/foreign-share.yml');
    expect(matches(foreign, share('111122223333', '444455556666'))).toBe(false);
    expect(matches(foreign, share('444455556666', '777788889999'))).toBe(true);
  });
});

describe('filters', () => {
  const actor = (userName: string) => ({ userIdentity: { type: 'IAMUser', userName } });

  it('take out what they say, and the rule finds the rest', async () => {
    const filtered = await rule('sigma/port-22.yml', 'sigma/filters/load-tests.yml');
    expect(filtered.filters?.map(({ title }) => title)).toEqual(['Load tests open ports for an hour']);
    expect(matches(filtered, { ...together, ...actor('load-tests/1') })).toBe(false);
    expect(matches(filtered, { ...together, ...actor('alice') })).toBe(true);
  });
});

describe('pipelines', () => {
  it('fit a rule to other names and another log source', async () => {
    const ecs = await fitted(
      ['sigma/ecs-rule.yml'],
      await loadPipelines([join(folder.path, 'sigma/ecs.yml')]),
    );
    expect(createEngine([ecs]).active).toEqual([ecs]);
    const alone = await loadRules([join(folder.path, 'sigma/ecs-rule.yml')]);
    expect(createEngine(alone.rules).active).toEqual([]);
    expect(alone.problems.map(({ message }) => message).join()).toContain("those of 'ecs'");
    const stop = { eventSource: 'cloudtrail.amazonaws.com', eventName: 'StopLogging' };
    expect(matches(ecs, stop)).toBe(true);
    const robot = { sessionContext: { sessionIssuer: { type: 'Role', userName: 'robot-7' } } };
    expect(matches(ecs, { ...stop, userIdentity: { type: 'AssumedRole', ...robot } })).toBe(false);
  });

  it('are told in full: each transformation and condition of the page is one that is read', () => {
    const tables = page.slice(
      page.indexOf('| transformation |'),
      page.indexOf('What is different from pySigma'),
    );
    const named = [...tables.matchAll(/`([a-z_]+)`/g)].map(([, name = '']) => name);
    const { problems } = readPipeline('transformations: [{ type: none }]', 'p.yml');
    const known = problems[0]?.message.split('there are ')[1]?.split(', ') ?? [];
    expect(known.length).toBeGreaterThan(10);
    expect(known.filter((name) => !named.includes(name))).toEqual([]);
  });
});

describe('placeholders', () => {
  const login = (userName: string, sourceIPAddress: string) => ({
    eventName: 'ConsoleLogin',
    userIdentity: { type: 'IAMUser', userName },
    sourceIPAddress,
  });
  const config = snippetsOf('docs/sigma.md', page).find(({ file }) => file === 'tocsin.yaml')?.text ?? '';

  it.each<[string, () => Promise<readonly Pipeline[]>]>([
    [
      'the configuration',
      () => {
        const { rules } = parseConfig(config, 'tocsin.yaml', { env: {}, readFile: () => '' });
        return loadPipelines(rules.pipelines, rules.placeholders);
      },
    ],
    ['a pipeline', () => loadPipelines([join(folder.path, 'sigma/ours.yml')])],
  ])('are filled from %s', async (_, pipelines) => {
    const filled = await fitted(['sigma/console.yml'], await pipelines());
    expect(matches(filled, login('adm-1', '203.0.113.7'))).toBe(true);
    expect(matches(filled, login('adm-1', '198.51.100.7'))).toBe(false);
    expect(matches(filled, login('alice', '203.0.113.7'))).toBe(false);
  });

  it('refuse a rule where nobody fills them', async () => {
    const { rules, problems } = await loadRules([join(folder.path, 'sigma/console.yml')]);
    expect(rules).toEqual([]);
    expect(problems[0]?.message).toContain("'%Administrators%' has no values");
  });
});
