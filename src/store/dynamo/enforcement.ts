import type { Run } from '../block-audit.ts';
import type { BlockStore, TargetState } from '../block-store.ts';
import { planAudit, planAuditEnd } from './audit.ts';
import type { Changes } from './change.ts';
import { keyItem, numeral, type Item } from './item.ts';
import { alone, keyPart, type Key } from './keys.ts';
import { textWithin, type Stage } from './stage.ts';
import type { Table } from './table.ts';
import type { Write } from './write.ts';

const targetList = 'W';

function targetKey(name: string): Key {
  return { pk: targetList, sk: keyPart(name) };
}

function leaseKey(name: string): Key {
  return { pk: `Y#${keyPart(name)}`, sk: alone };
}

type Enforcement = Pick<BlockStore, 'lease' | 'release' | 'targets' | 'intend' | 'settle'>;

/** What those have to remember who write lists of addresses outside. */
export function dynamoEnforcement(table: Table, changes: Changes, run: Run): Enforcement {
  return {
    lease: (name, { holder, now, until }) =>
      run('lease', () =>
        table.putIf(
          { ...keyItem(leaseKey(name)), holder: { S: holder }, until: numeral(until) },
          'attribute_not_exists(pk) or #until <= :now or holder = :holder',
          { ':now': numeral(now), ':holder': { S: holder } },
          { '#until': 'until' },
        ),
      ),
    release: (name, holder) =>
      run('lease', async () => {
        // A lease that is over, and so free for everybody.
        await table.putIf(
          { ...keyItem(leaseKey(name)), holder: { S: '' }, until: numeral(Number.MIN_SAFE_INTEGER) },
          'holder = :holder',
          { ':holder': { S: holder } },
        );
      }),
    targets: () =>
      run('targets', () =>
        changes.read(async () => {
          const items = await table.list({ pk: targetList });
          const targets = await Promise.all(items.map((item) => readTarget(table, item)));
          return targets.toSorted((a, b) => (a.name < b.name ? -1 : 1));
        }),
      ),
    intend: ({ target, by, detail, add, now }) =>
      run('intent', () =>
        changes.change('intent', async (head, stage) => {
          const item = await table.get(targetKey(target));
          const before = item && (await readTarget(table, item));
          const lines = planAudit(
            [{ action: 'enforce', by, subject: target, detail }],
            'intended',
            now,
            head,
            stage,
          );
          const [number = 0] = lines.sequences;
          const next: TargetState = {
            name: target,
            held: [...new Set([...(before?.held ?? []), ...add])],
            leftOut: before?.leftOut ?? [],
            triedAt: now,
            confirmedAt: before?.confirmedAt,
          };
          return {
            writes: [targetWrite(next, item, stage), ...lines.writes],
            numbers: lines.numbers,
            result: number,
          };
        }),
      ),
    settle: (intent, target, outcome, now) =>
      run('intent', () =>
        changes.change('intent', async (_, stage) => {
          const item = await table.get(targetKey(target));
          const before = item && (await readTarget(table, item));
          // Whoever began the others is gone, or came to its end under a lease that had run out: the list was read anew since.
          const ended = await planAuditEnd(
            table,
            target,
            intent,
            (sequence) =>
              sequence === intent
                ? { phase: outcome.type, outcome: outcome.type === 'failed' ? outcome.reason : undefined }
                : { phase: 'failed', outcome: 'cut off; the list was read anew since' },
            now,
            stage,
          );
          if (outcome.type === 'failed' || before === undefined) return { writes: ended, result: undefined };
          const { held, leftOut } = outcome;
          const write = targetWrite({ ...before, held, leftOut, confirmedAt: now }, item, stage);
          return { writes: [...ended, write], result: undefined };
        }),
      ),
  };
}

function targetWrite(target: TargetState, before: Item | undefined, stage: Stage): Write {
  stage.replace(before);
  return {
    type: 'put',
    item: { ...keyItem(targetKey(target.name)), ...stage.pack(JSON.stringify(target)) },
  };
}

async function readTarget(table: Table, item: Item): Promise<TargetState> {
  const target = JSON.parse(await textWithin(table, item, 'a target of blocks')) as TargetState;
  return { ...target, triedAt: target.triedAt, confirmedAt: target.confirmedAt };
}
