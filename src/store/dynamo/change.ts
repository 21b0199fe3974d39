import { randomUUID } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';
import { setTimeout as delay } from 'node:timers/promises';
import { StoreError } from '../error.ts';
import { headItem, headKey, readHead, type Head, type HeadNumber, type Pending } from './head.ts';
import { intentItems, removeStaged, settleIntent, undoStaged, type Intent } from './intent.ts';
import { keyItem, keyOf, numeral, type Item } from './item.ts';
import { keyText, rising, type Key } from './keys.ts';
import { newStage, textWithin, type Stage } from './stage.ts';
import { backOff, type Table } from './table.ts';
import { merged, plainBytes, readWrites, transactItem, weightOf, writeText, type Write } from './write.ts';

/** What a change writes; all of it or nothing. */
export interface Plan<T> {
  readonly writes: readonly Write[];
  /** The running totals that it changes. */
  readonly numbers?: Readonly<Partial<Record<HeadNumber, number>>> | undefined;
  readonly result: T;
}

/** Decides a change from what is there; called again where others have changed something meanwhile. */
export type Decide<T> = (head: Head, stage: Stage) => Promise<Plan<T>>;

export interface Changes {
  /** Makes a change after all those before it. */
  change<T>(subject: string, decide: Decide<T>): Promise<T>;
  /** Reads, after a change that was cut off has been brought to its end. */
  read<T>(work: () => Promise<T>): Promise<T>;
  head(): Promise<Head>;
  /** Waits for what is cleared away in the background. */
  idle(): Promise<void>;
}

/** What the attempts at one change have written beforehand. */
interface Draft {
  readonly id: string;
  readonly written: Map<string, Item>;
  /** As it stands in the table. */
  intent: Intent | undefined;
}

/** https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_TransactWriteItems.html: 100 actions and 4 MB. */
const mostWrites = 97;
const mostWeight = 3 * 1024 * 1024;
/** A step is an item before it is a transaction, and an item has 400 KB. */
const stepWeight = 230 * 1024;
const mostTries = 40;
/** How long one waits for a step that somebody else is writing before taking it over, in milliseconds. */
const patience = 150;

export function changesOf(table: Table): Changes {
  const clearing = new Set<Promise<unknown>>();
  let turn: Promise<unknown> = Promise.resolve();

  /** What fails here is found and cleared away by the sweep. */
  function clear(work: () => Promise<unknown>): void {
    const promise = work().catch(() => {});
    clearing.add(promise);
    void promise.finally(() => clearing.delete(promise));
  }

  async function head(): Promise<Head> {
    return readHead(await table.get(headKey), table.place);
  }

  async function settledHead(): Promise<Head> {
    for (;;) {
      const current = await head();
      if (current.pending === undefined) return current;
      await carryOn(current.pending);
    }
  }

  /** Who began it most likely goes on with it. */
  async function carryOn(pending: Pending): Promise<void> {
    for (let before = pending; ;) {
      await delay(patience);
      const now = (await head()).pending;
      if (now?.id !== pending.id) return;
      if (now.step === before.step) break;
      before = now;
    }
    await complete(pending.id);
  }

  /** Writes the steps of a change that has been decided; whoever does it, each step is written once. */
  async function complete(id: string): Promise<void> {
    for (;;) {
      const { pending } = await head();
      if (pending?.id !== id) return;
      const { step, steps } = pending;
      const item = await table.get(stepKey(id, step));
      if (item === undefined) {
        if ((await head()).pending?.step !== step) continue;
        throw new StoreError('corrupt', {
          subject: `step ${step} of the change ${id}`,
          place: table.place,
          reason: 'it is missing',
          wayOut: 'restore the table from a backup',
        });
      }
      const text = await textWithin(table, item, `step ${step} of the change ${id}`);
      await takeStep({ id, step, steps }, readWrites(text));
    }
  }

  /** False where somebody else has taken it. */
  function takeStep({ id, step, steps }: Pending, writes: readonly Write[]): Promise<boolean> {
    const isLast = step + 1 >= steps;
    return table.transact([
      {
        Update: {
          TableName: table.name,
          Key: keyItem(headKey),
          ConditionExpression: 'pending = :id and step = :step',
          UpdateExpression: isLast ? 'remove pending, step, steps' : 'set step = :next',
          ExpressionAttributeValues: {
            ':id': { S: id },
            ':step': numeral(step),
            ...(!isLast && { ':next': numeral(step + 1) }),
          },
        },
      },
      ...writes.map((write) => transactItem(write, table.name)),
    ]);
  }

  /** True once it is there, false where others were faster. */
  async function publish<T>(before: Head, stage: Stage, plan: Plan<T>, draft: Draft): Promise<boolean> {
    const { id } = draft;
    const writes = merged(plan.writes);
    const small = isSmall(writes);
    const steps = small ? [] : stepsOf(writes);
    const journal = steps.map((step, i) => ({
      ...keyItem(stepKey(id, i)),
      ...stage.pack(writeText(step)),
    }));
    for (const item of journal) {
      stage.old.push(keyOf(item));
      stage.replace(item);
    }
    const staged = [...stage.items, ...journal];
    if (!(await stageItems(draft, staged, stage.old))) return true;
    const after: Head = {
      version: before.version + 1,
      by: id,
      numbers: { ...before.numbers, ...plan.numbers },
      pending: steps.length === 0 ? undefined : { id, step: 0, steps: steps.length },
    };
    const published = await table.transact([
      {
        Put: {
          TableName: table.name,
          Item: headItem(after),
          ConditionExpression: 'v = :v and attribute_not_exists(pending)',
          ExpressionAttributeValues: { ':v': numeral(before.version) },
        },
      },
      ...(draft.intent === undefined ? [] : [settleIntent(table.name, id, 'done')]),
      ...(small ? writes.map((write) => transactItem(write, table.name)) : []),
    ]);
    if (!published) return false;
    for (const [step, some] of steps.entries())
      if (!(await takeStep({ id, step, steps: steps.length }, some))) {
        await complete(id);
        break;
      }
    return true;
  }

  /**
   * Writes beforehand what is to be written so, and before that the list of it. What an earlier attempt at the same change has written stays.
   * False where that attempt came through after all.
   */
  async function stageItems(draft: Draft, staged: readonly Item[], old: readonly Key[]): Promise<boolean> {
    const now = new Map(staged.map((item) => [keyText(keyOf(item)), item]));
    const fresh = [...now].filter(([key, item]) => !isDeepStrictEqual(draft.written.get(key), item));
    const unused = [...draft.written].flatMap(([key, item]) => (now.has(key) ? [] : [keyOf(item)]));
    for (const [key, item] of fresh) draft.written.set(key, item);
    const intent = { id: draft.id, undo: [...draft.written.values()].map(keyOf), done: [...old, ...unused] };
    if (intent.undo.length + intent.done.length === 0) return true;
    const [main, ...lists] = intentItems(intent, Date.now());
    if (draft.intent === undefined) await table.putAll([main]);
    else if (!(await table.putIf(main, '#state = :open', { ':open': { S: 'open' } }, { '#state': 'state' })))
      return false;
    draft.intent = intent;
    await table.putAll(lists);
    await table.putAll(fresh.map(([, item]) => item));
    return true;
  }

  async function attempt<T>(subject: string, decide: Decide<T>): Promise<T> {
    const draft: Draft = { id: randomUUID(), written: new Map(), intent: undefined };
    let published = false;
    try {
      for (let tries = 1; ; tries++) {
        const before = await settledHead();
        const stage = newStage(draft.id);
        let plan: Plan<T>;
        try {
          plan = await decide(before, stage);
        } catch (error) {
          // What was read while others were writing may contradict itself.
          if (tries < mostTries && (await head()).version !== before.version) continue;
          throw error;
        }
        const nothing = plan.writes.length === 0 && Object.keys(plan.numbers ?? {}).length === 0;
        if (nothing) {
          // What changes nothing has still been decided from what others may have been changing.
          if ((await head()).version === before.version) return plan.result;
        } else {
          published = await publish(before, stage, plan, draft);
          if (published) return plan.result;
        }
        if (tries >= mostTries)
          throw new StoreError('busy', {
            subject,
            place: table.place,
            reason: 'other processes keep writing at the same time',
            wayOut: 'try again; let one server lead and the others stand by',
          });
        await backOff(Math.min(tries, 5));
      }
    } catch (error) {
      // Where nobody knows what became of it, the list stays for the sweep, which can tell.
      if (error instanceof StoreError && error.problem === 'unreachable') draft.intent = undefined;
      throw error;
    } finally {
      const { intent } = draft;
      if (intent !== undefined)
        clear(() => (published ? removeStaged(table, intent, true) : undoStaged(table, intent)));
    }
  }

  return {
    // One at a time here: two of one process would only get into each other's way.
    change: (subject, decide) => {
      const mine = turn.then(() => attempt(subject, decide));
      turn = mine.catch(() => {});
      return mine;
    },
    read: async (work) => {
      const [current, result] = await Promise.all([head(), work()]);
      if (current.pending === undefined) return result;
      await settledHead();
      return work();
    },
    head: settledHead,
    idle: async () => {
      await Promise.all(clearing);
    },
  };
}

/** Whether writes fit into one transaction. */
export function isSmall(writes: readonly Write[]): boolean {
  return writes.length <= mostWrites && writes.reduce((sum, write) => sum + weightOf(write), 0) <= mostWeight;
}

function stepKey(id: string, step: number): Key {
  return { pk: `J#${id}`, sk: rising(step) };
}

function stepsOf(writes: readonly Write[]): readonly (readonly Write[])[] {
  const steps: Write[][] = [];
  let weight = Infinity;
  for (const write of writes) {
    const plain = unconditional(write);
    const own = weightOf(plain);
    const current = steps.at(-1);
    if (current === undefined || weight + own > stepWeight || current.length >= mostWrites) {
      steps.push([plain]);
      weight = own;
    } else {
      current.push(plain);
      weight += own;
    }
  }
  return steps;
}

/** A change that has been decided comes to its end, and so its steps have no conditions. */
function unconditional(write: Write): Write {
  switch (write.type) {
    case 'put':
      return { type: 'put', item: plainBytes(write.item) };
    case 'remove':
      return { type: 'remove', key: write.key };
    case 'add':
      return { ...write, set: plainBytes(write.set) };
    default:
      return write satisfies never;
  }
}
