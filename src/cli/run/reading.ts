import type { Rejection } from '../../event/record.ts';
import { visible } from '../../notify/safe-text.ts';
import type { ScanOptions } from '../../runtime/scan.ts';
import { findFiles, NoInputError, type InputFile } from '../../source/files.ts';
import { CliFailure } from '../failure.ts';
import { startProgress } from '../progress.ts';
import { paint, terminalOf } from '../terminal.ts';

const shownRejections = 10;

/**
 * The files behind the paths that a user gave.
 * @throws {CliFailure} where a path leads to no file.
 */
export async function inputFiles(paths: readonly string[]): Promise<readonly InputFile[]> {
  try {
    return await findFiles(paths);
  } catch (error) {
    if (error instanceof NoInputError) throw new CliFailure(visible(error.message));
    throw error;
  }
}

export interface FileProgress {
  readonly onProgress: ScanOptions['onProgress'];
  readonly clear: () => void;
  readonly stop: () => void;
}

/** A bar over all files that are read one after the other. */
export async function startFileProgress(
  files: readonly InputFile[],
  enabled: boolean,
  clock: () => number,
): Promise<FileProgress> {
  const size = files.reduce((sum, file) => sum + file.size, 0);
  const progress = await startProgress(size, enabled, clock);
  let current: InputFile | undefined;
  let before = 0;
  let inCurrent = 0;
  return {
    onProgress: (file, bytes, tally) => {
      if (file !== current) {
        before += inCurrent;
        current = file;
      }
      inCurrent = bytes;
      progress.update(before + bytes, tally.records);
    },
    clear: progress.clear,
    stop: progress.stop,
  };
}

/** Tells the first rejected records on standard error, and at the end how many more there were; `all` tells every one. */
export function rejectionPrinter(
  all: boolean,
  clear: () => void,
): { readonly add: (rejection: Rejection) => void; readonly end: () => void } {
  const terminal = terminalOf(process.stderr);
  let seen = 0;
  return {
    add: ({ provenance, reason }) => {
      if (++seen > shownRejections && !all) return;
      clear();
      process.stderr.write(
        `${paint(terminal, 'yellow', 'rejected')} ${visible(provenance.object)} at byte ${provenance.position}: ${visible(reason)}\n`,
      );
    },
    end: () => {
      const hidden = all ? 0 : seen - shownRejections;
      if (hidden > 0)
        process.stderr.write(
          paint(
            terminal,
            'yellow',
            `${hidden.toLocaleString('en')} more rejected records; --verbose shows them all\n`,
          ),
        );
    },
  };
}
