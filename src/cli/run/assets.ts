import { isDeleted, type Asset, type Moment } from '../../facts/assets/asset.ts';
import { describeAspects } from '../../facts/assets/describe.ts';
import { assetKey } from '../../facts/assets/memory.ts';
import { line } from '../../notify/safe-text.ts';
import { utc } from '../../notify/words.ts';
import { loadConfig } from '../../runtime/config.ts';
import { configSchema } from '../../runtime/config-schema.ts';
import { systemSecrets } from '../../runtime/secret.ts';
import type { Store } from '../../store/store.ts';
import { CliFailure, exitCode } from '../failure.ts';
import { renderColumns } from '../format/columns.ts';
import { jsonText } from '../format/json.ts';
import { paint, terminalOf, writeOut } from '../terminal.ts';
import { openStoreOf } from './store-of.ts';

export interface ListFlags {
  config?: string;
  store?: string;
  type?: string;
  account?: string;
  limit?: number;
  json?: boolean;
}

/** Runs with the store that the flags name. To look into a missing one is a mistake; only what is to be written makes one. */
export async function withStore<T>(
  flags: { readonly config?: string; readonly store?: string },
  work: (store: Store) => Promise<T>,
  missing: 'refuse' | 'make' = 'refuse',
): Promise<T> {
  const config =
    flags.store === undefined ? loadConfig(flags.config, systemSecrets()) : configSchema.parse({});
  const store = await openStoreOf(config, flags.store, missing);
  try {
    return await work(store);
  } finally {
    await store.close();
  }
}

export async function listAssets(text: string | undefined, flags: ListFlags): Promise<number> {
  const most = flags.limit ?? 100;
  const assets = await withStore(flags, (store) => read(store, { ...flags, text }, most + 1));
  const shown = assets.slice(0, most);
  if (flags.json === true) {
    await writeOut(jsonText({ assets: shown, more: assets.length > most }));
    return exitCode.ok;
  }
  const terminal = terminalOf(process.stdout);
  if (shown.length === 0) {
    await writeOut('Nothing is remembered that fits.\n');
    return exitCode.ok;
  }
  const rows = shown.map((asset) => [
    line(asset.name, 200),
    `${line(asset.type, 60)}${isDeleted(asset) ? ' (deleted)' : ''}`,
    line(asset.account ?? '', 20),
    line(asset.region ?? '', 20),
    line(asset.created?.by ?? '', 60),
    utc(asset.lastSeen),
  ]);
  const columns = [
    { head: 'NAME', gives: true },
    { head: 'TYPE', gives: true },
    { head: 'ACCOUNT' },
    { head: 'REGION' },
    { head: 'MADE BY', gives: true },
    { head: 'LAST HEARD OF' },
  ];
  await writeOut(`${renderColumns(columns, rows, terminal)}\n`);
  if (assets.length > most) await writeOut(`There are more; --limit, a text, --type and --account choose.\n`);
  return exitCode.ok;
}

/** The first so many, page by page. */
async function read(
  store: Store,
  {
    type,
    account,
    text,
  }: { readonly type?: string; readonly account?: string; readonly text?: string | undefined },
  most: number,
): Promise<readonly Asset[]> {
  const assets: Asset[] = [];
  let after: string | undefined;
  do {
    const limit = Math.min(500, Math.max(1, most - assets.length));
    const page = await store.assets({ type, account, text, after, limit });
    assets.push(...page.assets);
    after = page.next;
  } while (after !== undefined && assets.length < most);
  return assets;
}

export async function showAssets(name: string, flags: ListFlags): Promise<number> {
  const found = await withStore(flags, (store) => named(store, name, flags.type));
  if (flags.json === true) await writeOut(jsonText(found));
  else await writeOut(found.map(render).join('\n'));
  return exitCode.ok;
}

/** Those that are called so, wholly. @throws {CliFailure} where there is none */
async function named(store: Store, name: string, type: string | undefined): Promise<readonly Asset[]> {
  const wanted = name.toLowerCase();
  const found = (await read(store, { text: name, ...(type === undefined ? {} : { type }) }, 2_000)).filter(
    (asset) => [asset.name, asset.id, asset.arn].some((one) => one?.toLowerCase() === wanted),
  );
  if (found.length === 0)
    throw new CliFailure(
      `nothing is remembered of ${line(name, 200)}; 'tocsin assets list ${line(name, 60)}' looks for a part of a name`,
    );
  return found;
}

function render(asset: Asset): string {
  const terminal = terminalOf(process.stdout);
  const row = (label: string, text: string | undefined): readonly string[] =>
    text === undefined ? [] : [`${paint(terminal, 'dim', label.padStart(14))}  ${line(text, 600)}`];
  const several = (label: string, texts: readonly string[]): readonly string[] =>
    texts.flatMap((text, i) => row(i === 0 ? label : '', text));
  return `${[
    `${paint(terminal, 'bold', line(asset.name, 200))}  ${line(asset.type, 60)}${isDeleted(asset) ? ' (deleted)' : ''}`,
    ...row('ARN', asset.arn),
    ...row('id', asset.id === asset.name ? undefined : asset.id),
    ...row('account', asset.account),
    ...row('region', asset.region),
    ...row('made', asset.created && spoken(asset.created)),
    ...row('deleted', asset.deleted && spoken(asset.deleted)),
    ...row('heard of', `${utc(asset.firstSeen)} to ${utc(asset.lastSeen)}`),
    ...describeAspects(asset).flatMap(({ name, lines }) => several(line(name, 40), lines)),
    ...several(
      'history',
      asset.history.map((moment) => `${moment.action} ${spoken(moment)}`),
    ),
  ].join('\n')}\n`;
}

function spoken({ by, principal, time }: Moment): string {
  return `by ${by}${principal === undefined || principal === by ? '' : ` (${principal})`}, ${utc(time)}`;
}

export async function forgetAsset(name: string, flags: ListFlags): Promise<number> {
  return withStore(flags, async (store) => {
    const found = await named(store, name, flags.type);
    const [asset, other] = found;
    if (asset === undefined || other !== undefined)
      throw new CliFailure(
        `${found.length} assets are called ${line(name, 200)} (${found.map(({ type }) => line(type, 60)).join(', ')}); say which with --type, or with its id`,
      );
    await store.commit({ alerts: [], assets: [{ key: assetKey(asset), asset: undefined }], now: Date.now() });
    await writeOut(
      `Forgotten: ${line(asset.type, 60)} ${line(asset.name, 200)}. A running server hears of it within seconds.\n`,
    );
    return exitCode.ok;
  });
}
