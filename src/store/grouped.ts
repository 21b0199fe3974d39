/** A group has a price of its own, which many callers share where groups leave time between them. */
export interface Pace<Item> {
  /** Milliseconds from the beginning of one group to that of the next, at least. */
  readonly ms: number;
  /** The same at most, while several come at once, more than before may still come, and nobody hurries. */
  readonly leisureMs: number;
  readonly hurries: (item: Item) => boolean;
  /** Whether it has waited for others already: then a group begins at once, where none is being handled. */
  readonly isGathered?: ((item: Item) => boolean) | undefined;
}

/** Over so many groups a few callers that wait for their answers have all come together. */
const sizesKept = 16;

export const noPace: Pace<unknown> = { ms: 0, leisureMs: 0, hurries: () => true };

/**
 * Turns a function that handles many items in one go into one that takes them singly. Items that come in during one
 * turn of the event loop, or while the group before is being handled, go together: under load many callers share one
 * disk flush, and a lone caller waits for nobody. Groups run one at a time, in order of arrival.
 *
 * Where a group fails each of its items is tried alone, so that one bad item does not take its neighbours down.
 * @param isAlike whether an error would meet each item alone as well, so that it is theirs at once
 */
export function grouped<Item, Result>(
  handle: (items: readonly Item[]) => Promise<readonly Result[]>,
  mostAtOnce: number,
  isAlike: (error: unknown) => boolean = () => false,
  pace: Pace<Item> = noPace,
): (item: Item) => Promise<Result> {
  interface Waiting {
    readonly item: Item;
    readonly resolve: (result: Result) => void;
    readonly reject: (error: unknown) => void;
  }
  let waiting: Waiting[] = [];
  let running = false;
  let began = Number.NEGATIVE_INFINITY;
  /** Of the last groups, the latest at the end. */
  let sizes: readonly number[] = [];
  /** Set while the next group waits at leisure. */
  let hurry: (() => void) | undefined;

  /** Lets the event loop have its turn: timers and sockets must not starve behind a long queue. */
  function turn(): Promise<void> {
    const left = (ms: number): number => began + ms - performance.now();
    return new Promise((next) => {
      if (pace.isGathered !== undefined && waiting.some(({ item }) => pace.isGathered?.(item))) {
        next();
        return;
      }
      const after = (ms: number): NodeJS.Timeout | undefined => {
        if (ms >= 1) return setTimeout(next, ms);
        setImmediate(next);
        return undefined;
      };
      // Who came alone may be waited for by whoever sends the next.
      const isAtLeisure = (sizes.at(-1) ?? 0) > 1 && !isHurried();
      const timer = after(left(isAtLeisure ? pace.leisureMs : pace.ms));
      if (!isAtLeisure || timer === undefined) return;
      hurry = () => {
        hurry = undefined;
        clearTimeout(timer);
        after(left(pace.ms));
      };
    });
  }

  /** Where as many wait as ever came together, they may be all there are, and send nothing until they are answered. */
  function isHurried(): boolean {
    return waiting.length >= Math.max(...sizes) || waiting.some(({ item }) => pace.hurries(item));
  }

  async function settle(group: readonly Waiting[]): Promise<void> {
    try {
      const results = await handle(group.map((entry) => entry.item));
      group.forEach((entry, index) => {
        // `handle` answers item by item, so every index below the group's length is there.
        entry.resolve(results[index] as Result);
      });
    } catch (error) {
      if (group.length === 1 || isAlike(error)) for (const entry of group) entry.reject(error);
      else for (const entry of group) await settle([entry]);
    }
  }

  async function drain(): Promise<void> {
    while (waiting.length > 0) {
      await turn();
      hurry = undefined;
      began = performance.now();
      const group = waiting.slice(0, mostAtOnce);
      sizes = [...sizes.slice(1 - sizesKept), group.length];
      waiting = waiting.slice(mostAtOnce);
      await settle(group);
    }
    running = false;
  }

  return (item) =>
    new Promise((resolve, reject) => {
      waiting.push({ item, resolve, reject });
      if (hurry !== undefined && isHurried()) hurry();
      if (running) return;
      running = true;
      void drain();
    });
}
