import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { docPages, schemaFiles } from '../../scripts/docs.ts';
import { commandNames } from '../../scripts/docs/cli.ts';
import { metricNames, workerMetricNames } from '../../scripts/docs/metrics.ts';
import { lintRule } from '../../src/alert/lint.ts';
import { environmentKeys } from '../../src/lambda/destination.ts';
import { sampleAlert } from '../../src/notify/sample.ts';
import { deliver } from '../../src/notify/send.ts';
import { bindSettings, channelSettings } from '../../src/notify/table.ts';
import { parseConfig } from '../../src/runtime/config.ts';
import { loadRules } from '../../src/runtime/load-rules.ts';
import { runRuleTests } from '../../src/runtime/rule-tests.ts';
import { testTypes } from '../../src/sigma/correlation/parse-test.ts';
import { parseRules } from '../../src/sigma/parse.ts';
import { root, temporaryFolder } from '../support/cli.ts';
import { docTexts, snippetsOf } from './snippets.ts';

const pages = docTexts();
const snippets = pages.flatMap(({ path, text }) => snippetsOf(path, text));
const folder = temporaryFolder();

afterAll(() => folder.remove());

function textOf(path: string): string {
  const page = pages.find((each) => each.path === path);
  if (page === undefined) throw new Error(`there is no ${path}`);
  return page.text;
}

it('what the docs take from the code is what the code says (way out: npm run docs)', async () => {
  const made = await docPages();
  expect(made.map(({ path }) => path).sort()).toEqual(pages.map(({ path }) => path));
  for (const { path, written, made: now } of made) expect(written, path).toBe(now);
});

it('the schemas of schema/ are what the code makes (way out: npm run docs)', async () => {
  for (const { path, written, made } of await schemaFiles()) expect(written, path).toBe(made);
});

describe('every link within the docs leads somewhere', () => {
  const links = pages.flatMap(({ path, text }) =>
    [...text.matchAll(/\]\(([^)\s]+)\)/g)]
      .map(([, target = '']) => target)
      .filter((target) => !/^https?:/.test(target))
      .map((target) => [path, target] as const),
  );

  it('and there are many', () => expect(links.length).toBeGreaterThan(100));

  it('to a file and a heading', () => {
    const dead = links.filter(([path, target]) => {
      const [file = '', anchor] = target.split('#');
      const full = file === '' ? path : join(dirname(path), file);
      if (!existsSync(join(root, full))) return true;
      return anchor !== undefined && !headings(textOf(full)).includes(anchor);
    });
    expect(dead).toEqual([]);
  });
});

/** As GitHub makes anchors of headings. */
function headings(text: string): readonly string[] {
  return [...text.matchAll(/^#+ (.*)$/gm)].map(([, title = '']) =>
    title
      .toLowerCase()
      .replace(/[^\w\- ]/g, '')
      .replaceAll(' ', '-'),
  );
}

describe('every configuration in the docs', () => {
  const configurations = snippets.filter(({ file }) => file === 'tocsin.yaml');
  const secrets = {
    env: new Proxy({}, { get: (_, name) => secretFor(String(name)) }),
    readFile: secretFor,
  };

  it('is there to be tried', () => expect(configurations.length).toBeGreaterThanOrEqual(8));

  it.each(configurations.map(({ place, text }) => [place, text]))('%s is valid', (place, text) => {
    expect(() => parseConfig(text, place, secrets)).not.toThrow();
  });

  it('is marked as one, or as a file of another sort', () => {
    const unmarked = snippets.filter(({ language, file }) => language === 'yaml' && file === '');
    expect(unmarked.map(({ place }) => place)).toEqual([]);
  });
});

/** Something of the right form for a secret of this name. */
function secretFor(place: string): string {
  if (/slack.*(webhook|url)/i.test(place)) return 'https://hooks.slack.com/services/T0/B0/x';
  if (/pagerduty/i.test(place)) return 'k'.repeat(32);
  if (/telegram/i.test(place)) return '123456789:x';
  if (/url/i.test(place)) return 'https://receiver.example/';
  return 'a-secret-of-more-than-32-characters';
}

describe('the rule of docs/writing-rules.md', () => {
  const files = snippets.filter(({ file }) => file.startsWith('my-rules/'));

  it('passes its test, has nothing for lint, and its page says what is printed', async () => {
    for (const { file, text } of files) {
      mkdirSync(dirname(join(folder.path, file)), { recursive: true });
      writeFileSync(join(folder.path, file), text);
    }
    const { rules, problems } = await loadRules([join(folder.path, 'my-rules')]);
    expect(problems).toEqual([]);
    const [rule] = rules;
    if (rule === undefined) throw new Error('the page has no rule');
    expect(lintRule(rule)).toEqual([]);
    const results = (await runRuleTests(rule)) ?? [];
    expect(results.filter(({ failure }) => failure !== undefined)).toEqual([]);
    expect(textOf('docs/writing-rules.md')).toContain(
      `1 rule, ${results.length} cases: ${results.length} passed, 0 failed`,
    );
  });
});

describe('what docs/writing-rules.md says of Sigma', () => {
  const page = textOf('docs/writing-rules.md');
  const [runs = '', refused = ''] = page.slice(page.indexOf('## What of Sigma runs')).split('Refused, with');
  const words = (text: string) =>
    [...text.matchAll(/`([^`]+)`/g)].map(([, word = '']) => word.replaceAll('\\|', '|'));
  const modifiers = [...runs.matchAll(/^\| (`.*?) \|/gm)].flatMap(([, cell = '']) => words(cell)).slice(1);
  const refusedChains = words(refused.slice(0, refused.indexOf(';')));

  it.each(modifiers)('%s runs', (modifier) => {
    expect(problemsWith(`field|${modifier}`, valueFor(modifier))).toBe('');
  });

  it.each(refusedChains)('%s is refused and said so', (chain) => {
    expect(problemsWith(`field|${chain}`, chain.startsWith('expand') ? '%name%' : 'x')).toMatch(
      /cannot follow|given twice|write '|has no values|only for|opposite/,
    );
  });

  it('names both sorts', () => {
    expect(modifiers.length).toBeGreaterThanOrEqual(30);
    expect(refusedChains.length).toBeGreaterThanOrEqual(6);
  });

  it.each([
    ['timeframe', { detection: { timeframe: '5m', selection: { a: 'b' }, condition: 'selection' } }],
    ['count()', { detection: { selection: { a: 'b' }, condition: 'selection | count() > 5' } }],
    ['a correlation', { detection: undefined, correlation: { type: 'event_count' } }],
  ])('%s is an error', (_, change) => {
    const document = { title: 'x', logsource: { product: 'aws' }, ...change };
    const { rules, problems } = parseRules(JSON.stringify(document), 'x.yml');
    expect([rules.length, problems.length > 0]).toEqual([0, true]);
  });

  function problemsWith(key: string, value: unknown): string {
    const rule = {
      title: 'x',
      logsource: { product: 'aws' },
      detection: { selection: { [key]: value }, condition: 'selection' },
    };
    return parseRules(JSON.stringify(rule), 'x.yml')
      .problems.map(({ message }) => message)
      .join('\n');
  }

  function valueFor(modifier: string): unknown {
    if (modifier === 'exists') return true;
    if (/^(?:minute|hour|day|week|month|year)/.test(modifier)) return 5;
    if (modifier.startsWith('base64')) return 'xyz';
    if (modifier === 'cidr') return '192.0.2.0/24';
    return /^[lg]te?$/.test(modifier) ? 5 : 'x';
  }
});

describe('the receiver of docs/channels/webhook.md', () => {
  const secret = `whsec_${Buffer.alloc(32, 7).toString('base64')}`;
  const receiver = snippets.find(({ file }) => file === 'receiver.mjs');

  it('takes what Tocsin signs, once, and nothing that is changed, foreign or old', async () => {
    const script = join(folder.path, 'receiver.mjs');
    writeFileSync(script, receiver?.text ?? '');
    const child = spawn(process.execPath, [script], {
      env: { PATH: process.env.PATH, WEBHOOK_SECRET: secret, PORT: '0' },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    let output = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => (output += text));
    const ended = new Promise((resolve) => child.on('close', resolve));
    try {
      await Promise.race([new Promise((resolve) => child.stdout.once('data', resolve)), ended]);
      const url = `http://127.0.0.1:${/listening on (\d+)/.exec(output)?.[1]}/`;
      const send = async (key: string, now: number, change: (body: string) => string = (body) => body) => {
        const settings = channelSettings.parse({ type: 'webhook', url, secret: key });
        const answer = await deliver(
          bindSettings(settings),
          sampleAlert(now),
          { idempotencyKey: 'delivery-1', link: undefined, now },
          {
            fetch: (input, init) => {
              if (typeof init?.body !== 'string') throw new Error('a delivery has a text as body');
              return fetch(input, { ...init, body: change(init.body) });
            },
            timeoutMs: 5_000,
            now: () => now,
          },
        );
        return answer.type;
      };
      const now = Date.now();
      expect(await send(secret, now, (body) => body.replace('high', 'low'))).toBe('closed');
      expect(await send(`whsec_${Buffer.alloc(32, 8).toString('base64')}`, now)).toBe('closed');
      expect(await send(secret, now - 301_000)).toBe('closed');
      expect(await send(secret, now)).toBe('accepted');
      expect(await send(secret, now)).toBe('accepted');
    } finally {
      child.kill();
      await ended;
    }
    expect(output.match(/Test by Tocsin/g)).toHaveLength(1);
  });
});

describe('names in the docs', () => {
  const all = pages.map(({ text }) => text).join('\n');

  it('of metrics are those of the registry', async () => {
    const types = new Set(testTypes);
    const known = new Set([...(await metricNames()), ...(await workerMetricNames())].map(({ name }) => name));
    const named = new Set([...all.matchAll(/\btocsin_[a-z_]+/g)].map(([name]) => name));
    expect([...named].filter((name) => !known.has(name) && !types.has(name))).toEqual([]);
    expect(known.size).toBeGreaterThan(10);
  });

  it('of environment variables of the Lambda function are those that it reads', () => {
    const page = textOf('docs/lambda.md');
    const named = new Set([...page.matchAll(/\bTOCSIN_[A-Z_]+/g)].map(([name]) => name));
    expect([...named].sort()).toEqual(Object.values(environmentKeys).sort());
  });

  it('of commands are those of the command line', () => {
    const known = new Set(commandNames().map((name) => name.split(' ')[0]));
    const called = [...all.matchAll(/(?:npx |^\$ |`)tocsin ([a-z]+)/gm)].map(([, name = '']) => name);
    expect(called.filter((name) => !known.has(name))).toEqual([]);
    expect(called.length).toBeGreaterThan(15);
  });
});
