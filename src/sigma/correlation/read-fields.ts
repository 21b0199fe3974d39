import type { LinkedCorrelation } from './link.ts';
import type { FieldValues } from './match.ts';
import type { GroupKey } from './group-key.ts';
import type { Scalar } from './scalars.ts';

/** What the packed fields of entries say, with what correlations have made of it: the same caller is seen again and again. */
export interface ReadFields {
  readonly values: FieldValues;
  readonly parts: Map<LinkedCorrelation, Parts>;
}

/** Which groups of a correlation an entry goes to, and what it adds to each. */
export interface Parts {
  /** Those members for which this is so. */
  readonly members: readonly number[];
  readonly all: readonly Part[];
}

export interface Part {
  readonly group: GroupKey;
  readonly data: readonly Scalar[];
}

/** What was read lately. Memory is bounded, whatever events bring. */
export interface FieldReader {
  known: Map<string, ReadFields>;
  /** What was known before that was too much; what is read again of it stays known. */
  past: Map<string, ReadFields>;
}

const mostKnown = 512;
const longestKnown = 600;

export function createFieldReader(): FieldReader {
  return { known: new Map(), past: new Map() };
}

export function readFields(reader: FieldReader, packed: string): ReadFields {
  const known = reader.known.get(packed);
  if (known !== undefined) return known;
  const read = reader.past.get(packed) ?? { values: JSON.parse(packed) as FieldValues, parts: new Map() };
  if (packed.length > longestKnown) return read;
  if (reader.known.size >= mostKnown) {
    reader.past = reader.known;
    reader.known = new Map();
  }
  reader.known.set(packed, read);
  return read;
}
