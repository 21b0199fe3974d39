import { appendFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';
import type { ExportWriter } from './export-file.ts';

/** An alert a line, whole, with when it was stored and how its deliveries ended. */
export function exportLines(path: string): ExportWriter {
  return {
    // One member of gzip after the other is a gzip file: https://www.rfc-editor.org/rfc/rfc1952#section-2.2
    write: (alerts) =>
      appendFileSync(
        path,
        gzipSync(
          alerts
            .map(
              ({ alert, storedAt, deliveries }) => `${JSON.stringify({ ...alert, storedAt, deliveries })}\n`,
            )
            .join(''),
        ),
      ),
    finish: () => {},
  };
}
