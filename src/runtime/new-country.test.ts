import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { openSqliteStore } from '../store/sqlite.ts';
import { createEngine } from './engine.ts';
import { createIngest } from './ingest.ts';
import { openAssets } from './kept-assets.ts';
import { openCorrelations } from './kept-correlations.ts';
import { builtinRules, loadRules } from './load-rules.ts';

const day = 86_400_000;
const start = Date.parse('2026-05-01T09:00:00Z');
let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'tocsin-new-country-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

function signIn(days: number, sourceIPAddress: string): object {
  return {
    eventVersion: '1.11',
    userIdentity: {
      type: 'IAMUser',
      arn: 'arn:aws:iam::111122223333:user/alice',
      accountId: '111122223333',
      userName: 'alice',
    },
    eventTime: new Date(start + days * day).toISOString(),
    eventSource: 'signin.amazonaws.com',
    eventName: 'ConsoleLogin',
    sourceIPAddress,
    responseElements: { ConsoleLogin: 'Success' },
    additionalEventData: { MFAUsed: 'Yes' },
    eventID: `sign-in-${days}`,
    eventType: 'AwsConsoleSignIn',
    recipientAccountId: '111122223333',
  };
}

/** One life of a server: it takes the records, and is gone. */
async function live(until: number, records: readonly object[]): Promise<readonly string[]> {
  const { rules, correlations } = await loadRules([
    join(builtinRules, 'aws/signin/console-login-from-new-country.yml'),
  ]);
  const engine = createEngine(rules, correlations, undefined, undefined, (address) => ({
    country: address === '192.0.2.1' ? 'DE' : 'NG',
  }));
  const clock = () => start + until * day;
  const store = await openSqliteStore({ path: join(folder, 'store.db') });
  const ingest = createIngest({
    engine,
    store,
    assets: await openAssets(store),
    correlations: await openCorrelations(engine, store, { lateness: 0, clock }),
    channelsFor: () => [],
    clock,
    onCommit: () => {},
  });
  const body = Buffer.from(records.map((record) => JSON.stringify(record)).join('\n'));
  await ingest(
    (async function* () {
      yield await Promise.resolve(body);
    })(),
    { source: 'http', object: 'request', receivedAt: clock() },
  );
  const { alerts } = await store.alerts({ limit: 10 });
  await store.close();
  return alerts.map(({ title }) => title);
}

it('where a person comes from is still known after the server was started again', async () => {
  expect(
    await live(
      5,
      [0, 2, 4].map((days) => signIn(days, '192.0.2.1')),
    ),
  ).toEqual([]);
  expect(await live(10, [signIn(9, '192.0.2.1')])).toEqual([]);
  const after = [signIn(11, '192.0.2.9'), signIn(12, '192.0.2.9'), signIn(13, '192.0.2.1')];
  expect(await live(14, after)).toEqual([
    'alice signed in to the console from Nigeria, for the first time in 90 days',
  ]);
});
