import { readFileSync } from 'node:fs';
import type { Json } from '../event/json.ts';
import type { EngineParts } from '../runtime/engine.ts';
import { destinationsFrom, environmentKeys } from './destination.ts';
import { createHandler, type HandlerResult } from './handler.ts';

/** Long enough for a slow receiver, short enough to leave room in the function's own timeout of 30 seconds. */
const timeoutMs = 8_000;

let ready: ReturnType<typeof createHandler> | undefined;

/** The function that Lambda calls. Rules are read and compiled at the first event and not at import, which must be quick. */
export async function handler(
  event: Json,
  context: { readonly awsRequestId: string },
): Promise<HandlerResult> {
  ready ??= start();
  return ready(event, context);
}

function start(): ReturnType<typeof createHandler> {
  const log = (line: object) => void process.stdout.write(`${JSON.stringify(line)}\n`);
  const { silent, ...parts } = bundledRules();
  const destinations = destinationsFrom(process.env, { fetch, timeoutMs, now: Date.now });
  if (parts.correlations.length > 0 && !destinations.some(({ correlates }) => correlates))
    log({
      level: 'warn',
      message: `correlation rules do not run: they need state, which Lambda does not keep; set ${environmentKeys.serverUrl} to a server, which keeps it`,
      rules: parts.correlations.map(({ correlation }) => correlation.title),
    });
  return createHandler({
    parts: { ...parts, silent: new Set(silent) },
    destinations,
    clock: Date.now,
    log,
  });
}

/** What lies beside the code: the parts of an engine, as JSON has them. */
export interface BundledRules extends Omit<EngineParts, 'silent'> {
  readonly silent: readonly string[];
}

/** The rules lie beside the bundle, parsed and checked when it was built. */
function bundledRules(): BundledRules {
  return JSON.parse(readFileSync(new URL('./rules.json', import.meta.url), 'utf8')) as BundledRules;
}
