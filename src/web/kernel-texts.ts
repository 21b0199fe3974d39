import { escapings, mostBytes, mostTexts, type PlainTexts } from './plain-texts.ts';
import type { TrafficKernel } from './traffic-kernel.ts';

/** Texts of one column, numbered by compiled code. */
export interface KernelTexts extends Omit<PlainTexts, 'take'> {
  /** False where the batch is too large for it: then nothing here is of this batch. */
  readonly take: (...batch: Parameters<PlainTexts['take']>) => boolean;
}

/** The same numbers as `plainTexts`; undefined where the kernel has no room for one more column. */
export function kernelTexts({ code, memory, newTexts, show, allot }: TrafficKernel): KernelTexts | undefined {
  const table = newTexts();
  if (table === undefined) return undefined;
  const most = code.textsMost.value;
  const shapes = new Uint8Array(memory, table + code.textShapes.value, most);
  const texts: { -readonly [Key in keyof KernelTexts]: KernelTexts[Key] } = {
    ids: new Int32Array(memory, table + code.textIds.value, code.rowsMost.value),
    size: 0,
    generation: 0,
    bytes: new Uint8Array(memory, table + code.textArena.value, code.arenaMost.value),
    start: new Uint32Array(memory, table + code.textStarts.value, most),
    end: new Uint32Array(memory, table + code.textEnds.value, most),
    escapingOf: (id) => escapings[shapes[id] ?? 0] ?? 'none',
    newValues: () => {
      const at = allot(most * Uint32Array.BYTES_PER_ELEMENT);
      return at === undefined ? undefined : new Uint32Array(memory, at, most);
    },
    take: (requests, column) => {
      if (texts.size > mostTexts || code.bytesOf(table) > mostBytes) {
        code.clearTexts(table);
        texts.generation++;
        texts.size = 0;
      }
      const { count, escaping } = requests;
      if (!show(requests, column)) return false;
      const numbered = code.numberTexts(table, count, escapings.indexOf(escaping));
      texts.size = code.sizeOf(table);
      return numbered === count;
    },
  };
  return texts;
}
