import type { Escaping } from '../event/requests.ts';

/**
 * The different texts of a column as whole numbers from 0 on, so that whoever judges texts judges each once and not each row. A number
 * stands for the same bytes, written with the same escaping, until `generation` changes; then all numbers are given anew.
 */
export interface NumberedTexts {
  /** The number of each row of the batch that was asked for last. */
  readonly ids: Int32Array;
  /** Numbers below have been given. */
  readonly size: number;
  readonly generation: number;
  /** The texts lie here one beside the other: text `id` from `start[id]` to `end[id]`. */
  readonly bytes: Uint8Array;
  readonly start: Uint32Array;
  readonly end: Uint32Array;
  readonly escapingOf: (id: number) => Escaping;
  /** Room for a number of each text there can be, where compiled code can read it; undefined where there is none. */
  readonly newValues?: () => Uint32Array | undefined;
}

/**
 * Works a number out once for each text. What it gives holds the number of text `id` at `id`, and is valid until the next call.
 * @param work gives a whole number from 0 to 2^32 - 1, from the bytes of a text alone
 */
export function perText(
  work: (bytes: Uint8Array, start: number, end: number, escaping: Escaping) => number,
): (texts: NumberedTexts) => Uint32Array {
  let values: Uint32Array = new Uint32Array(64);
  /** The values of texts that have room for them. */
  const rooms = new Map<NumberedTexts, Uint32Array>();
  let from: NumberedTexts | undefined;
  let generation = -1;
  let done = 0;
  const roomOf = (texts: NumberedTexts): Uint32Array => {
    const room = rooms.get(texts) ?? texts.newValues?.() ?? new Uint32Array(64);
    if (texts.newValues !== undefined) rooms.set(texts, room);
    return room;
  };
  return (texts) => {
    if (texts !== from || texts.generation !== generation) {
      if (texts !== from) values = roomOf(texts);
      from = texts;
      generation = texts.generation;
      done = 0;
    }
    if (texts.size > values.length) {
      const more = new Uint32Array(Math.max(texts.size, values.length * 2));
      more.set(values.subarray(0, done));
      values = more;
    }
    const { bytes, start, end } = texts;
    for (; done < texts.size; done++)
      values[done] = work(bytes, start[done] ?? 0, end[done] ?? 0, texts.escapingOf(done));
    return values;
  };
}
