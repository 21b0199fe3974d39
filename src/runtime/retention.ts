import { closeSync, fsyncSync, mkdirSync, openSync, renameSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import type { Logger } from 'pino';
import type { Store } from '../store/store.ts';

export interface RetentionOptions {
  readonly store: Pick<Store, 'oldAlerts' | 'forget'>;
  /** Where alerts are written before they go; made where it is missing. */
  readonly folder: string;
  readonly signal?: AbortSignal | undefined;
}

const alertsAtOnce = 500;
/** So many alerts are in one file at most. */
const alertsInFile = 50_000;

/**
 * Writes alerts that were stored before a time into files of JSON lines, `alerts-TIME-ID.jsonl.gz` by when the first of them was stored, and
 * takes them out of the store once their file is safely on the disk. Whoever is killed in between finds them in the store and writes them
 * again: an alert may then be in two files, under the same id, and is never in none. Alerts of which a delivery is owed stay.
 *
 * @returns how many alerts were taken out
 */
export async function exportOldAlerts(options: RetentionOptions, before: number): Promise<number> {
  const { store, folder, signal } = options;
  const isStopping = (): boolean => signal?.aborted === true;
  let gone = 0;
  let after: number | undefined;
  do {
    const file = openExport(folder);
    const ids: string[] = [];
    try {
      do {
        const page = await store.oldAlerts({ before, after, limit: alertsAtOnce });
        const settled = page.alerts.filter(({ deliveries }) =>
          deliveries.every(({ state }) => state !== 'pending'),
        );
        file.write(settled.map(({ alert, storedAt, deliveries }) => ({ ...alert, storedAt, deliveries })));
        ids.push(...settled.map(({ alert }) => alert.id));
        after = page.next;
      } while (after !== undefined && ids.length < alertsInFile && !isStopping());
    } finally {
      file.close();
    }
    if (isStopping()) break;
    gone += await store.forget(ids);
  } while (after !== undefined);
  return gone;
}

interface ExportFile {
  readonly write: (lines: readonly { readonly id: string; readonly storedAt: number }[]) => void;
  /** Has it on the disk under its name; nothing is left of one that nothing was written to. */
  readonly close: () => void;
}

function openExport(folder: string): ExportFile {
  let open: { readonly descriptor: number; readonly part: string; readonly path: string } | undefined;
  return {
    write: (lines) => {
      const [first] = lines;
      if (first === undefined) return;
      if (open === undefined) {
        mkdirSync(folder, { recursive: true, mode: 0o700 });
        const time = new Date(first.storedAt).toISOString().replaceAll(':', '-');
        const path = join(folder, `alerts-${time}-${first.id.slice(0, 8)}.jsonl.gz`);
        const part = `${path}.part`;
        open = { descriptor: openSync(part, 'w', 0o600), part, path };
      }
      // One member of gzip after the other is a gzip file: https://www.rfc-editor.org/rfc/rfc1952#section-2.2
      const bytes = gzipSync(lines.map((line) => `${JSON.stringify(line)}\n`).join(''));
      for (let at = 0; at < bytes.length;) at += writeSync(open.descriptor, bytes, at);
    },
    close: () => {
      if (open === undefined) return;
      const { descriptor, part, path } = open;
      open = undefined;
      try {
        fsyncSync(descriptor);
      } finally {
        closeSync(descriptor);
      }
      renameSync(part, path);
      // The name is safe when its folder is.
      const parent = openSync(folder, 'r');
      try {
        fsyncSync(parent);
      } finally {
        closeSync(parent);
      }
    },
  };
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
