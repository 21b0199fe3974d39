import { afterEach, beforeEach, expect, it } from 'vitest';
import { openSqliteStore } from '../store/sqlite.ts';
import type { Store } from '../store/store.ts';
import { recordItem } from '../worker/items.ts';
import type { Taken, WorkerItem } from '../worker/protocol.ts';
import { testBatch } from '../worker/testing/signed-request.ts';
import { record, trailStopped } from '../../test/support/records.ts';
import { createEngine } from './engine.ts';
import { createBatchIngest } from './ingest.ts';
import { openAssets } from './kept-assets.ts';
import { openCorrelations } from './kept-correlations.ts';
import { createWorkerIntake, type WorkerIntakeOptions } from './worker-intake.ts';
import type { Rule } from '../sigma/rule.ts';
import { parseRules } from '../sigma/parse.ts';

function ruleOf(source: string): Rule {
  const [rule] = parseRules(source, 'r.yml').rules;
  if (rule === undefined) throw new Error('no rule');
  return rule;
}

const stopped = ruleOf(`
title: Trail stopped
id: trail-stopped
level: critical
logsource: { product: aws, service: cloudtrail }
detection: { call: { eventName: StopLogging }, condition: call }
`);
const elsewhere = ruleOf(`
title: Instances listed
id: instances-listed
level: low
description: Known to the worker alone.
logsource: { product: aws, service: cloudtrail }
detection: { call: { eventName: DescribeInstances }, condition: call }
tocsin: { headline: '{tocsin.actor.name} listed instances' }
`);
const now = Date.UTC(2026, 10, 20, 10, 1);

let store: Store;
let batches: Parameters<WorkerIntakeOptions['onTaken']>[0][];
beforeEach(async () => {
  store = await openSqliteStore({ path: ':memory:' });
  batches = [];
});
afterEach(() => store.close());

async function intake(change: Partial<WorkerIntakeOptions> = {}, accounts?: readonly string[]) {
  const engine = createEngine([stopped]);
  const ingest = createBatchIngest({
    engine,
    assets: await openAssets(store),
    store,
    correlations: await openCorrelations(engine, store, { lateness: 0, clock: () => now }),
    channelsFor: () => ['slack'],
    clock: () => now,
    onCommit: () => {},
  });
  return createWorkerIntake({
    workers: [{ name: 'eu-west', keys: [], ...(accounts && { accounts: [...accounts] }) }],
    engine,
    disabled: new Set(),
    ingest,
    clock: () => now,
    state: await store.state(),
    onTaken: (batch) => batches.push(batch),
    ...change,
  });
}

const from = { source: 's3', object: 's3://trail/a.json.gz', position: 17, receivedAt: now };
const counts = (of: Partial<Taken>): Taken => ({
  through: 0,
  taken: 0,
  repeated: 0,
  refused: 0,
  alerts: 0,
  unconfirmed: 0,
  ...of,
});
const item = (fields = trailStopped()): WorkerItem => recordItem(fields as never, from);
async function alerts() {
  return (await store.alerts({ limit: 500 })).alerts;
}

it('judges records as if they had been read here, and keeps where the worker found them and who it is', async () => {
  const take = await intake();
  expect(await take('eu-west', testBatch([item(), item(record())]))).toEqual(
    counts({ through: 2, taken: 2, alerts: 1 }),
  );
  expect((await alerts())[0]).toMatchObject({
    rule: { id: 'trail-stopped' },
    evidence: { provenance: { ...from, worker: 'eu-west' } },
  });
  expect(await store.owed()).toEqual({ slack: 1 });
});

it('does nothing with what it has taken, however it is cut anew, and after a restart too', async () => {
  const items = [item(), item(), item()];
  const take = await intake();
  await take('eu-west', testBatch(items.slice(0, 2)));
  expect(await take('eu-west', testBatch(items.slice(0, 2)))).toEqual(counts({ through: 2, repeated: 2 }));
  expect(await take('eu-west', testBatch(items))).toEqual(
    counts({ through: 3, taken: 1, repeated: 2, alerts: 1 }),
  );
  const again = await intake();
  expect(await again('eu-west', testBatch(items))).toEqual(counts({ through: 3, repeated: 3 }));
  expect(await again('eu-west', testBatch([items[1] as WorkerItem], { first: 2 }))).toEqual(
    counts({ through: 3, repeated: 1 }),
  );
  expect(await alerts()).toHaveLength(3);
});

it('counts once what the same worker sends twice at a time', async () => {
  const take = await intake();
  const both = await Promise.all([1, 2].map(() => take('eu-west', testBatch([item()]))));
  expect(both.map(({ taken, repeated }) => [taken, repeated])).toEqual([
    [1, 0],
    [0, 1],
  ]);
});

it('takes nothing of a batch that the store refused, and all of it when it comes again', async () => {
  const engine = createEngine([stopped]);
  let fails = true;
  const options = {
    engine,
    assets: await openAssets(store),
    correlations: await openCorrelations(engine, store, { lateness: 0, clock: () => now }),
    channelsFor: () => [],
    clock: () => now,
    onCommit: () => {},
    store: {
      commit: async (batch: Parameters<Store['commit']>[0]) => {
        if (fails) throw new Error('disk full');
        return store.commit(batch);
      },
    },
  };
  const take = await intake({ ingest: createBatchIngest(options) });
  const batch = testBatch([item()]);
  await expect(take('eu-west', batch)).rejects.toThrow('disk full');
  fails = false;
  expect(await take('eu-west', batch)).toMatchObject({ taken: 1, alerts: 1 });
});

it('raises what a rule of the worker found, and this controller does not have', async () => {
  const take = await intake();
  const fields = record();
  const found = [{ eventId: fields.eventID, rule: elsewhere }];
  const sent = recordItem(fields as never, from, found);
  expect(await take('eu-west', testBatch([sent]))).toMatchObject({ alerts: 1, unconfirmed: 0 });
  expect((await alerts())[0]).toMatchObject({
    rule: { id: 'instances-listed', title: 'Instances listed' },
    severity: 'low',
    title: 'alice listed instances',
    description: 'Known to the worker alone.',
    where: { account: '111122223333' },
    evidence: { eventId: fields.eventID, fields: { eventName: 'DescribeInstances' } },
  });
});

it('counts what both found as one alert, what its own rule does not find as unconfirmed, and nothing of a rule that is switched off', async () => {
  const take = await intake({ disabled: new Set(['instances-listed']) });
  const both = trailStopped();
  const other = record();
  const off = record();
  const items = [
    recordItem(both as never, from, [{ eventId: both.eventID, rule: stopped }]),
    recordItem(other as never, from, [{ eventId: other.eventID, rule: stopped }]),
    recordItem(off as never, from, [{ eventId: off.eventID, rule: elsewhere }]),
  ];
  expect(await take('eu-west', testBatch(items))).toEqual(
    counts({ through: 3, taken: 3, alerts: 1, unconfirmed: 1 }),
  );
});

it('lets a worker speak for its accounts alone, and keeps what it sent of others as rejections', async () => {
  const take = await intake({}, ['444455556666']);
  const mine = item(trailStopped({ recipientAccountId: '444455556666' }));
  expect(await take('eu-west', testBatch([item(), mine]))).toMatchObject({ taken: 1, refused: 1, alerts: 1 });
  const [rejection] = await store.rejections(10);
  expect(rejection?.reason).toContain(
    'worker eu-west may not send this: the event is of account 111122223333',
  );
  expect(JSON.parse(Buffer.from(rejection?.bytes ?? []).toString())).toMatchObject({
    eventName: 'StopLogging',
  });
});

it('keeps what the worker could not read, what it lost, and what is no record', async () => {
  const take = await intake();
  const items: WorkerItem[] = [
    {
      type: 'rejection',
      from,
      reason: 'no JSON',
      length: 900,
      bytes: Buffer.from('{broken').toString('base64'),
    },
    { type: 'lost', count: 12, reason: 'the buffer was full', at: now },
    recordItem({ neither: 'this', nor: 'that' }, from),
  ];
  await take('eu-west', testBatch(items));
  const kept = (await store.rejections(10)).map(({ reason, length }) => [reason, length]);
  expect(kept.toReversed()).toMatchObject([
    ['no JSON', 900],
    ['worker eu-west lost 12 of what it was to send: the buffer was full', 0],
    [expect.stringMatching(/\w/), 31],
  ]);
  expect(batches).toMatchObject([{ lost: 12, missing: 0 }]);
});

it('tells of numbers that never came', async () => {
  const take = await intake();
  await take('eu-west', testBatch([item()], { first: 5 }));
  expect(batches).toMatchObject([{ missing: 4 }]);
});

it.each([
  ['a heartbeat', {}, []],
  ['a heartbeat that says that much came before it', { first: 500 }, []],
  ['the end of a stream', { first: 3, ends: true }, ['worker/eu-west/stream-0001']],
])('hears of the worker by %s, which holds nothing', async (_, change, remembered) => {
  const engine = createEngine([stopped]);
  const events: number[] = [];
  const ingest = createBatchIngest({
    engine,
    assets: await openAssets(store),
    store,
    correlations: await openCorrelations(engine, store, { lateness: 0, clock: () => now }),
    channelsFor: () => [],
    clock: () => now,
    onEvents: (taken) => events.push(taken.length),
    onCommit: () => {},
  });
  const take = await intake({ ingest });
  expect(await take('eu-west', testBatch([], change))).toEqual(counts({}));
  expect(batches).toEqual([{ worker: 'eu-west', taken: counts({}), lost: 0, missing: 0 }]);
  expect(events.filter((count) => count > 0)).toEqual([]);
  const keys = (await store.state()).map(({ key }) => key).filter((key) => key.startsWith('worker/'));
  expect(keys).toEqual(remembered);
  // What comes behind it is new.
  expect(await take('eu-west', testBatch([item()]))).toMatchObject({ taken: 1, repeated: 0, alerts: 1 });
});

it('forgets a stream an hour after its end, and others not', async () => {
  let time = now;
  const take = await intake({ clock: () => time });
  await take('eu-west', testBatch([item()], { stream: 'ended-stream', ends: true }));
  await take('eu-west', testBatch([item()], { stream: 'open-stream' }));
  time += 61 * 60_000;
  await take('eu-west', testBatch([item()], { stream: 'third-stream' }));
  const keys = (await store.state()).map(({ key }) => key).filter((key) => key.startsWith('worker/'));
  expect(keys.toSorted()).toEqual(['worker/eu-west/open-stream', 'worker/eu-west/third-stream']);
});
