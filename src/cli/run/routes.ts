import { readFileSync } from 'node:fs';
import type { Alert } from '../../alert/alert.ts';
import type { RouteCause } from '../../alert/delivery-cause.ts';
import { scheduleWords } from '../../alert/schedule.ts';
import type { Routing, RouteVerdict } from '../../alert/route.ts';
import { severities } from '../../event/severity.ts';
import { line } from '../../notify/safe-text.ts';
import { titleOf } from '../../notify/words.ts';
import { keptRulesFolder } from '../../runtime/cache-folder.ts';
import { loadConfig } from '../../runtime/config.ts';
import type { Config } from '../../runtime/config-schema.ts';
import { loadPipelines } from '../../runtime/load-pipelines.ts';
import { loadRules } from '../../runtime/load-rules.ts';
import { rulePaths } from '../../runtime/packs.ts';
import { routerOf } from '../../runtime/routing.ts';
import { systemSecrets } from '../../runtime/secret.ts';
import { CliFailure, exitCode } from '../failure.ts';
import { jsonText } from '../format/json.ts';
import { count, paint, terminalOf, writeOut, type Terminal } from '../terminal.ts';
import { openStoreOf } from './store-of.ts';

export interface ExplainFlags {
  readonly config?: string;
  readonly store?: string;
  readonly json?: boolean;
}

/** Shows where alerts would go and why. `what` is an alert's id in the store, or a file of alerts. */
export async function explainRoutes(what: string, flags: ExplainFlags): Promise<number> {
  const config = loadConfig(flags.config, systemSecrets());
  const alerts = await alertsOf(what, config, flags.store);
  const { rules, correlations } = await loadRules(
    rulePaths(config.rules),
    await loadPipelines(config.rules.pipelines, config.rules.placeholders),
    keptRulesFolder(),
  );
  const route = routerOf(config, [...rules, ...correlations]);
  const explained = alerts.map((alert) => ({ alert, routing: route(alert) }));
  if (flags.json === true) {
    const shown = explained.map(({ alert, routing }) => ({
      alert: { id: alert.id, severity: alert.severity, title: alert.title },
      ...routing,
    }));
    await writeOut(`${jsonText(shown)}\n`);
    return exitCode.ok;
  }
  const terminal = terminalOf(process.stdout);
  const hasRoutes = config.routes.length > 0;
  await writeOut(
    explained.map(({ alert, routing }) => explanation(alert, routing, hasRoutes, terminal)).join('\n'),
  );
  return exitCode.ok;
}

/** The alert with this id, or those in a file. */
export async function alertsOf(
  what: string,
  config: Config,
  storeFile: string | undefined,
): Promise<readonly Alert[]> {
  if (!/^[0-9a-f]{32}$/.test(what)) return alertsIn(what);
  const store = await openStoreOf(config, storeFile);
  try {
    const alert = await store.alert(what);
    if (alert === undefined)
      throw new CliFailure(
        `${what}: the store holds no such alert; GET /v1/alerts lists those that there are`,
      );
    return [alert];
  } finally {
    await store.close();
  }
}

/** A file of alerts: what `tocsin scan --format json` or `ndjson` writes, or what the API answers. */
function alertsIn(file: string): readonly Alert[] {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    throw new CliFailure(
      `${file}: is no id of an alert (32 hex digits) and cannot be read: ${error instanceof Error ? error.message : String(error)}`,
    );
  }
  const alerts = documentsIn(text, file).flatMap(alertsWithin);
  if (alerts.length === 0)
    throw new CliFailure(
      `${file}: holds no alert; expected JSON as 'tocsin scan --format json' or GET /v1/alerts/ID gives it`,
    );
  return alerts;
}

function documentsIn(text: string, file: string): readonly unknown[] {
  try {
    return [JSON.parse(text)];
  } catch {
    return text
      .split('\n')
      .filter((one) => one.trim() !== '')
      .map((one, index): unknown => {
        try {
          return JSON.parse(one);
        } catch (error) {
          throw new CliFailure(
            `${file}:${index + 1}: is not JSON: ${error instanceof Error ? error.message : String(error)}`,
          );
        }
      });
  }
}

/** An alert, or those in `alert`, `alerts` or a list. */
function alertsWithin(value: unknown): readonly Alert[] {
  if (isAlert(value)) return [value];
  if (Array.isArray(value)) return value.filter(isAlert);
  if (typeof value !== 'object' || value === null) return [];
  if ('alert' in value) return isAlert(value.alert) ? [value.alert] : [];
  return 'alerts' in value && Array.isArray(value.alerts) ? value.alerts.filter(isAlert) : [];
}

/** What routes and messages cannot do without. */
function isAlert(value: unknown): value is Alert {
  const has = (key: string, type: string): boolean =>
    typeof value === 'object' && value !== null && typeof Reflect.get(value, key) === type;
  return (
    typeof value === 'object' &&
    value !== null &&
    'severity' in value &&
    severities.some((severity) => severity === value.severity) &&
    ['rule', 'who', 'what', 'where', 'evidence'].every((key) => has(key, 'object')) &&
    ['id', 'title', 'description', 'response'].every((key) => has(key, 'string')) &&
    ['time', 'decidedAt'].every((key) => has(key, 'number')) &&
    ['facts', 'techniques', 'tactics'].every((key) => Array.isArray(Reflect.get(value, key)))
  );
}

const verdictWords: Readonly<Record<RouteVerdict['verdict'], string>> = {
  takes: 'takes it',
  differs: 'its search does not hold',
  outside: 'holds, but only',
  unasked: 'not asked, because a route above took it',
};

function laterWords(cause: RouteCause): string {
  const after = `after ${count(cause.minutes, 'minute')}`;
  switch (cause.type) {
    case 'escalation':
      return `, ${after}, while nobody has acknowledged it`;
    case 'fallback':
      return `, ${after}, if it has not reached ${cause.channels.join(' and ')} by then`;
  }
}

function explanation(alert: Alert, routing: Routing, hasRoutes: boolean, terminal: Terminal): string {
  const { deliveries, verdicts, below } = routing;
  const atOnce = deliveries.filter(({ later, digest }) => later === undefined && digest === undefined);
  const to =
    atOnce.length === 0
      ? paint(terminal, 'yellow', deliveries.length === 0 ? 'nobody' : 'nobody at once')
      : atOnce.map(({ channel }) => channel).join(', ');
  const lines = [
    `${alert.severity}  ${line(titleOf(alert), 200)}`,
    `  goes to ${to}`,
    ...verdicts.map(
      ({ route, verdict, detail }) =>
        `  ${verdict === 'takes' ? '+' : '-'} ${route}: ${verdictWords[verdict]}${detail === undefined ? '' : ` ${detail}`}`,
    ),
    ...deliveries.map(
      ({ channel, route, later, digest }) =>
        `  > ${channel}: ${route === undefined ? 'there are no routes, and its minSeverity is reached' : `by ${route}`}${later === undefined ? '' : laterWords(later.cause)}${digest === undefined ? '' : `, in its digest ${scheduleWords(digest)}`}`,
    ),
    ...below.map(
      ({ channel, minSeverity }) => `  x ${channel}: takes only ${minSeverity} and worse (minSeverity)`,
    ),
  ];
  if (alert.exception !== undefined)
    lines.push(`  falls under the exception ${line(alert.exception.name, 100)}: nobody is told`);
  else if (hasRoutes && deliveries.length === 0 && below.length === 0)
    lines.push(`  none of ${count(verdicts.length, 'route')} sends it anywhere; it is only stored`);
  return `${lines.join('\n')}\n`;
}
