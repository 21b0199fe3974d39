import type { Context } from '../context/context.ts';
import { createUsualMemory, type UsualCounters, type UsualMemory } from '../context/usual/memory.ts';
import { usualOf, type UsualSettings } from '../context/usual/usual.ts';
import type { Event } from '../event/event.ts';
import { digest } from '../sigma/correlation/scalars.ts';
import type { StateChange } from '../sigma/correlation/state.ts';
import type { Store } from '../store/store.ts';

/** What actors usually do, as long as somebody learns it: whoever asks needs it before the store is there from which it comes. */
export interface Habits {
  readonly usualOf: Context['usualOf'];
  /** What is learned from here on is what answers come from. */
  readonly use: (memory: UsualMemory) => void;
}

export function createHabits(settings: UsualSettings): Habits {
  let current: UsualMemory | undefined;
  return {
    usualOf: (event, place) => (current === undefined ? undefined : usualOf(event, place, current, settings)),
    use: (memory) => {
      current = memory;
    },
  };
}

/** What actors usually do, kept in a store: together with the alerts of the same events, or not at all. */
export interface KeptUsual {
  /** @param latest the latest time that can be true: what is later is not learned from, because all else would look old beside it */
  readonly learn: (events: readonly Event[], latest: number) => void;
  readonly isChanged: () => boolean;
  /** Calls `commit` with what is to be stored. When that fails, it is among what is stored the next time. */
  readonly keep: <T>(commit: (state: readonly StateChange[]) => Promise<T>) => Promise<T>;
  readonly counters: () => UsualCounters;
}

const prefix = 'usual/';

/** Goes on with what the store remembers. */
export async function openUsual(
  store: Pick<Store, 'state'>,
  context: Pick<Context, 'placeOf'>,
  habits: Habits,
): Promise<KeptUsual> {
  const memory = createUsualMemory((address) => context.placeOf({ type: 'address', address }));
  memory.load((await store.state(prefix)).map(({ value }) => value));
  habits.use(memory);
  return {
    learn: (events, latest) => {
      for (const event of events) if (event.time <= latest) memory.observe(event);
    },
    isChanged: memory.isChanged,
    keep: async (commit) => {
      const changes = memory.changes();
      try {
        return await commit(
          changes.map(({ actor, value }) => ({ key: prefix + digest(actor).slice(0, 32), value })),
        );
      } catch (error) {
        memory.untold(changes);
        throw error;
      }
    },
    counters: memory.counters,
  };
}
