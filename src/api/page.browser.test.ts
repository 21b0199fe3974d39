import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { chromium, type Browser, type Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import type { Alert } from '../alert/alert.ts';
import type { Occurrences } from '../alert/alert-life.ts';
import { sightingOf } from '../alert/incident/sighting.ts';
import { alertPrefix } from '../store/incidents.ts';
import { severities } from '../event/severity.ts';
import { hostileStrings, testAlert, testId, testNow } from './testing/sample.ts';
import { startServer, type TestServer } from './testing/server.ts';
import { offence, stateWith } from './testing/traffic.ts';

const usual = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'];
const executablePath = process.env['TOCSIN_CHROMIUM'] ?? usual.find((path) => existsSync(path));

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const violations = z.array(
  z.object({ id: z.string(), impact: z.string().nullable(), nodes: z.array(z.object({ html: z.string() })) }),
);

const manyFindings: Occurrences = {
  count: 214,
  firstSeen: testNow - 7_200_000,
  lastSeen: testNow,
  samples: hostileStrings.slice(0, 11).map((text, i) => ({
    id: testId(2000 + i),
    time: testNow - i,
    severity: 'high',
    title: text,
    who: text,
    result: 'failure',
    origin: { type: 'unknown', text },
    target: text,
    eventId: text,
    provenance: { source: text, object: text, position: 0, receivedAt: 0 },
  })),
  varied: {
    result: [],
    person: [],
    country: [],
    target: [],
    fact: [],
    actor: [],
    address: [],
    agent: [],
  },
  told: { at: testNow, count: 214, times: 1 },
  stepped: false,
};

const hour = 3_600_000;
const gathering = {
  windowMs: 6 * hour,
  longestMs: 24 * hour,
  most: 200,
  mostActors: 5,
  ignore: new Set<string>(),
};

const alerts: readonly Alert[] = [
  ...Array.from({ length: 60 }, (_, i) =>
    testAlert(i + 1, {
      severity: severities[i % 5] ?? 'low',
      title: `Alert number ${i + 1}`,
      references: ['https://docs.aws.amazon.com/'],
      falsePositives: ['A planned change.'],
      ...(i === 4 && { occurrences: manyFindings }),
    }),
  ),
  ...hostileStrings.map((text, i) =>
    testAlert(
      1000 + i,
      {
        title: text,
        rule: { id: text, title: text },
        description: text,
        who: { kind: 'iam-user', name: text, chain: [text] },
        where: { account: text, region: text, origin: { type: 'unknown', text }, userAgent: text },
        references: [text],
        facts: [{ explanation: text, unknowns: [text] }],
      },
      5000 + i,
    ),
  ),
];

describe.skipIf(executablePath === undefined)('the pages in a browser', () => {
  let server: TestServer;
  let empty: TestServer;
  let browser: Browser;
  let page: Page;
  const complaints: string[] = [];
  const ownServers: TestServer[] = [];

  /** A server for one test, which ends when the page has gone: what a page still asks a server that is ending is a complaint. */
  async function startOwn(...options: Parameters<typeof startServer>): Promise<TestServer> {
    const started = await startServer(...options);
    ownServers.push(started);
    return started;
  }

  beforeAll(async () => {
    server = await startServer({
      traffic: () => stateWith([offence('203.0.113.7')], hostileStrings[0]),
      incidents: gathering,
      channels: () => [
        { name: 'slack', type: 'slack', state: 'open', failuresInRow: 3, reason: hostileStrings[2] },
        { name: 'mail', type: 'email', state: 'closed', failuresInRow: 0 },
      ],
      healthReport: () => ({
        ok: true,
        watchedSince: testNow,
        watchedUntil: testNow,
        problems: [],
        subjects: [],
        rulesThatNeverFired: [{ id: 'never', title: hostileStrings[3] ?? '' }],
      }),
    });
    empty = await startServer({ incidents: gathering });
    await server.store.commit({
      alerts: alerts.map((alert) => ({ alert, channels: ['slack'] })),
      now: testNow,
      rejections: [
        {
          provenance: alerts[0]?.evidence.provenance ?? {
            source: '',
            object: '',
            position: 0,
            receivedAt: 0,
          },
          reason: 'cut',
          length: 1,
          bytes: Uint8Array.of(1),
        },
      ],
    });
    const [delivery] = await server.store.claim('slack', { now: testNow, leaseUntil: testNow + 1, limit: 1 });
    if (delivery !== undefined) {
      await server.store.settle(delivery.id, { type: 'dead', reason: 'channel_not_found' }, testNow);
    }
    await server.store.commit({
      alerts: [],
      state: alerts.slice(0, 40).flatMap((alert, i) => {
        const text = hostileStrings[i % hostileStrings.length] ?? '';
        const evidence = { ...alert.evidence, eventId: `event-${i}` };
        const one = { ...alert, evidence, rule: { id: `rule-${i}`, title: text }, title: text };
        const sighting = sightingOf(
          i % 2 === 0 ? one : { ...one, incident: { id: '', name: '', mutes: [] } },
          testNow,
        );
        return sighting === undefined ? [] : [{ key: alertPrefix + alert.id, value: { ...sighting } }];
      }),
      now: testNow,
    });
    for (const [i, text] of hostileStrings.entries())
      await server.store.life.suppress({
        id: `suppression-${i}`,
        name: text,
        when: { 'tocsin.actor.name': text },
        reason: text,
        owner: text,
        from: testNow,
        until: testNow + (i % 2 === 0 ? 1 : -1) * 86_400_000,
        createdAt: testNow,
        createdBy: text,
      });
    await server.store.life.change({
      alertId: testId(7),
      change: { type: 'status', status: 'false-positive', reason: hostileStrings[1] },
      by: hostileStrings[1] ?? '',
      via: 'console',
      now: testNow,
    });
    const block = await fetch(`${server.url}/v1/blocks`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ address: '198.51.100.7', reason: hostileStrings[1] }),
    });
    if (!block.ok) throw new Error(`nothing was blocked: ${await block.text()}`);
    for (const [n, detail] of [...hostileStrings.slice(0, 12), hostileStrings[15]].entries())
      await server.store.life.change({
        alertId: testId(5),
        change: n % 2 === 0 ? { type: 'comment', text: detail } : { type: 'assign', assignee: detail },
        by: detail,
        via: 'console',
        now: testNow,
      });
    browser = await chromium.launch({ executablePath: executablePath ?? '', args: ['--no-sandbox'] });
  }, 180_000);

  afterAll(async () => {
    await browser?.close();
    await server?.close();
    await empty?.close();
  });

  afterEach(async () => {
    await page.context().close();
    for (const started of ownServers.splice(0)) await started.close();
    // A blocked inline script or style is reported here, so this also holds the pages against their own policy.
    const heard = complaints.splice(0);
    if (heard.length > 0) throw new Error(`the browser complained: ${heard.join('; ')}`);
  });

  async function open(
    url: string,
    options: { width?: number; scheme?: 'light' | 'dark'; script?: boolean } = {},
  ): Promise<Page> {
    const context = await browser.newContext({
      viewport: { width: options.width ?? 1280, height: 900 },
      colorScheme: options.scheme ?? 'light',
      javaScriptEnabled: options.script ?? true,
      permissions: ['clipboard-read', 'clipboard-write'],
    });
    page = await context.newPage();
    page.on('console', (message) => {
      if (message.type() === 'error') complaints.push(message.text());
    });
    page.on('pageerror', (error) => complaints.push(error.message));
    page.on('dialog', (dialog) => {
      complaints.push(`dialog: ${dialog.message()}`);
      void dialog.dismiss();
    });
    await page.goto(url);
    return page;
  }

  const places = () => [
    ['the list', `${server.url}/`],
    ['the filtered list', `${server.url}/?severity=high&since=24h&account=111122223333`],
    ['a list that finds nothing', `${server.url}/?account=none`],
    ['the list without alerts', `${empty.url}/`],
    ['an alert', `${server.url}/alerts/${testId(3)}`],
    ['an alert of several findings with a history', `${server.url}/alerts/${testId(5)}`],
    ['traffic', `${server.url}/traffic`],
    ['blocks', `${server.url}/blocks`],
    ['no traffic', `${empty.url}/traffic`],
    ['no blocks', `${empty.url}/blocks`],
    ['incidents', `${server.url}/incidents`],
    ['an incident', `${server.url}/incidents/${testId(3)}?changed=2&unchanged=1`],
    ['no incidents', `${empty.url}/incidents`],
    ['suppressions', `${server.url}/suppressions`],
    ['a suppression from a false positive', `${server.url}/suppressions?from=${testId(1001)}`],
    ['a false positive', `${server.url}/alerts/${testId(7)}`],
    ['no suppressions', `${empty.url}/suppressions`],
    ['rules', `${server.url}/rules`],
    ['no rules', `${empty.url}/rules`],
    ['channels', `${server.url}/channels?handled=2`],
    ['no channels', `${empty.url}/channels`],
    ['an alert that could not be delivered', `${server.url}/alerts/${testId(60)}`],
    ['hostile alerts', `${server.url}/?until=${testNow - 4900 * 60_000}`],
    ...hostileStrings.map((_, i) => ['a hostile alert', `${server.url}/alerts/${testId(1000 + i)}`] as const),
  ];

  /** Opens one place after the other in one window. */
  async function visit(
    options: Parameters<typeof open>[1],
    look: (name: string) => Promise<void>,
  ): Promise<void> {
    for (const [i, [name, url]] of places().entries()) {
      if (i === 0) await open(url, options);
      else await page.goto(url);
      await look(name);
    }
  }

  for (const scheme of ['light', 'dark'] as const) {
    it(`pass axe in ${scheme} mode`, async () => {
      await visit({ scheme }, async (name) => {
        await page.evaluate(axe);
        const found = violations.parse(
          await page.evaluate(
            `axe.run({ resultTypes: ['violations'] }).then(({ violations }) => violations)`,
          ),
        );
        const told = found.map(
          ({ id, impact, nodes }) => `${impact} ${id}: ${nodes.map((node) => node.html).join(' | ')}`,
        );
        expect([name, told]).toEqual([name, []]);
      });
    }, 120_000);
  }

  for (const width of [375, 1600]) {
    it(`fit a screen ${width} pixels wide`, async () => {
      await visit({ width }, async (name) => {
        const overflow = await page.evaluate('document.documentElement.scrollWidth - window.innerWidth');
        expect([name, overflow]).toEqual([name, 0]);
      });
    }, 120_000);
  }

  it('run nothing that came in with an alert', async () => {
    await visit({}, async () => {
      const targets = z
        .array(z.string())
        .parse(await page.evaluate("[...document.querySelectorAll('a')].map(({ protocol }) => protocol)"));
      expect(targets.filter((protocol) => protocol !== 'http:' && protocol !== 'https:')).toEqual([]);
    });
  }, 120_000);

  it('move with j and k and open with Enter', async () => {
    await open(`${server.url}/?severity=low`);
    const focused = (): Promise<unknown> => page.evaluate('document.activeElement.textContent');
    await page.keyboard.press('j');
    expect(await focused()).toBe('Alert number 2');
    await page.keyboard.press('j');
    await page.keyboard.press('j');
    await page.keyboard.press('k');
    expect(await focused()).toBe('Alert number 3');
    await page.keyboard.press('Enter');
    await page.waitForURL(`**/alerts/${testId(3)}?severity=low`);
    expect(await page.getByRole('heading', { level: 1 }).textContent()).toBe('Alert number 3');
    await page.keyboard.press('u');
    await page.waitForURL('**/?severity=low');
  });

  it('show the keys with ? and hide them with Escape', async () => {
    await open(`${server.url}/`);
    await page.keyboard.press('?');
    expect(await page.getByRole('dialog', { name: 'Keys' }).isVisible()).toBe(true);
    await page.keyboard.press('Escape');
    expect(await page.getByRole('dialog').isVisible()).toBe(false);
  });

  it('begin with a link that skips to the content', async () => {
    await open(`${server.url}/`);
    await page.keyboard.press('Tab');
    const skip = page.getByRole('link', { name: 'Skip to content' });
    expect(await skip.evaluate('document.activeElement.textContent')).toBe('Skip to content');
    await page.keyboard.press('Enter');
    expect(await page.evaluate('document.activeElement.id')).toBe('main');
  });

  it('copy the raw event', async () => {
    await open(`${server.url}/alerts/${testId(3)}`);
    await page.keyboard.press('c');
    await page.getByRole('button', { name: 'Copied' }).waitFor();
    const copied: unknown = await page.evaluate('navigator.clipboard.readText()');
    expect(JSON.parse(String(copied))).toEqual(alerts[2]?.evidence.fields);
  });

  it('say quietly that there are new alerts, and show them when asked', async () => {
    const own = await startOwn();
    await own.store.commit({ alerts: [{ alert: testAlert(1), channels: [] }], now: testNow });
    await open(`${own.url}/?severity=high`);
    const news = page.getByRole('status');
    expect(await news.textContent()).toBe('');
    const late = [testAlert(2), testAlert(3), testAlert(4, { severity: 'low' })];
    await own.store.commit({ alerts: late.map((alert) => ({ alert, channels: [] })), now: testNow });
    await news.getByText('2 new alerts, show').click({ timeout: 15_000 });
    await page.locator(`[data-alert="${testId(3)}"]`).waitFor();
    expect(await page.locator('[data-alert]').count()).toBe(3);
  }, 180_000);

  it('keep what falls under an exception apart, one click away', async () => {
    const own = await startOwn();
    const exception = { name: 'drill', reason: 'agreed with the team', owner: 'jane', until: testNow };
    await own.store.commit({
      alerts: [
        { alert: testAlert(1, { title: 'Plain' }), channels: [] },
        {
          alert: testAlert(2, {
            title: 'Known',
            exception,
            severityChanges: ['raised from low to high: prod'],
          }),
          channels: [],
        },
      ],
      now: testNow,
    });
    await open(`${own.url}/`, { script: false });
    expect(await page.locator('[data-alert]').count()).toBe(1);
    await page.getByRole('link', { name: 'under an exception' }).click();
    expect(await page.locator('[data-alert]').count()).toBe(1);
    await page.getByRole('link', { name: 'Known', exact: true }).click();
    const lead = page.locator('header.lead');
    expect(await lead.innerText()).toContain('Severity raised from low to high: prod');
    expect(await lead.innerText()).toContain('agreed with the team (jane answers for it)');
  });

  it('change an alert without a script, and tell the second of two people what happened meanwhile', async () => {
    const own = await startOwn();
    await own.store.commit({ alerts: [{ alert: testAlert(1), channels: [] }], now: testNow });
    const url = `${own.url}/alerts/${testId(1)}`;
    await open(url, { script: false });
    const second = await page.context().newPage();
    await second.goto(url);
    await page.getByLabel('Your name').fill('jane');
    await page.getByRole('button', { name: 'Acknowledge' }).click();
    await page.locator('.standing').getByText('Acknowledged').waitFor();
    await second.getByLabel('Reason or comment').fill('it was the backup');
    await second.getByRole('button', { name: 'False positive' }).click();
    expect(await second.getByRole('alert').innerText()).toContain('from open to acknowledged');
    expect(await second.getByLabel('Reason or comment').inputValue()).toBe('it was the backup');
    await second.getByRole('button', { name: 'False positive' }).click();
    await second.locator('.standing').getByText('False positive').waitFor();
    await second.goto(`${own.url}/`);
    await second
      .getByRole('navigation', { name: 'Status' })
      .getByRole('link', { name: 'False positive 1' })
      .click();
    expect(await second.locator('[data-alert]').count()).toBe(1);
  });

  it('write with m and acknowledge with a', async () => {
    const own = await startOwn();
    await own.store.commit({ alerts: [{ alert: testAlert(1), channels: [] }], now: testNow });
    await open(`${own.url}/alerts/${testId(1)}`);
    await page.keyboard.press('m');
    await page.keyboard.type('a map');
    await page.getByLabel('Reason or comment').blur();
    await page.keyboard.press('a');
    await page.locator('.history').getByText('from open to acknowledged: a map').waitFor();
  });

  it('choose alerts with x and change them together, and show how many all are before', async () => {
    const own = await startOwn();
    const some = [1, 2, 3].map((n) => testAlert(n, { title: `Alert number ${n}`, severity: 'high' }));
    await own.store.commit({ alerts: some.map((alert) => ({ alert, channels: [] })), now: testNow });
    await open(`${own.url}/?severity=high`);
    for (const key of ['j', 'x', 'j', 'x', 'x', 'j', 'x']) await page.keyboard.press(key);
    expect(await page.locator('details.bulk summary').innerText()).toContain('2 chosen');
    await page.getByRole('button', { name: 'Acknowledge' }).click();
    expect(await page.getByText('2 alerts changed').isVisible()).toBe(true);
    await page.getByText('Change several at once').click();
    await page.getByLabel('All that fit the filters').check();
    await page.getByRole('button', { name: 'Resolve' }).click();
    await page.getByRole('button', { name: 'Resolve: 3 alerts' }).click();
    expect(await page.getByText('3 alerts changed').isVisible()).toBe(true);
    const { resolved } = await own.store.life.statuses();
    expect(resolved).toBe(3);
  });

  it('give an incident a status and keep a false positive quiet, without a script', async () => {
    const own = await startOwn({ incidents: gathering });
    const two = [1, 2].map((n) =>
      testAlert(n, { title: `Step ${n}`, rule: { id: `rule-${n}`, title: `Rule ${n}` } }),
    );
    await own.store.commit({
      alerts: two.map((alert) => ({ alert, channels: [] })),
      state: two.flatMap((alert) => {
        const sighting = sightingOf(alert, testNow);
        return sighting === undefined ? [] : [{ key: alertPrefix + alert.id, value: { ...sighting } }];
      }),
      now: testNow,
    });
    await open(`${own.url}/`, { script: false });
    await page.getByRole('link', { name: 'Step 1' }).click();
    await page.getByRole('link', { name: /^2 alerts around/ }).click();
    await page.getByLabel('Reason').fill('a drill');
    await page.getByLabel('Your name').fill('jane');
    await page.getByRole('button', { name: 'False positive' }).click();
    expect(await page.getByRole('status').innerText()).toContain('2 alerts changed');
    await page.getByRole('link', { name: 'Step 2' }).click();
    await page.getByRole('link', { name: 'Keep this quiet' }).click();
    expect(await page.getByLabel('Which alerts').inputValue()).toContain('tocsin.rule.id: rule-2');
    expect(await page.getByLabel('Who answers for it').inputValue()).toBe('jane');
    await page.getByRole('button', { name: 'Keep quiet' }).click();
    expect(await page.getByRole('rowheader').innerText()).toBe('Rule 2');
    await page.getByRole('button', { name: 'End Rule 2' }).click();
    await page.getByText('1 that has ended').waitFor();
  });

  it('page and filter without a script', async () => {
    await open(`${server.url}/`, { script: false });
    expect(await page.locator('[data-alert]').count()).toBe(50);
    await page.getByRole('link', { name: 'Older alerts' }).click();
    expect(await page.locator('[data-alert]').count()).toBe(26);
    await page.getByRole('link', { name: 'Newest alerts' }).click();
    await page.getByRole('navigation', { name: 'Severity' }).getByRole('link', { name: /^High/ }).click();
    expect(new URL(page.url()).search).toBe('?severity=high');
    await page.getByRole('link', { name: 'Alert number 4', exact: true }).click();
    await page.getByRole('link', { name: /Back to the filtered alerts/ }).click();
    expect(new URL(page.url()).search).toBe('?severity=high');
    await page.getByRole('link', { name: '111122223333' }).first().click();
    await page.getByRole('link', { name: 'Remove the filter Account' }).click();
    expect(new URL(page.url()).search).toBe('?severity=high');
    expect(await page.getByRole('button', { name: 'Copy' }).count()).toBe(0);
  });
});
