import { openDynamoStore } from '../dynamo/dynamo-store.ts';
import { dynamoEnvironment, hasDynamoDb, startDynamoDb } from '../dynamo/testing/dynamodb-local.ts';
import { openPostgresStore } from '../postgres.ts';
import { openSqliteStore } from '../sqlite.ts';
import type { Store } from '../store.ts';
import { hasPostgres, startCluster } from './postgres-cluster.ts';

/** One engine that a store can be on, for what is built upon stores. */
interface Engine {
  readonly name: string;
  /** Whether it can be run here. */
  readonly isHere: boolean;
  readonly start: () => Promise<StartedEngine>;
}

export interface StartedEngine {
  /** A store with nothing in it; the caller closes it. */
  readonly open: () => Promise<Store>;
  readonly stop: () => Promise<void>;
}

export const everyStore: readonly Engine[] = [
  {
    name: 'SQLite',
    isHere: true,
    start: () =>
      Promise.resolve({
        open: () => openSqliteStore({ path: ':memory:' }),
        stop: () => Promise.resolve(),
      }),
  },
  {
    name: 'PostgreSQL',
    isHere: hasPostgres,
    start: async () => {
      const { host, port, user, remove } = await startCluster();
      let schemas = 0;
      return {
        open: () => {
          schemas += 1;
          const schema = `store_${schemas}`;
          return openPostgresStore({ host, port, user, database: 'postgres', schema, connections: 4 });
        },
        stop: remove,
      };
    },
  },
  {
    name: 'DynamoDB',
    isHere: hasDynamoDb,
    start: async () => {
      Object.assign(process.env, dynamoEnvironment);
      const { endpoint, stop } = await startDynamoDb();
      let tables = 0;
      return {
        open: () => {
          tables += 1;
          return openDynamoStore({ endpoint, region: 'eu-west-1', table: `store-${tables}`, create: true });
        },
        stop,
      };
    },
  },
];
