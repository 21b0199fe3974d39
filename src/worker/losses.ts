import { randomUUID } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as z from 'zod';
import { replaceFile } from './durable.ts';
import type { WorkerItem } from './protocol.ts';

const lossSchema = z.object({
  /** Told as the only item of a stream of its own, so that it counts once however often it is sent. */
  stream: z.string(),
  count: z.int().min(1),
  reason: z.string(),
  /** When the first of it was lost. */
  at: z.number(),
  /** Told behind the file of this number, and what was written before it. */
  behind: z.int(),
});

const stateSchema = z.object({
  losses: z.array(lossSchema).readonly(),
  /** Streams that are counted in `losses`, and whose files may still be there. */
  gone: z.array(z.string()).readonly(),
});

export type Loss = Readonly<z.output<typeof lossSchema>>;
type State = z.output<typeof stateSchema>;

/** What was dropped and the controller has not yet been told of. One change at a time. */
export interface Losses {
  /** The oldest. */
  readonly first: () => Loss | undefined;
  /** The highest number behind which any is told; 0 where none is. */
  readonly behind: () => number;
  /** On its way: what is lost from now on is told apart. */
  readonly sent: (loss: Loss) => void;
  /**
   * Durable when it resolves; the file of the stream may be removed then, and `removed` be called. Until then a start counts it as lost
   * and its file as gone, so that it is neither sent nor forgotten.
   */
  readonly add: (stream: string, lost: Omit<Loss, 'stream'>) => Promise<void>;
  readonly removed: (stream: string) => void;
  /** So many of what was added last had come to the controller after all; false, where it has been told otherwise. */
  readonly cameAfterAll: (count: number) => Promise<boolean>;
  /** Whether it is a stream of these. */
  readonly told: (stream: string) => Promise<boolean>;
  /** Files that a process before did not come to remove. */
  readonly gone: readonly string[];
}

export async function openLosses(folder: string, now: number): Promise<Losses> {
  const path = join(folder, 'lost.json');
  let state = await readState(path, now);
  const { gone } = state;
  /** A process before may have sent each of them, with its count as it is. */
  const onTheirWay = new Set(state.losses.map(({ stream }) => stream));
  const removed = new Set<string>();

  async function change(next: State): Promise<void> {
    await replaceFile(path, JSON.stringify(next));
    state = next;
    removed.clear();
  }
  const notRemoved = (): readonly string[] => state.gone.filter((stream) => !removed.has(stream));
  /** What is added to as long as it has not been sent. */
  function split(): { readonly others: readonly Loss[]; readonly open: Loss | undefined } {
    const last = state.losses.at(-1);
    if (last === undefined || onTheirWay.has(last.stream)) return { others: state.losses, open: undefined };
    return { others: state.losses.slice(0, -1), open: last };
  }

  return {
    gone,
    first: () => state.losses[0],
    behind: () => Math.max(0, ...state.losses.map(({ behind }) => behind)),
    sent: ({ stream }) => void onTheirWay.add(stream),
    add: async (stream, lost) => {
      const { others, open } = split();
      const loss =
        open === undefined ? { stream: randomUUID(), ...lost } : { ...open, count: open.count + lost.count };
      await change({ losses: [...others, loss], gone: [...notRemoved(), stream] });
    },
    removed: (stream) => void removed.add(stream),
    cameAfterAll: async (count) => {
      const { others, open } = split();
      if (open === undefined) return false;
      const left = open.count - count;
      await change({
        losses: left > 0 ? [...others, { ...open, count: left }] : others,
        gone: notRemoved(),
      });
      return true;
    },
    told: async (stream) => {
      const losses = state.losses.filter((loss) => loss.stream !== stream);
      if (losses.length === state.losses.length) return false;
      await change({ losses, gone: notRemoved() });
      onTheirWay.delete(stream);
      return true;
    },
  };
}

async function readState(path: string, now: number): Promise<State> {
  const content = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  });
  if (content === undefined) return { losses: [], gone: [] };
  try {
    return stateSchema.parse(JSON.parse(content));
  } catch {
    // No reason to send nothing any more; but that something was lost must not be lost as well.
    const reason = 'some were dropped from the buffer, and the file that said how many was damaged';
    return { losses: [{ stream: randomUUID(), count: 1, reason, at: now, behind: 0 }], gone: [] };
  }
}

export const reasonFull = (maxBytes: number): string =>
  `the buffer was full (${maxBytes} bytes), and the oldest were dropped`;
const ownReason = /^the buffer was full \(\d+ bytes\), and the oldest were dropped$/;

export function lossItem({ count, reason, at }: Loss): WorkerItem {
  return { type: 'lost', count, reason, at };
}

/** How many items are lost with a line of the buffer: earlier versions told of losses in lines among the others. */
export function lostWith(json: string | undefined): number {
  if (json === undefined || !json.startsWith('{"type":"lost"')) return 1;
  const { count, reason } = JSON.parse(json) as { readonly count?: unknown; readonly reason?: unknown };
  return typeof count === 'number' && typeof reason === 'string' && ownReason.test(reason) ? count : 1;
}
