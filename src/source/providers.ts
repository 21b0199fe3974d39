import { readFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import type { ProviderDocument } from '../context/providers/provider-documents.ts';
import { providerIndex } from '../context/providers/provider-index.ts';
import { readProviderList, type ProviderEntry } from '../context/providers/provider-list.ts';
import type { Provider } from '../context/providers/provider.ts';
import { keptList } from './kept-list.ts';
import { openLists, type ListSource, type ListState, type Lists } from './open-lists.ts';
import type { SourceLog } from './source.ts';

/** What one provider publishes, from a file or from a URL. */
export interface ProviderSource extends ListSource {
  /** As the configuration calls it: one that is known, or what alerts are to say. */
  readonly provider: string;
}

export interface Providers {
  readonly providerOf: (address: string) => Provider | undefined;
  readonly states: () => readonly ListState<readonly ProviderEntry[]>[];
  /** Undefined while all lists are there, else what is wrong with the first that is not. */
  readonly trouble: () => string | undefined;
  readonly stop: () => Promise<void>;
}

export interface ProvidersOptions {
  readonly lists: readonly ProviderSource[];
  /** Where last good copies of fetched lists are kept. */
  readonly folder: string;
  readonly clock: () => number;
  readonly log: SourceLog;
}

/** How long a start waits for lists that are fetched; copies of an earlier run are there at once. */
const patienceMs = 3_000;

/**
 * Knows whose addresses are whose by what providers publish, and keeps that fresh. Resolves once all lists were looked at, or after some
 * seconds: no server of somebody else's holds up a start.
 */
export async function openProviders({ lists, ...options }: ProvidersOptions): Promise<Providers> {
  let providerOf: (address: string) => Provider | undefined = () => undefined;
  let opened: Lists<readonly ProviderEntry[]> | undefined;
  const opening = openProviderLists({
    ...options,
    lists,
    changed: (states) => {
      providerOf = providerIndex(states.flatMap(({ contents }) => contents ?? []));
    },
  }).then((kept) => {
    opened = kept;
  });
  await Promise.race([opening, sleep(patienceMs, undefined, { ref: false })]);
  return {
    providerOf: (address) => providerOf(address),
    states: () => opened?.states() ?? [],
    trouble: () => opened?.trouble(),
    stop: async () => {
      const stopped = opening.then(() => opened?.stop());
      await Promise.race([stopped, sleep(patienceMs, undefined, { ref: false })]);
    },
  };
}

/** The lists by themselves, each as it stands; resolves once all of them were looked at. */
export function openProviderLists(
  options: ProvidersOptions & {
    readonly changed: (states: readonly ListState<readonly ProviderEntry[]>[]) => void;
  },
): Promise<Lists<readonly ProviderEntry[]>> {
  return openLists<ProviderSource, readonly ProviderEntry[]>({
    ...options,
    read: (bytes, { provider }) => readProviderList(bytes, provider),
  });
}

/**
 * What is there without asking anybody: files, and the copies that a server kept of what it fetched. Never throws.
 * @param onProblem told of each list that is not there
 */
export async function readProviderDocuments(
  lists: readonly ProviderSource[],
  folder: string,
  onProblem: (problem: string) => void,
): Promise<readonly ProviderDocument[]> {
  const documents: ProviderDocument[] = [];
  for (const { provider, name, from } of lists) {
    const bytes = 'url' in from ? (await keptList(folder, name, from.url))?.bytes : await fileAt(from.file);
    if (bytes === undefined || typeof bytes === 'string') {
      const reason = bytes ?? 'there is no copy yet; a server with this configuration fetches it';
      onProblem(`addresses of ${provider}: ${reason}`);
      continue;
    }
    const read = readProviderList(bytes, provider);
    if (read.type === 'read') documents.push({ provider, bytes: Uint8Array.from(bytes) });
    else onProblem(`addresses of ${provider}: ${read.reason}`);
  }
  return documents;
}

async function fileAt(path: string): Promise<Uint8Array | string> {
  try {
    return await readFile(path);
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}
