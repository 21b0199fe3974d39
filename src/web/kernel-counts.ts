import type { Requests } from '../event/requests.ts';
import type { ClientTable } from './clients.ts';
import type { NumberedTexts } from './numbered-texts.ts';
import type { CountsCode, KernelSource, TrafficKernel } from './traffic-kernel.ts';

/**
 * A batch as compiled code (assembly/traffic-counts.ts) sees it: times, clients and statuses of its rows, the numbers of their paths, and for
 * each path a number that says whether rows with it are left out (not 0). Valid until the next batch.
 */
export interface CountedRows {
  readonly kernel: TrafficKernel;
  readonly code: CountsCode;
  readonly count: number;
  /** Clients are below. */
  readonly capacity: number;
  readonly clients: Int32Array;
  /** Whether these are all rows of the batch whose clients were numbered last. */
  readonly isWhole: boolean;
  readonly times: Float64Array;
  readonly paths: Int32Array;
  readonly ignored: Uint32Array;
  /** Rows that the code wrote down to be looked at: the first `code.foundRows()` of these. */
  readonly found: Uint32Array;
}

/** Gives batches as compiled code sees them; undefined where there is none, and where a batch is too large for it. */
export type RowCounter = (
  requests: Requests,
  clients: Int32Array,
  paths: NumberedTexts,
  ignored: Uint32Array,
) => CountedRows | undefined;

/** One for all signals, so that a batch is put before the code once. */
export function rowCounter(source: KernelSource, table: Pick<ClientTable, 'words'>): RowCounter {
  let views: ReturnType<typeof viewsOf> | undefined;
  let shown: Int32Array | undefined;
  return (requests, clients, { ids: paths }, ignored) => {
    const kernel = source.at(requests);
    if (kernel === undefined) return undefined;
    const { code, memory } = kernel;
    const { count } = requests;
    // In the batch in which the kernel is made, clients have been numbered without it, and their addresses do not lie in its memory yet.
    const isThere = [table.words(), paths, ignored].every(({ buffer }) => buffer === memory);
    if (count > code.rowsMost.value || !isThere) return undefined;
    views ??= viewsOf(kernel);
    // Each batch has its own array of clients.
    if (shown !== clients) {
      const { time, status } = requests;
      views.times.set(time.length === count ? time : time.subarray(0, count));
      views.statuses.set(status.length === count ? status : status.subarray(0, count));
      views.clients.set(clients.length === count ? clients : clients.subarray(0, count));
      shown = clients;
    }
    const isWhole = clients.buffer === memory && clients.byteOffset === code.clientIds.value;
    return { kernel, code, count, capacity: kernel.capacity, isWhole, paths, ignored, ...views };
  };
}

function viewsOf({ code, memory }: TrafficKernel) {
  const rows = code.rowsMost.value;
  return {
    times: new Float64Array(memory, code.rowTimes.value, rows),
    clients: new Int32Array(memory, code.rowClients.value, rows),
    statuses: new Uint16Array(memory, code.rowStatuses.value, rows),
    found: new Uint32Array(memory, code.found.value, rows),
  };
}
