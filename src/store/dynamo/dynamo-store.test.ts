import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, vi } from 'vitest';
import type { Store } from '../store.ts';
import { describeStore } from '../testing/contract.ts';
import { openDynamoStore } from './dynamo-store.ts';
import {
  dynamoEnvironment,
  hasDynamoDb,
  startDynamoDb,
  type LocalDynamoDb,
} from './testing/dynamodb-local.ts';

// What takes a real one milliseconds takes the local one, which is an interpreter over SQLite, a hundred times as long.
vi.setConfig({ testTimeout: 120_000, hookTimeout: 60_000 });

let database: LocalDynamoDb;
let tables = 0;
const newTable = (): string => `store-${(tables += 1)}`;
const child = fileURLToPath(new URL('./testing/dynamo-child.ts', import.meta.url));
const leaseMs = 1_000;

function openTable(table: string): Promise<Store> {
  return openDynamoStore({ endpoint: database.endpoint, region: 'eu-west-1', table, create: true, leaseMs });
}

describe.skipIf(!hasDynamoDb)('on DynamoDB Local', () => {
  beforeAll(async () => {
    Object.assign(process.env, dynamoEnvironment);
    database = await startDynamoDb();
  }, 60_000);
  afterAll(() => database.stop());

  describeStore('the DynamoDB store', async () => {
    const table = newTable();
    let current = await openTable(table);
    const program = [child, database.endpoint, table, String(leaseMs)];
    return {
      store: current,
      connect: () => openTable(table),
      reopen: async () => {
        await current.close();
        current = await openTable(table);
        return current;
      },
      destroy: () => current.close(),
      child: program,
      leader: [...program, 'lead'],
    };
  });
});
