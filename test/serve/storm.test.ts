import { DatabaseSync } from 'node:sqlite';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, it } from 'vitest';
import {
  dynamoEnvironment,
  hasDynamoDb,
  startDynamoDb,
  type LocalDynamoDb,
} from '../../src/store/dynamo/testing/dynamodb-local.ts';
import { hasPostgres, startCluster, type Cluster } from '../../src/store/testing/postgres-cluster.ts';
import { runStorm, stormPatience } from '../support/storm.ts';

// Larger for a night: TOCSIN_STORM_EVENTS=100000 TOCSIN_STORM_KILLS=50
const size = (events: number, kills: number) => ({
  events: Number(process.env['TOCSIN_STORM_EVENTS'] ?? events),
  kills: Number(process.env['TOCSIN_STORM_KILLS'] ?? kills),
});

const embedded = size(2_500, 6);
it(
  'comes through kills, repeats, disorder, a locked store and a moody channel with every alert once and told at least once',
  () =>
    runStorm({
      name: 'the embedded store',
      ...embedded,
      servers: 1,
      config: (data) => `data: ${data}\n`,
      disturb: lockStore,
    }),
  stormPatience(embedded),
);

/** Another process holds the database, as a backup would, for longer than the server has patience for one call. */
async function lockStore(data: string): Promise<void> {
  const path = join(data, 'tocsin.db');
  if (!existsSync(path)) return;
  const other = new DatabaseSync(path);
  try {
    other.exec('pragma busy_timeout = 5000; begin immediate');
    await new Promise((resolve) => setTimeout(resolve, 600));
    other.exec('rollback');
  } finally {
    other.close();
  }
}

describe.skipIf(!hasPostgres)('on PostgreSQL', () => {
  let cluster: Cluster;
  beforeAll(async () => {
    cluster = await startCluster();
  }, 180_000);
  afterAll(() => cluster.remove(), 60_000);

  const several = size(800, 4);
  it(
    'comes through kills of two servers by turns, and of the database, with every alert once and told at least once',
    () =>
      runStorm({
        name: 'PostgreSQL',
        ...several,
        servers: 2,
        config: (data) =>
          `data: ${data}\nstore: { postgres: { host: ${cluster.host}, port: ${cluster.port}, database: postgres, user: ${cluster.user}, schema: storm, tls: off } }\n`,
        disturb: async () => {
          await cluster.kill();
          await cluster.start();
        },
      }),
    stormPatience(several),
  );
});

describe.skipIf(!hasDynamoDb)('on DynamoDB', () => {
  let database: LocalDynamoDb;
  beforeAll(async () => {
    database = await startDynamoDb();
  }, 60_000);
  afterAll(() => database.stop());

  // Whoever leads is known to be gone 15 seconds after its last sign.
  const slow = size(200, 1);
  it(
    'comes through kills of two servers by turns with every alert once and told at least once',
    () =>
      runStorm({
        name: 'DynamoDB',
        ...slow,
        servers: 2,
        config: (data) =>
          `data: ${data}\nstore: { dynamodb: { table: storm, region: eu-west-1, endpoint: '${database.endpoint}', create: true } }\n`,
        env: dynamoEnvironment,
      }),
    stormPatience(slow) + slow.kills * 60_000,
  );
});
