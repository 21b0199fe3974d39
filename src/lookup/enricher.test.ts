import { afterEach, describe, expect, it } from 'vitest';
import type { Alert } from '../alert/alert.ts';
import type { Observable } from '../context/observable.ts';
import { fakeClock } from '../notify/testing/fake-clock.ts';
import { sampleAlert } from '../notify/sample.ts';
import { openSqliteStore } from '../store/sqlite.ts';
import type { Store } from '../store/store.ts';
import { startEnricher, type Enricher, type EnricherOptions } from './enricher.ts';
import type { ReadAnswer } from './provider.ts';
import type { BoundProvider } from './table.ts';

/** A busy machine takes its time. */
const patient = { interval: 5, timeout: 60_000 };

const start = Date.UTC(2026, 10, 21, 12);
const ends: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0).toReversed()) await end();
});

const said = (summary = 'reported'): ReadAnswer => ({ type: 'said', verdict: 'malicious', summary });

interface Script extends Pick<BoundProvider, 'perMinute' | 'perDay'> {
  readonly knows: BoundProvider['knows'];
  readonly answer: (about: Observable) => Promise<ReadAnswer> | ReadAnswer;
}

/** A provider of which the test holds the answers, and the questions that it got. */
function scripted(type: string, script: Partial<Script> = {}) {
  const asked: string[] = [];
  const { answer = () => said(), knows = ['address'], perMinute = 6_000, perDay = 1_000 } = script;
  const provider: BoundProvider = {
    type,
    vendor: type.toUpperCase(),
    knows,
    perMinute,
    perDay,
    timeoutMs: 1_000,
    link: ({ value }) => `https://${type}.example/${value}`,
    ask: async (about) => {
      asked.push(about.value);
      return answer(about);
    },
  };
  return { provider, asked };
}

const alert = (number: number, address = '185.220.101.1'): Alert => ({
  ...sampleAlert(start),
  id: number.toString(16).padStart(32, '0'),
  where: { origin: { type: 'address', address } },
});

async function opened() {
  const store = await openSqliteStore({ path: ':memory:' });
  ends.push(() => store.close());
  return store;
}

/** The enricher on a store, with a clock that stands still. */
async function enriching(
  store: Store,
  providers: readonly BoundProvider[],
  options: Partial<EnricherOptions> = {},
) {
  const clock = fakeClock(start);
  const released: number[] = [];
  const waiters: (() => void)[] = [];
  const enricher: Enricher = await startEnricher({
    providers,
    store,
    commit: (batch) => store.commit(batch),
    isOwn: () => false,
    waitMs: 1_500,
    holdsMs: 3_600_000,
    channels: ['slack'],
    followUps: ['slack'],
    clock,
    random: () => 0.5,
    fetch,
    onReleased: () => {
      released.push(clock.now());
      for (const tell of waiters.splice(0)) tell();
    },
    log: { warn: () => {}, error: (fields) => expect.unreachable(JSON.stringify(fields)) },
    ...options,
  });
  ends.push(() => enricher.stop());
  return {
    clock,
    enricher,
    released,
    /** Stores alerts whose messages wait, as the server does. */
    raise: async (...alerts: readonly Alert[]) => {
      const now = clock.now();
      const channels = [{ channel: 'slack', due: now + 1_500 }];
      await store.commit({ alerts: alerts.map((one) => ({ alert: one, channels })), now });
      enricher.nudge();
    },
    claim: async () => {
      const now = clock.now();
      const [delivery] = await store.claim('slack', { now, leaseUntil: now + 1, limit: 1 });
      return delivery;
    },
  };
}

/** What a store says of an alert, once it says so much. */
async function lookups(store: Store, number: number, count = 1) {
  return expect
    .poll(async () => (await store.alert(alert(number).id))?.context?.lookups ?? [], patient)
    .toHaveLength(count)
    .then(async () => (await store.alert(alert(number).id))?.context?.lookups ?? []);
}

describe('the first message about an alert', () => {
  it('goes out with the answers as soon as all are there', async () => {
    const store = await opened();
    const [one, two] = [scripted('one'), scripted('two')];
    const { raise, claim } = await enriching(store, [one.provider, two.provider]);
    await raise(alert(1));
    await expect.poll(claim, patient).toBeDefined();
    expect(await lookups(store, 1, 2)).toMatchObject([
      { provider: 'ONE', verdict: 'malicious', link: 'https://one.example/185.220.101.1', at: start },
      { provider: 'TWO' },
    ]);
  });

  it('goes out without what is not there in time, which is added when it comes', async () => {
    const store = await opened();
    const slow = Promise.withResolvers<ReadAnswer>();
    const [fast, late] = [scripted('fast'), scripted('late', { answer: () => slow.promise })];
    const { raise, claim, clock, released } = await enriching(store, [fast.provider, late.provider]);
    await raise(alert(1));
    await clock.asleep(start + 1_500);
    expect(await claim()).toBeUndefined();
    clock.advance(1_500);
    const first = await expect
      .poll(claim, patient)
      .toBeDefined()
      .then(() => store.deliveries(alert(1).id));
    expect(await lookups(store, 1, 1)).toMatchObject([{ provider: 'FAST' }]);
    await expect.poll(() => released.length, patient).toBeGreaterThan(0);
    await store.settle(first[0]?.id ?? '', { type: 'delivered', revision: 0 }, clock.now());
    slow.resolve(said());
    expect(await lookups(store, 1, 2)).toHaveLength(2);
    const again = await expect
      .poll(claim, patient)
      .toBeDefined()
      .then(() => store.owed());
    expect(again).toEqual({ slack: 1 });
  });
});

describe('questions', () => {
  it('are asked once for all alerts that name the same, and the answer holds for the next leader', async () => {
    const store = await opened();
    const one = scripted('one');
    const first = await enriching(store, [one.provider]);
    await first.raise(alert(1), alert(2));
    await first.raise(alert(3, '8.8.8.8'));
    for (const number of [1, 2, 3]) await lookups(store, number);
    expect(one.asked).toEqual(['185.220.101.1', '8.8.8.8']);
    await first.enricher.stop();
    const second = await enriching(store, [one.provider]);
    await second.raise(alert(4));
    await lookups(store, 4);
    expect(one.asked).toHaveLength(2);
    expect(second.enricher.states()).toMatchObject([{ asked: 2, kept: 1, answered: 0 }]);
  });

  it('are asked again once the answer is too old', async () => {
    const store = await opened();
    const one = scripted('one');
    const { raise, clock } = await enriching(store, [one.provider]);
    await raise(alert(1));
    await lookups(store, 1);
    clock.advance(3_600_000);
    await raise(alert(2));
    await lookups(store, 2);
    expect(one.asked).toHaveLength(2);
  });

  it('go on behind the last alert that was finished', async () => {
    const store = await opened();
    const never = scripted('one', { answer: () => new Promise(() => {}) });
    const first = await enriching(store, [never.provider]);
    await first.raise(alert(1));
    await expect.poll(() => never.asked, patient).toHaveLength(1);
    await first.enricher.stop();
    const one = scripted('one');
    await enriching(store, [one.provider]);
    await lookups(store, 1);
    expect(one.asked).toEqual(['185.220.101.1']);
  });

  it('are not asked of what is one’s own, private, or of another kind, nor of old alerts', async () => {
    const store = await opened();
    const one = scripted('one', { knows: ['domain'] });
    const two = scripted('two');
    await store.commit({
      alerts: [{ alert: alert(9, '9.9.9.9'), channels: [] }],
      now: start - 2 * 3_600_000,
    });
    const { raise } = await enriching(store, [one.provider, two.provider], {
      isOwn: ({ value }) => value === '1.1.1.1',
    });
    await raise(alert(1, '1.1.1.1'), alert(2, '10.0.0.1'), alert(3, '8.8.8.8'));
    await lookups(store, 3);
    expect([one.asked, two.asked]).toEqual([[], ['8.8.8.8']]);
  });

  it('end with the quota of the day, which a restart does not give back, and the alert says so', async () => {
    const store = await opened();
    const one = scripted('one', { perDay: 2 });
    const first = await enriching(store, [one.provider]);
    await first.raise(alert(1, '8.8.8.1'), alert(2, '8.8.8.2'), alert(3, '8.8.8.3'));
    for (const number of [1, 2, 3]) await lookups(store, number);
    await first.enricher.stop();
    const second = await enriching(store, [one.provider]);
    await second.raise(alert(4, '8.8.8.4'));
    expect(await lookups(store, 4)).toMatchObject([
      { verdict: 'unanswered', summary: 'not asked: 2 questions a day are used up' },
    ]);
    expect(one.asked).toHaveLength(2);
    second.clock.advance(86_400_000);
    await second.raise(alert(5, '8.8.8.5'));
    expect(await lookups(store, 5)).toMatchObject([{ verdict: 'malicious' }]);
  });

  it('are no more than the provider takes in a minute; the others are told that they were not asked', async () => {
    const store = await opened();
    const one = scripted('one', { perMinute: 1 });
    const { raise, clock } = await enriching(store, [one.provider]);
    await raise(alert(1, '8.8.8.1'), alert(2, '8.8.8.2'), alert(3, '8.8.8.3'));
    expect(await lookups(store, 3)).toMatchObject([{ summary: 'not asked: more than 1 questions a minute' }]);
    expect(one.asked).toEqual(['8.8.8.1']);
    await clock.asleep(start + 60_000);
    clock.advance(60_000);
    expect(await lookups(store, 2)).toMatchObject([{ verdict: 'malicious' }]);
  });

  it('stop where nothing is answered any more, and are asked again later', async () => {
    const store = await opened();
    let isDown = true;
    const one = scripted('one', {
      answer: () => (isDown ? { type: 'later', reason: 'HTTP 503 from the receiver', afterMs: 0 } : said()),
    });
    const { raise, enricher, clock } = await enriching(store, [one.provider]);
    for (let number = 1; number <= 6; number += 1) {
      await raise(alert(number, `8.8.8.${number}`));
      expect(await lookups(store, number)).toMatchObject([{ verdict: 'unanswered' }]);
    }
    expect(one.asked).toHaveLength(5);
    expect(enricher.states()).toMatchObject([{ health: { state: 'open' }, unanswered: 6 }]);
    isDown = false;
    clock.advance(60_000);
    enricher.nudge();
    await expect
      .poll(async () => (await lookups(store, 1))[0], patient)
      .toMatchObject({ verdict: 'malicious' });
    expect(enricher.states()).toMatchObject([{ health: { state: 'closed' } }]);
  });
});
