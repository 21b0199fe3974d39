import type { Alert } from '../alert/alert.ts';
import type { TakeBatch } from '../api/worker-batches.ts';
import { decodeValue, type DecodedBatch } from '../decode/decode.ts';
import type { Event } from '../event/event.ts';
import type { Json } from '../event/json.ts';
import type { Rejection } from '../event/record.ts';
import type { RuleHeader } from '../sigma/rule.ts';
import type { RecordItem, Taken, WorkerBatch, WorkerItem } from '../worker/protocol.ts';
import type { WorkerSettings } from './config-workers.ts';
import type { Engine } from './engine.ts';
import type { createBatchIngest } from './ingest.ts';
import { workerAccounts, type WhyNotSent } from './worker-accounts.ts';
import { createStreams } from './worker-streams.ts';

export interface WorkerIntakeOptions {
  readonly workers: readonly WorkerSettings[];
  readonly engine: Engine;
  /** Ids of rules that are switched off here, and so raise nothing wherever they matched. */
  readonly disabled: ReadonlySet<string>;
  readonly ingest: ReturnType<typeof createBatchIngest>;
  readonly clock: () => number;
  /** What the store remembers. */
  readonly state: readonly { readonly key: string; readonly value: Json }[];
  /** Told of each batch after it is durable. */
  readonly onTaken: (batch: {
    readonly worker: string;
    readonly taken: Taken;
    /** Items that the worker says it lost. */
    readonly lost: number;
    /** Sequence numbers that were never seen. */
    readonly missing: number;
  }) => void;
}

/**
 * The controller's side of workers. Records are judged here as if they had been read here; what the worker's rules found counts
 * besides where this controller does not run the rule itself. Each item of a stream counts once, however often it is sent.
 */
export function createWorkerIntake(options: WorkerIntakeOptions): TakeBatch {
  const { clock } = options;
  const streams = createStreams(options.state);
  const whyNotSent = workerAccounts(options.workers);
  /** Batches of one worker one after the other: the same one may come twice at a time, when the first answer took too long. */
  const turns = new Map<string, Promise<unknown>>();

  async function take(worker: string, batch: WorkerBatch): Promise<Taken> {
    const before = streams.through(worker, batch.stream);
    // A sign of life, of which nothing is to be remembered: it must not cost a transaction a minute.
    if (batch.items.length === 0 && !batch.ends) {
      const taken = { through: before, taken: 0, repeated: 0, refused: 0, alerts: 0, unconfirmed: 0 };
      options.onTaken({ worker, taken, lost: 0, missing: 0 });
      return taken;
    }
    // Without items there is no last one, and nothing before it that was taken.
    const last = batch.items.length === 0 ? before : batch.first + batch.items.length - 1;
    const repeated = Math.max(0, Math.min(before - batch.first + 1, batch.items.length));
    const items = batch.items.slice(repeated);
    const through = Math.max(before, last);
    const read = readItems(items, worker, whyNotSent);
    const change = streams.move(worker, batch.stream, { through, at: clock(), ends: batch.ends });
    const unconfirmed = new Set<string>();
    const { alerts } = await options.ingest(read.batch, 'worker', {
      alerts: (made) => foundElsewhere(read.found, options, made, unconfirmed),
      state: change.state,
    });
    change.stored();
    const taken = {
      through,
      taken: items.length - read.refused,
      repeated,
      refused: read.refused,
      alerts: alerts.filter((alert) => !alert.repeated).length,
      unconfirmed: unconfirmed.size,
    };
    const missing = batch.items.length === 0 ? 0 : Math.max(0, batch.first - before - 1);
    options.onTaken({ worker, taken, lost: read.lost, missing });
    return taken;
  }

  return (worker, batch) => {
    const mine = (turns.get(worker) ?? Promise.resolve()).then(() => take(worker, batch));
    const settled = mine.catch(() => {});
    turns.set(worker, settled);
    void settled.then(() => {
      if (turns.get(worker) === settled) turns.delete(worker);
    });
    return mine;
  };
}

/** What a worker's rule found, with the event as it was decoded here. */
interface Found {
  readonly event: Event;
  readonly rule: RuleHeader;
}

interface Read {
  readonly batch: DecodedBatch;
  readonly found: readonly Found[];
  readonly refused: number;
  readonly lost: number;
}

/** Items as if they had been decoded here, in their order. */
function readItems(items: readonly WorkerItem[], worker: string, whyNotSent: WhyNotSent): Read {
  const batch = {
    events: [] as Event[],
    rejections: [] as Rejection[],
    skipped: [] as DecodedBatch['skipped'][number][],
    passedOver: 0,
    counted: [],
    records: 0,
    bytes: 0,
  };
  const found: Found[] = [];
  let refused = 0;
  let lost = 0;
  const reject = (rejection: Rejection): void => {
    batch.records += 1;
    batch.rejections.push(rejection);
  };
  for (const item of items) {
    if (item.type === 'lost') {
      lost += item.count;
      const provenance = { source: 'worker', object: worker, position: 0, receivedAt: item.at, worker };
      const reason = `worker ${worker} lost ${item.count} of what it was to send: ${item.reason}`;
      reject({ provenance, reason, length: 0, bytes: new Uint8Array() });
      continue;
    }
    const provenance = { ...item.from, worker };
    if (item.type === 'rejection') {
      reject({
        provenance,
        reason: item.reason,
        length: item.length,
        bytes: Buffer.from(item.bytes, 'base64'),
      });
      continue;
    }
    // The schema has seen that it is an object, and it came out of JSON.
    const record = item.record as Json;
    const decoded = decodeValue(record, provenance, { startAt: provenance.position });
    const reason = whyNotSent(worker, decoded.events);
    if (reason !== undefined) {
      refused += 1;
      const bytes = Buffer.from(JSON.stringify(item.record));
      reject({ provenance, reason, length: bytes.length, bytes });
      continue;
    }
    batch.records += decoded.records;
    batch.events.push(...decoded.events);
    batch.rejections.push(...decoded.rejections);
    batch.skipped.push(...decoded.skipped);
    found.push(...foundIn(item, decoded.events));
  }
  return { batch, found, refused, lost };
}

function foundIn(item: RecordItem, events: readonly Event[]): readonly Found[] {
  return (item.findings ?? []).flatMap(({ eventId, rule }) => {
    const only = events.length === 1 ? events[0] : undefined;
    const event = events.find(({ id }) => id === eventId) ?? only;
    return event === undefined ? [] : [{ event, rule: headerOf(rule) }];
  });
}

type SentRule = NonNullable<RecordItem['findings']>[number]['rule'];

function headerOf({ headline, response, ...rule }: SentRule): RuleHeader {
  const tocsin = { ...(headline !== undefined && { headline }), ...(response !== undefined && { response }) };
  return { ...rule, name: undefined, status: undefined, custom: { tocsin }, path: '' };
}

/** Alerts for what only the worker could find; what was to be found here and was not is counted. */
function foundElsewhere(
  found: readonly Found[],
  { engine, disabled, clock }: Pick<WorkerIntakeOptions, 'engine' | 'disabled' | 'clock'>,
  made: ReadonlySet<string>,
  unconfirmed: Set<string>,
): readonly Alert[] {
  const own = new Set(engine.active.map(({ id }) => id));
  return found.flatMap(({ event, rule }) => {
    if (disabled.has(rule.id)) return [];
    const alert = engine.raiseFor(rule, event, clock());
    if (made.has(alert.id)) return [];
    if (!own.has(rule.id)) return [alert];
    unconfirmed.add(alert.id);
    return [];
  });
}
