import { cloudTrailEvent } from '../decode/cloudtrail/event.ts';
import type { Event } from '../event/event.ts';
import type { JsonObject } from '../event/json.ts';
import type { Provenance } from '../event/record.ts';
import { textBytes } from '../event/text-bytes.ts';
import { byTime } from '../facts/assets/sightings.ts';
import { createHeap } from '../sigma/correlation/heap.ts';

/** An event on its way to whoever remembers assets: plain data, which may be sent between threads, in a fraction of an object's memory. */
export interface HeldEvent {
  readonly time: number;
  readonly action: string;
  /** The raw record, as JSON. */
  readonly text: string;
  readonly provenance: Provenance;
}

export function heldEvent({ time, action, fields, provenance }: Event): HeldEvent {
  return { time, action, text: JSON.stringify(fields), provenance };
}

function eventOf({ text, provenance }: HeldEvent): Event {
  const event = cloudTrailEvent(JSON.parse(text) as JsonObject, provenance);
  // It was an event before it was written down.
  if ('problem' in event) throw new Error(`an event cannot be read again: ${event.problem}`);
  return event;
}

/** Puts events of many files in the order of their time, as far as they fit into memory. */
export interface HeldEvents {
  readonly add: (events: readonly HeldEvent[]) => void;
  /** The oldest, so many that the rest fits into memory again. */
  readonly overflow: () => readonly Event[];
  /** Some of what is left, the oldest first; empty at the end. */
  readonly rest: () => readonly Event[];
}

/** So many bytes wait for older events; with more, the oldest are let go. */
const mostBytes = 4 * 1024 * 1024;
const atOnce = 100;

export function createHeldEvents(most = mostBytes): HeldEvents {
  const waiting = createHeap<HeldEvent & { readonly number: number }>(
    (a, b) => (byTime(a, b) || a.number - b.number) < 0,
  );
  let bytes = 0;
  let number = 0;
  function take(until: number): readonly Event[] {
    const events: Event[] = [];
    while (bytes > until && events.length < atOnce) {
      const held = waiting.pop();
      if (held === undefined) break;
      bytes -= bytesOf(held);
      events.push(eventOf(held));
    }
    return events;
  }
  return {
    add: (events) => {
      for (const event of events) {
        waiting.push({ ...event, number: number++ });
        bytes += bytesOf(event);
      }
    },
    overflow: () => (bytes > most ? take(most * 0.9) : []),
    rest: () => take(0),
  };
}

/** Of memory, about: the record, where it comes from, and its place among the others. */
function bytesOf({ text }: HeldEvent): number {
  return textBytes(text) + 300;
}
