import { fileURLToPath } from 'node:url';
import {
  CreateTableCommand,
  DynamoDBClient,
  PutItemCommand,
  ScanCommand,
  UpdateItemCommand,
  type CreateTableCommandInput,
} from '@aws-sdk/client-dynamodb';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import type { Store } from '../store.ts';
import { describeStore } from '../testing/contract.ts';
import { openDynamoStore } from './dynamo-store.ts';
import type { Item } from './item.ts';
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
  }, 180_000);
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

  describe('the table', () => {
    const definition: Omit<CreateTableCommandInput, 'TableName'> = {
      BillingMode: 'PAY_PER_REQUEST',
      AttributeDefinitions: [
        { AttributeName: 'pk', AttributeType: 'S' },
        { AttributeName: 'sk', AttributeType: 'S' },
      ],
      KeySchema: [
        { AttributeName: 'pk', KeyType: 'HASH' },
        { AttributeName: 'sk', KeyType: 'RANGE' },
      ],
    };
    const client = () => new DynamoDBClient({ region: 'eu-west-1', endpoint: database.endpoint });
    const openAsIs = (table: string) =>
      openDynamoStore({ endpoint: database.endpoint, region: 'eu-west-1', table });

    it('is not made unasked: the error has the command that makes it', async () => {
      const table = newTable();
      const error: unknown = await openAsIs(table).catch((thrown: unknown) => thrown);
      expect(error).toMatchObject({ name: 'StoreError', problem: 'failed' });
      const [, json = ''] = /--cli-input-json '(.*)'/.exec(String(error)) ?? [];
      await client().send(new CreateTableCommand(JSON.parse(json) as CreateTableCommandInput));
      await (await openAsIs(table)).close();
    });

    it('is made once where several open it at the same time', async () => {
      const table = newTable();
      const stores = await Promise.all([1, 2, 3].map(() => openTable(table)));
      await stores[0]?.commit({ alerts: [], positions: [{ source: 's', position: '1' }], now: 1 });
      expect(await stores[2]?.position('s')).toBe('1');
      await Promise.all(stores.map((store) => store.close()));
    });

    it('that a newer Tocsin has written is refused', async () => {
      const table = newTable();
      await (await openTable(table)).close();
      await client().send(
        new UpdateItemCommand({
          TableName: table,
          Key: { pk: { S: 'HEAD' }, sk: { S: '-' } },
          UpdateExpression: 'set form = :form',
          ExpressionAttributeValues: { ':form': { N: '999' } },
        }),
      );
      await expect(openTable(table)).rejects.toMatchObject({
        problem: 'newer',
        message: expect.stringContaining('store version 999') as unknown,
      });
    });

    it.each<readonly [name: string, change: Partial<CreateTableCommandInput>, item: Item]>([
      ['has items of another program', {}, { pk: { S: 'user#1' }, sk: { S: 'profile' } }],
      ['has an item where ours would be', {}, { pk: { S: 'HEAD' }, sk: { S: '-' } }],
      [
        'has other keys',
        {
          AttributeDefinitions: [{ AttributeName: 'id', AttributeType: 'S' }],
          KeySchema: [{ AttributeName: 'id', KeyType: 'HASH' }],
        },
        { id: { S: 'x' } },
      ],
    ])('that %s is refused and left as it is', async (_, change, item) => {
      const table = newTable();
      await client().send(new CreateTableCommand({ TableName: table, ...definition, ...change }));
      await client().send(new PutItemCommand({ TableName: table, Item: item }));
      await expect(openTable(table)).rejects.toMatchObject({ problem: 'foreign' });
      const { Items } = await client().send(new ScanCommand({ TableName: table }));
      expect(Items).toEqual([item]);
    });
  });
});
