import { describe, expect, it } from 'vitest';
import type { Alert } from '../alert/alert.ts';
import type { Severity } from '../event/severity.ts';
import type { Status } from '../alert/alert-life.ts';
import { raisedStanding } from '../alert/standing.ts';
import { openSqliteStore } from '../store/sqlite.ts';
import type { Delivery, DeliveryOutcome } from '../store/delivery.ts';
import type { Store } from '../store/store.ts';
import { alertSections } from './sections.ts';
import { stillOwed } from './still-owed.ts';
import { normalAlert } from './testing/alerts.ts';

const escalation = { type: 'escalation', route: 'nights', step: 1, minutes: 15 } as const;
const fallback = { type: 'fallback', route: 'nights', channels: ['chat', 'pager'], minutes: 10 } as const;

/** A store that owes the alert to two channels now and to a third under a condition, and has given out that third delivery. */
async function opened(cause: Delivery['cause']): Promise<{ store: Store; delivery: Delivery }> {
  const store = await openSqliteStore({ path: ':memory:' });
  await store.commit({
    alerts: [{ alert: normalAlert, channels: ['chat', 'pager', { channel: 'mail', due: 1_000, cause }] }],
    now: 100,
  });
  const [delivery] = await store.claim('mail', { now: 1_000, leaseUntil: 2_000, limit: 1 });
  if (delivery === undefined) throw new Error('nothing is owed to mail');
  return { store, delivery };
}

async function settle(store: Store, channel: string, outcome: DeliveryOutcome): Promise<void> {
  const [delivery] = await store.claim(channel, { now: 100, leaseUntil: 200, limit: 1 });
  await store.settle(delivery?.id ?? '', outcome, 110);
}

describe('an escalation', () => {
  it.each<[status: Status, type: string]>([
    ['open', 'owed'],
    ['acknowledged', 'dropped'],
    ['in-progress', 'dropped'],
    ['resolved', 'dropped'],
    ['false-positive', 'dropped'],
  ])('of an alert that is %s is %s', async (status, type) => {
    const { store, delivery } = await opened(escalation);
    const standing = { ...raisedStanding(normalAlert), status };
    expect((await stillOwed({ ...delivery, standing }, store, 1_000)).type).toBe(type);
    await store.close();
  });

  it('says in the message why it came', async () => {
    const { store, delivery } = await opened(escalation);
    const owed = await stillOwed(delivery, store, 1_000);
    if (owed.type !== 'owed') throw new Error(owed.reason);
    expect(alertSections(owed.delivery.alert, undefined).rows[0]).toEqual({
      label: 'Told because',
      value: 'escalation 1 of "nights": nobody had acknowledged it after 15 minutes',
    });
    await store.close();
  });

  it.each<[name: string, snoozedUntil: number, now: number, at: number]>([
    ['until it is over', 10 * 60_000, 0, 11 * 60_000],
    ['a quarter of an hour at a time', 7 * 86_400_000, 1_000, 1_000 + 15 * 60_000],
    ['until it is woken, which comes first', 5_000, 6_000, 66_000],
  ])('of an alert that is snoozed waits %s', async (_, snoozedUntil, now, at) => {
    const { store, delivery } = await opened(escalation);
    const lifecycle = { status: 'open', revision: 1, since: 0, by: 'jane', snoozedUntil } as const;
    const alert = { ...delivery.alert, lifecycle };
    expect(await stillOwed({ ...delivery, alert }, store, now)).toMatchObject({ type: 'postponed', at });
    await store.close();
  });

  it('goes on telling a channel that was told, whatever became of the alert', async () => {
    const { store, delivery } = await opened(escalation);
    const standing = { ...raisedStanding(normalAlert), status: 'resolved' } as const;
    const told = { standing, receipt: {} };
    expect(await stillOwed({ ...delivery, standing, told }, store, 1_000)).toMatchObject({ type: 'owed' });
    await store.close();
  });
});

describe('a fallback', () => {
  it.each<[name: string, chat: DeliveryOutcome, pager: DeliveryOutcome, type: string]>([
    [
      'one waits for another attempt',
      { type: 'delivered' },
      { type: 'retry', at: 9_999, reason: '' },
      'owed',
    ],
    ['one was given up', { type: 'delivered' }, { type: 'dead', reason: '' }, 'owed'],
    ['all were reached', { type: 'delivered' }, { type: 'delivered' }, 'dropped'],
    [
      'one was reached and one dropped by a person',
      { type: 'dropped', reason: '' },
      { type: 'delivered' },
      'dropped',
    ],
  ])('where %s', async (_name, chat, pager, type) => {
    const { store, delivery } = await opened(fallback);
    await settle(store, 'chat', chat);
    await settle(store, 'pager', pager);
    expect((await stillOwed(delivery, store, 1_000)).type).toBe(type);
    await store.close();
  });

  it('names only those that were not reached', async () => {
    const { store, delivery } = await opened(fallback);
    await settle(store, 'chat', { type: 'delivered' });
    expect(await stillOwed(delivery, store, 1_000)).toMatchObject({
      delivery: {
        alert: { toldBecause: 'fallback of "nights": it had not reached pager after 10 minutes' },
      },
    });
    await store.close();
  });

  it('counts as reached who was told and has to hear of a change', async () => {
    const { store, delivery } = await opened(fallback);
    await settle(store, 'chat', { type: 'delivered' });
    await settle(store, 'pager', { type: 'delivered' });
    await store.oweFollowUps([normalAlert.id], ['pager'], { now: 200, at: 300 });
    expect((await stillOwed(delivery, store, 1_000)).type).toBe('dropped');
    await store.close();
  });

  it('is made where the store knows nothing of the channel that should have been reached', async () => {
    const { store, delivery } = await opened({ ...fallback, channels: ['gone'] });
    expect((await stillOwed(delivery, store, 1_000)).type).toBe('owed');
    await store.close();
  });
});

describe('a message about one client of a web site', () => {
  const client = (id: string, severity: Severity, address = '203.0.113.9'): Alert => ({
    ...normalAlert,
    id,
    severity,
    what: { ...normalAlert.what, kind: 'access-log.request' },
    where: { origin: { type: 'address', address } },
  });
  const first = client('first', 'medium');

  it.each<[name: string, other: Alert, channel: string, type: string]>([
    ['is sent where nothing is worse', client('other', 'medium'), 'chat', 'owed'],
    ['is left out where something worse is told', client('other', 'high'), 'chat', 'dropped'],
    ['is sent where another channel is told of something worse', client('other', 'high'), 'pager', 'owed'],
    ['is sent where another client is worse', client('other', 'high', '203.0.113.10'), 'chat', 'owed'],
    [
      'is sent where something worse was another thing of this address',
      { ...client('other', 'high'), what: normalAlert.what },
      'chat',
      'owed',
    ],
    [
      'is sent where something worse is days older',
      { ...client('other', 'high'), time: normalAlert.time - 2 * 86_400_000 },
      'chat',
      'owed',
    ],
  ])('%s', async (_, other, channel, type) => {
    const store = await openSqliteStore({ path: ':memory:' });
    const cause = { type: 'client' } as const;
    await store.commit({
      alerts: [
        { alert: first, channels: [{ channel: 'chat', due: 1_000, cause }] },
        { alert: other, channels: [channel] },
      ],
      now: 100,
    });
    const claimed = await store.claim('chat', { now: 1_000, leaseUntil: 2_000, limit: 2 });
    const delivery = claimed.find(({ alert }) => alert.id === 'first');
    if (delivery === undefined) throw new Error('nothing is owed to chat');
    const left = { type, reason: 'a worse alert about the same client is told instead: other' };
    expect(await stillOwed(delivery, store, 1_000)).toMatchObject(
      type === 'owed' ? { type, delivery } : left,
    );
    await store.close();
  });

  it('that was left out escalates to nobody', async () => {
    const { store, delivery } = await opened(escalation);
    expect((await stillOwed(delivery, store, 1_000)).type).toBe('owed');
    await store.close();
    const other = await openSqliteStore({ path: ':memory:' });
    const owes = [
      { channel: 'chat', cause: { type: 'client' } as const },
      { channel: 'boss', due: 1_000, cause: escalation },
    ];
    await other.commit({ alerts: [{ alert: first, channels: owes }], now: 100 });
    const [chat] = await other.claim('chat', { now: 200, leaseUntil: 300, limit: 1 });
    await other.settle(chat?.id ?? '', { type: 'dropped', reason: 'x' }, 210);
    const [boss] = await other.claim('boss', { now: 1_000, leaseUntil: 2_000, limit: 1 });
    if (boss === undefined) throw new Error('nothing is owed to the boss');
    expect((await stillOwed(boss, other, 1_000)).type).toBe('dropped');
    await other.close();
  });
});
