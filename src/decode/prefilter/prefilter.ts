import { compileScannerCode } from './scanner-code.ts';
import { createScanner, type Scanner, type ScannerTask } from './scanner.ts';

/** Scanners for one set of rules, each used for one object at a time and then again. */
export interface Prefilter {
  /** Undefined where none can be had, or where records must be no longer than what a scanner holds: it would not tell. */
  readonly take: (maxRecordBytes: number) => Scanner | undefined;
  readonly giveBack: (scanner: Scanner) => void;
}

/** The longest record that is told from its bytes alone, less one slice of what is read; longer ones are read with care. */
const capacity = 1024 * 1024;

/** More objects than this are seldom read at the same time; what else was made is forgotten. */
const mostKept = 4;

/** Undefined where no scanner can be had; everything is parsed then, and found all the same. */
export function createPrefilter(task: ScannerTask): Prefilter | undefined {
  const code = compileScannerCode();
  if (code === undefined) return undefined;
  const first = createScanner(code, task, capacity);
  if (first === undefined) return undefined;
  const free: Scanner[] = [first];
  return {
    take: (maxRecordBytes) =>
      maxRecordBytes < capacity ? undefined : (free.pop() ?? createScanner(code, task, capacity)),
    giveBack: (scanner) => {
      if (free.length < mostKept) free.push(scanner);
    },
  };
}
