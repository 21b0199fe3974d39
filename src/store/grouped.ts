/**
 * Turns a function that handles many items in one go into one that takes them singly. Items that come in during one
 * turn of the event loop, or while the group before is being handled, go together: under load many callers share one
 * disk flush, and a lone caller waits for nobody. Groups run one at a time, in order of arrival.
 *
 * Where a group fails each of its items is tried alone, so that one bad item does not take its neighbours down.
 * @param isAlike whether an error would meet each item alone as well, so that it is theirs at once
 * @param paceMs from the beginning of one group to that of the next at least: a group has a price of its own, which many callers share then
 */
export function grouped<Item, Result>(
  handle: (items: readonly Item[]) => Promise<readonly Result[]>,
  mostAtOnce: number,
  isAlike: (error: unknown) => boolean = () => false,
  paceMs = 0,
): (item: Item) => Promise<Result> {
  interface Waiting {
    readonly item: Item;
    readonly resolve: (result: Result) => void;
    readonly reject: (error: unknown) => void;
  }
  let waiting: Waiting[] = [];
  let running = false;
  let began = Number.NEGATIVE_INFINITY;

  /** Lets the event loop have its turn: timers and sockets must not starve behind a long queue. */
  function turn(): Promise<void> {
    const ms = began + paceMs - performance.now();
    return new Promise((next) => void (ms < 1 ? setImmediate(next) : setTimeout(next, ms)));
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
      began = performance.now();
      const group = waiting.slice(0, mostAtOnce);
      waiting = waiting.slice(mostAtOnce);
      await settle(group);
    }
    running = false;
  }

  return (item) =>
    new Promise((resolve, reject) => {
      waiting.push({ item, resolve, reject });
      if (running) return;
      running = true;
      void drain();
    });
}
