import { parseTime } from '../cloudtrail/time.ts';
import type { ScannerExports } from './scanner-code.ts';
import { mostCountedFields, mostCountedRules, mostNames, type Counted, type CountedRule } from './wanted.ts';

const slotBytes = 64;
/** Where in the slot of a field the place of its texts stands. */
const textsInSlot = 52;
const timeBytes = 20;

/** Writes the rules that are to be counted; false where there are more than the scanner can take. */
export function fillCounted(
  wasm: ScannerExports,
  numbers: DataView,
  memory: Uint8Array,
  counted: readonly CountedRule[],
): boolean {
  const fields = counted.flatMap((rule) => rule.fields);
  if (
    counted.length > mostCountedRules ||
    fields.length > mostCountedFields ||
    fields.some(({ path, texts }) => path.length === 0 || path.length > mostNames || texts.length === 0) ||
    counted.some((rule) => rule.fields.length === 0)
  )
    return false;
  const bytes = fields.flatMap(({ path, texts }) => [...path, ...texts]).join('').length;
  const lists = fields.reduce((sum, { texts }) => sum + texts.length * 8, 0);
  if (bytes + lists > wasm.countedTextsEnd - wasm.countedTexts) return false;
  let listAt = wasm.countedTexts;
  let textAt = wasm.countedTexts + lists;
  const put = (place: number, text: string): void => {
    numbers.setUint32(place, textAt, true);
    numbers.setUint32(place + 4, text.length, true);
    memory.set(Buffer.from(text, 'latin1'), textAt);
    textAt += text.length;
  };
  for (const [index, { path, texts }] of fields.entries()) {
    const slot = wasm.fieldSlots + index * slotBytes;
    numbers.setUint32(slot, path.length, true);
    for (const [i, name] of path.entries()) put(slot + 4 + i * 8, name);
    numbers.setUint32(slot + textsInSlot, listAt, true);
    numbers.setUint32(slot + textsInSlot + 4, texts.length, true);
    for (const text of texts) {
      put(listAt, text);
      listAt += 8;
    }
  }
  let field = 0;
  for (const [index, rule] of counted.entries()) {
    let mask = 0;
    for (const _ of rule.fields) mask |= 1 << field++;
    numbers.setUint32(wasm.ruleSlots + index * slotBytes, mask, true);
  }
  numbers.setUint32(wasm.countedRules, counted.length, true);
  numbers.setUint32(wasm.countedFields, fields.length, true);
  return true;
}

/** What the last scan counted. */
export function readCounted(
  wasm: ScannerExports,
  numbers: DataView,
  memory: Uint8Array,
  counted: readonly CountedRule[],
): readonly Counted[] {
  return counted.flatMap(({ id }, index) => {
    const slot = wasm.ruleSlots + index * slotBytes;
    const matches = numbers.getUint32(slot + 4, true);
    if (matches === 0) return [];
    const timeAt = (at: number): number =>
      parseTime(Buffer.from(memory.subarray(at, at + timeBytes)).toString('latin1')) ?? Number.NaN;
    return [{ id, matches, first: timeAt(slot + wasm.ruleFirst), last: timeAt(slot + wasm.ruleLast) }];
  });
}
