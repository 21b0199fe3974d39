import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import type { Alert } from '../../src/alert/alert.ts';
import { startFakeServer, type ScriptedAnswer } from '../../src/notify/testing/fake-server.ts';
import { parseConfig } from '../../src/runtime/config.ts';
import { serve } from '../../src/runtime/serve.ts';

const ends: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0).toReversed()) await end();
});

const record = {
  eventVersion: '1.11',
  userIdentity: { type: 'IAMUser', userName: 'alice', accountId: '111122223333' },
  eventTime: new Date().toISOString(),
  eventSource: 's3.amazonaws.com',
  eventName: 'ListBuckets',
  sourceIPAddress: '185.220.101.1',
  eventID: '0b1d1c1e-0000-4000-8000-000000000001',
};

const malicious = {
  type: 'answer' as const,
  status: 200,
  body: '{"noise":true,"riot":false,"classification":"malicious"}',
};

/** A server with a feed, one provider and one channel; what its channel was told first. */
async function told(waitMs: number, answer: ScriptedAnswer) {
  const data = await mkdtemp(join(tmpdir(), 'tocsin-lookups-'));
  ends.push(() => rm(data, { recursive: true }));
  const feed = join(data, 'feed.csv');
  await writeFile(feed, 'ip,malware\n185.220.101.1,Emotet\n');
  const provider = await startFakeServer(() => answer);
  ends.push(provider.close);
  const message = Promise.withResolvers<Alert>();
  const hook = await startFakeServer(({ body }) => {
    message.resolve((JSON.parse(body) as { data: { alert: Alert } }).data.alert);
    return { type: 'answer', status: 200 };
  });
  ends.push(hook.close);
  const secrets = { env: { KEY: 'a-secret-key-of-some-length', HOOK: hook.url }, readFile: () => '' };
  const config = parseConfig(
    JSON.stringify({
      data,
      rules: { builtin: false },
      server: { listen: '127.0.0.1:0' },
      log: { level: 'error' },
      intel: { feeds: { partner: { file: feed } } },
      lookups: { waitMs, providers: { greynoise: { key: 'env:KEY', url: provider.url } } },
      channels: { hook: { type: 'webhook', url: 'env:HOOK', secret: 'env:KEY' } },
    }),
    'tocsin.yaml',
    secrets,
  );
  const server = await serve({ config });
  ends.push(server.stop);
  const response = await fetch(`${server.address}/v1/events`, {
    method: 'POST',
    body: JSON.stringify(record),
    headers: { 'content-type': 'application/json' },
  });
  expect(response.status).toBe(200);
  const alert = await message.promise;
  return { alert, provider, server };
}

const warnings = [{ type: 'address', value: '185.220.101.1', feed: 'partner', label: 'Emotet' }];

describe('an alert about an address that others know', () => {
  // Longer than the test may take: the message arrives because the answer let it go.
  it('is told with the feed and the answer', async () => {
    const { alert, provider } = await told(30_000, malicious);
    expect(alert.title).toMatch(/of which the feed partner warns/);
    expect(alert.context).toMatchObject({
      warnings,
      lookups: [{ provider: 'GreyNoise', verdict: 'malicious', about: { value: '185.220.101.1' } }],
    });
    expect(provider.requests).toHaveLength(1);
  });

  it('is told without an answer that does not come', async () => {
    const { alert } = await told(50, { type: 'hang' });
    expect(alert.context).toEqual({ warnings });
  });
});
