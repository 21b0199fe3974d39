import fc from 'fast-check';
import { expect, it } from 'vitest';
import { packFields } from './entry.ts';
import { createFieldReader, readFields } from './read-fields.ts';

it('reads what was packed, however much is remembered', () => {
  const reader = createFieldReader();
  const values = fc.dictionary(
    fc.string({ maxLength: 5 }),
    fc.array(fc.oneof(fc.string({ maxLength: 400 }), fc.integer()), { maxLength: 3 }),
    { noNullPrototype: true },
  );
  fc.assert(
    fc.property(fc.array(values, { maxLength: 50 }), fc.nat(3_000), (some, from) => {
      const numbered = Array.from({ length: 100 }, (_, i) => ({ n: [from + i] }));
      for (const fields of [...some, ...numbered, ...some, ...numbered.slice(0, 10)]) {
        const packed = packFields(fields);
        expect(readFields(reader, packed).values).toEqual(JSON.parse(packed));
      }
    }),
  );
  expect(reader.known.size).toBeLessThanOrEqual(512);
  expect(reader.past.size).toBeLessThanOrEqual(512);
});

it('reads what comes again but once', () => {
  const reader = createFieldReader();
  const often = packFields({ often: ['a'] });
  const read = readFields(reader, often);
  for (let i = 0; i < 5_000; i++) {
    readFields(reader, packFields({ seldom: [i] }));
    expect(readFields(reader, often)).toBe(read);
  }
});
