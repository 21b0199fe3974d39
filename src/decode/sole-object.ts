import type { ReadLimits, Sink } from './format.ts';
import { detectFormat } from './formats.ts';
import { defaultFrameLimits } from './frame.ts';
import { containerKeys } from './frames.ts';
import { jsonFormat } from './json.ts';
import { parseJson } from './parse.ts';
import { isJsonObject } from '../event/json.ts';
import { unwrap } from './shapes.ts';

/** What is longer is mostly many records. */
const longest = 64 * 1024;
const opening = 0x7b;
const closing = 0x7d;

/**
 * Reads content that is here as a whole and is one JSON object, an event or what stands around one, in one go: to stream so little costs several
 * times as much. False, and nothing was read, where it may be anything else; read as a stream, the same comes of it.
 */
export function readSoleObject(content: Uint8Array, sink: Sink, limits: ReadLimits): boolean {
  if (limits.prefilter !== undefined || limits.part !== undefined) return false;
  if (content.length > Math.min(longest, limits.maxRecordBytes)) return false;
  if (content[0] !== opening || content.at(-1) !== closing) return false;
  if (detectFormat(content) !== jsonFormat || mayBeTooDeep(content)) return false;
  const parsed = parseJson(content);
  if ('problem' in parsed) return false;
  const { value } = parsed;
  // Those are split into their records, and each of these has a place of its own.
  if (!isJsonObject(value) || containerKeys.some((key) => Object.hasOwn(value, key))) return false;
  unwrap(value, { bytes: content, length: content.length }, { sink, at: 0, limits });
  return true;
}

/** Whether there are more brackets than may be open at once, those in strings counted too. */
function mayBeTooDeep(content: Uint8Array): boolean {
  let brackets = 0;
  for (const byte of content) if (byte === opening || byte === 0x5b) brackets++;
  return brackets > defaultFrameLimits.maxDepth;
}
