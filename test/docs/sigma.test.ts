import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { subjectView, Subject } from '../../src/alert/finding.ts';
import { decodeValue } from '../../src/decode/decode.ts';
import type { JsonObject } from '../../src/event/json.ts';
import { loadRules } from '../../src/runtime/load-rules.ts';
import { compileRule } from '../../src/sigma/compile.ts';
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
  const { rules, problems } = await loadRules(files.map((file) => join(folder.path, file)));
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
