import type { SchemaElement } from 'hyparquet';
import { ByteWriter, ParquetWriter } from 'hyparquet-writer';
import { zstdParquet } from './zstd-parquet.ts';

/** What a value is: a text, a whole number of 32 or 64 bits, plain data kept as JSON, a list of one shape, or named parts. */
type Shape = 'text' | 'int' | 'long' | 'json' | readonly [Shape] | { readonly [name: string]: Shape };

const account = { uid: 'text', type_id: 'int', type: 'text' } as const;
const identified = { uid: 'text', name: 'text' } as const;

/** A Detection Finding as `detectionFinding` makes it: one column for each of its parts. */
const findingShape = {
  activity_id: 'int',
  activity_name: 'text',
  category_uid: 'int',
  category_name: 'text',
  class_uid: 'int',
  class_name: 'text',
  type_uid: 'long',
  type_name: 'text',
  severity_id: 'int',
  severity: 'text',
  status_id: 'int',
  status: 'text',
  comment: 'text',
  time: 'long',
  message: 'text',
  count: 'int',
  metadata: {
    version: 'text',
    profiles: ['text'],
    product: { name: 'text', vendor_name: 'text' },
    uid: 'text',
    original_time: 'text',
    logged_time: 'long',
  },
  finding_info: {
    uid: 'text',
    title: 'text',
    desc: 'text',
    created_time: 'long',
    first_seen_time: 'long',
    last_seen_time: 'long',
    types: ['text'],
    analytic: { ...identified, type_id: 'int', type: 'text' },
    attacks: [{ technique: identified, tactics: [identified] }],
    src_url: 'text',
  },
  evidences: [
    {
      actor: {
        user: {
          name: 'text',
          type: 'text',
          uid: 'text',
          account: { uid: 'text' },
          credential_uid: 'text',
        },
      },
      api: {
        operation: 'text',
        service: { name: 'text' },
        response: { code: 'int', message: 'text' },
      },
      src_endpoint: { ip: 'text' },
      data: 'json',
    },
  ],
  resources: [{ ...identified, type: 'text' }],
  cloud: { provider: 'text', account, region: 'text' },
  observables: [{ name: 'text', type_id: 'int', type: 'text', value: 'text' }],
  remediation: { desc: 'text' },
  unmapped: 'json',
} as const satisfies Readonly<Record<string, Shape>>;

const isList = (shape: Shape): shape is readonly [Shape] => Array.isArray(shape);

/** https://github.com/apache/parquet-format/blob/master/LogicalTypes.md */
function elementsOf(name: string, shape: Shape): SchemaElement[] {
  const repetition_type = 'OPTIONAL';
  if (shape === 'int') return [{ name, type: 'INT32', repetition_type }];
  if (shape === 'long') return [{ name, type: 'INT64', repetition_type }];
  if (shape === 'text' || shape === 'json')
    return [{ name, type: 'BYTE_ARRAY', converted_type: 'UTF8', repetition_type }];
  if (isList(shape))
    return [
      { name, converted_type: 'LIST', repetition_type, num_children: 1 },
      { name: 'list', repetition_type: 'REPEATED', num_children: 1 },
      ...elementsOf('element', shape[0]),
    ];
  const parts = Object.entries(shape);
  return [
    { name, repetition_type, num_children: parts.length },
    ...parts.flatMap(([part, inner]) => elementsOf(part, inner)),
  ];
}

const largestInt = 2 ** 31 - 1;

/** A value as the column wants it. */
function fitted(value: unknown, shape: Shape): unknown {
  if (value === undefined || value === null) return null;
  if (shape === 'text') return typeof value === 'string' ? value : JSON.stringify(value);
  if (shape === 'json') return JSON.stringify(value);
  if (shape === 'int') return Math.min(Number(value), largestInt);
  if (shape === 'long') return BigInt(Number(value));
  if (isList(shape)) return Array.isArray(value) ? value.map((one) => fitted(one, shape[0])) : null;
  const parts = new Map(Object.entries(value));
  return Object.fromEntries(
    Object.entries(shape).map(([part, inner]) => [part, fitted(parts.get(part), inner)]),
  );
}

const columns = Object.entries<Shape>(findingShape);

const schema: SchemaElement[] = [
  { name: 'detection_finding', num_children: columns.length },
  ...columns.flatMap(([name, shape]) => elementsOf(name, shape)),
];

/**
 * Detection Findings as Parquet, packed with zstd and ordered by time, as Security Lake asks of custom sources:
 * https://docs.aws.amazon.com/security-lake/latest/userguide/custom-sources.html#custom-sources-best-practices
 */
export function findingsAsParquet(findings: readonly Readonly<Record<string, unknown>>[]): Uint8Array {
  const rows = findings.toSorted((a, b) => Number(a['time']) - Number(b['time']));
  const writer = new ByteWriter();
  const file = new ParquetWriter({
    writer,
    schema,
    ...zstdParquet,
  });
  const columnData = columns.map(([name, shape]) => ({
    name,
    data: rows.map((row) => fitted(row[name], shape)),
  }));
  void file.write({ columnData });
  void file.finish();
  return new Uint8Array(writer.getBuffer());
}
