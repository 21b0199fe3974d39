import { createHash } from 'node:crypto';
import type { Json, JsonObject } from '../../event/json.ts';
import { isJsonObject } from '../../event/json.ts';
import type { Provenance } from '../../event/record.ts';

/**
 * An id for a record that brings none: 32 hex digits of a SHA-256 over its content (the order of keys doesn't
 * count) and the place where it lies, so that reading the same place twice gives the same id.
 *
 * `provenance.object` counts only for files and S3 objects. Elsewhere it names a delivery (a request id), and the
 * same record sent twice must be one event.
 */
export function contentId(fields: JsonObject, provenance: Provenance): string {
  const hash = createHash('sha256');
  const lies = provenance.source === 'file' || provenance.source === 's3';
  hash.update(JSON.stringify([lies ? provenance.object : '', provenance.position]));
  let buffer = '';
  for (const piece of canonical(fields)) {
    buffer += piece;
    if (buffer.length > 65_536) {
      hash.update(buffer);
      buffer = '';
    }
  }
  return hash.update(buffer).digest('hex').slice(0, 32);
}

type Step = { readonly write: string } | { readonly visit: Json };

/** JSON with sorted keys, piece by piece. Keeps a stack of its own: JSON.parse accepts nesting that overflows a recursive walk. */
function* canonical(root: Json): Generator<string> {
  const steps: Step[] = [{ visit: root }];
  for (let step = steps.pop(); step !== undefined; step = steps.pop()) {
    if ('write' in step) {
      yield step.write;
      continue;
    }
    const value = step.visit;
    if (isJsonObject(value)) {
      steps.push({ write: '}' });
      for (const key of Object.keys(value).sort().reverse()) {
        steps.push({ visit: value[key] ?? null }, { write: `,${JSON.stringify(key)}:` });
      }
      yield '{';
    } else if (typeof value === 'object' && value !== null) {
      steps.push({ write: ']' });
      for (let index = value.length - 1; index >= 0; index -= 1) {
        steps.push({ visit: value[index] ?? null }, { write: ',' });
      }
      yield '[';
    } else {
      yield JSON.stringify(value);
    }
  }
}
