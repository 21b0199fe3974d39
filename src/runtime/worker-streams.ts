import * as z from 'zod';
import type { Json } from '../event/json.ts';
import type { StateChange } from '../sigma/correlation/state.ts';

/** How far each stream of each worker has been taken: what is sent again below that is known, and does nothing. */
export interface Streams {
  /** The last sequence number that was taken; 0 where the stream is new. */
  readonly through: (worker: string, stream: string) => number;
  /** What is to be stored with a batch. It holds from the time on that `stored` is called. */
  readonly move: (
    worker: string,
    stream: string,
    to: Place,
  ) => { readonly state: readonly StateChange[]; readonly stored: () => void };
}

interface Place {
  readonly through: number;
  /** When it was taken, in milliseconds since the epoch. */
  readonly at: number;
  readonly ends: boolean;
}

const place = z.object({ through: z.number(), at: z.number(), ends: z.boolean() });

const prefix = 'worker/';
/**
 * A stream that has ended is remembered for much longer than a request may be replayed; one that goes on, for as long as its worker may
 * be away with its answer lost. What is sent again after that still makes no second alert.
 */
const rememberEndedMs = 60 * 60_000;
const rememberMs = 30 * 24 * 60 * 60_000;
/** So many are forgotten at once. */
const mostForgotten = 200;

export function createStreams(state: readonly { readonly key: string; readonly value: Json }[]): Streams {
  const known = new Map<string, Place>();
  for (const { key, value } of state) {
    const read = key.startsWith(prefix) ? place.safeParse(value).data : undefined;
    if (read !== undefined) known.set(key, read);
  }
  /** When something can be forgotten next; looking through all of them for each batch would cost too much. */
  let nextLook = Number.NEGATIVE_INFINITY;

  function forgettable(now: number): string[] {
    if (now < nextLook) return [];
    const gone = [...known].flatMap(([key, { at, ends }]) =>
      now - at > (ends ? rememberEndedMs : rememberMs) ? [key] : [],
    );
    if (gone.length <= mostForgotten) nextLook = now + 60_000;
    return gone.slice(0, mostForgotten);
  }

  return {
    through: (worker, stream) => known.get(keyOf(worker, stream))?.through ?? 0,
    move: (worker, stream, to) => {
      const key = keyOf(worker, stream);
      const gone = forgettable(to.at).filter((other) => other !== key);
      return {
        state: [
          { key, value: { through: to.through, at: to.at, ends: to.ends } },
          ...gone.map((other) => ({ key: other, value: undefined })),
        ],
        stored: () => {
          for (const other of gone) known.delete(other);
          known.set(key, to);
        },
      };
    },
  };
}

function keyOf(worker: string, stream: string): string {
  return `${prefix}${worker}/${stream}`;
}
