import type { ListShape } from '../web/reputation/format.ts';
import { limitsFor, type Trust } from '../web/reputation/limits.ts';
import { readList, type ListContents } from '../web/reputation/list.ts';
import { openLists, type Lists, type ListSource, type ListsOptions, type ListState } from './open-lists.ts';

/** One list of addresses, from a file or from a URL. A stale copy is context and no verdict any more. */
export interface AddressListSettings extends ListShape, ListSource {
  readonly trust: Trust;
}

/** A list as it stands. */
export interface AddressListState extends Omit<ListState<ListContents>, 'isStale'> {
  /** What it may be used for now: that of the settings, or `context` once it is stale. */
  readonly trust: Trust;
}

export interface AddressListsOptions extends Omit<
  ListsOptions<AddressListSettings, ListContents>,
  'read' | 'changed'
> {
  /** Told of all lists whenever one of them has changed. */
  readonly changed: (lists: readonly AddressListState[]) => void;
}

export interface AddressLists extends Omit<Lists<ListContents>, 'states'> {
  readonly states: () => readonly AddressListState[];
}

/** Loads lists of addresses and keeps them fresh: see `openLists`. */
export async function openAddressLists({
  lists: settings,
  changed,
  ...options
}: AddressListsOptions): Promise<AddressLists> {
  const trusted = (states: readonly ListState<ListContents>[]): readonly AddressListState[] =>
    states.map(({ isStale, ...state }, i) => ({
      ...state,
      trust: isStale ? 'context' : (settings[i]?.trust ?? 'context'),
    }));
  const lists = await openLists<AddressListSettings, ListContents>({
    ...options,
    lists: settings,
    read: (bytes, list) => readList(bytes, list, limitsFor(list.trust)),
    changed: (states) => changed(trusted(states)),
  });
  return { ...lists, states: () => trusted(lists.states()) };
}
