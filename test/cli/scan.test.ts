import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync, zstdCompressSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { tocsin, temporaryFolder } from '../support/cli.ts';
import { bucketOpened, record, trailStopped } from '../support/records.ts';

const folder = temporaryFolder();
afterAll(folder.remove);
const at = (name: string) => join(folder.path, name);

/** A call that no rule is about and that says nothing of assets. */
const ordinaryRecord = () => record({ eventSource: 'monitoring.amazonaws.com', eventName: 'DescribeAlarms' });
const ordinary = [ordinaryRecord(), ordinaryRecord()];
const stopped = trailStopped({ eventTime: '2026-11-20T11:00:00Z' });
const opened = bucketOpened({ eventTime: '2026-11-20T12:00:00Z' });

beforeAll(() => {
  mkdirSync(at('logs/AWSLogs/2026'), { recursive: true });
  writeFileSync(
    at('logs/AWSLogs/2026/a.json.gz'),
    gzipSync(JSON.stringify({ Records: [...ordinary, stopped] })),
  );
  writeFileSync(
    at('logs/AWSLogs/2026/b.json'),
    `${JSON.stringify(opened)}\n${JSON.stringify(ordinaryRecord())}\n`,
  );
});

async function scanJson(args: readonly string[], input?: string | Uint8Array) {
  const result = await tocsin(['scan', ...args, '--json'], input === undefined ? {} : { input });
  expect(result.stderr).not.toContain('fault in Tocsin');
  return {
    ...result,
    json: JSON.parse(result.stdout) as {
      alerts: { id: string; title: string; severity: string; evidence: { eventId: string } }[];
      totals: Record<string, number>;
    },
  };
}

describe('tocsin scan', () => {
  it('shows who did what, when and from where, and the sums that show that nothing was lost', async () => {
    const { code, stdout } = await tocsin(['scan', at('logs')]);
    expect(code).toBe(0);
    expect(stdout).toContain('alice stopped the trail');
    expect(stdout).toContain('invoices');
    expect(stdout).toContain('198.51.100.7');
    expect(stdout).toContain('2026-11-20');
    expect(stdout).toMatch(/5 records = 2 events \+ 3 that no rule can match \+ 0 rejected\s+in 2 files/);
  });

  describe('with a configuration', () => {
    const config = () => {
      writeFileSync(
        at('tocsin.yaml'),
        `
channels: { team: { type: slack, webhookUrl: env:NOT_SET_HERE } }
estate: { accounts: { '111122223333': { name: payments, environment: production } } }
alerts:
  severity: [{ name: production account, when: { tocsin.estate.environment: production }, to: low }]
  exceptions:
    - { name: drill, when: { eventName: StopLogging }, reason: agreed, owner: jane, until: 2026-12-31 }
`,
      );
      return ['--config', at('tocsin.yaml')];
    };

    it('decides on severity as the server would, and needs none of its secrets', async () => {
      const { stdout } = await tocsin(['scan', at('logs'), ...config()]);
      expect(stdout).toContain('severity lowered from');
      expect(stdout).toContain('to low: production account');
      expect(stdout).toContain('account 111122223333 (payments)');
    });

    it('keeps quiet about what falls under an exception, and counts it', async () => {
      const { stdout, code } = await tocsin(['scan', at('logs'), ...config(), '--fail-on', 'critical']);
      expect(stdout).not.toContain('alice stopped the trail');
      expect(stdout).toContain('1 alert under an exception of the configuration (--exceptions show)');
      expect(code).toBe(0);
    });

    it('shows it where it is asked to, with who answers for it', async () => {
      const { stdout } = await tocsin(['scan', at('logs'), ...config(), '--exceptions', 'only']);
      expect(stdout).toContain('alice stopped the trail');
      expect(stdout).toContain('Under the exception "drill" until 2027-01-01 00:00:00 UTC: agreed');
      expect(stdout).not.toContain('made public');
    });

    it('that is wrong ends with file, line and key', async () => {
      writeFileSync(at('wrong.yaml'), 'alerts:\n  exceptions:\n    - { name: x }\n');
      const { stderr, code } = await tocsin(['scan', at('logs'), '--config', at('wrong.yaml')]);
      expect(stderr).toContain('wrong.yaml:3: alerts.exceptions.0.reason: is missing');
      expect(code).toBe(2);
    });
  });

  it('decodes every record where it is asked to', async () => {
    const { stdout } = await tocsin(['scan', at('logs'), '--parse-all']);
    expect(stdout).toMatch(/5 records = 5 events \+ 0 rejected\s+in 2 files/);
  });

  it('writes no colours or other control characters where there is no terminal', async () => {
    const { stdout } = await tocsin(['scan', at('logs')]);
    // eslint-disable-next-line no-control-regex -- that is what is looked for
    expect(stdout).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f]/);
  });

  it('prints one JSON document', async () => {
    const { json } = await scanJson([at('logs')]);
    expect(json.alerts.map((alert) => alert.evidence.eventId).sort()).toEqual(
      [opened.eventID, stopped.eventID].sort(),
    );
    expect(json.totals).toMatchObject({ records: 5, events: 2, passedOver: 3, rejected: 0 });
  });

  it('prints a JSON document without alerts where there are none', async () => {
    const { json } = await scanJson(['-'], JSON.stringify(record()));
    expect(json.alerts).toEqual([]);
  });

  it('prints one alert a line', async () => {
    const { stdout } = await tocsin(['scan', at('logs'), '--format', 'ndjson']);
    const lines = stdout.trim().split('\n');
    expect(lines).toHaveLength(2);
    expect(lines.map((line) => (JSON.parse(line) as { severity: string }).severity)).toContain('critical');
  });

  it('prints SARIF with one rule for each rule that raised an alert', async () => {
    const { stdout } = await tocsin(['scan', at('logs'), '--format', 'sarif']);
    const sarif = JSON.parse(stdout) as {
      version: string;
      runs: {
        tool: { driver: { rules: { id: string }[] } };
        results: { ruleId: string; ruleIndex: number; level: string }[];
      }[];
    };
    const [run] = sarif.runs;
    expect(sarif.version).toBe('2.1.0');
    expect(run?.results).toHaveLength(2);
    for (const result of run?.results ?? [])
      expect(run?.tool.driver.rules[result.ruleIndex]?.id).toBe(result.ruleId);
  });

  it('prints SARIF without results where there are no alerts', async () => {
    const { stdout } = await tocsin(['scan', '-', '--format', 'sarif'], { input: JSON.stringify(record()) });
    expect(JSON.parse(stdout)).toMatchObject({ runs: [{ results: [], tool: { driver: { rules: [] } } }] });
  });

  it('shows the control characters of a broken rule as text', async () => {
    writeFileSync(at('red.yml'), 'title: T\nlogsource: {}\ndetection: {it: {a: b}, condition: "\\e[31m"}\n');
    const { stderr } = await tocsin(['scan', '-', '--rules', at('red.yml')], { input: '' });
    expect(stderr).toContain('rule left out');
    expect(stderr).not.toContain('\u001b');
  });

  it.each([
    ['1 where an alert is as severe', 'critical', 1],
    ['1 where an alert is more severe', 'medium', 1],
  ])('exits with %s as --fail-on says', async (_, level, code) => {
    expect((await tocsin(['scan', at('logs'), '--fail-on', level, '--quiet'])).code).toBe(code);
  });

  it('exits with 0 where no alert reaches --fail-on', async () => {
    expect((await tocsin(['scan', '-', '--fail-on', 'low'], { input: JSON.stringify(record()) })).code).toBe(
      0,
    );
  });

  it.each([
    [
      'a path that is not there',
      ['scan', '/nowhere/at/all'],
      '/nowhere/at/all: there is no such file or folder',
    ],
    ['a pattern that matches nothing', ['scan', '/nowhere/*.json'], 'nothing matches it as a pattern'],
    ['a time that is none', ['scan', '-', '--since', 'yesterday'], "'yesterday' is not a time"],
    ['a format that is none', ['scan', '-', '--format', 'xml'], 'table, json, ndjson, sarif'],
    ['an option that is none', ['scan', '-', '--sever', 'low'], "unknown option '--sever'"],
    [
      'rules that are not there',
      ['scan', '-', '--rules', '/nowhere/rules'],
      '--rules: /nowhere/rules: there is no such file or folder',
    ],
    ['no rules at all', ['scan', '-', '--no-builtin-rules'], 'there are no rules to run'],
    ['a store that is no store', ['scan', '-', '--store', '/dev/null'], '/dev/null'],
  ])('exits with 2 and says why for %s', async (_, args, reason) => {
    const { code, stderr } = await tocsin(args);
    expect(stderr).toContain(reason);
    expect(stderr).not.toContain('fault in Tocsin');
    expect(code).toBe(2);
  });

  it('exits with 2 where nothing at all could be read, so that no check passes on the wrong folder', async () => {
    const { code, stderr } = await tocsin(['scan', '-', '--fail-on', 'high'], { input: 'no log\n' });
    expect(stderr).toContain('nothing could be read: 1 record, all rejected');
    expect(code).toBe(2);
  });

  it('reads only events in a range of time', async () => {
    const { json } = await scanJson([
      at('logs'),
      '--since',
      '2026-11-20T10:30:00Z',
      '--until',
      '2026-11-20T12:00:00Z',
      '--parse-all',
    ]);
    expect(json.alerts.map((alert) => alert.evidence.eventId)).toEqual([stopped.eventID]);
    expect(json.totals).toMatchObject({ events: 5, processed: 1, outside: 4 });
  });

  it('shows only what is severe enough', async () => {
    const { json } = await scanJson([at('logs'), '--severity', 'critical']);
    expect(new Set(json.alerts.map((alert) => alert.severity))).toEqual(new Set(['critical']));
  });

  it('shows an alert once although its record lies in two files', async () => {
    const twice = at('twice.json');
    writeFileSync(twice, JSON.stringify({ Records: [stopped] }));
    const { json } = await scanJson([at('logs'), twice]);
    expect(json.alerts).toHaveLength(2);
  });

  it('leaves the same alerts, no more, when the same archive is scanned twice into a store', async () => {
    const store = at('kept/alerts.db');
    const first = await tocsin(['scan', at('logs'), '--store', store]);
    const second = await tocsin(['scan', at('logs'), '--store', store]);
    expect(first.stdout).toContain('2 new alerts kept in the store');
    expect(second.stdout).toContain('0 new alerts kept in the store');
  });

  it('joins what belongs together in a store, as a server does, however often it is scanned', async () => {
    const again = at('again.json');
    const one = () => trailStopped({ requestParameters: { name: 'management' } });
    const records = [one(), one(), one()];
    writeFileSync(again, JSON.stringify({ Records: records }));
    const store = at('joined/alerts.db');
    const first = await tocsin(['scan', again, '--store', store]);
    expect(first.stdout).toContain('1 new alert kept in the store, and 2 findings joined to alerts there');
    const second = await tocsin(['scan', again, '--store', store]);
    expect(second.stdout).toMatch(/0 new alerts kept in the store\n/);
    const config = at('apart.yaml');
    writeFileSync(config, 'alerts: { grouping: { enabled: false } }\n');
    const apart = await tocsin(['scan', again, '--store', at('apart/alerts.db'), '--config', config]);
    expect(apart.stdout).toMatch(/3 new alerts kept in the store\n/);
  });

  it('reads zstd, too', async () => {
    const { json } = await scanJson(['-'], zstdCompressSync(Buffer.from(JSON.stringify(stopped))));
    expect(json.alerts).toHaveLength(1);
  });

  it('takes what is whole from a truncated file and names the place where it breaks', async () => {
    // Random text does not compress, so that a cut in the middle leaves whole records before it.
    const records = Array.from({ length: 300 }, () =>
      record({ requestID: crypto.randomUUID() + crypto.randomUUID() }),
    );
    const packed = gzipSync(JSON.stringify({ Records: [stopped, ...records] }));
    const file = at('cut.json.gz');
    writeFileSync(file, packed.subarray(0, Math.floor(packed.length / 2)));
    const { json, code, stderr } = await scanJson([file]);
    expect(code).toBe(0);
    expect(json.alerts).toHaveLength(1);
    expect(json.totals.records).toBe(
      (json.totals.events ?? 0) + (json.totals.passedOver ?? 0) + (json.totals.rejected ?? 0),
    );
    expect(json.totals.rejected).toBeGreaterThan(0);
    expect(stderr).toMatch(/rejected .*cut\.json\.gz at byte \d+: /);
  });

  it('cannot be made to write to the terminal by a log', async () => {
    const hostile = trailStopped({
      requestParameters: { name: '\u001b]0;owned\u0007\u001b[2J\u202eevil\r\n\u001b[31mfake line' },
    });
    const { stdout } = await tocsin(['scan', '-', '--verbose'], { input: JSON.stringify(hostile) });
    // eslint-disable-next-line no-control-regex -- that is what is looked for
    expect(stdout).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202e]/);
    expect(stdout).toContain('evil');
  });

  it('reads rules of the user, and says which of them is broken', async () => {
    const rules = at('rules.yml');
    writeFileSync(
      rules,
      'title: Anything by Alice\nid: 3f0c1c5e-0000-4000-8000-000000000001\nlogsource: { product: aws, service: cloudtrail }\ndetection:\n  a: { userIdentity.userName: alice }\n  condition: a\nlevel: low\n---\ntitle: Broken\nlogsource: {}\ndetection:\n  a: { b|containz: c }\n  condition: a\n',
    );
    const { stdout, stderr } = await tocsin(['scan', '-', '--rules', rules, '--no-builtin-rules'], {
      input: JSON.stringify(record()),
    });
    expect(stdout).toContain('Anything by Alice');
    expect(stderr).toContain("'containz' is not a modifier");
  });
});

describe('a flood of one rule', () => {
  const many = Array.from({ length: 8 }, (_, i) => trailStopped({ eventTime: `2026-11-20T11:00:0${i}Z` }));
  const lines = [...many, opened].map((one) => JSON.stringify(one)).join('\n');

  it('is told in one sentence where it is larger than asked for, and added to the sums', async () => {
    const { stdout } = await tocsin(['scan', '-', '--alerts-per-rule', '3'], { input: lines });
    expect(stdout).toMatch(/critical +8 +CloudTrail logging stopped/);
    expect(stdout).toContain("5 further matches of 'CloudTrail logging stopped' counted and not shown");
    // What another rule has found is shown all the same.
    expect(stdout).toContain('invoices');
  });

  it('is told to programs', async () => {
    const { json } = await scanJson(['-', '--alerts-per-rule', '3'], lines);
    expect(json.alerts.filter(({ title }) => title.includes('stopped the trail'))).toHaveLength(3);
    expect(json.totals.further).toMatchObject([
      {
        severity: 'critical',
        matches: 5,
        first: Date.parse('2026-11-20T11:00:03Z'),
        last: Date.parse('2026-11-20T11:00:07Z'),
      },
    ]);
    const all = await scanJson(['-', '--alerts-per-rule', 'all'], lines);
    expect(all.json.alerts.length).toBeGreaterThanOrEqual(9);
    expect(all.json.totals.further).toEqual([]);
  });

  it('still fails where it is asked to', async () => {
    const { code, stdout } = await tocsin(['scan', '-', '--alerts-per-rule', '0', '--fail-on', 'high'], {
      input: lines,
    });
    expect(stdout).toContain('8 further matches');
    expect(code).toBe(1);
  });
});
