import { readFileSync } from 'node:fs';
import type { Json } from '../event/json.ts';
import type { Rule } from '../sigma/rule.ts';
import { destinationsFrom } from './destination.ts';
import { createHandler, type HandlerResult } from './handler.ts';

/** Long enough for a slow receiver, short enough to leave room in the function's own timeout of 30 seconds. */
const timeoutMs = 8_000;

let ready: ReturnType<typeof createHandler> | undefined;

/** The function that Lambda calls. Rules are read and compiled at the first event and not at import, which must be quick. */
export async function handler(
  event: Json,
  context: { readonly awsRequestId: string },
): Promise<HandlerResult> {
  ready ??= createHandler({
    rules: bundledRules(),
    destinations: destinationsFrom(process.env, { fetch, timeoutMs, now: Date.now }),
    clock: Date.now,
    log: (line) => process.stdout.write(`${JSON.stringify(line)}\n`),
  });
  return ready(event, context);
}

/** The rules lie beside the bundle, parsed and checked when it was built. */
function bundledRules(): readonly Rule[] {
  return JSON.parse(readFileSync(new URL('./rules.json', import.meta.url), 'utf8')) as readonly Rule[];
}
