import { deflateRawSync, inflateRawSync } from 'node:zlib';
import type { AttributeValue } from '@aws-sdk/client-dynamodb';
import type { Key } from './keys.ts';

/** An item as the protocol has it. Every item has `pk` and `sk`; what only Tocsin reads is packed in `b`, or in pieces that `x` and `n` name. */
export type Item = Readonly<Record<string, AttributeValue>>;

export function keyOf(item: Item): Key {
  return { pk: item['pk']?.S ?? '', sk: item['sk']?.S ?? '' };
}

export function keyItem({ pk, sk }: Key): Item {
  return { pk: { S: pk }, sk: { S: sk } };
}

export function textOf(item: Item | undefined, name: string): string | undefined {
  return item?.[name]?.S;
}

export function numberOf(item: Item | undefined, name: string): number | undefined {
  const text = item?.[name]?.N;
  return text === undefined ? undefined : Number(text);
}

/** DynamoDB keeps 38 digits of a decimal number, and JavaScript writes at most 17. */
export function numeral(value: number): AttributeValue {
  return { N: String(value) };
}

/** Below this, packing makes nothing smaller. */
const worthPacking = 200;

/** A text as bytes: the first says whether they are deflated. */
export function packText(text: string): Uint8Array {
  const plain = Buffer.from(text, 'utf8');
  if (plain.length < worthPacking) return Buffer.concat([Buffer.of(0), plain]);
  return Buffer.concat([Buffer.of(1), deflateRawSync(plain, { level: 4 })]);
}

/** A short text as an attribute; see `Stage.pack` for texts of any length. */
export function packed(text: string): Item {
  return { b: { B: packText(text) } };
}

/** @throws where the bytes are not of `packText` */
export function unpackText(bytes: Uint8Array): string {
  const content = bytes.subarray(1);
  if (bytes[0] === 0) return Buffer.from(content).toString('utf8');
  if (bytes[0] === 1) return inflateRawSync(content).toString('utf8');
  throw new Error(`packed in the unknown form ${bytes[0]}`);
}

/** How many bytes an item counts for, as far as it matters for limits: never less than DynamoDB counts. */
export function sizeOf(item: Item): number {
  let size = 0;
  for (const [name, value] of Object.entries(item))
    size += name.length + 16 + Buffer.byteLength(value.S ?? value.N ?? '') + (value.B?.length ?? 0);
  return size;
}
