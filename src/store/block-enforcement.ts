import type { Kysely } from 'kysely';
import { writeAudit, type Run } from './block-audit.ts';
import type { BlockStore, TargetState } from './block-store.ts';
import { fromColumn, toColumn, toKey } from './column-text.ts';
import type { Tables } from './schema.ts';
import type { SqlDialect } from './sql-dialect.ts';

type EnforcementStore = Pick<BlockStore, 'lease' | 'release' | 'targets' | 'intend' | 'settle'>;

/** What those have to remember who write lists of addresses outside. */
export function enforcementStore(
  db: Kysely<Tables>,
  dialect: SqlDialect,
  run: Run,
  place: string,
): EnforcementStore {
  return {
    lease: (name, { holder, now, until }) =>
      run('lease', async () => {
        const rows = await db
          .insertInto('block_leases')
          .values({ name: toKey(name), holder, until })
          .onConflict((conflict) =>
            conflict
              .column('name')
              .doUpdateSet({ holder, until })
              .where((eb) =>
                eb.or([eb('block_leases.until', '<=', now), eb('block_leases.holder', '=', holder)]),
              ),
          )
          .returning('name')
          .execute();
        return rows.length > 0;
      }),
    release: (name, holder) =>
      run('lease', async () => {
        await db
          .deleteFrom('block_leases')
          .where('name', '=', toKey(name))
          .where('holder', '=', holder)
          .execute();
      }),
    targets: () =>
      run('targets', async () => {
        const rows = await db.selectFrom('block_targets').selectAll().orderBy('name').execute();
        return rows.map((row): TargetState => ({
          name: fromColumn(row.name),
          held: readTexts(row.held),
          leftOut: readTexts(row.left_out),
          triedAt: row.tried_at ?? undefined,
          confirmedAt: row.confirmed_at ?? undefined,
        }));
      }),
    intend: ({ target, by, detail, add, now }) =>
      run('intent', () =>
        db.transaction().execute(async (trx) => {
          await dialect.alone(trx);
          const row = await trx
            .selectFrom('block_targets')
            .select('held')
            .where('name', '=', toKey(target))
            .executeTakeFirst();
          const held = JSON.stringify([...new Set([...readTexts(row?.held), ...add])]);
          await trx
            .insertInto('block_targets')
            .values({ name: toKey(target), held, left_out: '[]', tried_at: now, confirmed_at: null })
            .onConflict((conflict) => conflict.column('name').doUpdateSet({ held, tried_at: now }))
            .execute();
          const [number] = await writeAudit(
            trx,
            [{ action: 'enforce', by, subject: target, detail }],
            'intended',
            now,
          );
          if (number === undefined) throw new Error(`${place}: the audit log took no line`);
          return number;
        }),
      ),
    settle: (intent, target, outcome, now) =>
      run('intent', () =>
        db.transaction().execute(async (trx) => {
          await dialect.alone(trx);
          await trx
            .updateTable('block_audit')
            .set({
              phase: outcome.type,
              settled_at: now,
              outcome: outcome.type === 'failed' ? toColumn(outcome.reason) : null,
            })
            .where('sequence', '=', intent)
            .where('phase', '=', 'intended')
            .execute();
          // Whoever began those is gone, or came to its end under a lease that had run out: the list was read anew since.
          await trx
            .updateTable('block_audit')
            .set({ phase: 'failed', settled_at: now, outcome: 'cut off; the list was read anew since' })
            .where('subject', '=', toKey(target))
            .where('phase', '=', 'intended')
            .where('sequence', '<', intent)
            .execute();
          if (outcome.type === 'failed') return;
          await trx
            .updateTable('block_targets')
            .set({
              held: JSON.stringify(outcome.held),
              left_out: JSON.stringify(outcome.leftOut),
              confirmed_at: now,
            })
            .where('name', '=', toKey(target))
            .execute();
        }),
      ),
  };
}

/** What cannot be read counts for nothing held: then nothing that is outside is taken for ours. */
function readTexts(text: string | undefined): readonly string[] {
  try {
    const value: unknown = JSON.parse(text ?? '[]');
    return Array.isArray(value) ? value.filter((each) => typeof each === 'string') : [];
  } catch {
    return [];
  }
}
