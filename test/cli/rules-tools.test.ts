import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { temporaryFolder, tocsin } from '../support/cli.ts';

const folder = temporaryFolder();
afterAll(folder.remove);
const at = (name: string) => join(folder.path, name);

const rule = `title: A trail was "stopped" \\e[31m
id: 0b1e0f3c-6d2f-4c1b-9a59-0d1f6b1c2a3e
tags: [attack.t1562.008, attack.nowhere]
logsource: { product: aws, service: cloudtrail }
detection:
  selection:
    eventName: [StopLogging, DeleteTrail]
    tocsin.outcome.result: success
    requestParameters.name|exists: true
  ours:
    userAgent|contains: terraform
  condition: selection and not ours
level: high
`.replace(/title: (.*)/, (_, title: string) => `title: "${title.replaceAll('"', '\\"')}"`);

function record(change: object): object {
  return {
    eventVersion: '1.11',
    eventTime: '2026-11-20T10:00:00Z',
    eventSource: 'cloudtrail.amazonaws.com',
    eventName: 'StopLogging',
    eventID: '1',
    eventType: 'AwsApiCall',
    userIdentity: { type: 'IAMUser', userName: 'alice', arn: 'arn:aws:iam::111122223333:user/alice' },
    requestParameters: { name: 'trail' },
    ...change,
  };
}

/** Escape codes and everything else that a terminal acts on, apart from line breaks. */
// oxlint-disable-next-line no-control-regex
const controls = /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202e]/;

const explain = (input: object | string, ...flags: readonly string[]) =>
  tocsin(['rules', 'explain', at('rules/trail.yml'), '-', ...flags], {
    input: typeof input === 'string' ? input : JSON.stringify(input),
  });

beforeAll(() => {
  mkdirSync(at('rules'));
  writeFileSync(at('rules/trail.yml'), rule);
});

describe('tocsin rules explain', () => {
  it('ticks every part of a rule that matches and exits with 0', async () => {
    const { code, stdout, stderr } = await explain(record({}));
    expect(stderr).toBe('');
    expect(stdout).toContain('record 1 matches\nStopLogging by alice, 2026-11-20T10:00:00Z\n');
    expect(stdout).toContain(`✓ all of  2 of 2 hold
  ✓ selection  each of
    ✓ eventName = StopLogging
    ✓ tocsin.outcome.result = success
    ✓ requestParameters.name = trail  matches any value
  ✓ not
    ✗ ours
      ✗ userAgent is missing  wanted *terraform*
`);
    expect(stdout).toContain('matches 1 of 1 record\n');
    expect(code).toBe(0);
  });

  it('tells what was there and what was wanted where it does not, and exits with 1', async () => {
    const { code, stdout } = await explain(
      record({ eventName: 'StartLogging', errorCode: 'AccessDenied', requestParameters: null }),
    );
    expect(stdout).toContain('    ✗ eventName = StartLogging  wanted StopLogging or DeleteTrail\n');
    expect(stdout).toContain('    ✗ tocsin.outcome.result = failure  wanted success\n');
    expect(stdout).toContain('    ✗ requestParameters.name is missing  wanted any value\n');
    expect(code).toBe(1);
  });

  it('says so where what must not hold does', async () => {
    const { code, stdout } = await explain(record({ userAgent: 'terraform/1.9' }));
    expect(stdout).toContain('  ✗ not  what must not hold does\n    ✓ ours\n');
    expect(code).toBe(1);
  });

  it('takes a file of many records and shows those that match before the others', async () => {
    const records = Array.from({ length: 30 }, (_, i) =>
      record({ eventID: `${i}`, eventName: i === 25 ? 'StopLogging' : 'Other' }),
    );
    writeFileSync(at('many.json'), JSON.stringify({ Records: records }));
    const { code, stdout } = await tocsin(['rules', 'explain', 'trail', at('many.json'), at('rules')]);
    expect(stdout).toContain('record 26 matches');
    expect(stdout).toContain('matches 1 of 30 records; 20 not shown');
    expect(code).toBe(0);
  });

  it('prints nothing that a terminal acts on, from the rule or from the record', async () => {
    const hostile = record({ eventName: '\u001b[2JStop\u009b\u202e', userAgent: '\u0007\r\n' });
    for (const flags of [[], ['--json']]) {
      const { stdout, stderr } = await explain(hostile, ...flags);
      expect(stdout).toContain('Stop');
      expect(stdout + stderr).not.toMatch(controls);
    }
  });

  it('prints its tree for machines', async () => {
    const { stdout } = await explain(record({}), '--json');
    expect(JSON.parse(stdout)).toMatchObject({
      records: 1,
      matches: 1,
      explained: [{ record: 1, id: '1', matches: true, detections: { selection: { holds: true } } }],
    });
  });

  it.each<[string, readonly string[], string, string]>([
    ['there is no such file', ['trail', '/nowhere'], '', 'there is no such file'],
    ['there is no such rule', ['no such rule', '-'], '{}', "no rule is called 'no such rule'"],
    ['there is no record', ['trail', '-'], '', 'no record could be read'],
    ['what is there is no record', ['trail', '-'], '{"a":', 'record rejected'],
  ])('exits with 2 where %s', async (_, args, input, reason) => {
    const { code, stderr } = await tocsin(['rules', 'explain', ...args, at('rules')], { input });
    expect(stderr).toContain(reason);
    expect(code).toBe(2);
  });

  it('exits with 2 where a record that cannot be read might have been the one that matches', async () => {
    const { code, stdout } = await explain(`${JSON.stringify(record({ eventName: 'Other' }))}\n{"broken\n`);
    expect(stdout).toContain('matches 0 of 1 record');
    expect(code).toBe(2);
  });
});

describe('tocsin rules new', () => {
  it('writes a rule and a test that passes at once, of which lint has nothing to say', async () => {
    const path = at('new/deep/bucket-deleted.yml');
    const made = await tocsin(['rules', 'new', path, '--level', 'critical']);
    expect(made).toMatchObject({ code: 0, stderr: '' });
    expect(readFileSync(path, 'utf8')).toMatch(
      /^title: Bucket deleted\n.*\nid: [0-9a-f]{8}-[0-9a-f-]{27}\n[^]*\ndate: \d{4}-\d\d-\d\d\n[^]*\nlevel: critical\n/,
    );
    const tested = await tocsin(['rules', 'test', path]);
    expect(tested).toMatchObject({ code: 0, stdout: '1 rule, 3 cases: 3 passed, 0 failed\n' });
    expect(await tocsin(['rules', 'lint', path])).toMatchObject({ code: 0, stderr: '' });
  });

  it.each(["It's: a #title", '- "quoted"', '123', 'null', '{a}'])(
    'takes the title %s as it is',
    async (title) => {
      const path = at(`title-${Buffer.from(title).toString('hex')}.yml`);
      expect(await tocsin(['rules', 'new', path, '--title', title])).toMatchObject({ code: 0 });
      const { stdout } = await tocsin(['rules', 'list', path, '--json']);
      expect(JSON.parse(stdout)).toMatchObject([{ title }]);
    },
  );

  it('writes over neither the rule nor the test', async () => {
    writeFileSync(at('taken.yml'), 'mine');
    writeFileSync(at('half.test.yml'), 'mine');
    for (const name of ['taken', 'half']) {
      const { code, stderr } = await tocsin(['rules', 'new', at(`${name}.yml`)]);
      expect(stderr).toContain('is there already');
      expect(code).toBe(2);
    }
    expect(readFileSync(at('taken.yml'), 'utf8')).toBe('mine');
    expect(() => readFileSync(at('half.yml'))).toThrow('ENOENT');
  });

  it.each([
    ['a file that is no rule file', ['rule.txt'], 'ends with .yml'],
    ['a test file', ['rule.test.yml'], 'ends with .yml'],
    ['a title with escape codes', ['x.yml', '--title', '\u001b[31m'], 'characters in it that cannot be seen'],
    ['an empty title', ['x.yml', '--title', ' '], 'the title is empty'],
    ['a title that is too long', ['x.yml', '--title', 'x'.repeat(300)], 'longer than 256'],
    ['a level that is none', ['x.yml', '--level', 'bad'], 'Allowed choices'],
  ])('refuses %s', async (_, [name = '', ...flags], reason) => {
    const { code, stderr } = await tocsin(['rules', 'new', at(name), ...flags]);
    expect(stderr).toContain(reason);
    expect(code).toBe(2);
    expect(() => readFileSync(at(name))).toThrow('ENOENT');
  });
});

describe('tocsin rules coverage', () => {
  it('shows tactics, techniques with their rules and those without', async () => {
    const { code, stdout } = await tocsin(['rules', 'coverage', at('rules')]);
    expect(stdout).toMatch(/T1562\.008 +Impair Defenses: Disable or Modify Cloud Logs +1 +high\n/);
    expect(stdout).toMatch(/Techniques without a rule[^]*T1562\.001/);
    expect(stdout).toContain('1 rule on 1 technique;');
    expect(code).toBe(0);
  });

  it('prints a layer for the ATT&CK Navigator', async () => {
    const { stdout } = await tocsin(['rules', 'coverage', '--navigator', at('rules')]);
    expect(JSON.parse(stdout)).toMatchObject({
      versions: { layer: '4.5' },
      domain: 'enterprise-attack',
      techniques: [
        { techniqueID: 'T1562', showSubtechniques: true },
        { techniqueID: 'T1562.008', score: 1, comment: 'A trail was "stopped" \u001b[31m' },
      ],
    });
    expect(stdout).not.toMatch(controls);
  });

  it('prints JSON, and exits with 2 where a rule is broken', async () => {
    writeFileSync(at('broken.yml'), 'title: x\n');
    const { code, stdout } = await tocsin(['rules', 'coverage', '--json', at('rules'), at('broken.yml')]);
    expect(JSON.parse(stdout)).toMatchObject({ techniques: [{ id: 'T1562.008', level: 'high' }] });
    expect(code).toBe(2);
  });
});

describe('tocsin rules fields', () => {
  it('lists what Tocsin works out, and what rules read of the record', async () => {
    const { code, stdout } = await tocsin(['rules', 'fields', '--rules', at('rules')]);
    expect(stdout).toMatch(/tocsin\.outcome\.result +1 +success, failure or unknown\n/);
    expect(stdout).toMatch(/tocsin\.actor\.name +0 /);
    expect(stdout).toMatch(/requestParameters\.name +1\n/);
    expect(code).toBe(0);
  });

  it('shows only fields with the text in their name or description', async () => {
    const { stdout } = await tocsin(['rules', 'fields', 'ERROR CODE', '--json']);
    expect(JSON.parse(stdout)).toMatchObject({ tocsin: [{ name: 'tocsin.outcome.code' }], raw: [] });
  });
});

describe('tocsin rules test --junit', () => {
  it('writes what passed, failed, is missing and is broken beside what it prints', async () => {
    mkdirSync(at('junit'));
    for (const name of ['tested', 'untested'])
      writeFileSync(
        at(`junit/${name}.yml`),
        rule.replace('0b1e0f3c', name === 'tested' ? '0b1e0f3d' : '0b1e0f3e'),
      );
    writeFileSync(at('junit/wrong.yml'), 'title: x\n');
    writeFileSync(
      at('junit/tested.test.yml'),
      `base: ${JSON.stringify(record({}))}\ncases:\n  - { name: "a < b \\e", expect: match }\n  - { name: other, expect: no match }\n`,
    );
    const { code, stdout } = await tocsin(['rules', 'test', at('junit'), '--junit', at('out.xml')]);
    expect(stdout).toContain('2 rules, 2 cases: 1 passed, 1 failed');
    expect(code).toBe(2);
    const xml = readFileSync(at('out.xml'), 'utf8');
    expect(xml).toContain('<testcase name="a &lt; b " ');
    expect(xml).toContain('<failure message="the rule matches but should not"/>');
    expect(xml).toMatch(/name="has no tests"[^]*<skipped /);
    expect(xml).toMatch(/name="can be loaded"[^]*<error message="/);
    expect(xml).not.toMatch(controls);
  });

  it('exits with 2 where it cannot write', async () => {
    const { code, stderr } = await tocsin(['rules', 'test', at('junit'), '--junit', at('none/out.xml')]);
    expect(stderr).toContain('--junit:');
    expect(code).toBe(2);
  });
});

it.each(['backtest', 'explain', 'new', 'coverage', 'fields', 'lint', 'test'])(
  'rules %s --help has an example',
  async (command) => {
    const { code, stdout } = await tocsin(['rules', command, '--help']);
    expect(stdout).toContain(`Example:\n  $ tocsin rules ${command} `);
    expect(code).toBe(0);
  },
);
