import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { sampleAlert } from '../../src/notify/sample.ts';
import { startFakeSlack } from '../../src/notify/testing/fake-slack.ts';
import { temporaryFolder, tocsin } from '../support/cli.ts';

const folder = temporaryFolder();
afterAll(folder.remove);
const at = (name: string) => join(folder.path, name);

const rule = `title: A trail was stopped
id: 0b1e0f3c-6d2f-4c1b-9a59-0d1f6b1c2a3e
logsource: { product: aws, service: cloudtrail }
detection:
  selection: { eventName: StopLogging }
  condition: selection
level: high
`;
const base = `base: { eventVersion: '1.11', eventTime: '2026-11-20T10:00:00Z', eventSource: cloudtrail.amazonaws.com, eventName: StopLogging }
`;

beforeAll(() => {
  for (const name of ['good', 'failing', 'broken', 'untested']) {
    mkdirSync(at(name));
    writeFileSync(at(`${name}/trail.yml`), rule);
  }
  writeFileSync(
    at('good/trail.test.yml'),
    `${base}cases:\n  - { name: It is stopped, expect: match }\n  - { name: It is started, expect: no match, change: { eventName: StartLogging } }\n`,
  );
  writeFileSync(
    at('failing/trail.test.yml'),
    `${base}cases:\n  - name: It is stopped\n    expect: no match\n  - name: It is started\n    expect: match\n    change: { eventName: StartLogging }\n  - { name: Its headline, expect: match, headline: Something else }\n`,
  );
  writeFileSync(
    at('broken/other.yml'),
    'title: Broken\nlogsource: {}\ndetection:\n  a: { b: c }\n  condition: d\n',
  );
});

describe('tocsin rules', () => {
  it('test passes on rules that do what their tests say', async () => {
    const { code, stdout } = await tocsin(['rules', 'test', at('good')]);
    expect(stdout).toContain('1 rule, 2 cases: 2 passed, 0 failed');
    expect(code).toBe(0);
  });

  it('test names file, line and case of what fails, and exits with 1', async () => {
    const { code, stdout } = await tocsin(['rules', 'test', at('failing')]);
    expect(stdout).toContain('trail.test.yml:3: It is stopped: the rule matches but should not');
    expect(stdout).toContain(
      'trail.test.yml:5: It is started: the rule does not match but should: selection: eventName is StartLogging, wanted StopLogging',
    );
    expect(stdout).toContain('the headline is "A trail was stopped", not "Something else"');
    expect(stdout).toContain('0 passed, 3 failed');
    expect(code).toBe(1);
  });

  it.each([
    [
      'test exits with 2 where a rule is broken',
      ['rules', 'test', at('broken')],
      "no detection is called 'd'",
    ],
    [
      'test exits with 2 where there is nothing to test',
      ['rules', 'test', at('untested')],
      'no test was found',
    ],
    [
      'list exits with 2 where there is no such folder',
      ['rules', 'list', '/nowhere'],
      '/nowhere:1:1: there is no such file or folder',
    ],
    [
      'show exits with 2 where no rule is called so',
      ['rules', 'show', 'no such rule'],
      "no rule is called 'no such rule'",
    ],
    ['show exits with 2 where several rules are', ['rules', 'show', 'snapshot'], "'snapshot' fits"],
  ])('%s', async (_, args, reason) => {
    const { code, stderr } = await tocsin(args);
    expect(stderr).toContain(reason);
    expect(code).toBe(2);
  });

  it.each(['bucket made public', 'Bucket made public'])(
    'show takes the whole title %s for the rule that has it, whatever others begin with it',
    async (title) => {
      const { code, stdout } = await tocsin(['rules', 'show', title]);
      expect(stdout).toContain('title: Bucket made public\n');
      expect(code).toBe(0);
    },
  );

  it('lint gives advice and passes; an error fails it', async () => {
    const advised = await tocsin(['rules', 'lint', at('good')]);
    expect(advised.stdout).toContain('has no description');
    expect(advised.code).toBe(0);
    const failed = await tocsin(['rules', 'lint', at('broken')]);
    expect(failed.stdout).toContain('other.yml:5:3:');
    expect(failed.code).toBe(1);
  });

  it('lint has nothing to say about the rules that come with Tocsin', async () => {
    const { code, stdout, stderr } = await tocsin(['rules', 'lint', 'rules', 'packs']);
    expect(stderr).toBe('');
    expect(stdout).toMatch(/^\d+ rules: 0 errors, 0 of advice\n$/);
    expect(code).toBe(0);
  });

  it('test passes on all of them, and each has tests', async () => {
    const { code, stdout } = await tocsin(['rules', 'test', 'rules', 'packs']);
    expect(stdout).toMatch(/^\d+ rules, ([\d,]+) cases: \1 passed, 0 failed\n$/);
    expect(code).toBe(0);
  });

  it.each(['list', 'test', 'lint'])('%s prints JSON for machines', async (command) => {
    const { stdout } = await tocsin(['rules', command, at('good'), '--json']);
    expect(() => JSON.parse(stdout) as unknown).not.toThrow();
  });

  it('show prints a rule as it was written', async () => {
    const { stdout, code } = await tocsin([
      'rules',
      'show',
      '0b1e0f3c-6d2f-4c1b-9a59-0d1f6b1c2a3e',
      at('good'),
    ]);
    expect(stdout).toContain(rule);
    expect(code).toBe(0);
  });
});

describe('tocsin config check', () => {
  it('says what a good configuration comes to', async () => {
    writeFileSync(at('tocsin.yaml'), 'channels:\n  sec: { type: slack, webhookUrl: env:SLACK }\n');
    const { code, stdout } = await tocsin(['config', 'check', at('tocsin.yaml')], {
      env: { SLACK: 'https://hooks.slack.com/services/T/B/x' },
    });
    expect(stdout).toMatch(
      /The configuration is good: \d+ rules, listening on 127\.0\.0\.1:7117, channels sec \(slack\)/,
    );
    expect(stdout).not.toContain('hooks.slack.com');
    expect(code).toBe(0);
  });

  it('counts correlations among the rules, and lets them be left out as well', async () => {
    const countOf = async (source: string): Promise<number> => {
      writeFileSync(at('tocsin.yaml'), source);
      const { stdout } = await tocsin(['config', 'check', at('tocsin.yaml')]);
      return Number(/good: (\d+) rules/.exec(stdout)?.[1]);
    };
    const refusedInSeveralRegions = '431e4d86-3015-4491-98ec-c16976a42890';
    const all = await countOf('{}');
    expect(await countOf(`rules: { disabled: [${refusedInSeveralRegions}] }`)).toBe(all - 1);
  });

  it.each([
    ['a wrong key', 'foo: 1', 'bad.yaml:1: foo: there is no such key'],
    ['a public address without keys', "server: { listen: '0.0.0.0:7117' }", 'server.listen'],
    [
      'a rule that is not there',
      'rules: { disabled: [no-such-id] }',
      'rules.disabled: no rule has the id no-such-id',
    ],
    [
      'a folder of rules that is not there',
      'rules: { folders: [/nowhere] }',
      '/nowhere:1:1: there is no such file or folder',
    ],
    [
      'a file of places that is not there',
      'context: { places: { files: [/nowhere.mmdb] } }',
      'context.places.files: /nowhere.mmdb: cannot be read',
    ],
  ])('exits with 2 for %s', async (_, source, reason) => {
    writeFileSync(at('bad.yaml'), source);
    const { code, stderr } = await tocsin(['config', 'check', at('bad.yaml')]);
    expect(stderr).toContain(reason);
    expect(code).toBe(2);
  });

  it('prints a JSON schema for editors', async () => {
    const { stdout } = await tocsin(['config', 'schema']);
    expect(JSON.parse(stdout)).toMatchObject({ type: 'object', properties: { channels: {} } });
  });
});

describe('tocsin channels test', () => {
  it('sends a sample alert and shows the answer of each channel', async () => {
    const slack = await startFakeSlack();
    try {
      writeFileSync(
        at('channels.yaml'),
        'channels:\n  good: { type: slack, webhookUrl: env:GOOD }\n  gone: { type: slack, webhookUrl: env:GONE }\n',
      );
      const env = { GOOD: slack.webhookUrl, GONE: `${slack.url}/services/T0/B0/secretpart` };
      const { code, stdout, stderr } = await tocsin(['channels', 'test', '--config', at('channels.yaml')], {
        env,
      });
      expect(stdout).toContain('good (slack): accepted');
      expect(stdout).toContain('gone (slack): not taken: Slack says no_service');
      expect(stdout + stderr).not.toContain('secretpart');
      expect(slack.messages).toHaveLength(1);
      expect(code).toBe(1);
    } finally {
      await slack.close();
    }
  });

  it('in a dry run prints what would be sent, without secrets, and sends nothing', async () => {
    const slack = await startFakeSlack();
    try {
      writeFileSync(
        at('dry.yaml'),
        `channels:
  team: { type: slack, webhookUrl: env:URL }
  on-call: { type: pagerduty, routingKey: env:KEY, apiUrl: "${slack.url}" }
  mail: { type: email, host: mail.example, from: a@example.com, to: [b@example.com] }
  lines: { type: file, path: ${at('lines.log')} }
`,
      );
      const env = { URL: slack.webhookUrl, KEY: '0123456789abcdef0123456789abcdef' };
      const { code, stdout } = await tocsin(['channels', 'test', '--dry-run', '--config', at('dry.yaml')], {
        env,
      });
      expect([code, slack.messages, slack.problems]).toEqual([0, [], []]);
      expect(stdout).toContain('team (slack): nothing was sent');
      expect(stdout).toContain('made the bucket example-invoices public');
      expect(stdout).toContain('"routing_key": "[secret]"');
      expect(stdout).toContain('"to": [');
      expect(stdout).toContain('lines (file): nothing was sent');
      expect(existsSync(at('lines.log'))).toBe(false);
      expect(stdout).not.toContain(env.KEY);
      expect(stdout).not.toContain(new URL(slack.webhookUrl).pathname);
    } finally {
      await slack.close();
    }
  });

  it('sends an alert of a file, and says what the answer means', async () => {
    const slack = await startFakeSlack();
    try {
      writeFileSync(at('one.yaml'), 'channels: { gone: { type: slack, webhookUrl: env:GONE } }\n');
      writeFileSync(at('one.json'), JSON.stringify({ alert: { ...sampleAlert(1), title: 'out of a file' } }));
      const env = { GONE: `${slack.url}/services/T0/B0/secretpart` };
      const { code, stdout } = await tocsin(
        ['channels', 'test', 'gone', '-v', '--alert', at('one.json'), '--config', at('one.yaml')],
        { env },
      );
      expect(code).toBe(1);
      expect(stdout).toContain('out of a file');
      expect(stdout).toContain('answer: HTTP 404');
      expect(stdout).toContain('until a person changes what the reason says');
      expect(stdout).not.toContain('secretpart');
    } finally {
      await slack.close();
    }
  });

  it('tocsin channels list shows what is configured', async () => {
    writeFileSync(
      at('list.yaml'),
      'channels: { team: { type: slack, webhookUrl: env:URL, minSeverity: high, digest: { everyMinutes: 30 } } }\n',
    );
    const { stdout } = await tocsin(['channels', 'list', '--json', '--config', at('list.yaml')], {
      env: { URL: 'https://hooks.slack.com/services/T/B/x' },
    });
    expect(JSON.parse(stdout)).toEqual([
      { name: 'team', type: 'slack', minSeverity: 'high', messagesPerMinute: 60, digest: 'every 30 minutes' },
    ]);
  });

  it.each([
    ['none is configured', '', [], 'no channels are configured'],
    [
      'there is none of that name',
      'channels: { a: { type: slack, webhookUrl: env:URL } }',
      ['b'],
      'there is no channel b; configured are a',
    ],
  ])('exits with 2 where %s', async (_, source, names, reason) => {
    writeFileSync(at('none.yaml'), source);
    const { code, stderr } = await tocsin(['channels', 'test', ...names, '--config', at('none.yaml')], {
      env: { URL: 'https://hooks.slack.com/services/T/B/x' },
    });
    expect(stderr).toContain(reason);
    expect(code).toBe(2);
  });
});

describe('tocsin', () => {
  it.each([
    [['--help']],
    [['scan', '--help']],
    [['serve', '--help']],
    [['rules', '--help']],
    [['rules', 'test', '--help']],
    [['config', 'check', '--help']],
    [['channels', 'test', '--help']],
  ])('%j explains itself', async (args) => {
    const { code, stdout } = await tocsin(args);
    expect(stdout).toContain('Usage: tocsin');
    expect(code).toBe(0);
  });

  it('tells its version', async () => {
    expect((await tocsin(['--version'])).stdout).toMatch(/^\d+\.\d+\.\d+\n$/);
  });

  it.each([[[]], [['sacn']], [['rules']]])('%j exits with 2 and shows the way', async (args) => {
    const { code, stderr } = await tocsin(args);
    expect(stderr).toMatch(/Usage: tocsin|--help/);
    expect(code).toBe(2);
  });

  it.each(['bash', 'zsh', 'fish', 'powershell'])('writes a completion script for %s', async (shell) => {
    const { code, stdout } = await tocsin(['complete', shell]);
    expect(stdout).toContain('tocsin');
    expect(code).toBe(0);
  });

  it('completes commands and options', async () => {
    const commands = await tocsin(['complete', '--', '']);
    expect(commands.stdout).toContain('scan');
    const options = await tocsin(['complete', '--', 'scan', '--fo']);
    expect(options.stdout).toContain('--format');
  });
});
