import type { AuditLine, AuditPage, AuditPhase, AuditQuery, StoredAuditLine } from '../block-store.ts';
import { readCursor, writeCursor } from '../cursor.ts';
import { checkLimit } from '../limit.ts';
import type { Head } from './head.ts';
import { keyItem, keyOf, numberOf, textOf, type Item } from './item.ts';
import { keyPart, keyText, last, rising, type Key } from './keys.ts';
import { textWithin, type Stage } from './stage.ts';
import type { Table } from './table.ts';
import type { Write } from './write.ts';

function lineKey(sequence: number): Key {
  return { pk: 'U', sk: rising(sequence) };
}

/** The lines of one subject. */
function subjectKey(subject: string, sequence: number): Key {
  return { pk: `US#${keyPart(subject)}`, sk: rising(sequence) };
}

/** The lines of one subject that tell what was about to be done, and not yet what became of it. */
function intendedKey(subject: string, sequence: number): Key {
  return { pk: `UI#${keyPart(subject)}`, sk: rising(sequence) };
}

function lineItem(line: StoredAuditLine, stage: Stage): Item {
  return {
    ...keyItem(lineKey(line.sequence)),
    q: { N: String(line.sequence) },
    ...stage.pack(JSON.stringify(line)),
  };
}

async function readLine(table: Table, item: Item): Promise<StoredAuditLine> {
  const sequence = numberOf(item, 'q') ?? 0;
  const line = JSON.parse(
    await textWithin(table, item, `line ${sequence} of the audit log`),
  ) as StoredAuditLine;
  return { ...line, settledAt: line.settledAt, outcome: line.outcome };
}

interface PlannedLines {
  readonly writes: readonly Write[];
  readonly numbers: { readonly 'audit.sequence'?: number };
  readonly sequences: readonly number[];
}

export function planAudit(
  lines: readonly AuditLine[],
  phase: AuditPhase,
  now: number,
  head: Head,
  stage: Stage,
): PlannedLines {
  if (lines.length === 0) return { writes: [], numbers: {}, sequences: [] };
  const before = head.numbers['audit.sequence'];
  const stored = lines.map((line, i): StoredAuditLine => ({
    ...line,
    sequence: before + 1 + i,
    time: now,
    phase,
    settledAt: undefined,
    outcome: undefined,
  }));
  const writes = stored.flatMap((line): readonly Write[] => [
    { type: 'put', item: lineItem(line, stage) },
    { type: 'put', item: { ...keyItem(subjectKey(line.subject, line.sequence)) } },
    ...(phase === 'intended'
      ? [{ type: 'put', item: keyItem(intendedKey(line.subject, line.sequence)) } as const]
      : []),
  ]);
  return {
    writes,
    numbers: { 'audit.sequence': before + lines.length },
    sequences: stored.map(({ sequence }) => sequence),
  };
}

/** Ends lines of a subject that are still intended, up to one. */
export async function planAuditEnd(
  table: Table,
  subject: string,
  upTo: number,
  end: (sequence: number) => { readonly phase: AuditPhase; readonly outcome: string | undefined },
  now: number,
  stage: Stage,
): Promise<readonly Write[]> {
  const { pk, sk } = intendedKey(subject, upTo);
  const open = await table.list({ pk, to: sk });
  const keys = open.map((item) => ({ pk: lineKey(0).pk, sk: textOf(item, 'sk') ?? '' }));
  const items = await table.getMany(keys);
  const writes = await Promise.all(
    [...items.values()].map(async (item): Promise<Write> => {
      const line = await readLine(table, item);
      stage.replace(item);
      return {
        type: 'put',
        item: lineItem({ ...line, ...end(line.sequence), settledAt: now }, stage),
      };
    }),
  );
  return [...writes, ...open.map((item): Write => ({ type: 'remove', key: keyOf(item) }))];
}

/** @throws {BadCursorError} @throws {RangeError} */
export async function selectAudit(table: Table, query: AuditQuery): Promise<AuditPage> {
  checkLimit(query.limit);
  const pk = query.subject === undefined ? lineKey(0).pk : subjectKey(query.subject, 0).pk;
  const items = await newest(table, pk, query.after, query.limit + 1);
  const chosen = items
    .slice(0, query.limit)
    .map((item) => ({ pk: lineKey(0).pk, sk: textOf(item, 'sk') ?? '' }));
  const found =
    query.subject === undefined
      ? new Map(items.map((item) => [keyText(keyOf(item)), item]))
      : await table.getMany(chosen);
  const lines = await Promise.all(
    chosen.flatMap((key) => {
      const item = found.get(keyText(key));
      return item === undefined ? [] : [readLine(table, item)];
    }),
  );
  return { lines, next: nextOf(lines, items.length > query.limit) };
}

/** Items of a partition whose sort keys are numbers, the greatest first. */
export async function newest(
  table: Table,
  pk: string,
  after: string | undefined,
  most: number,
): Promise<readonly Item[]> {
  const end = after === undefined ? undefined : rising(readCursor(after).time);
  const items: Item[] = [];
  for await (const page of table.pages({ pk, to: end ?? last, newestFirst: true, limit: most + 1 })) {
    items.push(...page.filter((item) => textOf(item, 'sk') !== end));
    if (items.length >= most) break;
  }
  return items.slice(0, most);
}

export function nextOf(rows: readonly { readonly sequence: number }[], more: boolean): string | undefined {
  const end = rows.at(-1);
  return more && end !== undefined ? writeCursor({ time: end.sequence, id: 'blocks' }) : undefined;
}
