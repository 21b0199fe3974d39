import { decodeValue } from '../decode/decode.ts';
import type { Json } from '../event/json.ts';
import { concernsAssets } from '../facts/assets/sightings.ts';
import type { Alert } from '../alert/alert.ts';
import { engineOf, type EngineParts } from '../runtime/engine.ts';
import { decide, newTally } from '../runtime/pipeline.ts';
import type { Destination, Invocation } from './destination.ts';

export interface HandlerOptions {
  readonly parts: EngineParts;
  readonly destinations: readonly Destination[];
  readonly clock: () => number;
  /** One JSON line for each thing worth knowing, to CloudWatch Logs. */
  readonly log: (line: object) => void;
}

/** What an invocation did; Lambda shows it where the function is called by hand. */
export interface HandlerResult {
  readonly records: number;
  readonly events: number;
  readonly alerts: readonly { readonly id: string; readonly severity: string; readonly title: string }[];
}

/** Something of this invocation failed. Lambda then tries the whole event again and at last hands it to the function's dead-letter target, so nothing is lost. */
class InvocationError extends Error {
  override readonly name = 'InvocationError';
}

/**
 * The same engine in AWS Lambda, for the events that EventBridge hands over. Every alert goes to every destination before the
 * invocation succeeds, and what correlations and the memory of assets are made of to those that keep state; repeats carry the same ids and idempotency keys.
 */
export function createHandler(
  options: HandlerOptions,
): (event: Json, context: { readonly awsRequestId: string }) => Promise<HandlerResult> {
  const engine = engineOf(options.parts);
  const rules = new Map(engine.active.map((rule) => [rule.id, rule]));
  const { clock, log } = options;
  return async (event, context) => {
    const receivedAt = clock();
    const tally = newTally();
    const from = { source: 'lambda', object: context.awsRequestId, position: 0, receivedAt };
    const batch = decodeValue(event, from);
    const { alerts, rejections, matches } = decide(batch, engine, clock(), tally);
    // Assets are remembered where state is kept, from every call that says something of one.
    const remembers = batch.events.some(concernsAssets);
    const failures = rejections.map((rejection) => `a record was rejected: ${rejection.reason}`);
    // At once, not in turn: the function has one time limit for all of them.
    const found = alerts.flatMap((alert) => {
      const rule = rules.get(alert.rule.id);
      return rule === undefined ? [] : [{ eventId: alert.evidence.eventId, rule }];
    });
    const told = alerts.filter(({ exception }) => exception === undefined);
    const sent = options.destinations.flatMap((destination) => {
      // A server keeps also what falls under an exception; the others would only tell people of it.
      const theirs = destination.correlates ? alerts : told;
      const isNeeded = theirs.length > 0 || (destination.correlates && (matches.length > 0 || remembers));
      return isNeeded ? [sendAll(destination, theirs, { event, from, found })] : [];
    });
    for (const problems of await Promise.all(sent)) failures.push(...problems);
    for (const { id, severity, title, rule, time } of alerts)
      log({ level: 'info', message: 'alert', id, severity, title, rule: rule.id, latencyMs: clock() - time });
    if (failures.length > 0) {
      log({ level: 'error', message: 'invocation failed', failures });
      throw new InvocationError(failures.join('; '));
    }
    return {
      records: tally.records,
      events: tally.events,
      alerts: alerts.map(({ id, severity, title }) => ({ id, severity, title })),
    };
  };
}

/** Never rejects: what one destination cannot do must not keep an alert from the others. */
async function sendAll(
  destination: Destination,
  alerts: readonly Alert[],
  invocation: Invocation,
): Promise<readonly string[]> {
  try {
    const problems = await destination.send(alerts, invocation);
    return problems.map((problem) => `${destination.name}: ${problem}`);
  } catch (error) {
    return [`${destination.name}: ${error instanceof Error ? error.message : String(error)}`];
  }
}
