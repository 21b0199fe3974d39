import type { Logger } from 'pino';
import type { Alert } from '../alert/alert.ts';
import { markedAlert, type MarkedAlert } from '../store/alert-mark.ts';
import type { Store } from '../store/store.ts';
import { openExport } from './export-file.ts';

/** How alerts are written, by the name that the configuration has for it. What writes it is loaded when it is needed. */
const formats = {
  'json-lines': {
    extension: '.jsonl.gz',
    load: async () => (await import('./export-lines.ts')).exportLines,
  },
  parquet: {
    extension: '.parquet',
    load: async () => (await import('./export-parquet.ts')).exportParquet,
  },
} as const;

export type ExportFormat = keyof typeof formats;

export interface RetentionOptions {
  readonly store: Pick<Store, 'oldAlerts' | 'forget'>;
  /** Where alerts are written before they go; made where it is missing. */
  readonly folder: string;
  /** JSON lines where left out. */
  readonly format?: ExportFormat | undefined;
  readonly signal?: AbortSignal | undefined;
}

const alertsAtOnce = 500;
/** So many alerts are in one file at most. */
const alertsInFile = 50_000;

/**
 * Writes alerts that were stored before a time into files, `alerts-TIME-ID.jsonl.gz` or `.parquet` by when the first of them was stored, and
 * takes them out of the store once their file is safely on the disk. Whoever is killed in between finds them in the store and writes them
 * again: an alert may then be in two files, under the same id, and is never in none. Alerts of which a delivery is owed stay, and those that something
 * joined, or that people did something with, after that time or since they were written.
 *
 * @returns how many alerts were taken out
 */
export async function exportOldAlerts(options: RetentionOptions, before: number): Promise<number> {
  const { store, folder, signal } = options;
  const { extension, load } = formats[options.format ?? 'json-lines'];
  const open = await load();
  const isStopping = (): boolean => signal?.aborted === true;
  let gone = 0;
  let after: number | undefined;
  do {
    const file = openExport(folder, extension, open);
    const written: MarkedAlert[] = [];
    try {
      do {
        const page = await store.oldAlerts({ before, after, limit: alertsAtOnce });
        const settled = page.alerts.filter(
          ({ alert, deliveries }) =>
            deliveries.every(({ state }) => state !== 'pending') && !isTouchedSince(alert, before),
        );
        file.write(settled);
        written.push(...settled.map(({ alert }) => markedAlert(alert)));
        after = page.next;
      } while (after !== undefined && written.length < alertsInFile && !isStopping());
    } finally {
      file.close();
    }
    if (isStopping()) break;
    gone += await store.forget(written);
  } while (after !== undefined);
  return gone;
}

/** Logs may bear any time: what is further ahead of the clock than this keeps nothing. */
const aheadMs = 86_400_000;

function isTouchedSince({ occurrences, lifecycle }: Alert, before: number): boolean {
  const lastSeen = occurrences?.lastSeen ?? -Infinity;
  return (
    (lastSeen >= before && lastSeen <= Date.now() + aheadMs) || (lifecycle?.since ?? -Infinity) >= before
  );
}

const everyMs = 3_600_000;
const dayMs = 86_400_000;

/** Exports and takes out alerts that are older than so many days: at once, and then every hour. */
export function startRetention(
  options: Omit<RetentionOptions, 'signal'> & { readonly days: number; readonly log: Logger },
): { readonly stop: () => Promise<void> } {
  const stopping = new AbortController();
  let underway: Promise<void> | undefined;
  const round = (): void => {
    underway ??= exportOldAlerts({ ...options, signal: stopping.signal }, Date.now() - options.days * dayMs)
      .then((alerts) => {
        if (alerts > 0)
          options.log.info({ alerts, folder: options.folder }, 'old alerts were exported and taken out');
      })
      .catch((error: unknown) =>
        options.log.error(
          { err: error },
          'old alerts could not be exported, and stay; trying again in an hour',
        ),
      )
      .finally(() => {
        underway = undefined;
      });
  };
  round();
  const timer = setInterval(round, everyMs);
  return {
    stop: async () => {
      stopping.abort();
      clearInterval(timer);
      await underway;
    },
  };
}
