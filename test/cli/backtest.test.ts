import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { root, temporaryFolder, tocsin } from '../support/cli.ts';
import { record } from '../support/records.ts';

const folder = temporaryFolder();
afterAll(folder.remove);
const at = (name: string) => join(folder.path, name);

const rule = `title: Instances were listed
id: 0b1e0f3c-6d2f-4c1b-9a59-0d1f6b1c2a3e
logsource: { product: aws, service: cloudtrail }
detection:
  selection: { eventName: DescribeInstances }
  condition: selection
falsepositives: [Everybody]
level: high
`;
const examples = 'examples/archive';

/** Twelve a day for ten days, eleven of them by one role; packed, in a folder as CloudTrail has it. */
beforeAll(() => {
  writeFileSync(at('rule.yml'), rule);
  writeFileSync(at('windows.yml'), rule.replace('product: aws, service: cloudtrail', 'product: windows'));
  const place = at('AWSLogs/111122223333/CloudTrail/eu-west-1/2026/11');
  mkdirSync(place, { recursive: true });
  for (let day = 1; day <= 10; day++) {
    const records = Array.from({ length: 12 }, (_, i) => {
      const eventTime = `2026-11-${String(day).padStart(2, '0')}T${String(i).padStart(2, '0')}:30:00Z`;
      if (i === 0) return record({ eventTime });
      const arn = `arn:aws:sts::111122223333:assumed-role/inventory/run-${day}-${i}`;
      return record({ eventTime, userIdentity: { type: 'AssumedRole', arn }, sourceIPAddress: '192.0.2.9' });
    });
    writeFileSync(join(place, `${day}.json.gz`), gzipSync(JSON.stringify({ Records: records })));
  }
});

const backtest = (...args: readonly string[]) => tocsin(['rules', 'backtest', ...args]);

describe('tocsin rules backtest', () => {
  it('tells how often, for whom, and what to do about it', async () => {
    const { code, stdout, stderr } = await backtest(at('rule.yml'), at('AWSLogs'), '--since', '5d');
    expect(stderr).toBe('');
    expect(stdout).toContain(
      'Instances were listed\n2026-11-05 00:00 to 2026-11-10 11:30 (UTC), 5 days: counted back from its newest event\n',
    );
    expect(stdout).toContain('72 alerts, about 13 a day');
    expect(stdout).toMatch(/ 66 +92 % +inventory\/\*\n +6 +8 % +alice\n/);
    expect(stdout).toContain('92 % are for the actor inventory/*');
    expect(stdout).toContain(
      'tocsin.actor.name|startswith: inventory/\n        condition: ... and not known',
    );
    expect(stdout).toContain('The rule expects this of: Everybody');
    expect(stdout).toContain('It has no tests.');
    expect(stdout).toContain('48 alerts outside the range, not counted');
    expect(stdout).toContain('120 records = 120 events + 0 rejected');
    expect(code).toBe(0);
  });

  it('takes the exception that it proposes, and then the alerts are gone', async () => {
    const changed = rule.replace(
      'condition: selection',
      'known:\n    tocsin.actor.name|startswith: inventory/\n  condition: selection and not known',
    );
    writeFileSync(at('excepted.yml'), changed);
    const { stdout } = await backtest(at('excepted.yml'), at('AWSLogs'), '--json');
    expect(JSON.parse(stdout)).toMatchObject({ alerts: 10 });
  });

  it('agrees with scan on records, rejections and alerts, from standard input too', async () => {
    const lines = `${JSON.stringify(record())}\n{"broken\n${JSON.stringify(record({ eventName: 'Other' }))}\n`;
    const input = { input: lines };
    const tried = await tocsin(['rules', 'backtest', at('rule.yml'), '-', '--json'], input);
    const scanned = await tocsin(
      ['scan', '-', '--json', '-q', '--no-builtin-rules', '--rules', at('rule.yml')],
      input,
    );
    // What a scan shows and what it only counts is its own affair.
    const { excepted, further, ...totals } = JSON.parse(scanned.stdout).totals;
    expect([excepted, further]).toEqual([0, []]);
    expect(JSON.parse(tried.stdout)).toMatchObject({ alerts: 1, totals });
    expect(totals).toMatchObject({ records: 3, events: 2, rejected: 1, alerts: 1 });
    expect(tried.stderr).toContain('rejected (standard input) at byte');
  });

  it('takes a range of times as it is written', async () => {
    const range = ['--since', '2026-11-03', '--until', '2026-11-04T06:00:00Z'];
    const { stdout } = await backtest(at('rule.yml'), at('AWSLogs'), '--json', ...range);
    expect(JSON.parse(stdout)).toMatchObject({
      alerts: 18,
      range: { from: '2026-11-03T00:00:00.000Z', to: '2026-11-04T05:59:59.999Z' },
      rules: [{ alerts: 18, first: '2026-11-03T00:30:00.000Z', last: '2026-11-04T05:30:00.000Z' }],
      totals: { records: 120, processed: 18, outside: 102 },
    });
  });

  it('shows one list in full where it is asked to, and as many examples', async () => {
    const args = ['--by', 'address', '--examples', '1'];
    const { stdout } = await backtest(at('rule.yml'), at('AWSLogs'), ...args);
    expect(stdout).toMatch(/share +from\n +110 +92 % +192\.0\.2\.9\n/);
    expect(stdout).not.toMatch(/share +who/);
    expect(stdout.match(/ event .* in /g)).toHaveLength(1);
  });

  it('tries a folder of rules, and says which raised nothing', async () => {
    const { code, stdout } = await backtest('rules', examples);
    expect(stdout).toMatch(/^\d+ rules\n/);
    expect(stdout).toMatch(/\d+ rules would have raised nothing/);
    expect(code).toBe(0);
  });

  it('tries a rule that comes with Tocsin by its title', async () => {
    const { code, stdout } = await backtest('cloudtrail logging stopped', examples);
    expect(stdout).toContain('It would not have raised an alert in 69 days');
    expect(code).toBe(0);
  });

  it('exits with 1 where a rule raises more than --at-most', async () => {
    expect((await backtest(at('rule.yml'), at('AWSLogs'), '--at-most', '119')).code).toBe(1);
    expect((await backtest(at('rule.yml'), at('AWSLogs'), '--at-most', '120')).code).toBe(0);
  });

  it('prints nothing that a terminal acts on', async () => {
    const hostile = record({ userIdentity: { type: 'IAMUser', userName: '\u001b[2J\u009b\u202e' } });
    const input = {
      input: Array.from({ length: 12 }, (_, i) => JSON.stringify({ ...hostile, eventID: `${i}` })).join('\n'),
    };
    for (const flags of [[], ['--json']]) {
      const { stdout, stderr } = await tocsin(['rules', 'backtest', at('rule.yml'), '-', ...flags], input);
      expect(stdout).toContain('12');
      // oxlint-disable-next-line no-control-regex
      expect(stdout + stderr).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202e]/);
    }
  });

  it.each<[string, readonly string[], string]>([
    ['there is no such rule', ['no such rule', examples], "no rule is called 'no such rule'"],
    ['there is no such archive', ['bucket', '/nowhere'], "'bucket' fits"],
    ['there is no such archive either', ['rules', '/nowhere'], 'there is no such file or folder'],
    ['there is nothing in it', ['rules', '-'], 'holds no records'],
    ['no event lies in the range', ['rules', examples, '--since', '2030-01-01'], 'from 2026-03-02 02:00 to'],
    ['the time is none', ['rules', examples, '--since', 'soon'], "'soon' is not a time"],
    ['the number is none', ['rules', examples, '--at-most', 'x'], 'It must be a whole number'],
    ['the list is none', ['rules', examples, '--by', 'x'], 'Allowed choices'],
  ])('exits with 2 where %s', async (_, args, reason) => {
    const { code, stderr } = await backtest(...args);
    expect(stderr).toContain(reason);
    expect(code).toBe(2);
  });

  it('exits with 2 on a rule for logs that are not read, and says which', async () => {
    const { code, stderr } = await backtest(at('windows.yml'), examples);
    expect(stderr).toContain(
      "'Instances were listed' is for product: windows, of which Tocsin reads no logs yet",
    );
    expect(code).toBe(2);
  });

  it('does for the examples what docs/backtest.md says', async () => {
    const page = readFileSync(join(root, 'docs/backtest.md'), 'utf8');
    const [, command = '', output = ''] =
      /\$ npm run --silent tocsin -- (rules backtest .*)\n([^]*?)```/.exec(page) ?? [];
    const { stdout } = await tocsin(command.split(' '));
    expect(output.length).toBeGreaterThan(500);
    expect(stdout.startsWith(output.trimEnd())).toBe(true);
  });
});
