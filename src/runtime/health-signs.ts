import { keyOf, type Sign, type SubjectKind } from '../alert/health/silence.ts';
import type { Event } from '../event/event.ts';

/** Batches of a worker that were refused for their time, since one of it was taken last. */
export interface RefusedBatches {
  readonly count: number;
  /** By how much the last of them was ahead; below zero where it was behind. */
  readonly aheadMs: number;
  /** When the first of them came. */
  readonly since: number;
}

/** What was heard since somebody asked last: few words for many events. */
export interface HealthSigns {
  /** Events of a batch that is durable. */
  readonly events: (events: readonly Event[], at: number) => void;
  readonly heard: (sign: Sign) => void;
  readonly take: () => readonly Sign[];
  /** How many events lay further in the future than the clock may be off, and by how much at most, by source or worker. */
  readonly ahead: () => ReadonlyMap<string, { readonly events: number; readonly mostMs: number }>;
  /** Forgets what was counted as ahead. */
  readonly clearAhead: () => void;
  /** Something of a worker was taken. */
  readonly taken: (worker: string, at: number) => void;
  /** A batch of a worker was refused because of its time. */
  readonly refused: (worker: string, aheadMs: number, at: number) => void;
  readonly refusedBatches: () => ReadonlyMap<string, RefusedBatches>;
  /** When something of a worker was taken last, in this process. */
  readonly takenLast: () => ReadonlyMap<string, number>;
}

/** More names than these are no longer told apart. */
const most = 5_000;
const region = /^[a-z0-9-]{1,40}$/;
const account = /^\d{12}$/;

export function collectSigns(clockOffMs: number): HealthSigns {
  let signs = new Map<string, Sign>();
  const ahead = new Map<string, { events: number; mostMs: number }>();
  const refusedBatches = new Map<string, RefusedBatches>();
  const takenLast = new Map<string, number>();

  function heard(sign: Sign): void {
    const key = keyOf(sign);
    const known = signs.get(key);
    if (known === undefined && signs.size >= most) return;
    signs.set(key, {
      ...sign,
      newestEvent: Math.max(sign.newestEvent, known?.newestEvent ?? Number.NEGATIVE_INFINITY),
    });
  }

  return {
    heard,
    events: (events, at) => {
      /** By where they come from, account and region: the newest time. */
      const newest = new Map<string, { readonly event: Event; time: number }>();
      for (const event of events) {
        const { source, worker, object } = event.provenance;
        const bucket = source === 's3' ? object.slice(0, bucketEnd(object)) : '';
        const key = `${worker ?? ''} ${source} ${bucket} ${event.account ?? ''} ${event.region ?? ''}`;
        const known = newest.get(key);
        if (known === undefined) newest.set(key, { event, time: event.time });
        else if (event.time > known.time) known.time = event.time;
        const aheadMs = event.time - event.provenance.receivedAt;
        if (aheadMs > clockOffMs) countAhead(ahead, originOf(event).name, aheadMs);
      }
      for (const { event, time } of newest.values()) {
        const origin = originOf(event);
        const sign = (kind: SubjectKind, name: string, parent?: string): Sign => {
          return { kind, name, parent, newestEvent: time, at };
        };
        heard(sign(origin.kind, origin.name));
        if (event.account === undefined || !account.test(event.account)) continue;
        heard(sign('account', event.account, keyOf(origin)));
        if (event.region === undefined || !region.test(event.region)) continue;
        const parent = keyOf({ kind: 'account', name: event.account });
        heard(sign('region', `${event.account}/${event.region}`, parent));
      }
    },
    take: () => {
      const taken = [...signs.values()];
      signs = new Map();
      return taken;
    },
    ahead: () => ahead,
    clearAhead: () => ahead.clear(),
    taken: (worker, at) => {
      takenLast.set(worker, at);
      refusedBatches.delete(worker);
      heard({ kind: 'worker', name: worker, newestEvent: at, at });
    },
    refused: (worker, aheadMs, at) => {
      const { count, since } = refusedBatches.get(worker) ?? { count: 0, since: at };
      refusedBatches.set(worker, { count: count + 1, aheadMs, since });
    },
    refusedBatches: () => refusedBatches,
    takenLast: () => takenLast,
  };
}

function originOf({ provenance }: Event): { readonly kind: 'source' | 'worker'; readonly name: string } {
  const { source, worker, object } = provenance;
  if (worker !== undefined) return { kind: 'worker', name: worker };
  return {
    kind: 'source',
    name: (source === 's3' ? object.slice(0, bucketEnd(object)) : source).slice(0, 100),
  };
}

/** Where `s3://bucket` ends. */
function bucketEnd(object: string): number {
  const end = object.indexOf('/', 's3://'.length);
  return end < 0 ? object.length : end;
}

function countAhead(
  ahead: Map<string, { events: number; mostMs: number }>,
  name: string,
  aheadMs: number,
): void {
  const known = ahead.get(name);
  if (known === undefined && ahead.size >= most) return;
  ahead.set(name, {
    events: (known?.events ?? 0) + 1,
    mostMs: Math.max(aheadMs, known?.mostMs ?? 0),
  });
}
