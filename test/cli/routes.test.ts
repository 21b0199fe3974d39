import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openSqliteStore } from '../../src/store/sqlite.ts';
import { sampleAlert, sampleId } from '../../src/store/testing/samples.ts';
import { temporaryFolder, tocsin } from '../support/cli.ts';

const folder = temporaryFolder();
const at = (name: string) => join(folder.path, name);
const env = { URL: 'https://hooks.slack.com/services/T/B/x' };
const explain = (...args: readonly string[]) =>
  tocsin(['routes', 'explain', ...args, '--config', at('tocsin.yaml')], { env });

beforeAll(async () => {
  writeFileSync(
    at('tocsin.yaml'),
    `data: ${folder.path}
channels:
  chat: { type: slack, webhookUrl: env:URL }
  pager: { type: slack, webhookUrl: env:URL, minSeverity: critical }
routes:
  - { name: strangers, when: { tocsin.account: "999999999999" }, to: [] }
  - { name: worst, when: { tocsin.alert.severity: [high, critical] }, to: [chat, pager] }
  - { name: rest, to: [] }
`,
  );
  const store = await openSqliteStore({ path: at('tocsin.db') });
  await store.commit({ alerts: [{ alert: sampleAlert(1), channels: [] }], now: 1 });
  await store.close();
  writeFileSync(
    at('alerts.ndjson'),
    [2, 3].map((n) => JSON.stringify(sampleAlert(n, { severity: 'low' }))).join('\n'),
  );
});
afterAll(() => folder.remove());

describe('tocsin routes explain', () => {
  it('says of a stored alert what each route and channel says', async () => {
    const { code, stdout, stderr } = await explain(sampleId(1));
    expect([code, stderr]).toEqual([0, '']);
    expect(stdout).toBe(`high  alice made the bucket invoices public
  goes to chat
  - strangers: its search does not hold
  + worst: takes it
  - rest: not asked, because a route above took it
  > chat: by worst
  x pager: takes only critical and worse (minSeverity)
`);
  });

  it('takes files of alerts, and answers in JSON', async () => {
    const { code, stdout } = await explain(at('alerts.ndjson'), '--json');
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject([
      {
        alert: { id: sampleId(2) },
        deliveries: [],
        verdicts: [{}, { verdict: 'differs' }, { verdict: 'takes' }],
      },
      { alert: { id: sampleId(3) } },
    ]);
  });

  it.each<[name: string, what: string, message: string]>([
    ['an alert that is not there', sampleId(9), 'the store holds no such alert'],
    [
      'a file that is not there',
      at('nothing.json'),
      'is no id of an alert (32 hex digits) and cannot be read',
    ],
    ['a file without alerts', at('tocsin.yaml'), 'tocsin.yaml:1: is not JSON'],
  ])('refuses %s', async (_name, what, message) => {
    const { code, stderr } = await explain(what);
    expect(code).toBe(2);
    expect(stderr).toContain(message);
  });
});
