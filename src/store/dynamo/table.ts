import { setTimeout as delay } from 'node:timers/promises';
import {
  BatchGetItemCommand,
  BatchWriteItemCommand,
  GetItemCommand,
  PutItemCommand,
  QueryCommand,
  TransactionCanceledException,
  TransactWriteItemsCommand,
  type DynamoDBClient,
  type KeysAndAttributes,
  type PutItemCommandInput,
  type TransactWriteItem,
  type WriteRequest,
} from '@aws-sdk/client-dynamodb';
import { StoreError } from '../error.ts';
import { keyItem, keyOf, type Item } from './item.ts';
import { keyText, last, type Key } from './keys.ts';
import { dynamoProblem, passes } from './problem.ts';

export interface Range {
  readonly pk: string;
  /** The first and the last sort key, both within. */
  readonly from?: string | undefined;
  readonly to?: string | undefined;
  readonly newestFirst?: boolean | undefined;
  /** How many items are asked for at once. */
  readonly limit?: number | undefined;
}

/** One table, as far as the store uses it. Every read is strongly consistent. Promises reject with a `StoreError`. */
export interface Table {
  readonly name: string;
  /** What messages call it. */
  readonly place: string;
  get(key: Key): Promise<Item | undefined>;
  /** Those of the keys that are there, by `keyText`. */
  getMany(keys: readonly Key[]): Promise<ReadonlyMap<string, Item>>;
  pages(range: Range): AsyncGenerator<readonly Item[]>;
  list(range: Range): Promise<readonly Item[]>;
  /** All of it or nothing; false where a condition did not hold. */
  transact(writes: readonly TransactWriteItem[]): Promise<boolean>;
  /** False where the condition did not hold. */
  putIf(item: Item, condition: string, values?: Item, names?: Record<string, string>): Promise<boolean>;
  /** Each by itself and in no order, whatever was there. */
  putAll(items: readonly Item[]): Promise<void>;
  removeAll(keys: readonly Key[]): Promise<void>;
}

const readAtOnce = 100;
const writtenAtOnce = 25;
const requestsAtOnce = 8;
const mostTries = 12;
/** In milliseconds; a call that is throttled for longer fails. */
const longestThrottling = 10_000;

export function dynamoTable(client: DynamoDBClient, name: string, place: string): Table {
  /** Throttling, which the SDK has tried to sit out for a moment, is waited for longer here. */
  async function send<T>(subject: string, call: () => Promise<T>): Promise<T> {
    const begun = performance.now();
    for (let tries = 1; ; tries++) {
      try {
        return await call();
      } catch (error) {
        const again =
          error instanceof Error && passes(error.name) && performance.now() - begun < longestThrottling;
        if (!again) throw dynamoProblem(error, subject, place);
        await backOff(tries);
      }
    }
  }

  async function* pages({ pk, from, to, newestFirst, limit }: Range): AsyncGenerator<readonly Item[]> {
    let start: Item | undefined;
    do {
      const page = await send('query', () =>
        client.send(
          new QueryCommand({
            TableName: name,
            ConsistentRead: true,
            KeyConditionExpression: 'pk = :pk and sk between :from and :to',
            ExpressionAttributeValues: {
              ':pk': { S: pk },
              ':from': { S: from ?? ' ' },
              ':to': { S: to ?? last },
            },
            ScanIndexForward: newestFirst !== true,
            Limit: limit,
            ExclusiveStartKey: start,
          }),
        ),
      );
      yield page.Items ?? [];
      start = page.LastEvaluatedKey;
    } while (start !== undefined);
  }

  async function getSome(keys: readonly Key[], found: Map<string, Item>): Promise<void> {
    let asked: Record<string, KeysAndAttributes> = {
      [name]: { Keys: keys.map(keyItem), ConsistentRead: true },
    };
    for (let tries = 1; ; tries++) {
      const request = asked;
      const answer = await send('read', () =>
        client.send(new BatchGetItemCommand({ RequestItems: request })),
      );
      for (const item of answer.Responses?.[name] ?? []) found.set(keyText(keyOf(item)), item);
      const left = answer.UnprocessedKeys?.[name]?.Keys ?? [];
      if (left.length === 0) return;
      await orTired(tries, 'read');
      asked = { [name]: { Keys: left, ConsistentRead: true } };
    }
  }

  async function writeSome(requests: readonly WriteRequest[]): Promise<void> {
    let asked: WriteRequest[] = [...requests];
    for (let tries = 1; ; tries++) {
      const request = asked;
      const answer = await send('write', () =>
        client.send(new BatchWriteItemCommand({ RequestItems: { [name]: request } })),
      );
      asked = answer.UnprocessedItems?.[name] ?? [];
      if (asked.length === 0) return;
      await orTired(tries, 'write');
    }
  }

  /** What was left undone of a batch is throttling by another name. */
  async function orTired(tries: number, subject: string): Promise<void> {
    if (tries < mostTries) return backOff(tries);
    throw dynamoProblem(
      Object.assign(new Error('a part of the batch was left undone each time'), {
        name: 'ProvisionedThroughputExceededException',
      }),
      subject,
      place,
    );
  }

  async function transact(writes: readonly TransactWriteItem[]): Promise<boolean> {
    for (let tries = 1; ; tries++) {
      try {
        await send('transaction', () =>
          client.send(new TransactWriteItemsCommand({ TransactItems: [...writes] })),
        );
        return true;
      } catch (error) {
        const cause = error instanceof StoreError ? error.cause : undefined;
        if (!(cause instanceof TransactionCanceledException)) throw error;
        const codes = (cause.CancellationReasons ?? []).map(({ Code }) => Code ?? 'None');
        if (codes.includes('ConditionalCheckFailed')) return false;
        const [reason] = (cause.CancellationReasons ?? []).filter(({ Code }) => Code !== 'None');
        const transient = codes.some(
          (code) => code === 'TransactionConflict' || /Throttling|Throughput/.test(code),
        );
        if (!transient || tries >= mostTries)
          throw dynamoProblem(
            Object.assign(new Error(reason?.Message ?? cause.message, { cause }), {
              name: transient
                ? 'TransactionConflictException'
                : (reason?.Code ?? '').replace('Error', 'Exception'),
            }),
            'transaction',
            place,
          );
        await backOff(tries);
      }
    }
  }

  return {
    name,
    place,
    get: async (key) => {
      const answer = await send('read', () =>
        client.send(new GetItemCommand({ TableName: name, Key: keyItem(key), ConsistentRead: true })),
      );
      return answer.Item;
    },
    getMany: async (keys) => {
      const found = new Map<string, Item>();
      const unique = [...new Map(keys.map((key) => [keyText(key), key])).values()];
      await inTurns(pieces(unique, readAtOnce), (some) => getSome(some, found));
      return found;
    },
    pages,
    list: async (range) => {
      const items: Item[] = [];
      for await (const page of pages(range)) items.push(...page);
      return items;
    },
    transact,
    putIf: async (item, condition, values, names) => {
      const input: PutItemCommandInput = {
        TableName: name,
        Item: item,
        ConditionExpression: condition,
        ...(values && { ExpressionAttributeValues: values }),
        ...(names && { ExpressionAttributeNames: names }),
      };
      try {
        await send('write', () => client.send(new PutItemCommand(input)));
        return true;
      } catch (error) {
        if (error instanceof StoreError && isConditionFailure(error.cause)) return false;
        throw error;
      }
    },
    putAll: (items) =>
      inTurns(
        pieces(
          items.map((Item) => ({ PutRequest: { Item } })),
          writtenAtOnce,
        ),
        writeSome,
      ),
    removeAll: (keys) =>
      inTurns(
        pieces(
          keys.map((key) => ({ DeleteRequest: { Key: keyItem(key) } })),
          writtenAtOnce,
        ),
        writeSome,
      ),
  };
}

function isConditionFailure(error: unknown): boolean {
  return error instanceof Error && error.name === 'ConditionalCheckFailedException';
}

/** Longer with each try, up to a second, and never as long as others who began to wait at the same moment. */
export async function backOff(tries: number): Promise<void> {
  await delay(Math.random() * Math.min(1_000, 10 * 2 ** tries));
}

function* pieces<T>(all: readonly T[], size: number): Generator<readonly T[]> {
  for (let from = 0; from < all.length; from += size) yield all.slice(from, from + size);
}

/** All of them, some at a time. */
async function inTurns<T>(all: Iterable<T>, work: (one: T) => Promise<void>): Promise<void> {
  const rest = all[Symbol.iterator]();
  const lane = async (): Promise<void> => {
    for (let next = rest.next(); next.done !== true; next = rest.next()) await work(next.value);
  };
  await Promise.all(Array.from({ length: requestsAtOnce }, lane));
}
