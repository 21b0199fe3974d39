import { closeSync, fsyncSync, mkdirSync, openSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import type { OldAlert } from '../store/store.ts';

/** A file that old alerts are written to before they leave the store. */
export interface ExportFile {
  readonly write: (alerts: readonly OldAlert[]) => void;
  /** Has it on the disk under its name; nothing is left of one that nothing was written to. */
  readonly close: () => void;
}

/** What a format makes of alerts, in a file that exists and is empty. */
export interface ExportWriter {
  readonly write: (alerts: readonly OldAlert[]) => void;
  readonly finish: () => void;
}

/**
 * Makes the file with the first alert, `alerts-TIME-ID` by when that was stored, under another name until it is whole.
 * @param extension `.jsonl.gz`
 */
export function openExport(
  folder: string,
  extension: string,
  openWriter: (path: string) => ExportWriter,
): ExportFile {
  let open: { readonly writer: ExportWriter; readonly part: string; readonly path: string } | undefined;
  return {
    write: (alerts) => {
      const [first] = alerts;
      if (first === undefined) return;
      if (open === undefined) {
        mkdirSync(folder, { recursive: true, mode: 0o700 });
        const time = new Date(first.storedAt).toISOString().replaceAll(':', '-');
        const path = join(folder, `alerts-${time}-${first.alert.id.slice(0, 8)}${extension}`);
        const part = `${path}.part`;
        // Alerts are for nobody else's eyes.
        closeSync(openSync(part, 'w', 0o600));
        open = { writer: openWriter(part), part, path };
      }
      open.writer.write(alerts);
    },
    close: () => {
      if (open === undefined) return;
      const { writer, part, path } = open;
      open = undefined;
      writer.finish();
      syncPath(part, 'r+');
      renameSync(part, path);
      // The name is safe when its folder is.
      syncPath(folder, 'r');
    },
  };
}

function syncPath(path: string, flags: 'r' | 'r+'): void {
  const descriptor = openSync(path, flags);
  try {
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}
