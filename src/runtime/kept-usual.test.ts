import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Alert } from '../alert/alert.ts';
import { decodeValue } from '../decode/decode.ts';
import type { JsonObject } from '../event/json.ts';
import { parseRules } from '../sigma/parse.ts';
import { openSqliteStore } from '../store/sqlite.ts';
import { StoreError } from '../store/error.ts';
import type { Store } from '../store/store.ts';
import { parseConfig } from './config.ts';
import { createEngine } from './engine.ts';
import { createBatchIngest, createIngest, type IngestOptions } from './ingest.ts';
import { openAssets } from './kept-assets.ts';
import { openCorrelations } from './kept-correlations.ts';
import { createHabits, openUsual } from './kept-usual.ts';

const { rules } = parseRules(
  `title: Users were listed
id: 6c0f8a38-5d8e-4b7d-9a0f-0d7a3f8f3c11
logsource: { product: aws, service: cloudtrail }
detection: { x: { eventName: ListUsers }, condition: x }
level: low
`,
  'rule.yml',
);
const { alerts: policy } = parseConfig(
  `alerts:
  severity:
    - { name: from a new network, when: { tocsin.usual.new: network }, to: critical }
`,
  'tocsin.yaml',
  undefined,
);

const day = 24 * 60 * 60_000;
const start = Date.parse('2026-11-01T12:00:00Z');
const now = () => start + 60 * day;

function record(days: number, eventName: string, more: JsonObject = {}): JsonObject {
  return {
    eventVersion: '1.11',
    userIdentity: {
      type: 'IAMUser',
      userName: 'alice',
      arn: 'arn:aws:iam::111122223333:user/alice',
      accountId: '111122223333',
    },
    eventTime: new Date(start + days * day).toISOString(),
    eventSource: 'iam.amazonaws.com',
    eventName,
    sourceIPAddress: '198.51.100.7',
    userAgent: 'aws-cli/2.22.0',
    eventID: `${days} ${eventName}`,
    ...more,
  };
}
const fortnight = Array.from({ length: 20 }, (_, days) => record(days, 'ListRoles'));
const listed = record(20, 'ListUsers', { sourceIPAddress: '203.0.113.9' });

let store: Store;
beforeEach(async () => {
  store = await openSqliteStore({ path: ':memory:' });
});
afterEach(() => store.close());

/** A server's way of events, without the server, begun anew on what the store holds. */
async function begun(commit: Store['commit'] = (batch) => store.commit(batch)) {
  const habits = createHabits({ learningDays: 14, lateness: 0 });
  const engine = createEngine(rules, [], undefined, { policy }, undefined, undefined, habits);
  const created: Alert[] = [];
  const options: IngestOptions = {
    engine,
    store: { commit },
    assets: await openAssets(store),
    correlations: await openCorrelations(engine, store, { lateness: 0, clock: now }),
    usual: await openUsual(store, engine.context, habits),
    channelsFor: () => [],
    clock: now,
    onCommit: (one) => created.push(...one.created),
  };
  const arrival = { source: 'http', object: 'request', receivedAt: now() };
  const ingest = createIngest(options);
  const batch = createBatchIngest(options);
  return {
    take: async (...records: JsonObject[]) => {
      created.length = 0;
      await ingest(
        (async function* () {
          yield Buffer.from(JSON.stringify({ Records: records }));
        })(),
        arrival,
      );
      return created.map(({ severity, facts }) => ({
        severity,
        facts: facts.map((fact) => fact.explanation),
      }));
    },
    takeFound: (...Records: JsonObject[]) => batch(decodeValue({ Records }, arrival), 'worker', {}),
  };
}

const unlike = {
  severity: 'critical',
  facts: ['unlike in the 20 days before: first time from the network 203.0.0.0/16'],
};

describe('what an actor usually does', () => {
  it('is told in the alert, and a policy can ask for it', async () => {
    const server = await begun();
    expect(await server.take(...fortnight)).toEqual([]);
    expect(await server.take(listed)).toEqual([unlike]);
  });

  it('is not told of who is as always, and raises nothing by itself', async () => {
    const server = await begun();
    await server.take(...fortnight, record(20, 'ListRoles', { sourceIPAddress: '203.0.113.9' }));
    expect(await server.take(record(20, 'ListUsers'))).toEqual([{ severity: 'low', facts: [] }]);
  });

  it('is known after a restart', async () => {
    await (await begun()).take(...fortnight);
    expect(await (await begun()).take(listed)).toEqual([unlike]);
  });

  it('is stored the next time where it could not be', async () => {
    let fails = true;
    const server = await begun((batch) =>
      fails
        ? Promise.reject(
            new StoreError('busy', { subject: 'commit', place: '', reason: 'no', wayOut: 'again' }),
          )
        : store.commit(batch),
    );
    await expect(server.take(...fortnight)).rejects.toThrow('commit');
    expect(await store.state('usual/')).toEqual([]);
    fails = false;
    await server.take(record(19, 'ListRoles'));
    expect(await (await begun()).take(listed)).toEqual([unlike]);
  });

  it('costs a commit where something is learned, and none where nothing is', async () => {
    let commits = 0;
    const server = await begun((batch) => {
      commits++;
      return store.commit(batch);
    });
    await server.take(...fortnight);
    expect(commits).toBe(1);
    await server.take(...fortnight);
    expect(commits).toBe(1);
  });

  it('is not learned from what others chose for what they found in it', async () => {
    const server = await begun();
    await server.takeFound(...fortnight);
    expect(await store.state('usual/')).toEqual([]);
  });

  it('is not learned from a time that cannot be', async () => {
    const server = await begun();
    await server.take(...fortnight, record(500, 'ListRoles'));
    expect(await server.take(listed)).toEqual([unlike]);
  });
});
