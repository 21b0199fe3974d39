import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { fetchList, tooLong, wholeOf, type Fetched, type FetchLimits } from './fetch-list.ts';
import { keepList, keptList, type KeptList } from './kept-list.ts';
import type { SourceLog } from './source.ts';

/** A list that somebody publishes, from a file or from a URL. */
export interface ListSource {
  /** Letters, digits, `-` and `_`; each list has its own. */
  readonly name: string;
  readonly from: { readonly file: string } | { readonly url: string };
  /** How often it is looked at. Spamhaus asks for once an hour at most. */
  readonly everyMs?: number | undefined;
  readonly timeoutMs?: number | undefined;
  readonly mostBytes?: number | undefined;
  /** A copy that nobody has confirmed for so long is stale: addresses are given to others. */
  readonly staleMs?: number | undefined;
}

/** A list as it stands. */
export interface ListState<Contents> {
  readonly name: string;
  /** Undefined until there is a first good copy. */
  readonly contents: Contents | undefined;
  /** When its source last gave or confirmed these contents, in milliseconds since the epoch. */
  readonly confirmedAt: number | undefined;
  readonly isStale: boolean;
  /** Why the last attempt brought nothing, or not all, one clause; undefined where it did. */
  readonly problem: string | undefined;
}

type ListRead<Contents> =
  | { readonly type: 'read'; readonly contents: Contents }
  | { readonly type: 'refused'; readonly reason: string };

export interface ListsOptions<Source extends ListSource, Contents> {
  readonly lists: readonly Source[];
  /** What a list says, or in one clause why it is none. */
  readonly read: (bytes: Uint8Array, list: Source) => ListRead<Contents> | Promise<ListRead<Contents>>;
  /** How a list is fetched that is more than one answer to one GET; `fetchList`, where left out. */
  readonly fetch?:
    | ((list: Source, url: string, kept: KeptList | undefined, limits: FetchLimits) => Promise<Fetched>)
    | undefined;
  /** Where last good copies of fetched lists are kept. */
  readonly folder: string;
  readonly clock: () => number;
  readonly log: SourceLog;
  /** Told of all lists, in the order in which they were given, whenever one of them has changed. */
  readonly changed: (lists: readonly ListState<Contents>[]) => void;
}

export interface Lists<Contents> {
  readonly states: () => readonly ListState<Contents>[];
  /** Undefined while all lists are there and fresh, else what is wrong with the first that is not. */
  readonly trouble: () => string | undefined;
  /** Looks at every list now. Never rejects. */
  readonly refresh: () => Promise<void>;
  readonly stop: () => Promise<void>;
}

const hour = 60 * 60 * 1000;
const defaultEveryMs = hour;
const defaultTimeoutMs = 30_000;
const defaultMostBytes = 32 * 1024 * 1024;
const defaultStaleMs = 7 * 24 * hour;
/** After a failure a list is looked at again this much sooner, and never more often than the floor. */
const soonerAfterFailure = 12;
const soonestMs = 60_000;

interface Held<Source, Contents> {
  readonly settings: Source;
  state: ListState<Contents>;
  kept: KeptList | undefined;
  /** Size and time of a file when it was read last. */
  looks: string | undefined;
  timer: NodeJS.Timeout | undefined;
  /** The look that is under way: two at once would write one copy over the other. */
  looking: Promise<void> | undefined;
}

/**
 * Loads lists and keeps them fresh. At the start the copies of an earlier run hold, so that Tocsin starts without a network, and those that are
 * not due yet are not asked for; whatever goes wrong later, the last good contents stay.
 */
export async function openLists<Source extends ListSource, Contents>(
  options: ListsOptions<Source, Contents>,
): Promise<Lists<Contents>> {
  type One = Held<Source, Contents>;
  const { folder, clock, log, changed } = options;
  const stopping = { now: false };
  const held = options.lists.map((settings): One => ({
    settings,
    state: {
      name: settings.name,
      contents: undefined,
      confirmedAt: undefined,
      isStale: false,
      problem: undefined,
    },
    kept: undefined,
    looks: undefined,
    timer: undefined,
    looking: undefined,
  }));
  const states = (): readonly ListState<Contents>[] => held.map(({ state }) => state);

  const set = (list: One, next: Partial<ListState<Contents>>): void => {
    const state = { ...list.state, ...next };
    const isStale = isStaleAt(list.settings, state.confirmedAt, clock());
    const isNew = state.contents !== list.state.contents || isStale !== list.state.isStale;
    if (state.problem !== undefined && state.problem !== list.state.problem)
      log.warn(
        { list: state.name, problem: state.problem },
        next.confirmedAt === undefined
          ? 'list not loaded; the last good one holds'
          : 'a part of the list did not come; what came holds, and so does what was there of the rest',
      );
    list.state = { ...state, isStale };
    if (isNew) changed(states());
  };
  const take = async (
    list: One,
    bytes: Uint8Array,
    confirmedAt: number,
    missing?: string,
  ): Promise<boolean> => {
    const read = await options.read(bytes, list.settings);
    if (read.type === 'refused') {
      set(list, { problem: read.reason });
      return false;
    }
    set(list, { contents: read.contents, confirmedAt, problem: missing });
    return true;
  };

  const fetchNow = async (list: One, url: string): Promise<void> => {
    const { name, timeoutMs = defaultTimeoutMs, mostBytes = defaultMostBytes } = list.settings;
    const limits = { timeoutMs, mostBytes };
    const fetched = await (options.fetch?.(list.settings, url, list.kept, limits) ??
      fetchList(url, list.kept?.validators ?? {}, limits));
    if (fetched.type === 'failed') {
      set(list, { problem: fetched.reason });
      return;
    }
    const confirmedAt = clock();
    if (fetched.type === 'unchanged') {
      if (list.kept === undefined)
        return set(list, { problem: 'HTTP 304 to a question that asked for no change' });
      list.kept = { ...list.kept, confirmedAt };
      set(list, { confirmedAt, problem: fetched.missing });
    } else {
      if (!(await take(list, fetched.bytes, confirmedAt, fetched.missing))) return;
      list.kept = { bytes: fetched.bytes, validators: fetched.validators, confirmedAt };
    }
    await keepList(folder, name, url, list.kept);
  };
  const readNow = async (list: One, file: string): Promise<void> => {
    const { mostBytes = defaultMostBytes } = list.settings;
    const { size, mtimeMs, ino } = await stat(file);
    const looks = `${ino} ${size} ${mtimeMs}`;
    if (looks === list.looks) return set(list, { confirmedAt: clock(), problem: undefined });
    const bytes = await wholeOf(createReadStream(file), mostBytes);
    if (bytes === undefined) return set(list, { problem: tooLong(mostBytes) });
    if (await take(list, bytes, clock())) list.looks = looks;
  };
  const lookOnce = async (list: One): Promise<void> => {
    const { from } = list.settings;
    try {
      await ('url' in from ? fetchNow(list, from.url) : readNow(list, from.file));
    } catch (error) {
      set(list, { problem: error instanceof Error ? error.message : String(error) });
    }
  };
  const lookAt = (list: One): Promise<void> =>
    (list.looking ??= lookOnce(list).finally(() => {
      list.looking = undefined;
    }));
  const schedule = (list: One): void => {
    if (stopping.now) return;
    const { everyMs = defaultEveryMs } = list.settings;
    const { problem, confirmedAt = clock() } = list.state;
    const due = problem === undefined ? confirmedAt + everyMs - clock() : everyMs / soonerAfterFailure;
    const wait = Math.max(soonestMs, Math.min(due, everyMs));
    list.timer = setTimeout(() => {
      void lookAt(list).then(() => schedule(list));
    }, wait);
    list.timer.unref();
  };

  for (const list of held) {
    const { name, from } = list.settings;
    if (!('url' in from)) continue;
    const kept = await keptList(folder, name, from.url);
    // Without its validators: where the copy is refused the list must come as a whole.
    if (kept !== undefined && (await take(list, kept.bytes, kept.confirmedAt))) list.kept = kept;
  }
  // Who runs several times an hour asks no more often than who runs all the time.
  await Promise.all(held.filter((list) => !isFresh(list, clock())).map(lookAt));
  for (const list of held) schedule(list);

  return {
    states,
    trouble: () => {
      const troubled = held.find(({ state }) => state.problem !== undefined);
      if (troubled === undefined) return undefined;
      const { name, problem, confirmedAt } = troubled.state;
      return `list ${name}: ${problem}; ${confirmedAt === undefined ? 'there is no copy' : `the copy of ${new Date(confirmedAt).toISOString()} holds`}`;
    },
    refresh: async () => {
      await Promise.all(held.map(lookAt));
    },
    stop: async () => {
      stopping.now = true;
      for (const { timer } of held) clearTimeout(timer);
      for (const { looking } of held) await looking;
    },
  };
}

/** Whether the copy that was found at the start need not be looked at yet. */
function isFresh({ settings, state: { confirmedAt } }: Held<ListSource, unknown>, now: number): boolean {
  const age = confirmedAt === undefined ? Number.NaN : now - confirmedAt;
  return age >= 0 && age < (settings.everyMs ?? defaultEveryMs);
}

function isStaleAt(
  { staleMs = defaultStaleMs }: ListSource,
  confirmedAt: number | undefined,
  now: number,
): boolean {
  return confirmedAt !== undefined && now - confirmedAt > staleMs;
}
