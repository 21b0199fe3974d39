import { createFieldScanner, type FieldScanner } from './field-scanner.ts';
import { newRowColumns, type RowColumns } from './row-columns.ts';

/** Columns, and the scanner that writes into them, where this engine has one. */
export interface RowMemory {
  readonly columns: RowColumns;
  readonly scanner?: FieldScanner;
}

/** What was given back. Logs are mostly read one after the other, and to make it anew takes as long as to read some hundred lines. */
const idle: RowMemory[] = [];
const mostIdle = 2;

/** Memory for one log, with anything in it. */
export function takeRowMemory(): RowMemory {
  const memory = idle.pop();
  if (memory !== undefined) return memory;
  const scanner = createFieldScanner();
  return scanner === undefined ? { columns: newRowColumns() } : { columns: scanner.columns, scanner };
}

/** Nobody may look at its columns afterwards. */
export function giveRowMemoryBack(memory: RowMemory): void {
  if (idle.length < mostIdle) idle.push(memory);
}
