import {
  CreateTableCommand,
  DescribeTableCommand,
  ScanCommand,
  waitUntilTableExists,
  type CreateTableCommandInput,
  type DynamoDBClient,
  type TableDescription,
} from '@aws-sdk/client-dynamodb';
import { StoreError } from '../error.ts';
import { firstHead, headItem, headKey, readHead } from './head.ts';
import { dynamoProblem } from './problem.ts';
import type { Table } from './table.ts';

/** What `CreateTable` is told: no index, no expiry of items, billed by the request. */
function tableDefinition(name: string): CreateTableCommandInput {
  return {
    TableName: name,
    AttributeDefinitions: [
      { AttributeName: 'pk', AttributeType: 'S' },
      { AttributeName: 'sk', AttributeType: 'S' },
    ],
    KeySchema: [
      { AttributeName: 'pk', KeyType: 'HASH' },
      { AttributeName: 'sk', KeyType: 'RANGE' },
    ],
    BillingMode: 'PAY_PER_REQUEST',
  };
}

/**
 * Sees to it that the table is there and is a store of Tocsin that this version knows. Nothing is written to one that is not.
 * @throws {StoreError} `foreign`, `newer`, and whatever keeps one from asking
 */
export async function prepareTable(client: DynamoDBClient, table: Table, create: boolean): Promise<void> {
  const { name, place } = table;
  const description = (await describe(client, name, place)) ?? (await make(client, name, place, create));
  const keys = (description.KeySchema ?? []).map(
    ({ AttributeName, KeyType }) => `${AttributeName} ${KeyType}`,
  );
  const types = (description.AttributeDefinitions ?? []).filter(
    ({ AttributeName: each }) => each === 'pk' || each === 'sk',
  );
  if (
    keys.toSorted().join() !== 'pk HASH,sk RANGE' ||
    types.some(({ AttributeType }) => AttributeType !== 'S')
  )
    throw foreign(place, `the keys of the table ${name} are not those of a store`);
  const item = await table.get(headKey);
  if (item !== undefined) {
    readHead(item, place);
    return;
  }
  try {
    // The projection keeps what is there, which may be anything, out of the answer.
    const { Items = [] } = await client.send(
      new ScanCommand({ TableName: name, Limit: 1, ConsistentRead: true, ProjectionExpression: 'pk' }),
    );
    const [found] = Items;
    if (found !== undefined && (await table.get(headKey)) === undefined)
      throw foreign(place, `the table ${name} holds items of another program`);
  } catch (error) {
    throw dynamoProblem(error, 'store', place);
  }
  // Where several start at once, one of them is the first.
  await table.putIf(headItem(firstHead), 'attribute_not_exists(pk)');
  readHead(await table.get(headKey), place);
}

function foreign(place: string, reason: string): StoreError {
  return new StoreError('foreign', {
    subject: 'store',
    place,
    reason: `${reason}, and it has been left as it is`,
    wayOut: 'choose another table for the store',
  });
}

async function describe(
  client: DynamoDBClient,
  name: string,
  place: string,
): Promise<TableDescription | undefined> {
  try {
    const { Table: table } = await client.send(new DescribeTableCommand({ TableName: name }));
    return table;
  } catch (error) {
    if (error instanceof Error && error.name === 'ResourceNotFoundException') return undefined;
    throw dynamoProblem(error, 'store', place);
  }
}

async function make(
  client: DynamoDBClient,
  name: string,
  place: string,
  create: boolean,
): Promise<TableDescription> {
  const definition = tableDefinition(name);
  if (!create)
    throw new StoreError('failed', {
      subject: 'store',
      place,
      reason: `there is no table ${name}`,
      wayOut: `say store.dynamodb.create: true, or make it yourself: aws dynamodb create-table --cli-input-json '${JSON.stringify(definition)}'`,
    });
  try {
    await client.send(new CreateTableCommand(definition));
  } catch (error) {
    // Another server was faster.
    if (!(error instanceof Error && error.name === 'ResourceInUseException'))
      throw dynamoProblem(error, 'store', place);
  }
  try {
    await waitUntilTableExists({ client, maxWaitTime: 120, minDelay: 1, maxDelay: 4 }, { TableName: name });
  } catch (error) {
    throw dynamoProblem(error, 'store', place);
  }
  return (await describe(client, name, place)) ?? {};
}
