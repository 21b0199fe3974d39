import { readAccessLog, type AccessOptions } from '../read.ts';
import { textAt, textColumnNames, type TextColumnName } from '../../../event/requests.ts';

/** One request with its texts, for tests to look at. */
export type Row = Readonly<Record<TextColumnName, string>> & {
  readonly time: number;
  readonly status: number;
  readonly sent: number;
  readonly received: number;
  readonly taken: number;
};

export interface RowsRead {
  readonly rows: readonly Row[];
  readonly rejections: readonly string[];
  readonly records: number;
}

/** All that is in a log. */
export async function rowsOf(
  log: string | Uint8Array | readonly Uint8Array[],
  options: AccessOptions = {},
): Promise<RowsRead> {
  const chunks = typeof log === 'string' ? [Buffer.from(log)] : log instanceof Uint8Array ? [log] : log;
  const rows: Row[] = [];
  const rejections: string[] = [];
  let records = 0;
  const stream = (async function* () {
    for (const chunk of chunks) yield await Promise.resolve(chunk);
  })();
  for await (const batch of readAccessLog(
    stream,
    { source: 'test', object: 'log', receivedAt: 0 },
    options,
  )) {
    const { requests } = batch;
    for (let row = 0; row < requests.count; row++) {
      const texts = textColumnNames.map((name) => [name, textAt(requests, name, row)] as const);
      rows.push({
        ...(Object.fromEntries(texts) as Record<TextColumnName, string>),
        time: requests.time[row] ?? Number.NaN,
        status: requests.status[row] ?? 0,
        sent: requests.sent[row] ?? Number.NaN,
        received: requests.received[row] ?? Number.NaN,
        taken: requests.taken[row] ?? Number.NaN,
      });
    }
    rejections.push(...batch.rejections.map(({ reason }) => reason));
    records += batch.records;
  }
  return { rows, rejections, records };
}

/** So many lines, each made from its number. */
export function logOf(count: number, line: (number: number) => string): string {
  return Array.from({ length: count }, (_, number) => `${line(number)}\n`).join('');
}
