import { afterEach, describe, expect, it } from 'vitest';
import type { Alert } from '../alert/alert.ts';
import { digestQueue } from '../alert/schedule.ts';
import { openSqliteStore } from '../store/sqlite.ts';
import type { Store } from '../store/store.ts';
import type { Answer, BoundChannel, FollowUpContext, Message } from './channel.ts';
import { startOutbox } from './outbox.ts';
import type { DeliveryResult, OutboxChannel, OutboxOptions } from './outbox-options.ts';
import { bindSettings, channelSettings } from './table.ts';
import { normalAlert } from './testing/alerts.ts';
import { fakeClock } from './testing/fake-clock.ts';
import { startFakeServer, type FakeServer, type ScriptedAnswer } from './testing/fake-server.ts';
import { startFakeSlack } from './testing/fake-slack.ts';
import { overKeptConnections } from './kept-connections.ts';

const start = normalAlert.decidedAt;
const open: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of open.splice(0).reverse()) await close();
});

const ok: ScriptedAnswer = { type: 'answer', status: 200 };
const status = (code: number, headers: Readonly<Record<string, string>> = {}): ScriptedAnswer => ({
  type: 'answer',
  status: code,
  headers,
});

async function server(): Promise<FakeServer> {
  const made = await startFakeServer(() => ok);
  open.push(made.close);
  return made;
}

function webhookTo(name: string, { url }: { readonly url: string }): OutboxChannel {
  const settings = channelSettings.parse({ type: 'webhook', url, secret: 'a secret of at least 24 bytes' });
  return { name, channel: bindSettings(settings) };
}

interface Logged {
  readonly level: string;
  readonly fields: object;
  readonly message: string;
}

/** An outbox on a real store, with a log and results to look at. */
async function outboxWith(
  channels: readonly OutboxChannel[],
  more: Partial<OutboxOptions> & { readonly on?: Store } = {},
) {
  const store = more.on ?? (await openSqliteStore({ path: ':memory:' }));
  if (more.on === undefined) open.push(() => store.close());
  const clock = fakeClock(start);
  const logged: Logged[] = [];
  const results: DeliveryResult[] = [];
  const waiting: { readonly count: number; readonly done: () => void }[] = [];
  const log = (level: string) => (fields: object, message: string) =>
    void logged.push({ level, fields, message });
  const outbox = startOutbox({
    store,
    channels,
    fetch: overKeptConnections,
    clock,
    random: () => 0.5,
    link: (alert) => `https://tocsin.example/alerts/${alert.id}`,
    log: { info: log('info'), warn: log('warn'), error: log('error') },
    onResult: (result) => {
      results.push(result);
      for (const { count, done } of waiting) if (results.length >= count) done();
    },
    ...more,
  });
  open.push(outbox.stop);
  return {
    store,
    clock,
    logged,
    results,
    outbox,
    /** Resolves when so many attempts have been made. */
    made: (count: number) =>
      new Promise<void>((done) => (results.length >= count ? done() : waiting.push({ count, done }))),
    commit: async (names: readonly string[], ...ids: readonly string[]) => {
      await store.commit({
        alerts: ids.map((id) => ({ alert: alertOf(id), channels: names })),
        now: clock.now(),
      });
      outbox.nudge();
    },
  };
}

function alertOf(id: string): Alert {
  return { ...normalAlert, id: id.padStart(32, '0') };
}

const sentIds = ({ requests }: FakeServer) =>
  requests.map(({ body }) => Number(JSON.parse(body).data.alert.id));

describe('the outbox', () => {
  it('delivers what is owed to Slack, once, and writes it down', async () => {
    const slack = await startFakeSlack();
    open.push(slack.close);
    const channel = bindSettings(channelSettings.parse({ type: 'slack', webhookUrl: slack.webhookUrl }));
    const { commit, made, store, outbox } = await outboxWith([{ name: 'people', channel }]);
    await commit(['people'], '1');
    await made(1);
    await commit(['people'], '1');
    await outbox.stop();
    expect(slack.messages.length).toBe(1);
    expect(await store.deliveries(alertOf('1').id)).toMatchObject([
      { channel: 'people', state: 'delivered', attempts: 1 },
    ]);
  });

  it('keeps the order of the store', async () => {
    const hook = await server();
    const { commit, made } = await outboxWith([webhookTo('hook', hook)]);
    await commit(['hook'], '3', '1', '2');
    await made(3);
    expect(sentIds(hook)).toEqual([3, 1, 2]);
  });

  it('tries again later, under the same id, and gets through', async () => {
    const hook = await server();
    hook.answerNext(status(500), { type: 'reset' }, { ...ok, body: 'ok' });
    const { commit, made, clock, results } = await outboxWith([webhookTo('hook', hook)]);
    await commit(['hook'], '1');
    for (let attempt = 1; attempt < 3; attempt += 1) {
      await made(attempt);
      await clock.asleep();
      clock.advance(60_000);
    }
    await made(3);
    expect(results.map(({ outcome }) => outcome.type)).toEqual(['retry', 'retry', 'delivered']);
    expect(results.map(({ attempts }) => attempts)).toEqual([1, 2, 3]);
    expect(new Set(hook.requests.map(({ headers }) => headers['webhook-id'])).size).toBe(1);
  });

  it('leaves the whole channel in peace for as long as a rate limit says, and keeps the order', async () => {
    const hook = await server();
    hook.answerNext(status(429, { 'retry-after': '30' }));
    const { commit, made, clock, outbox } = await outboxWith([webhookTo('hook', hook)]);
    await commit(['hook'], '1', '2');
    await made(1);
    await clock.asleep(start + 30_000);
    clock.advance(29_999);
    outbox.nudge();
    await clock.asleep(start + 30_000);
    expect(sentIds(hook)).toEqual([1]);
    clock.advance(1);
    await made(3);
    expect(sentIds(hook)).toEqual([1, 1, 2]);
  });

  it('lets no slow or broken channel delay another', async () => {
    const [slow, quick] = [await server(), await server()];
    slow.answerNext({ type: 'hang' }, { type: 'hang' });
    const { commit, made } = await outboxWith([webhookTo('slow', slow), webhookTo('quick', quick)], {
      timeoutMs: 500,
    });
    await commit(['slow', 'quick'], '1', '2', '3');
    await made(3);
    expect(sentIds(quick)).toEqual([1, 2, 3]);
  });

  it('lets one message that its receiver cannot take hold up no other', async () => {
    const hook = await server();
    hook.answerNext(status(400));
    const { commit, made, store, logged } = await outboxWith([webhookTo('hook', hook)]);
    await commit(['hook'], '1', '2');
    await made(2);
    expect(await store.deliveries(alertOf('1').id)).toMatchObject([
      { state: 'dead', reason: expect.stringContaining('HTTP 400') },
    ]);
    expect(logged.filter(({ level }) => level === 'error')).toHaveLength(1);
    expect((await store.counts()).deliveries).toEqual({ pending: 0, delivered: 1, dead: 1, dropped: 0 });
  });

  it('gives up an alert that cannot be rendered, and sends the next', async () => {
    const hook = await server();
    const { name, channel } = webhookTo('hook', hook);
    const picky: OutboxChannel = {
      name,
      channel: {
        ...channel,
        most: 10,
        send: (messages, means) => {
          if (messages.some(({ alert }) => alert.id === alertOf('1').id)) throw new RangeError('too deep');
          return channel.send(messages, means);
        },
      },
    };
    const { commit, made, results } = await outboxWith([picky]);
    await commit(['hook'], '1', '2', '3');
    await made(3);
    expect(results.map(({ outcome }) => outcome.type)).toEqual(['dead', 'delivered', 'delivered']);
  });

  it('gives a channel as many at once as it takes, and writes down what each was answered', async () => {
    const batches: string[][] = [];
    const answers: Answer[] = [
      { type: 'accepted', receipt: { id: 'a' } },
      { type: 'refused', reason: 'no' },
    ];
    const channel: BoundChannel = {
      type: 'test',
      most: 2,
      send: (messages) => {
        batches.push(messages.map(({ alert }) => String(Number(alert.id))));
        return Promise.resolve(answers.slice(0, messages.length));
      },
    };
    const { commit, made, store } = await outboxWith([{ name: 'batch', channel }]);
    await commit(['batch'], '1', '2', '3');
    await made(3);
    expect(batches).toEqual([['1', '2'], ['3']]);
    expect((await store.counts()).deliveries).toEqual({ pending: 0, delivered: 2, dead: 1, dropped: 0 });
  });

  it('tells how an alert stands that was told of before, with the receipt, as another message', async () => {
    const first: Message[] = [];
    const follows: Message<FollowUpContext>[] = [];
    const channel: BoundChannel = {
      type: 'test',
      send: (messages) => {
        first.push(...messages);
        return Promise.resolve(messages.map(() => ({ type: 'accepted', receipt: { ts: '1.2', kept: 'k' } })));
      },
      follow: (message) => {
        follows.push(message);
        return Promise.resolve({ type: 'accepted', receipt: { ts: '3.4' } });
      },
    };
    const { commit, made, store, outbox, clock } = await outboxWith([{ name: 'chat', channel }]);
    await commit(['chat'], '1');
    await made(1);
    const change = async () => {
      await store.oweFollowUps([alertOf('1').id], ['chat'], { now: clock.now(), at: clock.now() });
      outbox.nudge();
    };
    await change();
    await made(2);
    await change();
    await made(3);
    const standing = { status: 'open', severity: 'critical', count: 1 };
    expect(follows.map(({ context }) => context.told)).toEqual([
      { standing, receipt: { ts: '1.2', kept: 'k' } },
      { standing, receipt: { ts: '3.4', kept: 'k' } },
    ]);
    const keys = [...first, ...follows].map(({ context }) => context.idempotencyKey);
    expect(new Set(keys).size).toBe(3);
    expect((await store.counts()).deliveries).toEqual({ pending: 0, delivered: 1, dead: 0, dropped: 0 });
  });

  it('does not tell of changes where a channel tells once', async () => {
    const hook = await server();
    const { commit, made, store, outbox, clock } = await outboxWith([webhookTo('hook', hook)]);
    await commit(['hook'], '1');
    await made(1);
    await store.oweFollowUps([alertOf('1').id], ['hook'], { now: clock.now(), at: clock.now() });
    outbox.nudge();
    await made(2);
    expect(hook.requests).toHaveLength(1);
    expect((await store.counts()).deliveries).toEqual({ pending: 0, delivered: 1, dead: 0, dropped: 0 });
  });

  it('ends an attempt that a channel does not end', async () => {
    const channel: BoundChannel = { type: 'test', send: () => new Promise(() => {}) };
    const { commit, made, results } = await outboxWith([{ name: 'deaf', channel }], { timeoutMs: 20 });
    await commit(['deaf'], '1');
    await made(1);
    expect(results[0]?.answer).toEqual({ type: 'later', reason: 'no answer within 20 ms' });
  });

  it('keeps deliveries alive while the receiver is closed, until a person has mended it', async () => {
    const hook = await server();
    hook.answerNext(...Array<ScriptedAnswer>(5).fill(status(401)));
    const { commit, made, clock, results } = await outboxWith([webhookTo('hook', hook)]);
    await commit(['hook'], '1');
    for (let attempt = 1; attempt <= 5; attempt += 1) {
      await made(attempt);
      await clock.asleep();
      clock.advance(3_600_000);
    }
    await made(6);
    expect(results.at(-1)?.outcome.type).toBe('delivered');
  });

  it('leaves what it has not begun for the next start, and finishes what it has', async () => {
    const hook = await server();
    hook.answerNext({ type: 'hang' });
    const first = await outboxWith([webhookTo('hook', hook)], { timeoutMs: 200 });
    await first.commit(['hook'], '1', '2');
    await expect.poll(() => hook.requests.length).toBe(1);
    await first.outbox.stop();
    expect(first.results.map(({ outcome }) => outcome.type)).toEqual(['retry']);
    expect((await first.store.counts()).deliveries.pending).toBe(2);

    const second = await outboxWith([webhookTo('hook', hook)], { on: first.store });
    second.clock.advance(60_000);
    second.outbox.nudge();
    await second.made(2);
    expect((await first.store.counts()).deliveries).toEqual({
      pending: 0,
      delivered: 2,
      dead: 0,
      dropped: 0,
    });
  });

  it('sends again, under the same id, what a killed process held', async () => {
    const hook = await server();
    const { store, commit, made, clock, outbox } = await outboxWith([webhookTo('hook', hook)]);
    await store.commit({ alerts: [{ alert: alertOf('1'), channels: ['other'] }], now: start });
    await store.claim('other', { now: start, leaseUntil: start + 70_000, limit: 1 });
    const heir = await outboxWith([webhookTo('other', hook)], { on: store });
    await heir.clock.asleep();
    expect(hook.requests).toEqual([]);
    heir.clock.advance(70_000);
    await heir.made(1);
    expect(sentIds(hook)).toEqual([1]);
    await commit(['hook'], '2');
    await made(1);
    expect(clock.now()).toBe(start);
    await outbox.stop();
  });

  it('goes on when the store fails for a moment, and does not forget a yes', async () => {
    const hook = await server();
    const real = await openSqliteStore({ path: ':memory:' });
    open.push(() => real.close());
    const failures = { claim: 1, settle: 2 };
    const flaky: Store = {
      ...real,
      claim: (...input) =>
        failures.claim-- > 0 ? Promise.reject(new Error('disk full')) : real.claim(...input),
      settle: (...input) =>
        failures.settle-- > 0 ? Promise.reject(new Error('busy')) : real.settle(...input),
    };
    const { commit, made, clock, logged } = await outboxWith([webhookTo('hook', hook)], { on: flaky });
    await commit(['hook'], '1');
    for (let pause = 0; pause < 3; pause += 1) {
      await clock.asleep();
      clock.advance(5_000);
    }
    await made(1);
    expect(hook.requests.length).toBe(1);
    expect((await real.counts()).deliveries).toEqual({ pending: 0, delivered: 1, dead: 0, dropped: 0 });
    expect(logged.filter(({ level }) => level !== 'info').length).toBeGreaterThan(0);
  });

  it('leaves a receiver in peace that fails again and again, and tries it with one message', async () => {
    const hook = await server();
    hook.answerNext(...Array<ScriptedAnswer>(5).fill(status(503)));
    const { commit, made, clock, outbox, logged } = await outboxWith([webhookTo('hook', hook)]);
    await commit(['hook'], '1', '2', '3');
    await made(2);
    await clock.asleep(start + 1);
    while (outbox.health().get('hook')?.state !== 'open') {
      clock.advance(1_000);
      outbox.nudge();
      await clock.asleep(clock.now() + 1);
    }
    const { state, pausedUntil = 0, failingSince } = outbox.health().get('hook') ?? {};
    expect([state, failingSince]).toEqual(['open', start]);
    clock.advance(pausedUntil - clock.now() - 1);
    outbox.nudge();
    await clock.asleep(pausedUntil);
    expect(hook.requests).toHaveLength(5);
    expect(logged.filter(({ message }) => message.includes('fails again and again'))).toHaveLength(1);
    clock.advance(1);
    await made(6);
    expect(outbox.health().get('hook')?.state).toBe('closed');
    expect(logged.some(({ message }) => message.includes('takes messages again'))).toBe(true);
    clock.advance(3_600_000);
    outbox.nudge();
    await made(8);
    expect(new Set(sentIds(hook))).toEqual(new Set([1, 2, 3]));
  });

  it('sends no more messages a minute than the receiver takes, in order, and keeps the others', async () => {
    const hook = await server();
    const slow = { ...webhookTo('hook', hook), messagesPerMinute: 6 };
    const { commit, made, clock, outbox } = await outboxWith([slow]);
    await commit(['hook'], '1', '2', '3');
    await made(1);
    await clock.asleep(start + 10_000);
    clock.advance(9_999);
    outbox.nudge();
    await clock.asleep(start + 10_000);
    expect(sentIds(hook)).toEqual([1]);
    clock.advance(1);
    await made(2);
    await clock.asleep(start + 20_000);
    clock.advance(10_000);
    await made(3);
    expect(sentIds(hook)).toEqual([1, 2, 3]);
  });

  describe('a digest', () => {
    const queue = digestQueue('hook');
    const due = start + 60_000;
    const inDigest = (...ids: readonly string[]) =>
      ids.map((id) => ({ alert: alertOf(id), channels: [{ channel: queue, due }] }));
    const bodies = ({ requests }: FakeServer) => requests.map(({ body }) => JSON.parse(body));

    it('is one message, when its time has come, and each of its deliveries is made by it', async () => {
      const hook = await server();
      const { store, made, clock, commit } = await outboxWith([webhookTo('hook', hook)], {
        listLink: 'https://tocsin.example/',
      });
      await store.commit({ alerts: inDigest('1', '2', '3'), now: start });
      await commit(['hook'], '9');
      await made(1);
      await clock.asleep();
      expect(sentIds(hook)).toEqual([9]);
      clock.advance(60_000);
      await made(2);
      expect(bodies(hook)[1]).toMatchObject({
        type: 'digest.created',
        data: {
          alert: { title: '3 alerts: 3 critical', digest: { total: 3 } },
          link: 'https://tocsin.example/',
        },
      });
      await expect
        .poll(async () => (await store.counts()).deliveries)
        .toEqual({ pending: 0, delivered: 4, dead: 0, dropped: 0 });
    });

    it('that is not taken is tried again whole, under the same id, and marks nothing delivered before', async () => {
      const hook = await server();
      hook.answerNext(status(503), { type: 'reset' });
      const { store, made, clock, results } = await outboxWith([webhookTo('hook', hook)]);
      await store.commit({ alerts: inDigest('1', '2'), now: start - 60_001 });
      for (let attempt = 1; attempt <= 2; attempt += 1) {
        clock.advance(60_000);
        await made(attempt);
        await clock.asleep();
        expect((await store.counts()).deliveries).toMatchObject({ pending: 2, delivered: 0 });
      }
      clock.advance(60_000);
      await made(3);
      expect(new Set(hook.requests.map(({ headers }) => headers['webhook-id'])).size).toBe(1);
      expect(results.map(({ outcome }) => outcome.type)).toEqual(['retry', 'retry', 'delivered']);
      expect(bodies(hook).map(({ data }) => data.alert.digest.total)).toEqual([2, 2, 2]);
    });

    it('that a killed process held is sent again', async () => {
      const hook = await server();
      const store = await openSqliteStore({ path: ':memory:' });
      open.push(() => store.close());
      await store.commit({ alerts: inDigest('1', '2'), now: start - 60_000 });
      await store.claim(queue, { now: due, leaseUntil: due + 70_000, limit: 200 });
      const heir = await outboxWith([webhookTo('hook', hook)], { on: store });
      heir.clock.advance(60_000);
      await heir.clock.asleep();
      expect(hook.requests).toEqual([]);
      heir.clock.advance(90_000);
      await heir.made(1);
      expect(bodies(hook)[0]?.data.alert.digest.total).toBe(2);
    });

    it('of a channel that is configured is no orphan', async () => {
      const hook = await server();
      const owed = () => Promise.resolve({ [queue]: 2, [digestQueue('gone')]: 1 });
      const { outbox } = await outboxWith([webhookTo('hook', hook)], { owed });
      expect(await outbox.orphans()).toEqual({ [digestQueue('gone')]: 1 });
    });
  });

  it('tells a fallback when its time has come, and only where it is needed', async () => {
    const [chat, mail] = [await server(), await server()];
    chat.answerNext(status(503), status(503));
    const { store, clock, outbox, made, results } = await outboxWith([
      webhookTo('chat', chat),
      webhookTo('mail', mail),
    ]);
    const cause = { type: 'fallback', route: 'all', channels: ['chat'], minutes: 10 } as const;
    const owes = ['chat', { channel: 'mail', due: start + 600_000, cause }];
    await store.commit({ alerts: [{ alert: alertOf('1'), channels: owes }], now: start });
    outbox.nudge();
    await made(1);
    await clock.asleep();
    expect(mail.requests).toEqual([]);
    clock.advance(600_000);
    outbox.nudge();
    await made(3);
    expect(sentIds(mail)).toEqual([1]);
    expect(JSON.parse(mail.requests[0]?.body ?? '').data.alert.toldBecause).toBe(
      'fallback of "all": it had not reached chat after 10 minutes',
    );
    expect(results.map(({ channel, outcome }) => `${channel} ${outcome.type}`).sort()).toEqual([
      'chat retry',
      'chat retry',
      'mail delivered',
    ]);
  });

  it('tells of deliveries that are owed to a channel that is no longer configured, and keeps them', async () => {
    const hook = await server();
    const owed = () => Promise.resolve({ hook: 1, gone: 3, empty: 0 });
    const { outbox, logged } = await outboxWith([webhookTo('hook', hook)], { owed });
    expect(await outbox.orphans()).toEqual({ gone: 3 });
    await outbox.stop();
    expect(logged).toMatchObject([{ level: 'warn', fields: { channel: 'gone', deliveries: 3 } }]);
  });

  it('shows no secret of a channel in log or results', async () => {
    const slack = await startFakeSlack();
    open.push(slack.close);
    const channel = bindSettings(channelSettings.parse({ type: 'slack', webhookUrl: slack.webhookUrl }));
    slack.answerNext({ type: 'reset' }, status(404), status(302, { location: slack.webhookUrl }));
    const { commit, made, results, logged, clock } = await outboxWith([{ name: 'people', channel }]);
    await commit(['people'], '1');
    for (let attempt = 1; attempt <= 3; attempt += 1) {
      await made(attempt);
      await clock.asleep();
      clock.advance(3_600_000);
    }
    await made(4);
    expect(JSON.stringify([results, logged])).not.toContain('not-a-real-webhook-secret');
  });

  it('refuses two channels of one name', async () => {
    const hook = await server();
    await expect(outboxWith([webhookTo('a', hook), webhookTo('a', hook)])).rejects.toThrow('same name');
  });
});
