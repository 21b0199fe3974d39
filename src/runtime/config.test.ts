import { trafficSection } from './config-traffic.ts';
import { describe, expect, it } from 'vitest';
import { parseConfig } from './config.ts';
import type { SecretSources } from './secret.ts';

const secrets: SecretSources = {
  env: {
    SLACK_URL: 'https://hooks.slack.com/services/T0/B0/abc',
    API_KEY: 'a-key-of-enough-length',
    EMPTY: '',
  },
  readFile: (path) => {
    if (path === '/run/secrets/key') return 'a-key-from-a-file-here\n';
    throw new Error(`ENOENT: no such file, open '${path}'`);
  },
};

function read(source: string) {
  return parseConfig(source, 'tocsin.yaml', secrets);
}

describe('a configuration', () => {
  it('may be empty: every key has a default', () => {
    expect(read('')).toEqual({
      data: '.tocsin',
      rules: { builtin: true, packs: [], folders: [], pipelines: [], placeholders: {}, disabled: [] },
      estate: { organisations: [], accounts: {}, trusted: {}, networks: [], people: [], aws: {} },
      context: {
        places: { builtin: true, files: [], providers: {} },
        usual: { enabled: true, learningDays: 14 },
      },
      intel: { feeds: {} },
      lookups: { providers: {}, waitMs: 1_500, cacheHours: 24, neverAsk: [] },
      alerts: {
        severity: [],
        exceptions: [],
        grouping: {
          enabled: true,
          window: 3_600_000,
          raise: ['result', 'person', 'country', 'target'],
          raiseSteps: 1,
        },
        realert: [{ every: 86_400_000 }],
        perHour: null,
        rules: {},
      },
      incidents: {
        enabled: true,
        window: 21_600_000,
        longest: 86_400_000,
        threshold: 50,
        mute: 'medium',
        clientWait: 15_000,
        mostActors: 5,
        ignore: [],
      },
      correlations: { latenessMinutes: 10 },
      server: { listen: '127.0.0.1:7117', keys: [], maxBodyMb: 64 },
      sources: { folders: [], s3: [] },
      traffic: trafficSection.parse({}),
      store: {},
      blocking: {
        mode: 'dry-run',
        minutes: 240,
        minSeverity: 'medium',
        comeback: { factor: 2, memoryDays: 30, longestHours: 168 },
        ipv6Prefix: 64,
        widest: { ipv4: 24, ipv6: 48 },
        mostPerHour: 500,
        blockOld: false,
        approved: { networks: [], files: [], s3: [], aws: [] },
        shared: { networks: [], files: [], s3: [] },
        waf: [],
        files: [],
        nginx: [],
      },
      channels: {},
      routes: [],
      health: {
        enabled: true,
        silence: { learning: 604_800_000, atLeast: 3_600_000, tolerance: 4 },
        expected: [],
        channelFailing: 900_000,
        sourceTrouble: 900_000,
        sourceBehind: 1_800_000,
        queue: 500,
        clockOff: 120_000,
        rulePerHour: 200,
        ruleFindingsPerHour: 10_000,
        rulesUnfired: 90 * 86_400_000,
        latencyObjective: null,
      },
      workers: [],
      log: { level: 'info' },
    });
  });

  it('takes secrets from the environment and from files', () => {
    const config = read(`
server:
  keys:
    - { name: forwarder, key: env:API_KEY }
    - { name: console, key: file:/run/secrets/key, scope: read }
channels:
  sec: { type: slack, webhookUrl: env:SLACK_URL }
`);
    expect(config.server.keys).toEqual([
      { name: 'forwarder', key: 'a-key-of-enough-length', scope: 'ingest' },
      { name: 'console', key: 'a-key-from-a-file-here', scope: 'read' },
    ]);
    expect(config.channels.sec).toMatchObject({
      type: 'slack',
      webhookUrl: 'https://hooks.slack.com/services/T0/B0/abc',
      minSeverity: 'low',
    });
  });
});

describe('a wrong configuration is refused with file, line, key and what was expected', () => {
  it.each([
    [
      'a key that does not exist',
      'data: x\nserver:\n  port: 80',
      'tocsin.yaml:3: server.port: there is no such key; known are listen, publicUrl, keys, maxBodyMb',
    ],
    [
      'a value of the wrong type',
      'data: 3',
      'tocsin.yaml:1: data: is wrong: expected string, received number',
    ],
    [
      'a value that is missing',
      'sources:\n  s3:\n    - region: eu-west-1',
      'tocsin.yaml:3: sources.s3.0.queueUrl: is missing; expected string',
    ],
    [
      'an address without a port',
      'server: { listen: localhost }',
      'server.listen: must be an address and a port such as 127.0.0.1:7117',
    ],
    ...['https://x.example/?a=1', 'https://x.example/#a', 'https://me:pass@x.example'].map(
      (address): [string, string, string] => [
        `a public address with more than a path, ${address}`,
        `server: { publicUrl: '${address}' }`,
        'server.publicUrl: must be an address without password, query and fragment',
      ],
    ),
    [
      'a channel of no kind',
      'channels:\n  x: { type: smoke }',
      'tocsin.yaml:2: channels.x.type: must be one of slack, webhook',
    ],
    [
      'a channel with a name that is none',
      'channels:\n  X Y: { type: slack, webhookUrl: env:SLACK_URL }',
      'channels.X Y: the name must be lower-case letters, digits and hyphens',
    ],
    [
      'a setting of another kind of channel',
      'channels:\n  x:\n    type: slack\n    webhookUrl: env:SLACK_URL\n    headers: {}',
      'tocsin.yaml:5: channels.x.headers: there is no such key; known are type, minSeverity, digest, messagesPerMinute, messagesAtOnce, template, webhookUrl, token, channel, signingSecret, apiUrl',
    ],
    [
      'a secret that stands in the file',
      'server:\n  keys:\n    - name: x\n      key: i-am-a-secret-in-clear',
      'tocsin.yaml:4: server.keys.0.key: is a secret and must not stand here; write where it lies: env:NAME or file:PATH',
    ],
    [
      'a variable that is not set',
      'channels: { x: { type: slack, webhookUrl: env:NO_SUCH } }',
      'the environment variable NO_SUCH is not set',
    ],
    [
      'a variable that is empty',
      'channels: { x: { type: slack, webhookUrl: env:EMPTY } }',
      'the environment variable EMPTY is not set',
    ],
    [
      'a file that is not there',
      'channels: { x: { type: slack, webhookUrl: file:/nowhere } }',
      "the file /nowhere cannot be read: ENOENT: no such file, open '/nowhere'",
    ],
    ['text that is not YAML', 'a: b: c', 'tocsin.yaml:1: not YAML'],
    [
      'a list instead of keys',
      '- a',
      'tocsin.yaml:1: the configuration: is wrong: expected object, received array',
    ],
  ])('%s', (_, source, message) => {
    expect(() => read(source)).toThrow(message);
  });

  it.each([
    ['of this type it is one', 'webhook'],
    ['its type is not known', 'carrier-pigeon'],
  ])('takes an address for a secret where %s', (_name, type) => {
    expect(() => read(`channels: { x: { type: ${type}, url: https://a.example } }`)).toThrow(
      /url: is a secret/,
    );
  });

  it('lets an address stand in the file where another type of channel has a secret by that name', () => {
    const config = 'channels: { x: { type: splunk, url: https://a.example, token: env:SPLUNK } }';
    expect(() => read(config)).not.toThrow(/url/);
  });

  it('and never shows the secret', () => {
    expect(() => read('server:\n  keys:\n    - { name: x, key: i-am-a-secret-in-clear }')).not.toThrow(
      'i-am-a-secret',
    );
    expect(() => read('channels: { x: { type: slack, webhookUrl: env:API_KEY } }')).toThrow(/webhookUrl/);
    expect(() => read('channels: { x: { type: slack, webhookUrl: env:API_KEY } }')).not.toThrow(
      'a-key-of-enough-length',
    );
  });

  it('with everything that is wrong at once', () => {
    expect(() => read('data: 3\nfoo: 1')).toThrow(/data.*\n.*foo/);
  });
});
