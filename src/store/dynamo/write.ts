import type { AttributeValue, TransactWriteItem } from '@aws-sdk/client-dynamodb';
import { keyItem, keyOf, numeral, sizeOf, type Item } from './item.ts';
import { keyText, type Key } from './keys.ts';

/** One write of a change. */
export type Write =
  | { readonly type: 'put'; readonly item: Item; readonly where?: Where | undefined }
  | { readonly type: 'remove'; readonly key: Key; readonly where?: Where | undefined }
  /** Adds to numbers of an item, which is made where it is missing, and sets attributes. */
  | {
      readonly type: 'add';
      readonly key: Key;
      readonly numbers: Readonly<Record<string, number>>;
      readonly set: Item;
    };

/** A number that the item must have. Held only where the change is small enough for one transaction. */
interface Where {
  readonly name: string;
  readonly value: number;
}

export function transactItem(write: Write, table: string): TransactWriteItem {
  switch (write.type) {
    case 'put':
      return { Put: { TableName: table, Item: write.item, ...condition(write.where) } };
    case 'remove':
      return {
        Delete: {
          TableName: table,
          Key: keyItem(write.key),
          ...condition(write.where),
        },
      };
    case 'add': {
      const numbers = Object.entries(write.numbers);
      const attributes = Object.entries(write.set);
      const set = attributes.map((_, i) => `#s${i} = :s${i}`).join(', ');
      return {
        Update: {
          TableName: table,
          Key: keyItem(write.key),
          UpdateExpression: `add ${numbers.map((_, i) => `#n${i} :n${i}`).join(', ')} set ${set}`,
          ExpressionAttributeNames: Object.fromEntries([
            ...numbers.map(([name], i) => [`#n${i}`, name] as const),
            ...attributes.map(([name], i) => [`#s${i}`, name] as const),
          ]),
          ExpressionAttributeValues: Object.fromEntries([
            ...numbers.map(([, value], i) => [`:n${i}`, numeral(value)] as const),
            ...attributes.map(([, value], i) => [`:s${i}`, value] as const),
          ]),
        },
      };
    }
    default:
      return write satisfies never;
  }
}

function condition(where: Where | undefined) {
  if (where === undefined) return {};
  return {
    ConditionExpression: '#name = :value',
    ExpressionAttributeNames: { '#name': where.name },
    ExpressionAttributeValues: { ':value': numeral(where.value) },
  };
}

/** A transaction touches an item once: what is added to one is added up, and of other writes of one the last counts. */
export function merged(writes: readonly Write[]): readonly Write[] {
  const found = new Map<string, Write>();
  for (const write of writes) {
    const key = keyText(write.type === 'put' ? keyOf(write.item) : write.key);
    const before = found.get(key);
    if (write.type !== 'add' || before?.type !== 'add') {
      found.set(key, write);
      continue;
    }
    const numbers = { ...before.numbers };
    for (const [name, by] of Object.entries(write.numbers)) numbers[name] = (numbers[name] ?? 0) + by;
    found.set(key, { ...write, numbers });
  }
  return [...found.values()];
}

/** The bytes that a write counts for. */
export function weightOf(write: Write): number {
  const overhead = 200;
  if (write.type === 'put') return overhead + sizeOf(write.item);
  return overhead + (write.type === 'add' ? sizeOf(write.set) : 0);
}

/** Writes as a text, to be done later. */
export function writeText(writes: readonly Write[]): string {
  return JSON.stringify(writes, (_, value: unknown) =>
    value instanceof Uint8Array ? { base64: Buffer.from(value).toString('base64') } : value,
  );
}

// Buffers have a form of their own in JSON, which comes before the replacer sees them.
export function plainBytes(item: Item): Item {
  return Object.fromEntries(
    Object.entries(item).map(([name, value]): [string, AttributeValue] => [
      name,
      value.B === undefined
        ? value
        : { B: new Uint8Array(value.B.buffer, value.B.byteOffset, value.B.length) },
    ]),
  );
}

/** What `writeText` was given. */
export function readWrites(text: string): readonly Write[] {
  return JSON.parse(text, (_, value: unknown) =>
    typeof value === 'object' && value !== null && 'base64' in value && typeof value.base64 === 'string'
      ? new Uint8Array(Buffer.from(value.base64, 'base64'))
      : value,
  ) as readonly Write[];
}
