import type { SchemaElement } from 'hyparquet';
import { fileWriter, ParquetWriter } from 'hyparquet-writer';
import { occurrencesOf } from '../alert/occurrences.ts';
import { lifecycleOf } from '../alert/lifecycle.ts';
import type { OldAlert } from '../store/store.ts';
import type { ExportWriter } from './export-file.ts';
import { zstdParquet } from '../notify/zstd-parquet.ts';

/** One column: its type, and what an alert has in it. Absent values are `null`. */
interface Column {
  readonly schema: readonly SchemaElement[];
  readonly of: (old: OldAlert) => unknown;
}

function text(name: string, of: (old: OldAlert) => string | undefined): Column {
  return {
    schema: [{ name, type: 'BYTE_ARRAY', converted_type: 'UTF8', repetition_type: 'OPTIONAL' }],
    of: (old) => of(old) ?? null,
  };
}

/** A log can say any number for a time; one that is no date is absent here, and stands in `alert`. */
function time(name: string, of: (old: OldAlert) => number): Column {
  return {
    schema: [{ name, type: 'INT64', converted_type: 'TIMESTAMP_MILLIS', repetition_type: 'OPTIONAL' }],
    of: (old) => {
      const date = new Date(of(old));
      return Number.isNaN(date.getTime()) ? null : date;
    },
  };
}

function whole(name: string, of: (old: OldAlert) => number): Column {
  return { schema: [{ name, type: 'INT64', repetition_type: 'REQUIRED' }], of: (old) => BigInt(of(old)) };
}

/** https://github.com/apache/parquet-format/blob/master/LogicalTypes.md#lists */
function texts(name: string, of: (old: OldAlert) => readonly string[]): Column {
  return {
    schema: [
      { name, converted_type: 'LIST', repetition_type: 'REQUIRED', num_children: 1 },
      { name: 'list', repetition_type: 'REPEATED', num_children: 1 },
      { name: 'element', type: 'BYTE_ARRAY', converted_type: 'UTF8', repetition_type: 'REQUIRED' },
    ],
    of,
  };
}

function json(name: string, of: (old: OldAlert) => unknown): Column {
  return {
    schema: [{ name, type: 'BYTE_ARRAY', converted_type: 'UTF8', repetition_type: 'REQUIRED' }],
    of: (old) => JSON.stringify(of(old)),
  };
}

/** What people search by, each in a column; `alert` is the whole of it. */
const columns: readonly Column[] = [
  text('id', ({ alert }) => alert.id),
  time('stored_at', ({ storedAt }) => storedAt),
  time('time', ({ alert }) => alert.time),
  text('severity', ({ alert }) => alert.severity),
  text('status', ({ alert }) => lifecycleOf(alert).status),
  text('rule', ({ alert }) => alert.rule.id),
  text('rule_title', ({ alert }) => alert.rule.title),
  text('title', ({ alert }) => alert.title),
  text('account', ({ alert }) => alert.where.account),
  text('region', ({ alert }) => alert.where.region),
  text('actor', ({ alert }) => alert.who.name),
  text('actor_kind', ({ alert }) => alert.who.kind),
  text('actor_arn', ({ alert }) => alert.who.arn),
  text('access_key', ({ alert }) => alert.who.accessKeyId),
  text('address', ({ alert: { where } }) =>
    where.origin.type === 'address' ? where.origin.address : undefined,
  ),
  text('service', ({ alert }) => alert.what.service),
  text('action', ({ alert }) => alert.what.action),
  text('result', ({ alert }) => alert.what.result),
  texts('resources', ({ alert }) => alert.what.targets.map(({ arn, name }) => arn ?? name)),
  texts('techniques', ({ alert }) => alert.techniques.map(({ id }) => id)),
  whole('count', ({ alert }) => occurrencesOf(alert).count),
  text('exception', ({ alert }) => alert.exception?.name),
  json('deliveries', ({ deliveries }) => deliveries),
  json('alert', ({ alert }) => alert),
];

const schema: SchemaElement[] = [
  { name: 'alerts', num_children: columns.length },
  ...columns.flatMap((column) => column.schema),
];

/** Enough for columns to pack well, and no more than may wait in memory. */
const rowsInGroup = 5_000;

/** Rows of Parquet, packed with zstd: https://parquet.apache.org/docs/file-format/ */
export function exportParquet(path: string): ExportWriter {
  const file = new ParquetWriter({
    writer: fileWriter(path),
    schema,
    ...zstdParquet,
  });
  let waiting: OldAlert[] = [];
  const flush = (): void => {
    if (waiting.length === 0) return;
    const columnData = columns.map((column) => ({
      name: column.schema[0]?.name ?? '',
      data: waiting.map((old) => column.of(old)),
    }));
    waiting = [];
    void file.write({ columnData, rowGroupSize: rowsInGroup });
  };
  return {
    write: (alerts) => {
      waiting.push(...alerts);
      if (waiting.length >= rowsInGroup) flush();
    },
    finish: () => {
      flush();
      void file.finish();
    },
  };
}
