import { isAscii } from 'node:buffer';

import type { ScannerExports } from './scanner-code.ts';
import {
  accountKeys,
  isWantable,
  mostClues,
  mostGroups,
  nameOfClue,
  type Clue,
  type Hint,
  type Wanted,
  type WantedGroup,
} from './wanted.ts';

/** What the table of keys holds, and that of their tails without long searches. */
const mostTails = 128;
const golden = 0x9e3779b1;
/** Bytes of a slot in the tables of keys, of parts and of groups. */
const infoSlot = 64;
const partSlot = 24;
const groupSlot = 8;

/** A set of clues, one bit each. */
type Clues = bigint;
/** Of a text that is wanted by itself. */
const enough: Clues = 0n;
const all: Clues = (1n << 64n) - 1n;

/** What is looked for under one key. */
interface Key {
  /** In small letters where the key counts in any case. */
  readonly name: string;
  readonly anyCase: boolean;
  any: boolean;
  readonly whole: Map<string, Clues>;
  readonly parts: Map<string, Clues>;
  /** What the key is by being there, and by a value that may be an address. */
  present: Clues;
  address: Clues;
}

interface Keys {
  readonly keys: readonly Key[];
  readonly groups: readonly Clues[];
  /** Of keys in any case: letters beyond ASCII may be folded to theirs. */
  readonly foreign: Clues;
  readonly accounts: Clues;
}

/** Keys under which other logs are packed into text. A record that is broken around such a key is left to the careful reader. */
const packedUnder = 'data';
/** What every record has at its top level. */
const marks = ['eventName', 'eventSource', 'eventVersion', 'eventTime'] as const;

/** All that is looked for, by key; undefined where there are more clues than can be told apart, or a key of every record counts in any case. */
function keysOf(wanted: Wanted, groups: readonly WantedGroup[]): Keys | undefined {
  const clues = new Map<string, { readonly clue: Clue; readonly bit: Clues }>();
  const masks = groups.map((group) => {
    let mask: Clues = 0n;
    for (const clue of group) {
      const name = nameOfClue(clue);
      let known = clues.get(name);
      if (known === undefined) clues.set(name, (known = { clue, bit: 1n << BigInt(clues.size) }));
      mask |= known.bit;
    }
    return mask;
  });
  if (clues.size > mostClues || groups.length > mostGroups || masks.includes(0n)) return undefined;

  const hints = [...clues.values()].flatMap(({ clue, bit }) => clue.map((hint) => ({ hint, bit })));
  const loose = new Set<string>();
  for (const { hint } of hints)
    if (hint.how === 'any' && hint.anyCase === true) loose.add(hint.key.toLowerCase());
  if (marks.some((mark) => loose.has(mark.toLowerCase()))) return undefined;
  const byName = new Map<string, Key>();
  const keyOf = (given: string): Key => {
    const small = given.toLowerCase();
    const anyCase = loose.has(small);
    const name = anyCase ? small : given;
    let key = byName.get(name);
    if (key === undefined) {
      key = { name, anyCase, any: false, whole: new Map(), parts: new Map(), present: 0n, address: 0n };
      byName.set(name, key);
    }
    return key;
  };
  for (const mark of marks) keyOf(mark);
  keyOf(packedUnder).any = true;
  for (const [name, { any, whole, parts }] of wanted) {
    const key = keyOf(name);
    key.any ||= any;
    for (const text of whole) key.whole.set(text, enough);
    for (const text of parts) key.parts.set(text, enough);
  }
  for (const { hint, bit } of hints) addHint(keyOf, hint, bit);
  const sumOf = (is: (hint: Hint) => boolean): Clues =>
    hints.reduce((sum, { hint, bit }) => (is(hint) ? sum | bit : sum), 0n);
  return {
    keys: [...byName.values()],
    groups: masks,
    foreign: sumOf((hint) => hint.how === 'any' && hint.anyCase === true),
    accounts: sumOf(({ how }) => how === 'accounts'),
  };
}

function addHint(keyOf: (name: string) => Key, hint: Hint, bit: Clues): void {
  if (hint.how === 'accounts') {
    for (const name of accountKeys) keyOf(name);
    return;
  }
  const key = keyOf(hint.key);
  if (hint.how === 'any') key.present |= bit;
  else if (hint.how === 'address') key.address |= bit;
  else {
    const texts = key[hint.how];
    for (const text of hint.texts) {
      const known = texts.get(text);
      if (known !== enough) texts.set(text, (known ?? 0n) | bit);
    }
  }
}

/** Writes the tables that the scanner reads; false where they are too small. */
export function fillTables(
  wasm: ScannerExports,
  numbers: DataView,
  memory: Uint8Array,
  wanted: Wanted,
  wantedGroups: readonly WantedGroup[],
): boolean {
  const found = keysOf(wanted, wantedGroups);
  if (found === undefined) return false;
  // A text that is not plain ASCII shows in a value that is not, which is looked at in any case.
  const keys = found.keys.map((key) => ({
    ...key,
    parts: Array.from(key.parts, ([text, clues]) => ({ bytes: Buffer.from(text), clues })),
    unsure: unsureOf(key),
  }));
  if (!keys.every(({ name, parts }) => isWantable(name) && parts.every(({ bytes }) => bytes.length >= 2)))
    return false;
  const kinds = kindsOf(wasm, found.accounts !== 0n);
  const tails = keys.flatMap(({ name }, index) => tailsOf(name).map((tail) => ({ index, tail })));
  const looksAtAccounts = (name: string): boolean => ((kinds.get(name) ?? 0) & wasm.isAccount) !== 0;
  const isNow = ({ name, unsure }: (typeof keys)[number]): boolean =>
    unsure === all || (name === 'eventName' && unsure !== 0n);
  const sum = (count: (key: (typeof keys)[number]) => number): number =>
    keys.reduce((total, key) => total + count(key), 0);
  const textBytes = sum(
    ({ name, parts }) => name.length + parts.reduce((total, { bytes }) => total + bytes.length, 0),
  );
  if (
    sum(({ whole }) => whole.size) > (1 << wasm.valueBits) / 2 ||
    tails.length > mostTails ||
    textBytes > wasm.namesEnd - wasm.names ||
    sum(({ parts }) => parts.length * partSlot) > wasm.partsEnd - wasm.parts
  )
    return false;

  let textAt = wasm.names;
  const writeText = (bytes: Uint8Array): number => {
    memory.set(bytes, textAt);
    textAt += bytes.length;
    return textAt - bytes.length;
  };
  let partAt = wasm.parts;
  for (const [index, key] of keys.entries()) {
    const seed = Math.imul(index + 1, golden) >>> 0;
    const searched = key.parts.filter(({ bytes }) => isAscii(bytes));
    const kind =
      (kinds.get(key.name) ?? 0) |
      (key.any ? wasm.always : 0) |
      (key.whole.size > 0 ? wasm.hasValues : 0) |
      ([...key.whole.keys()].some((text) => Buffer.byteLength(text) >= 16) ? wasm.hasLong : 0) |
      (key.parts.length > 0 ? wasm.hasParts : 0) |
      (key.present === 0n ? 0 : wasm.isClue) |
      (key.address === 0n ? 0 : wasm.mayBeAddress) |
      (key.anyCase ? wasm.inAnyCase : 0) |
      (lengthsOf(key.whole.keys()) << 16) |
      (isNow(key) ? wasm.isNow : 0) |
      (looksAtAccounts(key.name) || (key.unsure !== 0n && !isNow(key)) ? wasm.isLater : 0);
    writeSlot(numbers, wasm.infos + index * infoSlot, {
      numbers: [
        writeText(Buffer.from(key.name, 'latin1')),
        key.name.length,
        kind,
        seed,
        partAt,
        searched.length,
      ],
      clues: [key.present, key.unsure, key.address],
    });
    memory.set(lastBytes(key.name), wasm.infos + index * infoSlot + nameInInfo);
    for (const { bytes, clues } of searched) {
      writeSlot(numbers, partAt, {
        numbers: [writeText(bytes), bytes.length, rarestPair(bytes), 0],
        clues: [clues],
      });
      partAt += partSlot;
    }
    for (const [text, clues] of key.whole) writeValue(wasm, numbers, hashOf(text, seed), clues);
  }
  for (const { index, tail } of tails) {
    const slot = freeSlot(
      numbers,
      wasm.tails,
      1 << wasm.tailBits,
      Math.imul(tail, golden) >>> (32 - wasm.tailBits),
    );
    numbers.setUint32(wasm.tails + slot * 4, tail, true);
    numbers.setUint8(wasm.infoOfTail + slot, index);
  }
  const afterwards = keys.reduce((later, key) => (isNow(key) ? later : later | key.unsure), found.accounts);
  const groups = found.groups.map((group) => ({ group, now: group & ~afterwards }));
  for (let index = 0; index <= mostGroups; index++) {
    const { group, now } = groups[index] ?? { group: 0n, now: all };
    numbers.setBigUint64(wasm.groups + index * groupSlot, group, true);
    numbers.setBigUint64(wasm.groupsNow + index * groupSlot, now, true);
  }
  memory.fill(0xff, wasm.zerosAndOnes + 16, wasm.zerosAndOnes + 32);
  numbers.setBigUint64(wasm.foreignClues, found.foreign, true);
  numbers.setBigUint64(wasm.accountClues, found.accounts, true);
  return true;
}

/** Where in an info the end of the name stands. */
const nameInInfo = 48;

function lastBytes(name: string): Uint8Array {
  return Buffer.from(name.slice(-16).padStart(16, '\0'), 'latin1');
}

/** One bit for each length below 16 that one of the texts has in UTF-8. */
function lengthsOf(texts: Iterable<string>): number {
  let lengths = 0;
  for (const text of texts) {
    const length = Buffer.byteLength(text);
    if (length < 16) lengths |= 1 << length;
  }
  return lengths;
}

/** Bits of a key's kind that it has by its name alone. */
function kindsOf(wasm: ScannerExports, looksAtAccounts: boolean): ReadonlyMap<string, number> {
  return new Map<string, number>([
    ['eventName', wasm.isEventName],
    ['eventSource', wasm.isEventSource],
    ['eventVersion', wasm.isEventVersion],
    ['eventTime', wasm.isEventTime],
    ...(looksAtAccounts ? accountKeys.map((name): [string, number] => [name, wasm.isAccount]) : []),
  ]);
}

/** What a value may be that is no plain text: all that is looked for there. */
function unsureOf({ whole, parts, address }: Key): Clues {
  let sum = address;
  for (const clues of [...whole.values(), ...parts.values()]) {
    if (clues === enough) return all;
    sum |= clues;
  }
  return sum;
}

/** A slot of a table: some numbers of 4 bytes, then sets of clues of 8. */
interface Info {
  readonly numbers: readonly number[];
  readonly clues: readonly Clues[];
}

function writeSlot(numbers: DataView, at: number, slot: Info): void {
  for (const [index, value] of slot.numbers.entries()) numbers.setUint32(at + index * 4, value, true);
  const after = at + slot.numbers.length * 4;
  for (const [index, value] of slot.clues.entries()) numbers.setBigUint64(after + index * 8, value, true);
}

/** Two texts may have the same hash; what either is enough for, both are. */
function writeValue(wasm: ScannerExports, numbers: DataView, hash: number, clues: Clues): void {
  const slots = 1 << wasm.valueBits;
  let slot = Math.imul(hash, golden) >>> (32 - wasm.valueBits);
  const held = () => numbers.getUint32(wasm.values + slot * 4, true);
  while (held() !== 0 && held() !== hash) slot = (slot + 1) % slots;
  const place = wasm.clues + slot * 8;
  const before = numbers.getBigUint64(place, true);
  const isEnough = clues === enough || (held() === hash && before === enough);
  numbers.setUint32(wasm.values + slot * 4, hash, true);
  numbers.setBigUint64(place, isEnough ? enough : before | clues, true);
}

/** Frequent characters of names and ARNs, the most frequent first. */
const frequent = 'aeisrno:-/tlcdmup0123456789.gfhvbwyk';

/** Where in a text the two bytes stand that other texts have least. */
function rarestPair(text: Buffer): number {
  const commonness = (byte: number | undefined): number => {
    const rank = frequent.indexOf(String.fromCharCode(byte ?? 0));
    return rank < 0 ? 0 : frequent.length - rank;
  };
  let best = 0;
  let least = Number.POSITIVE_INFINITY;
  for (let at = 0; at + 1 < text.length; at++) {
    const score = commonness(text[at]) + commonness(text[at + 1]);
    if (score < least) [best, least] = [at, score];
  }
  return best;
}

/** The last four bytes before a key's closing quote, each with the bit of small letters set; a key of three has the byte before it among them. */
function tailsOf(name: string): readonly number[] {
  const texts = name.length >= 4 ? [name.slice(-4)] : [`"${name}`, `.${name}`];
  return texts.map((text) => (Buffer.from(text, 'latin1').readUInt32LE(0) | 0x20202020) >>> 0);
}

function freeSlot(numbers: DataView, table: number, slots: number, first: number): number {
  let slot = first;
  while (numbers.getUint32(table + slot * 4, true) !== 0) slot = (slot + 1) % slots;
  return slot;
}

/**
 * 16 bytes at a step, as four numbers of 32 bits of which each goes its own way, zeros behind the end; joined in the end. As the scanner
 * does it; where two texts have the same hash no more happens than that a record is looked at.
 */
function hashOf(text: string, seed: number): number {
  const bytes = Buffer.from(text, 'utf8');
  const padded = Buffer.alloc(bytes.length - (bytes.length % 16) + 16);
  bytes.copy(padded);
  const lanes: [number, number, number, number] = [seed, seed, seed, seed];
  for (let at = 0; at < padded.length; at += 4) {
    const lane = (at >> 2) & 3;
    lanes[lane] = Math.imul((lanes[lane] ?? 0) ^ padded.readInt32LE(at), golden);
  }
  let hash = lanes[0];
  hash = ((hash ^ (hash >>> 15)) + lanes[1]) | 0;
  hash = ((hash ^ (hash << 7)) + lanes[2]) | 0;
  hash = ((hash ^ (hash >>> 13)) + lanes[3]) >>> 0;
  return hash === 0 ? 1 : hash;
}
