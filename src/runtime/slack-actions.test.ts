import { describe, expect, it, onTestFinished } from 'vitest';
import { createApi } from '../api/api.ts';
import { bindSettings, channelSettings } from '../notify/table.ts';
import { startOutbox } from '../notify/outbox.ts';
import { systemClock } from '../notify/clock.ts';
import { normalAlert } from '../notify/testing/alerts.ts';
import { startFakeSlack } from '../notify/testing/fake-slack.ts';
import { slackPayload, slackRequest } from '../notify/testing/slack-request.ts';
import { testBlocker } from '../respond/testing/blockers.ts';
import { openSqliteStore } from '../store/sqlite.ts';
import { slackActions } from './slack-actions.ts';

const { id } = normalAlert;
const signingSecret = 'not-a-real-signing-secret';
const silent = { info: () => {}, warn: () => {}, error: () => {} };

/** Slack on loopback, a store, an outbox and the HTTP server, as `serve` puts them together. */
async function server() {
  const slack = await startFakeSlack();
  const store = await openSqliteStore({ path: ':memory:' });
  const settings = channelSettings.parse({
    type: 'slack',
    token: slack.token,
    channel: slack.channel,
    apiUrl: slack.apiUrl,
    signingSecret,
  });
  const outbox = startOutbox({
    store,
    channels: [{ name: 'people', channel: bindSettings(settings) }],
    fetch,
    clock: systemClock,
    random: Math.random,
    link: () => undefined,
    log: silent,
  });
  const channels = { people: settings };
  const api = await createApi({
    store,
    ingest: () => Promise.reject(new Error('not here')),
    blocks: { blocker: testBlocker(store.blocks), nudge: () => {} },
    slack: slackActions({
      channels,
      store,
      gathering: undefined,
      now: Date.now,
      nudge: outbox.nudge,
      log: silent,
    }),
    keys: [],
    health: () => ({ ready: true, checks: [] }),
    metrics: async () => '',
    version: '0',
    now: Date.now,
    log: false,
  });
  onTestFinished(async () => {
    await outbox.stop();
    await api.close();
    await store.close();
    await slack.close();
  });
  await store.commit({ alerts: [{ alert: normalAlert, channels: ['people'] }], now: Date.now() });
  outbox.nudge();
  await expect.poll(() => slack.messages.length, { timeout: 60_000 }).toBe(1);
  const click = (action: object, user?: string) =>
    api.inject({
      method: 'POST',
      url: '/v1/slack/actions',
      ...bodyOf(slackRequest(signingSecret, slackPayload(id, action, user), Date.now())),
    });
  return { slack, store, click };
}

const bodyOf = ({ headers, body }: ReturnType<typeof slackRequest>) => ({
  headers: { ...headers, host: 'localhost' },
  payload: body,
});

describe('a click in Slack', () => {
  it('changes the alert under the name of who clicked, and comes back to the message and its thread', async () => {
    const { slack, store, click } = await server();
    expect((await click({ action_id: 'tocsin.status.acknowledged' })).statusCode).toBe(200);
    expect(await store.alert(id)).toMatchObject({
      lifecycle: { status: 'acknowledged', by: 'slack:U0ALICE' },
    });
    expect((await store.life.history({ alertId: id, limit: 5 })).lines).toMatchObject([
      { action: 'status', by: 'slack:U0ALICE', via: 'slack' },
    ]);
    await expect.poll(() => slack.messages.length, { timeout: 60_000 }).toBe(3);
    expect(slack.messages[1]).toMatchObject({ ts: '1.000100' });
    expect(JSON.stringify(slack.messages[1])).toContain('acknowledged by slack:U0ALICE');
    expect(slack.messages[2]).toMatchObject({ thread_ts: '1.000100' });
    expect(slack.problems).toEqual([]);
  });

  it('made twice is told once', async () => {
    const { slack, store, click } = await server();
    await click({ action_id: 'tocsin.status.false-positive' });
    await click({ action_id: 'tocsin.status.false-positive' }, 'U0BOB');
    await expect.poll(() => slack.messages.length, { timeout: 60_000 }).toBe(3);
    expect(await store.alert(id)).toMatchObject({
      lifecycle: { status: 'false-positive', by: 'slack:U0ALICE' },
    });
    expect((await store.life.history({ limit: 5 })).lines).toHaveLength(1);
  });

  it('on snooze puts the alert to sleep for as long as was chosen', async () => {
    const { store, click } = await server();
    const before = Date.now();
    await click({ action_id: 'tocsin.snooze', selected_option: { value: '60' } });
    const until = (await store.alert(id))?.lifecycle?.snoozedUntil ?? 0;
    expect(until).toBeGreaterThanOrEqual(before + 3_600_000);
  });
});
