import type { ToldAlert } from '../alert/alert-view.ts';
import type { Alert } from '../alert/alert.ts';
import { createRouter, type Router, type Routing } from '../alert/route.ts';
import { digestQueue, nextTime } from '../alert/schedule.ts';
import type { Known } from '../facts/known.ts';
import type { RuleHeader } from '../sigma/rule.ts';
import type { OwedDelivery } from '../store/owed.ts';
import { knownOf } from './config-estate.ts';
import type { Config } from './config-schema.ts';

/** Where alerts go by a configuration; `rules` are those that may have raised them, `known` what is known of the estate. */
export function routerOf(
  config: Pick<Config, 'routes' | 'channels' | 'estate'>,
  rules: readonly RuleHeader[],
  known: Known = knownOf(config.estate),
): (alert: Alert) => Routing {
  const route: Router = createRouter(config.routes, config.channels, known);
  const byId = new Map(rules.map((rule) => [rule.id, rule]));
  return (alert) => route({ alert, rule: byId.get(alert.rule.id) ?? unknownRule(alert) });
}

/** Of a rule that is not there, the alert tells as much as this. */
function unknownRule({ rule, severity, techniques }: Alert): ToldAlert['rule'] {
  return { ...rule, level: severity, tags: techniques.map(({ id }) => `attack.${id.toLowerCase()}`) };
}

/** What a store is to owe for it. `now` is when the alert is stored, in milliseconds since the epoch. */
export function owedBy({ deliveries }: Routing, now: number): readonly OwedDelivery[] {
  return deliveries.map(({ channel, later, digest }) => {
    if (later !== undefined) return { channel, due: now + later.afterMs, cause: later.cause };
    return digest === undefined ? { channel } : { channel: digestQueue(channel), due: nextTime(digest, now) };
  });
}

/** Whether an alert goes nowhere although nothing excepts it and no channel was above it. */
export function isUnrouted({ exception }: Alert, { deliveries, below }: Routing): boolean {
  return exception === undefined && deliveries.length + below.length === 0;
}
