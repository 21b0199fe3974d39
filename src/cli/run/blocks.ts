import { userInfo } from 'node:os';
import { line } from '../../notify/safe-text.ts';
import { utc } from '../../notify/words.ts';
import { createBlocking, type Blocking, type BlockingSync } from '../../runtime/blocking.ts';
import { loadConfig } from '../../runtime/config.ts';
import { configSchema } from '../../runtime/config-schema.ts';
import { systemSecrets } from '../../runtime/secret.ts';
import { s3Client } from '../../source/aws-clients.ts';
import type { StoredBlock } from '../../store/block-store.ts';
import type { Store } from '../../store/store.ts';
import { stateAt, type BlockState } from '../../web/block.ts';
import { networkText, type Network } from '../../web/network.ts';
import { CliFailure, exitCode } from '../failure.ts';
import { renderColumns } from '../format/columns.ts';
import { jsonText } from '../format/json.ts';
import { renderSync } from '../format/sync.ts';
import { terminalOf, writeOut } from '../terminal.ts';
import { readPeriod } from '../time.ts';
import { openStoreOf } from './store-of.ts';

export interface BlockFlags {
  config?: string;
  store?: string;
  json?: boolean;
  state?: string;
  limit?: number;
  reason?: string;
  by?: string;
  for?: string;
  undo?: boolean;
  sync?: boolean;
  dryRun?: boolean;
}

interface Opened {
  readonly store: Store;
  readonly blocking: Blocking;
}

const states: Readonly<Record<string, BlockState | undefined>> = {
  active: 'active',
  expired: 'expired',
  removed: 'removed',
  approved: 'approved',
};

async function withBlocking<T>(flags: BlockFlags, work: (opened: Opened) => Promise<T>): Promise<T> {
  // A store that is named alone is looked at as it is: nothing is enforced with a configuration that happens to lie here.
  const isAlone = flags.store !== undefined && flags.config === undefined;
  const config = isAlone ? configSchema.parse({}) : loadConfig(flags.config, systemSecrets());
  const store = await openStoreOf(config, flags.store);
  try {
    const blocking =
      flags.dryRun === true ? { ...config.blocking, mode: 'dry-run' as const } : config.blocking;
    return await work({ store, blocking: createBlocking(blocking, store.blocks, s3Client) });
  } finally {
    await store.close();
  }
}

function networkOf(address: string, { blocker }: Blocking): Network {
  const network = blocker.networkOf(address);
  if (network === undefined)
    throw new CliFailure(
      `'${line(address, 60)}' is no address and no network; write something like 198.51.100.7 or 198.51.100.0/24`,
    );
  return network;
}

function asker(flags: BlockFlags): { readonly by: string; readonly now: number } {
  return { by: `operator ${flags.by ?? userInfo().username}`, now: Date.now() };
}

/** At most so many, page by page. */
async function pages<T>(
  most: number,
  read: (limit: number, after: string | undefined) => Promise<readonly [readonly T[], string | undefined]>,
): Promise<readonly T[]> {
  const found: T[] = [];
  let after: string | undefined;
  do {
    const [some, next] = await read(Math.min(500, Math.max(1, most - found.length)), after);
    found.push(...some);
    after = next;
  } while (after !== undefined && found.length < most);
  return found;
}

export function listBlocks(flags: BlockFlags): Promise<number> {
  const wanted = flags.state ?? 'active';
  if (wanted !== 'any' && !Object.hasOwn(states, wanted))
    throw new CliFailure(
      `--state ${line(wanted, 40)}: there is no such state; use any, ${Object.keys(states).join(', ')}`,
    );
  return withBlocking(flags, async ({ store, blocking }) => {
    const now = Date.now();
    const most = flags.limit ?? 100;
    const found = await pages(most + 1, async (limit, after) => {
      const page = await store.blocks.list({ state: states[wanted], now, after, limit });
      return [page.blocks, page.next];
    });
    const blocks = found.slice(0, most).map((block) => ({ ...block, state: stateAt(block, now) }));
    const targets = await store.blocks.targets();
    const { dryRun } = blocking.blocker;
    if (flags.json === true) {
      await writeOut(jsonText({ dryRun, blocks, more: found.length > most, targets }));
      return exitCode.ok;
    }
    await writeOut(blocks.length === 0 ? 'Nothing is blocked that fits.\n' : `${table(blocks, now)}\n`);
    if (found.length > most) await writeOut('There are more; --limit and --state choose.\n');
    for (const { name, leftOut } of targets)
      if (leftOut.length > 0)
        await writeOut(
          `${line(name, 200)} has no room for ${leftOut.length}: ${leftOut.slice(0, 10).join(', ')}${leftOut.length > 10 ? ' ...' : ''}\n`,
        );
    if (dryRun && blocks.length > 0)
      await writeOut('This is a dry run: nothing of it is enforced. blocking.mode: enforce does that.\n');
    return exitCode.ok;
  });
}

function table(blocks: readonly StoredBlock[], now: number): string {
  const rows = blocks.map((block) => [
    block.subject,
    block.state,
    block.state === 'active' ? spanText(block.expiresAt - now) : '',
    String(block.count),
    line(block.decidedBy, 40),
    line(block.reason, 200),
  ]);
  const columns = [
    { head: 'ADDRESS' },
    { head: 'STATE' },
    { head: 'LEFT', right: true },
    { head: 'REQUESTS', right: true },
    { head: 'DECIDED BY' },
    { head: 'WHY', gives: true },
  ];
  return renderColumns(columns, rows, terminalOf(process.stdout));
}

/** `3h 59m`, `12m`, `40s` */
function spanText(ms: number): string {
  const seconds = Math.max(0, Math.ceil(ms / 1000));
  const [hours, minutes] = [Math.trunc(seconds / 3600), Math.trunc(seconds / 60) % 60];
  if (hours >= 48) return `${Math.trunc(hours / 24)}d ${hours % 24}h`;
  if (hours > 0) return `${hours}h ${minutes}m`;
  return minutes > 0 ? `${minutes}m` : `${seconds}s`;
}

export function addBlock(address: string, flags: BlockFlags): Promise<number> {
  const period = flags.for === undefined ? undefined : readPeriod(flags.for, '--for');
  return withBlocking(flags, async ({ blocking }) => {
    const network = networkOf(address, blocking);
    const who = asker(flags);
    const verdict = await blocking.blocker.add({ network, reason: flags.reason ?? '', period }, who);
    if (verdict.type === 'refuse') throw new CliFailure(`${verdict.subject}: ${verdict.detail}`);
    const { subject, expiresAt } = verdict.block;
    const what = verdict.type === 'prolong' ? 'was blocked already, and is until' : 'is blocked until';
    return finish(flags, blocking, { block: verdict.block }, `${subject} ${what} ${utc(expiresAt)}.`);
  });
}

export function removeBlock(address: string, flags: BlockFlags): Promise<number> {
  return withBlocking(flags, async ({ blocking }) => {
    const network = networkOf(address, blocking);
    const block = await blocking.blocker.remove(network, flags.reason ?? '', asker(flags));
    if (block === undefined)
      throw new CliFailure(
        `${networkText(network)} is not blocked; 'tocsin blocks list' shows what is, exactly as it is blocked`,
      );
    return finish(flags, blocking, { block }, `${block.subject} is not blocked any more.`);
  });
}

export function approveAddress(address: string, flags: BlockFlags): Promise<number> {
  return withBlocking(flags, async ({ blocking }) => {
    const network = networkOf(address, blocking);
    const text = networkText(network);
    if (flags.undo === true) {
      if (!(await blocking.blocker.disapprove(network, flags.reason ?? '', asker(flags))))
        throw new CliFailure(
          `nobody approved exactly ${text}; what a list or the configuration approves is changed there`,
        );
      return finish(flags, blocking, { disapproved: text }, `${text} may be blocked again.`);
    }
    const ended = await blocking.blocker.approve(network, flags.reason ?? '', asker(flags));
    const over = ended.length === 0 ? '' : ` Unblocked: ${ended.map(({ subject }) => subject).join(', ')}.`;
    return finish(flags, blocking, { approved: text, ended }, `${text} is never blocked from now on.${over}`);
  });
}

/** After a change: enforces it, and says what became of it. */
async function finish(
  flags: BlockFlags,
  blocking: Blocking,
  result: object,
  sentence: string,
): Promise<number> {
  const { dryRun, enforcements } = blocking.blocker;
  const isEnforced = flags.sync !== false && !dryRun && enforcements.length > 0;
  const sync = isEnforced ? await blocking.sync(asker(flags).by) : undefined;
  if (flags.json === true) await writeOut(jsonText({ ...result, dryRun, ...(sync && { sync }) }));
  else {
    const note = dryRun ? ' (in the ledger; this is a dry run, and nothing is enforced)' : '';
    await writeOut(`${sentence}${note}\n${sync === undefined ? '' : renderSync(sync, dryRun)}`);
  }
  return sync === undefined ? exitCode.ok : codeOf(sync);
}

function codeOf({ troubles, results }: BlockingSync): number {
  const isWell =
    troubles.length === 0 && results.every(({ outcome }) => outcome !== 'failed' && outcome !== 'busy');
  return isWell ? exitCode.ok : exitCode.failure;
}

export function syncBlocks(flags: BlockFlags): Promise<number> {
  return withBlocking(flags, async ({ blocking }) => {
    const { dryRun } = blocking.blocker;
    const sync = await blocking.sync(asker(flags).by);
    await writeOut(flags.json === true ? jsonText({ dryRun, ...sync }) : renderSync(sync, dryRun));
    return codeOf(sync);
  });
}

export function blockHistory(address: string | undefined, flags: BlockFlags): Promise<number> {
  return withBlocking(flags, async ({ store, blocking }) => {
    const subject = address === undefined ? undefined : networkText(networkOf(address, blocking));
    const lines = await pages(flags.limit ?? 100, async (limit, after) => {
      const page = await store.blocks.audit({ subject, after, limit });
      return [page.lines, page.next];
    });
    if (flags.json === true) {
      const { blocks } =
        subject === undefined
          ? { blocks: undefined }
          : await store.blocks.list({ subject, now: Date.now(), limit: 500 });
      await writeOut(jsonText({ ...(blocks && { blocks }), audit: lines }));
      return exitCode.ok;
    }
    if (lines.length === 0) {
      await writeOut('Nothing was done that fits.\n');
      return exitCode.ok;
    }
    const rows = lines.map(({ time, action, phase, subject: about, by, detail, outcome }) => [
      utc(time),
      phase === 'done' ? action : `${action} (${phase})`,
      line(about, 60),
      line(by, 40),
      line(outcome === undefined ? detail : `${outcome}; ${detail}`, 200),
    ]);
    const columns = [
      { head: 'WHEN' },
      { head: 'WHAT' },
      { head: 'OF', gives: true },
      { head: 'BY' },
      { head: 'MORE', gives: true },
    ];
    await writeOut(`${renderColumns(columns, rows, terminalOf(process.stdout))}\n`);
    return exitCode.ok;
  });
}
