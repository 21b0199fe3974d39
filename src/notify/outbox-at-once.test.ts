import { setImmediate as turn } from 'node:timers/promises';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { openSqliteStore } from '../store/sqlite.ts';
import type { Store } from '../store/store.ts';
import type { Answer, BoundChannel, Message } from './channel.ts';
import type { Clock } from './clock.ts';
import { startOutbox } from './outbox.ts';
import { normalAlert } from './testing/alerts.ts';
import { fakeClock } from './testing/fake-clock.ts';
import { overKeptConnections } from './kept-connections.ts';

/** A clock that goes on by itself to whatever is waited for next. */
function hurriedClock(start: number): Clock & { readonly stop: () => void } {
  let time = start;
  const over = new AbortController();
  const sleepers = new Map<() => void, number>();
  void (async () => {
    while (!over.signal.aborted) {
      for (let turns = 0; turns < 4; turns += 1) await turn();
      const next = Math.min(...sleepers.values());
      if (!Number.isFinite(next)) continue;
      time = Math.max(time, next);
      for (const [wake, at] of sleepers) if (at <= time) wake();
    }
  })();
  return {
    now: () => time,
    sleep: (ms, signal) =>
      new Promise((resolve) => {
        const wake = () => {
          sleepers.delete(wake);
          resolve();
        };
        sleepers.set(wake, signal.aborted ? time : time + ms);
        signal.addEventListener('abort', wake, { once: true });
      }),
    stop: () => over.abort(),
  };
}

const never = new AbortController().signal;
const alertId = (n: number) => String(n).padStart(32, '0');

const answers = fc.oneof(
  { weight: 6, arbitrary: fc.constant<Answer>({ type: 'accepted' }) },
  { weight: 3, arbitrary: fc.constant<Answer>({ type: 'later', reason: 'HTTP 503' }) },
  { weight: 1, arbitrary: fc.constant<Answer>({ type: 'later', reason: 'HTTP 429', afterMs: 7_000 }) },
  { weight: 1, arbitrary: fc.constant<Answer>({ type: 'closed', reason: 'HTTP 401' }) },
  { weight: 1, arbitrary: fc.constant<Answer>({ type: 'refused', reason: 'HTTP 400' }) },
);
const exchanges = fc.record({ answer: answers, takes: fc.constantFrom(0, 1, 20, 400, 9_000) });

const cases = fc.record({
  atOnce: fc.integer({ min: 1, max: 6 }),
  most: fc.constantFrom(1, 1, 3),
  perMinute: fc.constantFrom(undefined, undefined, 30),
  alerts: fc.integer({ min: 1, max: 25 }),
  script: fc.array(exchanges, { maxLength: 40 }),
  /** How long the store takes for a claim. */
  claimTakes: fc.constantFrom(0, 0, 300),
  /** How long after the one before each alert comes; those without a wait between them come in one commit. */
  waits: fc.array(fc.constantFrom(0, 0, 0, 2, 700, 6_000), { minLength: 25, maxLength: 25 }),
  /** Changes of alerts, and before which message each comes. */
  changes: fc.array(fc.record({ alert: fc.nat(24), before: fc.nat(60) }), { maxLength: 10 }),
});

interface Sent {
  readonly alert: number;
  readonly key: string;
  readonly isFirst: boolean;
  readonly began: number;
  readonly ended: number;
  readonly answer: Answer;
}

/** A channel of which each message waits until the test answers it. */
function heldChannel() {
  const asked: string[] = [];
  const waiting = new Map<string, (answer: Answer) => void>();
  const channel = {
    type: 'test',
    asked,
    send: (messages: readonly Message[]) =>
      Promise.all(
        messages.map(({ alert }) => {
          const id = String(Number(alert.id));
          asked.push(id);
          return new Promise<Answer>((resolve) => waiting.set(id, resolve));
        }),
      ),
  };
  return {
    channel,
    begun: async (count: number) => {
      await expect.poll(() => asked.length, { timeout: 20_000 }).toBe(count);
    },
    answer: (id: string, answer: Answer) => {
      const give = waiting.get(id);
      if (give === undefined) throw new Error(`${id} is not on its way`);
      waiting.delete(id);
      give(answer);
    },
  };
}

async function outboxOf(channel: BoundChannel, messagesAtOnce: number, ids: readonly string[], on?: Store) {
  const store = on ?? (await openSqliteStore({ path: ':memory:' }));
  const clock = fakeClock(normalAlert.decidedAt);
  let results = 0;
  const log = () => {};
  await store.commit({
    alerts: ids.map((id) => ({ alert: { ...normalAlert, id: alertId(Number(id)) }, channels: ['c'] })),
    now: clock.now(),
  });
  const outbox = startOutbox({
    store,
    channels: [{ name: 'c', channel, messagesAtOnce }],
    fetch: overKeptConnections,
    clock,
    random: () => 0.5,
    link: () => undefined,
    log: { info: log, warn: log, error: log },
    onResult: () => {
      results += 1;
    },
  });
  return {
    store,
    clock,
    health: () => outbox.health().get('c'),
    made: async (count: number) => {
      await expect.poll(() => results, { timeout: 20_000 }).toBe(count);
    },
    stop: outbox.stop,
  };
}

describe('a channel with several messages on their way', () => {
  it('keeps to its number, to the order of each alert and to what the receiver asks for, and tells of all', async () => {
    let handedOver = 0;
    await fc.assert(
      fc.asyncProperty(cases, async (scene) => {
        const { atOnce, most, perMinute, alerts, script, claimTakes, waits, changes } = scene;
        const start = normalAlert.decidedAt;
        const clock = hurriedClock(start);
        const store = await openSqliteStore({ path: ':memory:' });
        const sent: Sent[] = [];
        const onTheirWay = new Map<number, string>();
        const wrong: string[] = [];
        let calls = 0;
        let inFlight = 0;
        let quietUntil = start;
        const changesDone: Promise<number>[] = [];
        const due = changes.toSorted((a, b) => b.before - a.before);

        async function exchange(messages: readonly Message[], isFirst: boolean): Promise<readonly Answer[]> {
          const began = clock.now();
          const { answer, takes } = script[calls] ?? { answer: { type: 'accepted' } as const, takes: 5 };
          calls += 1;
          inFlight += 1;
          if (inFlight > atOnce) wrong.push(`${inFlight} on their way at once, of ${atOnce}`);
          if (began < quietUntil) wrong.push(`a message ${quietUntil - began} ms too early`);
          const { state } = outbox.health().get('c') ?? {};
          if (state === 'open') wrong.push('a message while the breaker is open');
          if (state === 'half-open' && (inFlight > 1 || messages.length > 1))
            wrong.push('more than one message as a probe');
          const numbers = messages.map(({ alert }) => Number(alert.id));
          for (const [index, n] of numbers.entries()) {
            if (onTheirWay.has(n)) wrong.push(`alert ${n} twice at once`);
            onTheirWay.set(n, messages[index]?.context.idempotencyKey ?? '');
          }
          while ((due.at(-1)?.before ?? Infinity) < calls) {
            const { alert } = due.pop() ?? { alert: 0 };
            changesDone.push(change(alert % alerts));
          }
          await clock.sleep(takes, never);
          const ended = clock.now();
          if (answer.type === 'later' && answer.afterMs !== undefined)
            quietUntil = Math.max(quietUntil, ended + answer.afterMs);
          for (const n of numbers) {
            const key = onTheirWay.get(n) ?? '';
            onTheirWay.delete(n);
            sent.push({ alert: n, key, isFirst, began, ended, answer });
          }
          inFlight -= 1;
          return messages.map(() => answer);
        }

        async function change(n: number): Promise<number> {
          const at = clock.now();
          await store.oweFollowUps([alertId(n)], ['c'], { now: at, at });
          outbox.nudge();
          return n;
        }

        const channel: BoundChannel = {
          type: 'test',
          most,
          send: (messages) => exchange(messages, true),
          follow: async (message) => {
            const [answer] = await exchange([message], false);
            return answer ?? { type: 'later', reason: 'none' };
          },
        };
        const log = () => {};
        const outbox = startOutbox({
          store: {
            ...store,
            claim: async (...input) => {
              if (claimTakes > 0) await clock.sleep(claimTakes, never);
              return store.claim(...input);
            },
            attend: (name, attendant) =>
              store.attend?.(name, {
                room: () => {
                  const room = attendant.room();
                  return {
                    ...room,
                    take: (deliveries, isMore) => {
                      handedOver += deliveries.length;
                      room.take(deliveries, isMore);
                    },
                  };
                },
              }) ?? (() => {}),
          },
          channels: [{ name: 'c', channel, messagesAtOnce: atOnce, messagesPerMinute: perMinute }],
          fetch: overKeptConnections,
          clock,
          random: () => 0.5,
          link: () => undefined,
          log: { info: log, warn: log, error: log },
        });
        for (let from = 0; from < alerts;) {
          let to = from + 1;
          while (to < alerts && waits[to] === 0) to += 1;
          await clock.sleep(waits[from] ?? 0, never);
          const alertsOf = Array.from({ length: to - from }, (_, n) => ({
            alert: { ...normalAlert, id: alertId(from + n) },
            channels: ['c'],
          }));
          await store.commit({ alerts: alertsOf, now: clock.now() });
          from = to;
        }
        for (;;) {
          await Promise.all(changesDone);
          const { deliveries } = await store.counts();
          if (deliveries.pending === 0 && inFlight === 0) break;
          await clock.sleep(1_000, never);
        }
        await outbox.stop();
        clock.stop();

        expect(wrong).toEqual([]);
        const { deliveries } = await store.counts();
        const over = (n: number) =>
          sent.filter(
            ({ alert, answer }) => alert === n && (answer.type === 'accepted' || answer.type === 'refused'),
          );
        for (let n = 0; n < alerts; n += 1) {
          // Each is told at least once, or was refused for good.
          expect(over(n).length).toBeGreaterThan(0);
          // What was taken is not sent again under the same key, and follows only what was taken before it.
          const taken = sent.filter(({ alert, answer }) => alert === n && answer.type === 'accepted');
          expect(new Set(taken.map(({ key }) => key)).size).toBe(taken.length);
          const [first, ...others] = taken;
          expect(first?.isFirst ?? true).toBe(true);
          expect(others.every(({ isFirst }) => !isFirst)).toBe(true);
        }
        expect(deliveries.delivered + deliveries.dead).toBe(alerts);
        // A bucket of five seconds' worth, at least one, and what flows in meanwhile.
        const rate = perMinute ?? Number.POSITIVE_INFINITY;
        const times = sent.map(({ began }) => began).toSorted((a, b) => a - b);
        const tooMany = times.filter(
          (at, index) => index + 1 > Math.max(1, rate / 12) + 1 + ((at - (times[0] ?? at)) / 60_000) * rate,
        );
        expect(tooMany).toEqual([]);
        await store.close();
      }),
      { numRuns: 60 },
    );
    // Commits hand over about a third of all.
    expect(handedOver).toBeGreaterThan(50);
  });

  it('takes alerts from their commit, without a claim, as many as may be on their way; then the rest in their order', async () => {
    const { channel, begun, answer } = heldChannel();
    const claimed: number[] = [];
    const opened = await openSqliteStore({ path: ':memory:' });
    const { store, made, stop } = await outboxOf(channel, 2, [], {
      ...opened,
      claim: async (name, how) => {
        const due = await opened.claim(name, how);
        if (name === 'c') claimed.push(due.length);
        return due;
      },
    });
    await expect.poll(() => claimed).toEqual([0]);
    const owe = (...ids: readonly string[]) =>
      store.commit({
        alerts: ids.map((id) => ({ alert: { ...normalAlert, id: alertId(Number(id)) }, channels: ['c'] })),
        now: normalAlert.decidedAt,
      });
    await owe('1');
    await begun(1);
    await owe('2', '3', '4');
    await begun(2);
    expect(claimed).toEqual([0]);
    answer('1', { type: 'accepted' });
    await begun(3);
    answer('2', { type: 'accepted' });
    await begun(4);
    answer('3', { type: 'accepted' });
    answer('4', { type: 'accepted' });
    await made(4);
    expect(channel.asked).toEqual(['1', '2', '3', '4']);
    await stop();
  });

  it('sends what a commit hands over while it is being stopped', async () => {
    const { channel, begun, answer } = heldChannel();
    const opened = await openSqliteStore({ path: ':memory:' });
    let isCaughtUp = false;
    let stopped: Promise<void> | undefined;
    const { store, stop } = await outboxOf(channel, 2, [], {
      ...opened,
      claim: async (name, how) => {
        const due = await opened.claim(name, how);
        isCaughtUp ||= name === 'c';
        return due;
      },
      attend: (name, attendant) =>
        opened.attend?.(name, {
          room: () => {
            const room = attendant.room();
            stopped = stop();
            return room;
          },
        }) ?? (() => {}),
    });
    await expect.poll(() => isCaughtUp).toBe(true);
    await store.commit({
      alerts: [{ alert: { ...normalAlert, id: alertId(1) }, channels: ['c'] }],
      now: normalAlert.decidedAt,
    });
    await begun(1);
    answer('1', { type: 'accepted' });
    await stopped;
    expect((await store.counts()).deliveries).toMatchObject({ pending: 0, delivered: 1 });
  });

  it('does not wait for a message that is slow, nor for one that is to be tried again', async () => {
    const { channel, begun, answer } = heldChannel();
    const { made, stop, clock } = await outboxOf(channel, 2, ['1', '2', '3', '4']);
    await begun(2);
    answer('2', { type: 'later', reason: 'HTTP 503' });
    await begun(3);
    answer('3', { type: 'accepted' });
    await begun(4);
    answer('4', { type: 'accepted' });
    await made(3);
    clock.advance(2_000);
    await begun(5);
    answer('2', { type: 'accepted' });
    answer('1', { type: 'accepted' });
    await made(5);
    expect(channel.asked).toEqual(['1', '2', '3', '4', '2']);
    await stop();
  });

  it('takes failures that come together for one, and opens the breaker after five in a row', async () => {
    const { channel, begun, answer } = heldChannel();
    const { stop, health, clock, made } = await outboxOf(channel, 4, ['1', '2', '3', '4']);
    for (let round = 1; round <= 4; round += 1) {
      await begun(4 * round);
      for (const id of ['1', '2', '3', '4']) answer(id, { type: 'later', reason: 'HTTP 503' });
      await made(4 * round);
      expect(health()).toMatchObject({ state: 'closed', failuresInRow: round });
      await clock.asleep();
      clock.advance(60_000);
    }
    await begun(20);
    answer('1', { type: 'later', reason: 'HTTP 503' });
    await made(17);
    expect(health()).toMatchObject({ state: 'open', failuresInRow: 5 });
    // What was on its way meanwhile may end; nothing begins but the probe.
    for (const id of ['2', '3', '4']) answer(id, { type: 'accepted' });
    await made(20);
    expect(health()).toMatchObject({ state: 'open', failuresInRow: 5 });
    await clock.asleep();
    clock.advance(60_000);
    await begun(21);
    expect(health()).toMatchObject({ state: 'half-open' });
    answer('1', { type: 'accepted' });
    await made(21);
    expect(health()).toMatchObject({ state: 'closed', failuresInRow: 0 });
    await stop();
  });

  it('ends when all that is on its way is written down', async () => {
    const { channel, begun, answer } = heldChannel();
    const { store, stop } = await outboxOf(channel, 3, ['1', '2', '3', '4']);
    await begun(3);
    const stopped = stop();
    answer('3', { type: 'accepted' });
    answer('1', { type: 'accepted' });
    answer('2', { type: 'later', reason: 'HTTP 503' });
    await stopped;
    expect(channel.asked).toEqual(['1', '2', '3']);
    expect((await store.counts()).deliveries).toEqual({ pending: 2, delivered: 2, dead: 0, dropped: 0 });
  });

  it('shares the work with another server on the same store, each message once', async () => {
    const { channel, begun, answer } = heldChannel();
    const ids = ['1', '2', '3', '4', '5', '6'];
    const one = await outboxOf(channel, 3, ids);
    const other = await outboxOf(channel, 3, [], one.store);
    await begun(6);
    for (const id of ids) answer(id, { type: 'accepted' });
    await expect.poll(async () => (await one.store.counts()).deliveries.delivered).toBe(6);
    expect(channel.asked.toSorted()).toEqual(ids);
    await one.stop();
    await other.stop();
  });
});
