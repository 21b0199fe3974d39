import { textBytes } from '../../event/text-bytes.ts';
import type { Scalar } from './scalars.ts';

/** How much of the memory that all correlations share is taken by one of them. */
export interface Load {
  /** Bytes, about; fewer where something was let go. */
  readonly add: (bytes: number) => void;
  /** Whether this one has to let go of something: all together hold too much, and this one more than its share. */
  readonly isTooMuch: () => boolean;
}

/** One for each of `count` correlations, which together hold `bytes`, or twice that where what is held moves from one to the other. */
export function sharedLoads(count: number, bytes: number): readonly Load[] {
  let all = 0;
  return Array.from({ length: count }, (): Load => {
    let own = 0;
    return {
      add: (more) => {
        own += more;
        all += more;
      },
      isTooMuch: () => all > bytes && own > bytes / count,
    };
  });
}

/** What an object with a few members and its place in a list or map take. */
export const objectBytes = 150;

/** What a group takes before it holds anything: maps and lists of its own. */
export const groupBytes = 800;

export function scalarBytes(values: readonly Scalar[]): number {
  let bytes = 0;
  for (const value of values) bytes += typeof value === 'string' ? textBytes(value) : 16;
  return bytes;
}
