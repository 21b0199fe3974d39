import { brotliCompressSync, gzipSync, zstdCompressSync } from 'node:zlib';
import fc from 'fast-check';
import { parquetWriteBuffer, type ColumnSource } from 'hyparquet-writer';
import { describe, expect, it } from 'vitest';
import { rowsOf, type Row } from './testing/rows.ts';

/** A request as CloudFront's columns have it; null where a column has nothing. */
type Fields = Readonly<Record<string, string | null>>;

const names = [
  ['date', 'date'],
  ['time', 'time'],
  ['c_ip', 'c-ip'],
  ['cs_method', 'cs-method'],
  ['cs_host', 'cs(Host)'],
  ['x_host_header', 'x-host-header'],
  ['cs_uri_stem', 'cs-uri-stem'],
  ['cs_uri_query', 'cs-uri-query'],
  ['cs_user_agent', 'cs(User-Agent)'],
  ['cs_referer', 'cs(Referer)'],
  ['x_edge_request_id', 'x-edge-request-id'],
  ['x_edge_result_type', 'x-edge-result-type'],
  ['x_forwarded_for', 'x-forwarded-for'],
  ['sc_status', 'sc-status'],
  ['sc_bytes', 'sc-bytes'],
  ['cs_bytes', 'cs-bytes'],
  ['time_taken', 'time-taken'],
] as const;

const good: Fields = {
  date: '2026-01-05',
  time: '10:00:03',
  c_ip: '198.51.100.7',
  cs_method: 'GET',
  cs_host: 'd1.cloudfront.net',
  x_host_header: 'shop.example',
  cs_uri_stem: '/a',
  cs_uri_query: '-',
  cs_user_agent: 'Mozilla/5.0%20(X11)',
  cs_referer: null,
  x_edge_request_id: 'abc==',
  x_edge_result_type: 'Hit',
  x_forwarded_for: '-',
  sc_status: '404',
  sc_bytes: '512',
  cs_bytes: '300',
  time_taken: '0.025',
};

const compressors = {
  GZIP: (input: Uint8Array) => gzipSync(input),
  ZSTD: (input: Uint8Array) => zstdCompressSync(input),
  BROTLI: (input: Uint8Array) => brotliCompressSync(input),
};

type Options = Partial<Omit<Parameters<typeof parquetWriteBuffer>[0], 'columnData'>>;

function columnsOf(rows: readonly Fields[], more: Partial<ColumnSource> = {}): ColumnSource[] {
  return names.map(([name]) => ({
    name,
    data: rows.map((row) => row[name] ?? null),
    type: 'STRING',
    ...more,
  }));
}

function parquetOf(columnData: ColumnSource[], options: Options = {}): Buffer {
  return Buffer.from(parquetWriteBuffer({ columnData, compressors, ...options }));
}

const fileOf = (rows: readonly Fields[], options: Options = {}, more: Partial<ColumnSource> = {}): Buffer =>
  parquetOf(columnsOf(rows, more), options);

/** The same requests in the form of JSON, which is read by another reader. */
async function asJson(rows: readonly Fields[]): Promise<readonly Row[]> {
  const lines = rows.map((row) => {
    const members = names.flatMap(([name, long]) => (row[name] === null ? [] : [[long, row[name]] as const]));
    return JSON.stringify({ 'x-edge-location': 'FRA', ...Object.fromEntries(members) });
  });
  const { rows: read, rejections } = await rowsOf(`${lines.join('\n')}\n`);
  expect(rejections).toEqual([]);
  return read;
}

const many = Array.from({ length: 9_000 }, (_, i): Fields => ({
  ...good,
  time: `1${i % 10}:${String(i % 60).padStart(2, '0')}:59`,
  c_ip: `203.0.113.${i % 200}`,
  cs_uri_stem: `/products/${i}`,
  cs_uri_query: i % 3 === 0 ? null : `n=${i}`,
  x_edge_request_id: `id-${i}==`,
}));

describe("CloudFront's logs as Parquet", () => {
  it('are the same requests as in JSON', async () => {
    const { rows, rejections, records } = await rowsOf(fileOf([good]));
    expect(rejections).toEqual([]);
    expect(records).toBe(1);
    expect(rows).toEqual(await asJson([good]));
    expect(rows).toMatchObject([
      {
        time: Date.parse('2026-01-05T10:00:03Z'),
        client: '198.51.100.7',
        host: 'shop.example',
        agent: 'Mozilla/5.0 (X11)',
        query: '',
        status: 404,
        sent: 512,
        received: 300,
        taken: 25,
      },
    ]);
  });

  it.each<[string, Options, Partial<ColumnSource>]>([
    ['packed with Snappy', {}, {}],
    ['packed with gzip', { codec: 'GZIP' }, {}],
    ['packed with zstd', { codec: 'ZSTD' }, {}],
    ['packed with Brotli', { codec: 'BROTLI' }, {}],
    ['not packed', { codec: 'UNCOMPRESSED' }, {}],
    ['in small pages and row groups', { pageSize: 5_000, rowGroupSize: 7_777 }, {}],
    ['without dictionaries', { dictionarySize: 0 }, {}],
    ['as lengths and texts', {}, { encoding: 'DELTA_LENGTH_BYTE_ARRAY' }],
    ['as texts that begin alike', { pageSize: 50_000 }, { encoding: 'DELTA_BYTE_ARRAY' }],
  ])('are read %s, over many batches', async (_name, options, more) => {
    const { rows, rejections, records } = await rowsOf(fileOf(many, options, more));
    expect(rejections).toEqual([]);
    expect(records).toBe(many.length);
    expect(rows).toEqual(await asJson(many));
  });

  it('may be packed as a whole, and come in pieces', async () => {
    const packed = gzipSync(fileOf([good, good]));
    const pieces = [packed.subarray(0, 7), packed.subarray(7, 90), packed.subarray(90)];
    expect((await rowsOf(pieces)).rows).toHaveLength(2);
  });

  it('may have numbers and times instead of texts, and names as JSON has them', async () => {
    const time = Date.parse('2026-01-05T10:00:03.250Z');
    const plain = parquetOf([
      { name: 'timestamp(ms)', data: [BigInt(time)], type: 'INT64' },
      { name: 'c-ip', data: ['198.51.100.7'] },
      { name: 'sc-status', data: [404], type: 'INT32' },
      { name: 'time-taken', data: [0.5], type: 'DOUBLE' },
      { name: 'cs(User-Agent)', data: ['A'] },
      { name: 'cookies', data: [{ nested: 'x' }], type: 'JSON' },
    ]);
    const wanted = { time, client: '198.51.100.7', status: 404, taken: 500, agent: 'A' };
    expect((await rowsOf(plain)).rows).toMatchObject([wanted]);
    const stamped = parquetOf([
      { name: 'timestamp', data: [new Date(time)], type: 'TIMESTAMP' },
      { name: 'c_ip', data: ['198.51.100.7'] },
    ]);
    expect((await rowsOf(stamped)).rows).toMatchObject([{ time }]);
  });

  it('refuse single rows that cannot be read, and read the others', async () => {
    const rows = [
      good,
      { ...good, date: '2026-02-30' },
      { ...good, time: null },
      { ...good, cs_uri_query: 'x'.repeat(70_000) },
      { ...good, sc_status: '-', sc_bytes: 'many', c_ip: 'unknown' },
    ];
    const read = await rowsOf(fileOf(rows));
    expect(read.records).toBe(5);
    expect(read.rows.map(({ client, status }) => [client, status])).toEqual([
      ['198.51.100.7', 404],
      ['unknown', 0],
    ]);
    expect(read.rejections).toEqual([
      'there is no time, or it cannot be read',
      'there is no time, or it cannot be read',
      'cs_uri_query has 70000 bytes; at most 65536 are read',
    ]);
  });

  it.each<[string, () => Buffer, RegExp]>([
    ['of another kind', () => parquetOf([{ name: 'a', data: [1] }]), /not a log of CloudFront.*\["a"\]/],
    ['that is cut off', () => fileOf([good]).subarray(0, -9), /does not end as Parquet does/],
    ['that is hardly begun', () => Buffer.from('PAR1'), /too short|does not end/],
    [
      'whose footer is longer than the file',
      () => patched(-8, 0x7fffffff),
      /its footer says that it is 2147483647 bytes/,
    ],
    [
      'whose footer is shorter than it is',
      () => patched(-8, 20),
      /Parquet: its footer|Parquet: its metadata/,
    ],
    [
      'packed in a way that is not read',
      () => fileOf([good], { codec: 'LZ4_RAW', compressors: { LZ4_RAW: (x) => x } }),
      /packed with LZ4_RAW, which is not read/,
    ],
    [
      'whose pages are cut short',
      () => fileOf([good], { codec: 'GZIP', compressors: { GZIP: (x) => gzipSync(x).subarray(0, 8) } }),
      /a page cannot be unpacked/,
    ],
    [
      'whose pages are bombs',
      () => fileOf([good], { codec: 'GZIP', compressors: { GZIP: () => gzipSync(Buffer.alloc(5_000_000)) } }),
      /a page cannot be unpacked|says that it is/,
    ],
  ])('refuse a file %s', async (_name, file, reason) => {
    const { rows, rejections, records } = await rowsOf(file());
    expect(rows).toEqual([]);
    expect(records).toBe(1);
    expect(rejections).toEqual([expect.stringMatching(reason)]);
  });

  it('give what stands before the damage, and one rejection for the rest', async () => {
    const file = fileOf(many.slice(0, 2_000), { rowGroupSize: 1_000, codec: 'GZIP' });
    // What follows gzip's header in the last page of the second row group.
    const last = file.lastIndexOf(Buffer.from([0x1f, 0x8b, 0x08])) + 10;
    file.fill(0xff, last, last + 3);
    const { rows, rejections, records } = await rowsOf(file);
    expect(rows).toHaveLength(1_000);
    expect(records).toBe(1_001);
    expect(rejections).toEqual([
      expect.stringMatching(/^Parquet: from row 1000 on the file cannot be read: /),
    ]);
  });

  it('end in rows and rejections whatever byte is another', async () => {
    const file = fileOf(many.slice(0, 50), { pageSize: 400 });
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.tuple(fc.nat({ max: file.length - 1 }), fc.nat({ max: 255 })), {
          minLength: 1,
          maxLength: 4,
        }),
        async (changes) => {
          const damaged = Buffer.from(file);
          // The end, where all is said of the file, is hit as often as the rest.
          for (const [at, byte] of changes)
            damaged[byte % 2 === 0 ? at : file.length - 1 - (at % 1_500)] = byte;
          const { rows, rejections, records } = await rowsOf(damaged);
          expect(records).toBe(rows.length + rejections.length);
          expect(rows.length).toBeLessThanOrEqual(1_000_000);
        },
      ),
      { numRuns: 100 },
    );
  }, 180_000);
});

/** A good file with another number so many bytes from its end. */
function patched(fromEnd: number, value: number): Buffer {
  const file = fileOf([good]);
  file.writeUInt32LE(value, file.length + fromEnd);
  return file;
}
