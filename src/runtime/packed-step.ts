import { deserialize, serialize } from 'node:v8';
import type { Step } from './scan-part.ts';

/** So many bytes of steps of one part may wait to be taken, and one step more. */
export const bytesAhead: number = 1024 * 1024;

/** A step that waits: its length is what it takes in memory, and it costs the garbage collector nothing. */
export function packStep(step: Step): Uint8Array {
  return serialize(step);
}

export function unpackStep(packed: Uint8Array): Step {
  return deserialize(packed) as Step;
}
