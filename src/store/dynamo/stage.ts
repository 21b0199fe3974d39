import type { AttributeValue } from '@aws-sdk/client-dynamodb';
import { StoreError } from '../error.ts';
import { numberOf, numeral, packText, textOf, unpackText, type Item } from './item.ts';
import { keyText, rising, type Key } from './keys.ts';
import type { Table } from './table.ts';

/** Packed texts up to this stand in their item; an item may have 400 KB, and goes through a list of writes as base64. */
const longestInline = 180 * 1024;
const pieceSize = 300 * 1024;

/**
 * What a change writes beforehand, because a transaction has no room for it, and what it leaves to be cleared away. Nobody finds what was
 * written beforehand until the change itself is there.
 */
export interface Stage {
  readonly id: string;
  readonly items: Item[];
  /** What nothing refers to any more once the change is there. */
  readonly old: Key[];
  /** A text as attributes, in pieces of its own where it is long. */
  pack(text: string): Record<string, AttributeValue>;
  /** Lets go of what an item that is replaced or removed has kept elsewhere. */
  replace(item: Item | undefined): void;
}

export function newStage(id: string): Stage {
  const items: Item[] = [];
  const old: Key[] = [];
  let texts = 0;
  return {
    id,
    items,
    old,
    pack: (text) => {
      const bytes = packText(text);
      if (bytes.length <= longestInline) return { b: { B: bytes } };
      const name = `${id}.${texts++}`;
      const count = Math.ceil(bytes.length / pieceSize);
      for (let i = 0; i < count; i++)
        items.push({
          pk: { S: piecesOf(name) },
          sk: { S: rising(i) },
          b: { B: bytes.subarray(i * pieceSize, (i + 1) * pieceSize) },
        });
      return { x: { S: name }, n: numeral(count) };
    },
    replace: (item) => {
      const name = textOf(item, 'x');
      if (name === undefined) return;
      for (let i = 0; i < (numberOf(item, 'n') ?? 0); i++) old.push({ pk: piecesOf(name), sk: rising(i) });
    },
  };
}

function piecesOf(name: string): string {
  return `X#${name}`;
}

/**
 * The text that an item holds.
 * @throws {StoreError} `corrupt` where it cannot be read
 */
export async function textWithin(table: Table, item: Item, subject: string): Promise<string> {
  try {
    const name = textOf(item, 'x');
    if (name === undefined) return unpackText(item['b']?.B ?? new Uint8Array());
    const keys = Array.from({ length: numberOf(item, 'n') ?? 0 }, (_, i) => ({
      pk: piecesOf(name),
      sk: rising(i),
    }));
    const found = await table.getMany(keys);
    const pieces = keys.map((key) => found.get(keyText(key))?.['b']?.B);
    return unpackText(Buffer.concat(pieces.map((piece) => piece ?? fail('a piece is missing'))));
  } catch (cause) {
    if (cause instanceof StoreError) throw cause;
    throw new StoreError(
      'corrupt',
      {
        subject,
        place: table.place,
        reason: 'what is stored cannot be read any more',
        wayOut: 'try again; if it stays so, restore the table from a backup',
      },
      { cause },
    );
  }
}

function fail(reason: string): never {
  throw new Error(reason);
}
