import type { PlaceData } from '../context/place-data.ts';
import { locateInOrder, type Locate } from '../context/place.ts';
import { builtinPlaces } from './builtin-places.ts';
import { readPlaceFile, stampOf } from './place-files.ts';

export interface KeptPlacesOptions {
  readonly files: readonly string[];
  readonly builtin: boolean;
  readonly onLoaded: (loaded: {
    readonly path: string;
    readonly type: string;
    readonly madeAt: number;
  }) => void;
  /** Told once of each problem; what was read before goes on to hold. */
  readonly onProblem: (problem: string) => void;
}

/** Files of places that are followed while they change. */
export interface KeptPlaces {
  readonly locate: Locate;
  /** Reads what has changed. A file that is being written is left until it has been the same for two looks. */
  readonly look: () => Promise<void>;
  /** For each file with which something is wrong at this moment, what it is. */
  readonly troubles: () => readonly string[];
}

interface Kept {
  readonly path: string;
  data: PlaceData | undefined;
  /** Of the file that was tried last, and of the file as it was seen last. */
  tried: string | undefined;
  seen: string | undefined;
  trouble: string | undefined;
}

/** Opens the files. One that cannot be used is told, and tried again when it changes. */
export async function openKeptPlaces(options: KeptPlacesOptions): Promise<KeptPlaces> {
  const { onLoaded, onProblem } = options;
  const all = options.files.map((path): Kept => ({
    path,
    data: undefined,
    tried: undefined,
    seen: undefined,
    trouble: undefined,
  }));
  const builtin = options.builtin ? [builtinPlaces(onProblem)] : [];
  let locate = locateInOrder(builtin);

  async function load(kept: Kept): Promise<void> {
    const read = await readPlaceFile(kept.path);
    if ('data' in read) {
      kept.data = read.data;
      kept.trouble = undefined;
      locate = locateInOrder([...all.flatMap(({ data }) => data?.locate ?? []), ...builtin]);
      onLoaded({ path: kept.path, type: read.data.type, madeAt: read.data.madeAt });
      return;
    }
    const before = kept.data === undefined ? '' : '; the one that was read before goes on to be used';
    const trouble = read.problem + before;
    if (trouble !== kept.trouble) onProblem(trouble);
    kept.trouble = trouble;
  }

  for (const kept of all) {
    kept.tried = kept.seen = await stampOf(kept.path);
    await load(kept);
  }
  return {
    locate: (address) => locate(address),
    look: async () => {
      for (const kept of all) {
        const stamp = await stampOf(kept.path);
        const isSettled = stamp === kept.seen;
        kept.seen = stamp;
        if (!isSettled || stamp === kept.tried) continue;
        kept.tried = stamp;
        await load(kept);
      }
    },
    troubles: () => all.flatMap(({ trouble }) => trouble ?? []),
  };
}
