import type { Block } from '../../web/block.ts';
import type { Run } from '../block-audit.ts';
import type {
  Approval,
  BlockChanges,
  BlockPage,
  BlockQuery,
  BlockQuestion,
  BlockStore,
  KnownBlocks,
  StoredBlock,
} from '../block-store.ts';
import { StoreError } from '../error.ts';
import { checkLimit } from '../limit.ts';
import { newest, nextOf, planAudit, selectAudit } from './audit.ts';
import {
  activeList,
  blockIdKey,
  blockKey,
  blockList,
  blockWrites,
  decidedList,
  earlyList,
  pointedBlocks,
  readBlock,
  subjectPartition,
} from './block-item.ts';
import type { Changes, Plan } from './change.ts';
import { dynamoEnforcement } from './enforcement.ts';
import type { Head, HeadNumber } from './head.ts';
import { numberOf, type Item } from './item.ts';
import { keyPart, rising } from './keys.ts';
import { textWithin, type Stage } from './stage.ts';
import type { Table } from './table.ts';
import type { Write } from './write.ts';

const approvalList = 'V';

export function dynamoBlocks(table: Table, changes: Changes, run: Run): BlockStore {
  const read = <T>(subject: string, work: () => Promise<T>): Promise<T> =>
    run(subject, () => changes.read(work));
  return {
    change: (question, now, decide) =>
      run('blocks', () =>
        changes.change('blocks', async (head, stage) =>
          planBlocks(table, decide(await known(table, question)), now, head, stage),
        ),
      ),
    active: (now) =>
      read('blocks', async () => {
        const blocks = await pointedBlocks(table, await table.list({ pk: activeList }));
        return blocks.filter(({ state, expiresAt }) => state === 'active' && expiresAt > now);
      }),
    endedEarly: (now) =>
      read('blocks', async () => {
        const items = await table.list({ pk: earlyList, from: rising(now) });
        const blocks = await pointedBlocks(table, items);
        return blocks.filter(({ expiresAt }) => expiresAt > now).toSorted((a, b) => a.sequence - b.sequence);
      }),
    list: (query) => read('blocks', () => selectBlocks(table, query)),
    audit: (query) => read('audit log', () => selectAudit(table, query)),
    approvals: () => read('approvals', () => selectApprovals(table)),
    ...dynamoEnforcement(table, changes, run),
  };
}

async function known(
  table: Table,
  { subjects = [], active = false, since }: BlockQuestion,
): Promise<KnownBlocks> {
  const [latest, standing, byRules, approvals] = await Promise.all([
    Promise.all([...new Set(subjects)].map((subject) => latestBlock(table, subject))),
    active ? table.list({ pk: activeList }) : [],
    since === undefined ? [] : table.list({ pk: decidedList, from: rising(since) }),
    selectApprovals(table),
  ]);
  return {
    latest: new Map(latest.flatMap((block) => (block === undefined ? [] : [[block.subject, plain(block)]]))),
    active: (await pointedBlocks(table, standing)).map(plain),
    byRules: byRules.length,
    approvals,
  };
}

function plain(stored: StoredBlock): Block {
  const { sequence: _, ...block } = stored;
  return block;
}

async function latestBlock(table: Table, subject: string): Promise<StoredBlock | undefined> {
  for await (const page of table.pages({ pk: subjectPartition(subject), newestFirst: true, limit: 1 })) {
    const [block] = await pointedBlocks(table, page.slice(0, 1));
    return block;
  }
  return undefined;
}

async function planBlocks<T>(
  table: Table,
  { blocks = [], audit = [], approvals, result }: BlockChanges<T>,
  now: number,
  head: Head,
  stage: Stage,
): Promise<Plan<T>> {
  const writes: Write[] = [];
  const numbers: Partial<Record<HeadNumber, number>> = {};
  const pointers = await table.getMany(blocks.map(({ id }) => blockIdKey(id)));
  const items = await table.getMany([...pointers.values()].map((item) => blockKey(numberOf(item, 'q') ?? 0)));
  const stored = new Map<string, { readonly before: StoredBlock | undefined; readonly block: StoredBlock }>();
  for (const item of items.values()) {
    const block = await readBlock(table, item);
    stage.replace(item);
    stored.set(block.id, { before: block, block });
  }
  const newestOf = new Map<string, StoredBlock | undefined>();
  let sequence = head.numbers['blocks.sequence'];
  const changed = new Set<string>();
  // One after the other: an older block of a subject must have ended before a newer one of it begins.
  for (const block of blocks) {
    const there = stored.get(block.id);
    const next: StoredBlock = { ...block, sequence: there?.block.sequence ?? (sequence += 1) };
    const newestKnown = newestOf.has(block.subject)
      ? newestOf.get(block.subject)
      : await latestBlock(table, block.subject);
    const standing =
      newestKnown === undefined ? undefined : (stored.get(newestKnown.id)?.block ?? newestKnown);
    if (
      standing !== undefined &&
      standing.id !== block.id &&
      standing.state === 'active' &&
      block.state === 'active'
    )
      throw twoActive(table.place, block.subject);
    newestOf.set(
      block.subject,
      standing === undefined || standing.sequence <= next.sequence ? next : standing,
    );
    stored.set(block.id, { before: there?.before, block: next });
    changed.add(block.id);
  }
  for (const id of changed) {
    const each = stored.get(id);
    if (each !== undefined) writes.push(...blockWrites(each.block, each.before, stage));
  }
  if (sequence !== head.numbers['blocks.sequence']) numbers['blocks.sequence'] = sequence;
  const lines = planAudit(audit, 'done', now, head, stage);
  writes.push(...lines.writes);
  if (approvals !== undefined) {
    const key = { pk: approvalList, sk: keyPart(approvals.source) };
    const before = await table.get(key);
    stage.replace(before);
    const rows = [...new Map(approvals.approvals.map((each) => [each.network, each])).values()];
    if (rows.length > 0) {
      const text = JSON.stringify(rows);
      writes.push({ type: 'put', item: { pk: { S: key.pk }, sk: { S: key.sk }, ...stage.pack(text) } });
    } else if (before !== undefined) writes.push({ type: 'remove', key });
  }
  return { writes, numbers: { ...numbers, ...lines.numbers }, result };
}

function twoActive(place: string, subject: string): StoreError {
  return new StoreError('failed', {
    subject: `block of ${subject}`,
    place,
    reason: 'another block of it is still active',
    wayOut: 'end that one first',
  });
}

async function selectApprovals(table: Table): Promise<readonly Approval[]> {
  const items = await table.list({ pk: approvalList });
  const lists = await Promise.all(
    items.map(
      async (item: Item) => JSON.parse(await textWithin(table, item, 'approvals')) as readonly Approval[],
    ),
  );
  return lists
    .flat()
    .map((each) => ({ ...each, reason: each.reason }))
    .toSorted((a, b) => compare(a.source, b.source) || compare(a.network, b.network));
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** @throws {BadCursorError} @throws {RangeError} */
async function selectBlocks(table: Table, query: BlockQuery): Promise<BlockPage> {
  checkLimit(query.limit);
  const { state, now, subject } = query;
  const isWanted = (block: StoredBlock): boolean =>
    state === undefined ||
    (state === 'active' || state === 'expired'
      ? (block.state === 'active' && (state === 'active') === block.expiresAt > now) ||
        (state === 'expired' && block.state === 'expired')
      : block.state === state);
  const pk = subject !== undefined ? subjectPartition(subject) : state === 'active' ? activeList : blockList;
  const found: StoredBlock[] = [];
  for (let after = query.after; ;) {
    const items = await newest(table, pk, after, query.limit + 1);
    const blocks =
      pk === blockList
        ? await Promise.all(items.map((item) => readBlock(table, item)))
        : await pointedBlocks(table, items);
    found.push(...blocks.filter(isWanted));
    after = nextOf(blocks, true);
    if (found.length > query.limit || items.length <= query.limit || after === undefined) break;
  }
  const page = found.slice(0, query.limit);
  return { blocks: page, next: nextOf(page, found.length > query.limit) };
}
