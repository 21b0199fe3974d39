import type { Requests, TextColumnName } from '../event/requests.ts';
import type { NumberedTexts } from './numbered-texts.ts';
import { plainTexts } from './plain-texts.ts';

/** Numbers the texts of batches, in bounded memory. */
export interface TextTable {
  /** The texts of a column of a batch; done once for a batch, whoever asks. Valid until the next batch. */
  readonly of: (requests: Requests, column: TextColumnName) => NumberedTexts;
}

export interface TextTableSettings {
  /** Different for every process where attackers could choose texts so that they fall together. */
  readonly seed?: number | undefined;
}

export function textTable({ seed = 0 }: TextTableSettings = {}): TextTable {
  const columns = new Map<TextColumnName, { readonly texts: ReturnType<typeof plainTexts>; of?: Requests }>();
  return {
    of: (requests, column) => {
      let known = columns.get(column);
      if (known === undefined) columns.set(column, (known = { texts: plainTexts(seed) }));
      if (known.of !== requests) {
        known.texts.take(requests, column);
        known.of = requests;
      }
      return known.texts;
    },
  };
}
