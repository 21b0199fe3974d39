import fc from 'fast-check';
import { deflateRawSync } from 'node:zlib';
import type { PageHeader, SchemaElement } from 'hyparquet';
import { describe, expect, it } from 'vitest';
import { parquetContents, type RandomBytes } from './file.ts';
import { dataOf, dictionaryOf, type PageColumn, type Values } from './page.ts';
import { readRuns } from './runs.ts';
import { thriftEnd } from './thrift-length.ts';

describe('a struct of Thrift', () => {
  it.each<[string, readonly number[], number | undefined]>([
    ['that is empty', [0x00], 1],
    ['with a number', [0x15, 0x02, 0x00], 3],
    ['with a text', [0x18, 0x02, 0x61, 0x62, 0x00], 5],
    ['with a list of numbers', [0x19, 0x25, 0x02, 0x04, 0x00], 5],
    ['with a struct', [0x1c, 0x15, 0x02, 0x00, 0x00], 5],
    ['whose end is missing', [0x15, 0x02], undefined],
    ['whose text is longer than all there is', [0x18, 0x7f, 0x61, 0x00], undefined],
    [
      'whose list says that it has 200 million elements',
      [0x19, 0xf5, 0x80, 0x84, 0xaf, 0x5f, 0x02, 0x00],
      undefined,
    ],
  ])('%s', (_name, bytes, end) => expect(thriftEnd(Uint8Array.from(bytes), 0)).toBe(end));

  it.each<[string, readonly number[]]>([
    ['structs in one another without end', Array<number>(10_000).fill(0x1c)],
    ['lists in one another without end', [0x19, ...Array<number>(10_000).fill(0x19)]],
    ['a number without an end', [0x15, ...Array<number>(20).fill(0xff)]],
    ['a type that Parquet does not use', [0x1b, 0x00]],
  ])('is refused where it has %s', (_name, bytes) =>
    expect(() => thriftEnd(Uint8Array.from(bytes), 0)).toThrow(/its metadata|has no end/),
  );
});

describe('runs and packed bits', () => {
  const read = (bytes: readonly number[], bits: number, count: number): readonly number[] => {
    const out = new Int32Array(count);
    readRuns(Uint8Array.from(bytes), 0, bytes.length, bits, out);
    return [...out];
  };

  it('are read as the specification has them', () => {
    // https://parquet.apache.org/docs/file-format/data-pages/encodings/#RLE
    expect(read([0x03, 0x88, 0xc6, 0xfa], 3, 8)).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
    expect(read([0x0a, 0x07, 0x03, 0x88, 0xc6, 0xfa], 3, 9)).toEqual([7, 7, 7, 7, 7, 0, 1, 2, 3]);
    expect(read([0x06, 0x00], 0, 3)).toEqual([0, 0, 0]);
  });

  it('are those that were packed', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 24 }),
        fc.array(fc.nat(), { minLength: 8, maxLength: 80 }),
        (bits, some) => {
          const values = some.slice(0, some.length - (some.length % 8)).map((value) => value % 2 ** bits);
          let packed = 0n;
          for (const [i, value] of values.entries()) packed |= BigInt(value) << BigInt(i * bits);
          const bytes = Array.from({ length: (values.length * bits) / 8 }, (_, i) =>
            Number((packed >> BigInt(8 * i)) & 255n),
          );
          expect(read([((values.length / 8) << 1) | 1, ...bytes], bits, values.length)).toEqual(values);
        },
      ),
    );
  });

  it('take no more memory than was asked for, however long a run says that it is', () =>
    expect(read([0xfe, 0xff, 0xff, 0xff, 0x0f, 0x01], 1, 5)).toEqual([1, 1, 1, 1, 1]));

  it.each<[string, readonly number[], number]>([
    ['too few', [0x02, 0x01], 1],
    ['packed bits that are not there', [0x03], 8],
    ['too many bits', [0x03, 0, 0, 0, 0], 32],
    ['no end of a number', [0xff, 0xff, 0xff, 0xff, 0xff, 0xff], 1],
  ])('are refused where there are %s', (_name, bytes, bits) =>
    expect(() => read(bytes, bits, 4)).toThrow(/fewer values|numbers of 32 bits/),
  );
});

const text: PageColumn = {
  element: { name: 'c', type: 'BYTE_ARRAY' },
  optional: false,
  codec: 'UNCOMPRESSED',
};
const header = (
  size: number,
  values: number,
  encoding: 'PLAIN' | 'RLE_DICTIONARY' = 'PLAIN',
): PageHeader => ({
  type: 'DATA_PAGE',
  uncompressed_page_size: size,
  compressed_page_size: size,
  data_page_header: {
    num_values: values,
    encoding,
    definition_level_encoding: 'RLE',
    repetition_level_encoding: 'RLE',
  },
});
const textsOf = (values: Values): readonly (string | undefined)[] =>
  values.type === 'numbers'
    ? []
    : [...values.start].map((start, i) =>
        start < 0 ? undefined : values.bytes.subarray(start, values.end[i]).toString(),
      );
const plainTexts = (...texts: readonly string[]): Buffer =>
  Buffer.concat(
    texts.flatMap((each) => {
      const length = Buffer.alloc(4);
      length.writeUInt32LE(each.length);
      return [length, Buffer.from(each)];
    }),
  );

describe('a page of the first version', () => {
  it('has its values one behind the other', () => {
    const body = plainTexts('GET', '', 'POST');
    expect(textsOf(dataOf(header(body.length, 3), body, text, undefined))).toEqual(['GET', '', 'POST']);
  });

  it('says before them which rows have none', () => {
    const levels = Buffer.from([2, 0, 0, 0, 0x03, 0b101]);
    const body = Buffer.concat([levels, plainTexts('GET', 'POST')]);
    const values = dataOf(header(body.length, 3), body, { ...text, optional: true }, undefined);
    expect(textsOf(values)).toEqual(['GET', undefined, 'POST']);
  });

  it('may name them by their place in a dictionary', () => {
    const entries = plainTexts('GET', 'POST');
    const dictionary = dictionaryOf(
      {
        type: 'DICTIONARY_PAGE',
        uncompressed_page_size: entries.length,
        compressed_page_size: entries.length,
        dictionary_page_header: { num_values: 2, encoding: 'PLAIN', is_sorted: false },
      },
      entries,
      text,
    );
    const body = Buffer.from([1, 0x04, 0x01, 0x02, 0x00]);
    expect(textsOf(dataOf(header(5, 3, 'RLE_DICTIONARY'), body, text, dictionary))).toEqual([
      'POST',
      'POST',
      'GET',
    ]);
    expect(() =>
      dataOf(header(3, 3, 'RLE_DICTIONARY'), Buffer.from([2, 0x06, 0x03]), text, dictionary),
    ).toThrow(/an entry that its dictionary does not have/);
  });

  it.each<[string, PageHeader, Buffer, Partial<PageColumn>, RegExp]>([
    [
      'more values than there are bytes',
      header(4, 1_000_000),
      Buffer.alloc(4),
      {},
      /fewer values than it says/,
    ],
    [
      'a text that is longer than the page',
      header(4, 1),
      Buffer.from([255, 255, 255, 127]),
      {},
      /fewer values/,
    ],
    ['billions of values', header(4, 2 ** 31), Buffer.alloc(4), {}, /at most 4000000 are read/],
    [
      'gigabytes',
      { ...header(2 ** 31, 1) },
      Buffer.alloc(4),
      { codec: 'SNAPPY' },
      /at most 67108864 are read/,
    ],
    ['levels behind its end', header(4, 3), Buffer.from([99, 0, 0, 0]), { optional: true }, /too short/],
    ['no Snappy', header(100, 1), deflateRawSync('x'), { codec: 'SNAPPY' }, /cannot be unpacked/],
    [
      'a dictionary that is not there',
      header(2, 1, 'RLE_DICTIONARY'),
      Buffer.from([1, 2]),
      {},
      /needs a dictionary/,
    ],
  ])('is refused where it says that it has %s', (_name, said, body, column, reason) =>
    expect(() => dataOf(said, body, { ...text, ...column }, undefined)).toThrow(reason),
  );
});

describe('what a file says of itself', () => {
  const fileOf = (footer: readonly number[]): RandomBytes => {
    const length = Buffer.alloc(4);
    length.writeUInt32LE(footer.length);
    const bytes = Buffer.concat([Buffer.from('PAR1'), Buffer.from(footer), length, Buffer.from('PAR1')]);
    return { size: bytes.length, read: (start, end) => Promise.resolve(bytes.subarray(start, end)) };
  };
  const name = (written: string): readonly number[] => [0x48, written.length, ...Buffer.from(written)];

  it('has columns at its top, and none that are below', async () => {
    const element = (...fields: readonly number[]): readonly number[] => [...fields, 0x00];
    const schema = [
      ...element(...name('root'), 0x15, 0x06),
      ...element(0x15, 0x0c, 0x25, 0x02, 0x18, 0x01, 0x61),
      ...element(0x35, 0x00, 0x18, 0x01, 0x62, 0x15, 0x02),
      ...element(0x15, 0x0c, 0x25, 0x02, 0x18, 0x01, 0x63),
      ...element(0x15, 0x0c, 0x25, 0x00, 0x18, 0x01, 0x64),
    ];
    const footer = [0x15, 0x02, 0x19, 0x5c, ...schema, 0x16, 0x00, 0x19, 0x0c, 0x00];
    const { columns, rows } = await parquetContents(fileOf(footer));
    expect(columns.map(({ name: each, optional }) => [each, optional])).toEqual([
      ['a', true],
      ['d', false],
    ]);
    expect(rows).toBe(0);
  });

  it('is refused where it has more rows than its size allows', async () => {
    const root: Partial<SchemaElement> = { name: 'r' };
    const schema = [...name(root.name ?? ''), 0x15, 0x00, 0x00];
    // One row group without columns, of 2^40 rows.
    const group = [0x19, 0x0c, 0x16, 0x00, 0x16, 0x80, 0x80, 0x80, 0x80, 0x80, 0x40, 0x00];
    const footer = [0x15, 0x02, 0x19, 0x1c, ...schema, 0x16, 0x00, 0x19, 0x1c, ...group, 0x00];
    await expect(parquetContents(fileOf(footer))).rejects.toThrow(
      /1099511627776 rows in \d+ bytes, which cannot be/,
    );
  });
});
