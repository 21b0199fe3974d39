import { sql, type Insertable, type Kysely, type Selectable, type Transaction } from 'kysely';
import type { Block } from '../web/block.ts';
import type {
  Approval,
  AuditPage,
  AuditQuery,
  BlockChanges,
  BlockPage,
  BlockQuery,
  BlockQuestion,
  BlockStore,
  KnownBlocks,
  StoredAuditLine,
  StoredBlock,
} from './block-store.ts';
import { writeAudit, type Run } from './block-audit.ts';
import { enforcementStore } from './block-enforcement.ts';
import { fromColumn, toColumn, toKey } from './column-text.ts';
import { readCursor, writeCursor } from './cursor.ts';
import { StoreError } from './error.ts';
import { checkLimit } from './limit.ts';
import type { ApprovalRow, AuditRow, BlockRow, Tables } from './schema.ts';
import type { SqlDialect } from './sql-dialect.ts';

const rowsAtOnce = 100;

export function sqlBlockStore(db: Kysely<Tables>, dialect: SqlDialect, run: Run, place: string): BlockStore {
  return {
    change: (question, now, decide) =>
      run('blocks', () =>
        db.transaction().execute(async (trx) => {
          await dialect.alone(trx);
          const changes = decide(await known(trx, question, place));
          await write(trx, changes, now);
          return changes.result;
        }),
      ),
    active: (now) =>
      run('blocks', async () => {
        const rows = await db
          .selectFrom('blocks')
          .select(['sequence', 'block'])
          .where('state', '=', 'active')
          .where('expires_at', '>', now)
          .orderBy('sequence')
          .execute();
        return rows.map((row) => readBlock(row, place));
      }),
    endedEarly: (now) =>
      run('blocks', async () => {
        const rows = await db
          .selectFrom('blocks')
          .select(['sequence', 'block'])
          .where('state', 'in', ['removed', 'approved'])
          .where('expires_at', '>', now)
          .orderBy('sequence')
          .execute();
        return rows.map((row) => readBlock(row, place));
      }),
    list: (query) => run('blocks', () => selectBlocks(db, query, place)),
    audit: (query) => run('audit log', () => selectAudit(db, query)),
    approvals: () => run('approvals', () => selectApprovals(db)),
    ...enforcementStore(db, dialect, run, place),
  };
}

async function known(
  trx: Transaction<Tables>,
  { subjects = [], active = false, since }: BlockQuestion,
  place: string,
): Promise<KnownBlocks> {
  const latest = new Map<string, Block>();
  const keys = [...new Set(subjects.map(toKey))];
  for (let from = 0; from < keys.length; from += rowsAtOnce) {
    const rows = await trx
      .selectFrom('blocks')
      .select(['sequence', 'block'])
      .where('subject', 'in', keys.slice(from, from + rowsAtOnce))
      .orderBy('sequence')
      .execute();
    // In the order of their numbers, so that the newest stays.
    for (const row of rows) {
      const { sequence: _, ...block } = readBlock(row, place);
      latest.set(block.subject, block);
    }
  }
  const rows = active
    ? await trx
        .selectFrom('blocks')
        .select(['sequence', 'block'])
        .where('state', '=', 'active')
        .orderBy('sequence')
        .execute()
    : [];
  return {
    latest,
    active: rows.map((row) => {
      const { sequence: _, ...block } = readBlock(row, place);
      return block;
    }),
    byRules: since === undefined ? 0 : await countByRules(trx, since),
    approvals: await selectApprovals(trx),
  };
}

async function countByRules(trx: Transaction<Tables>, since: number): Promise<number> {
  const { count } = await trx
    .selectFrom('blocks')
    .select((eb) => eb.fn.countAll<number>().as('count'))
    .where('decided_at', '>=', since)
    .where('rule', '<>', 'operator')
    .executeTakeFirstOrThrow();
  return count;
}

async function write<T>(trx: Transaction<Tables>, changes: BlockChanges<T>, now: number): Promise<void> {
  const { blocks = [], audit = [], approvals } = changes;
  // One after the other: an older block of a subject must have ended before a newer one of it begins.
  for (const block of blocks) {
    await trx
      .insertInto('blocks')
      .values(blockRow(block, now))
      .onConflict((conflict) =>
        conflict.column('id').doUpdateSet((eb) => ({
          state: eb.ref('excluded.state'),
          expires_at: eb.ref('excluded.expires_at'),
          stored_at: eb.ref('excluded.stored_at'),
          block: eb.ref('excluded.block'),
        })),
      )
      .execute();
  }
  await writeAudit(trx, audit, 'done', now);
  if (approvals === undefined) return;
  await trx.deleteFrom('block_approvals').where('source', '=', toKey(approvals.source)).execute();
  const rows = new Map(approvals.approvals.map((each) => [each.network, approvalRow(each)]));
  const all = [...rows.values()];
  for (let from = 0; from < all.length; from += rowsAtOnce)
    await trx
      .insertInto('block_approvals')
      .values(all.slice(from, from + rowsAtOnce))
      .execute();
}

function blockRow(block: Block, now: number): Insertable<BlockRow> {
  return {
    id: block.id,
    subject: toKey(block.subject),
    state: block.state,
    rule: toKey(block.rule),
    decided_at: block.decidedAt,
    expires_at: block.expiresAt,
    stored_at: now,
    block: JSON.stringify(block),
  };
}

function approvalRow({ network, kind, source, reason, by, at }: Approval): Insertable<ApprovalRow> {
  return {
    source: toKey(source),
    network: toKey(network),
    kind,
    reason: reason === undefined ? null : toColumn(reason),
    by: toColumn(by),
    at,
  };
}

async function selectApprovals(db: Kysely<Tables>): Promise<readonly Approval[]> {
  const rows = await db
    .selectFrom('block_approvals')
    .selectAll()
    .orderBy('source')
    .orderBy('network')
    .execute();
  return rows.map(({ network, kind, source, reason, by, at }) => ({
    network: fromColumn(network),
    kind,
    source: fromColumn(source),
    reason: reason === null ? undefined : fromColumn(reason),
    by: fromColumn(by),
    at,
  }));
}

async function selectBlocks(db: Kysely<Tables>, query: BlockQuery, place: string): Promise<BlockPage> {
  checkLimit(query.limit);
  let select = db
    .selectFrom('blocks')
    .select(['sequence', 'block'])
    .orderBy('sequence', 'desc')
    .limit(query.limit + 1);
  if (query.subject !== undefined) select = select.where('subject', '=', toKey(query.subject));
  if (query.after !== undefined) select = select.where('sequence', '<', readCursor(query.after).time);
  const { state, now } = query;
  if (state === 'active') select = select.where('state', '=', 'active').where('expires_at', '>', now);
  else if (state === 'expired')
    select = select.where(sql<boolean>`(state = 'expired' or (state = 'active' and expires_at <= ${now}))`);
  else if (state !== undefined) select = select.where('state', '=', state);
  const rows = await select.execute();
  return {
    blocks: rows.slice(0, query.limit).map((row) => readBlock(row, place)),
    next: nextOf(rows, query.limit),
  };
}

async function selectAudit(db: Kysely<Tables>, query: AuditQuery): Promise<AuditPage> {
  checkLimit(query.limit);
  let select = db
    .selectFrom('block_audit')
    .selectAll()
    .orderBy('sequence', 'desc')
    .limit(query.limit + 1);
  if (query.subject !== undefined) select = select.where('subject', '=', toKey(query.subject));
  if (query.after !== undefined) select = select.where('sequence', '<', readCursor(query.after).time);
  const rows = await select.execute();
  return { lines: rows.slice(0, query.limit).map(readAuditLine), next: nextOf(rows, query.limit) };
}

function nextOf(rows: readonly { readonly sequence: number }[], limit: number): string | undefined {
  const last = rows[limit - 1];
  return rows.length > limit && last !== undefined
    ? writeCursor({ time: last.sequence, id: 'blocks' })
    : undefined;
}

function readAuditLine(row: Selectable<AuditRow>): StoredAuditLine {
  return {
    sequence: row.sequence,
    time: row.time,
    action: row.action,
    by: fromColumn(row.by),
    subject: fromColumn(row.subject),
    ...(row.block === null ? {} : { block: row.block }),
    detail: fromColumn(row.detail),
    phase: row.phase,
    settledAt: row.settled_at ?? undefined,
    outcome: row.outcome === null ? undefined : fromColumn(row.outcome),
  };
}

function readBlock(
  { sequence, block }: Pick<Selectable<BlockRow>, 'sequence' | 'block'>,
  place: string,
): StoredBlock {
  try {
    return { ...(JSON.parse(block) as Block), sequence };
  } catch (cause) {
    throw new StoreError(
      'corrupt',
      {
        subject: `block ${sequence}`,
        place,
        reason: 'what is stored is not JSON any more',
        wayOut: 'restore the store from a backup',
      },
      { cause },
    );
  }
}
