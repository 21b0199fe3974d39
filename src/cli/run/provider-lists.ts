import type { ProviderEntry } from '../../context/providers/provider-list.ts';
import { line } from '../../notify/safe-text.ts';
import { utc } from '../../notify/words.ts';
import type { Config } from '../../runtime/config-schema.ts';
import { providerSources } from '../../runtime/config-context.ts';
import { listsFolder } from '../../runtime/reputation.ts';
import type { ListState } from '../../source/open-lists.ts';
import { openProviderLists } from '../../source/providers.ts';
import { renderColumns } from '../format/columns.ts';
import { formatDuration, terminalOf, writeOut } from '../terminal.ts';

/** What one provider publishes of its addresses, as it stands. */
export interface ProviderListState extends ListState<readonly ProviderEntry[]> {
  /** A URL or a path. */
  readonly from: string;
}

export interface ProviderLists {
  readonly states: () => readonly ProviderListState[];
  readonly refresh: () => Promise<void>;
  readonly stop: () => Promise<void>;
}

/** The lists of `context.places.providers`, under the names that the configuration gives them. */
export async function openProvidersOf(config: Pick<Config, 'data' | 'context'>): Promise<ProviderLists> {
  const sources = providerSources(config.context);
  const lists = await openProviderLists({
    lists: sources,
    folder: listsFolder(config),
    clock: Date.now,
    // What is wrong is told once, with the states.
    log: { info: () => {}, warn: () => {}, error: () => {} },
    changed: () => {},
  });
  return {
    states: () =>
      lists.states().map((state, i) => {
        const { provider = state.name, from = { file: '' } } = sources[i] ?? {};
        return { ...state, name: provider, from: 'url' in from ? from.url : from.file };
      }),
    refresh: lists.refresh,
    stop: lists.stop,
  };
}

/** As a table, and what is wrong with them beside it. */
export async function showProviders(providers: readonly ProviderListState[]): Promise<void> {
  const now = Date.now();
  const rows = providers.map(({ name, contents, confirmedAt, from }) => [
    line(name, 60),
    contents === undefined ? '-' : contents.length.toLocaleString('en'),
    confirmedAt === undefined ? 'never' : `${formatDuration(Math.max(0, now - confirmedAt))} ago`,
    line(from, 200),
  ]);
  const columns = [
    { head: 'PROVIDER' },
    { head: 'NETWORKS', right: true },
    { head: 'CONFIRMED' },
    { head: 'FROM', gives: true },
  ];
  await writeOut(`${renderColumns(columns, rows, terminalOf(process.stdout))}\n\n`);
  for (const { name, problem } of providers)
    if (problem !== undefined)
      process.stderr.write(`addresses of ${line(name, 60)}: ${line(problem, 300)}\n`);
}

export function plainProvider({
  name,
  from,
  contents,
  confirmedAt,
  isStale,
  problem,
}: ProviderListState): object {
  return {
    name,
    from,
    confirmedAt: confirmedAt === undefined ? null : utc(confirmedAt),
    stale: isStale,
    problem: problem ?? null,
    networks: contents?.length ?? null,
  };
}
