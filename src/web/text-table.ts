import type { Requests, TextColumnName } from '../event/requests.ts';
import { kernelTexts, type KernelTexts } from './kernel-texts.ts';
import type { NumberedTexts } from './numbered-texts.ts';
import { plainTexts, type PlainTexts } from './plain-texts.ts';
import type { KernelSource } from './traffic-kernel.ts';

/** Numbers the texts of batches, in bounded memory. */
export interface TextTable {
  /** The texts of a column of a batch; done once for a batch, whoever asks. Valid until the next batch. */
  readonly of: (requests: Requests, column: TextColumnName) => NumberedTexts;
}

export interface TextTableSettings {
  /** Different for every process where attackers could choose texts so that they fall together. */
  readonly seed?: number | undefined;
  /** Does it faster, as soon as there is one. */
  readonly kernel?: KernelSource | undefined;
}

/** The texts of one column. */
interface Column {
  plain?: PlainTexts;
  compiled?: KernelTexts | 'none';
  /** The batch that was numbered last, and by which of them. */
  of?: Requests;
  texts?: NumberedTexts;
}

export function textTable({ seed = 0, kernel }: TextTableSettings = {}): TextTable {
  const columns = new Map<TextColumnName, Column>();
  const number = (column: Column, requests: Requests, name: TextColumnName): NumberedTexts => {
    const fast = kernel?.at(requests);
    if (fast !== undefined) {
      column.compiled ??= kernelTexts(fast) ?? 'none';
      if (column.compiled !== 'none' && column.compiled.take(requests, name)) return column.compiled;
    }
    column.plain ??= plainTexts(seed);
    column.plain.take(requests, name);
    return column.plain;
  };
  return {
    of: (requests, name) => {
      let column = columns.get(name);
      if (column === undefined) columns.set(name, (column = {}));
      if (column.of !== requests || column.texts === undefined) {
        column.texts = number(column, requests, name);
        column.of = requests;
      }
      return column.texts;
    },
  };
}
