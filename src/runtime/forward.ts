import { setTimeout as sleep } from 'node:timers/promises';
import { decode, type Content, type DecodedBatch } from '../decode/decode.ts';
import type { Event } from '../event/event.ts';
import { concernsAssets } from '../facts/assets/sightings.ts';
import type { InputOrigin } from '../source/source.ts';
import { BufferFullError, type WorkerBuffer } from '../worker/buffer.ts';
import { recordItem, rejectionItem, type FoundRule } from '../worker/items.ts';
import type { Positions } from '../worker/positions.ts';
import type { WorkerItem } from '../worker/protocol.ts';
import type { Engine } from './engine.ts';
import type { IngestResult } from './ingest.ts';
import { decide, newTally, type Tally } from './pipeline.ts';

export interface ForwardOptions {
  /** Judges what is worth sending; everything is sent where it is left out. */
  readonly engine: Engine | undefined;
  readonly buffer: Pick<WorkerBuffer, 'append'>;
  readonly positions: Positions;
  readonly clock: () => number;
  /** Told of each part of an input, after it is in the buffer. */
  readonly onKept: (part: { readonly source: string; readonly tally: Tally; readonly items: number }) => void;
  /** Aborted when the worker stops: who waits for room then waits no longer. */
  readonly stopping: AbortSignal;
}

/** Whoever sends over HTTP waits so long for room in the buffer, and is then told to come again; sources wait for as long as it takes. */
const patienceMs = 5_000;
const lookForRoomMs = 250;

/** The same for answers as in the server; see `createIngest`. */
const listed = 1_000;

/**
 * The way of every record in a worker: decoded, decided, and put into the buffer with what was found in it. Sent is what a rule matched,
 * and what the controller needs for rules over several events and its memory of assets. A source's position is stored after all that was
 * read before it is in the buffer.
 */
export function createForward(
  options: ForwardOptions,
): (content: Content, from: InputOrigin) => Promise<IngestResult> {
  const { positions, clock, engine } = options;
  const rules = new Map(engine?.active.map((rule) => [rule.id, rule]));

  function judge(event: Event, tally: Tally): readonly WorkerItem[] {
    if (engine === undefined) {
      tally.processed += 1;
      return [recordItem(event.fields, event.provenance)];
    }
    const { alerts, matches, rejections } = decide(oneEvent(event), engine, clock(), tally);
    const dead = rejections.map(rejectionItem);
    if (alerts.length === 0 && matches.length === 0 && !concernsAssets(event)) return dead;
    const found = alerts.flatMap(({ rule: { id }, evidence }): readonly FoundRule[] => {
      const rule = rules.get(id);
      return rule === undefined ? [] : [{ eventId: evidence.eventId, rule }];
    });
    return [recordItem(event.fields, event.provenance, found), ...dead];
  }

  return async (content, from) => {
    const total = newTally();
    const reasons: { position: number; reason: string }[] = [];
    const patience =
      from.position === undefined && from.source === 'http' ? patienceMs : Number.POSITIVE_INFINITY;
    for await (const batch of decode(content, from, { startAt: from.startAt })) {
      const tally = newTally();
      const items = batch.events.flatMap((event) => judge(event, tally));
      addBatch(tally, batch);
      for (const rejection of batch.rejections) {
        items.push(rejectionItem(rejection));
        if (reasons.length < listed)
          reasons.push({ position: rejection.provenance.position, reason: rejection.reason });
      }
      await keep(items, options, patience);
      for (const key of Object.keys(total) as (keyof Tally)[]) total[key] += tally[key];
      options.onKept({ source: from.source, tally, items: items.length });
    }
    if (from.position !== undefined) await positions.set(from.position.source, from.position.position);
    const { records, events, rejected, skipped } = total;
    // Which alerts there are, only the controller knows.
    return { records, events, rejected, skipped, alerts: [], rejections: reasons };
  };
}

/** Counts of `decide` are for one event; these are what it does not see. */
function addBatch(tally: Tally, batch: DecodedBatch): void {
  tally.records = batch.records;
  tally.events = batch.events.length;
  tally.rejected = batch.rejections.length;
  tally.skipped = batch.skipped.length;
}

function oneEvent(event: Event): DecodedBatch {
  return {
    events: [event],
    rejections: [],
    skipped: [],
    passedOver: 0,
    counted: [],
    records: 1,
    bytes: 0,
  };
}

/** @throws {BufferFullError} where there was no room for as long as somebody would wait */
async function keep(
  items: readonly WorkerItem[],
  { buffer, stopping }: ForwardOptions,
  patience: number,
): Promise<void> {
  for (let waited = 0; ; waited += lookForRoomMs) {
    try {
      return await buffer.append(items);
    } catch (error) {
      if (!(error instanceof BufferFullError) || waited >= patience || stopping.aborted) throw error;
    }
    await sleep(lookForRoomMs, undefined, { signal: stopping }).catch(() => {});
  }
}
