import { atLeast, type Severity } from '../event/severity.ts';
import type { Known } from '../facts/known.ts';
import { compileDetection } from '../sigma/compile.ts';
import type { Detection } from '../sigma/rule.ts';
import { alertView, type ToldAlert } from './alert-view.ts';
import { hoursWords, withinHours, type Hours } from './hours.ts';

/** Where some alerts go: plain data from the configuration. */
export interface Route {
  readonly name: string;
  /** All alerts, where left out. */
  readonly when?: Detection | undefined;
  /** Held against the time of the decision, which is when somebody would be told. Always, where left out. */
  readonly during?: Hours | undefined;
  /** Names of channels; none where such alerts are for nobody. */
  readonly to: readonly string[];
  /** Whether the routes below are looked at too. */
  readonly continue: boolean;
}

/** What the routes need to know of a channel. */
export interface RoutedChannel {
  readonly minSeverity: Severity;
}

/** Where one alert goes, and why. */
export interface Routing {
  readonly deliveries: readonly RoutedDelivery[];
  /** What each route said, in order. */
  readonly verdicts: readonly RouteVerdict[];
  /** Channels that a route named and that take no alert of this severity. */
  readonly below: readonly { readonly channel: string; readonly minSeverity: Severity }[];
}

export interface RoutedDelivery {
  readonly channel: string;
  /** The route that says so; undefined where no routes are configured and every channel gets what it takes. */
  readonly route: string | undefined;
}

export interface RouteVerdict {
  readonly route: string;
  /** `unasked`: a route above took the alert. `outside`: the search holds and the hours do not. */
  readonly verdict: 'takes' | 'differs' | 'outside' | 'unasked';
  /** The hours, where they decided. */
  readonly detail?: string | undefined;
}

export type Router = (told: ToldAlert) => Routing;

/**
 * Compiles routes. They are tried in order until one takes the alert and does not say `continue`. Without any route every channel gets what
 * reaches its lowest severity; with routes that floor still holds. An alert under an exception goes nowhere.
 */
export function createRouter(
  routes: readonly Route[],
  channels: Readonly<Record<string, RoutedChannel>>,
  known: Known,
): Router {
  const view = alertView(known);
  const compiled = routes.map((route) => ({
    ...route,
    holds: route.when === undefined ? () => true : compileDetection(route.when, view),
    isOpen: route.during === undefined ? () => true : withinHours(route.during),
  }));
  return (told) => {
    const { alert } = told;
    if (alert.exception !== undefined) return { deliveries: [], verdicts: [], below: [] };
    if (compiled.length === 0) {
      const names = Object.keys(channels).map((channel) => ({ channel, route: undefined }));
      return { ...withFloors(names, channels, alert.severity), verdicts: [] };
    }
    const verdicts: RouteVerdict[] = [];
    const wanted = new Map<string, RoutedDelivery>();
    let isTaken = false;
    for (const route of compiled) {
      if (isTaken) {
        verdicts.push({ route: route.name, verdict: 'unasked' });
      } else if (!route.holds(told)) {
        verdicts.push({ route: route.name, verdict: 'differs' });
      } else if (!route.isOpen(alert.decidedAt)) {
        const detail = route.during && hoursWords(route.during);
        verdicts.push({ route: route.name, verdict: 'outside', detail });
      } else {
        verdicts.push({ route: route.name, verdict: 'takes' });
        for (const channel of route.to)
          if (!wanted.has(channel)) wanted.set(channel, { channel, route: route.name });
        isTaken = !route.continue;
      }
    }
    return { ...withFloors([...wanted.values()], channels, alert.severity), verdicts };
  };
}

function withFloors(
  wanted: readonly RoutedDelivery[],
  channels: Readonly<Record<string, RoutedChannel>>,
  severity: Severity,
): Pick<Routing, 'deliveries' | 'below'> {
  const floorOf = (channel: string): Severity => channels[channel]?.minSeverity ?? 'informational';
  return {
    deliveries: wanted.filter(({ channel }) => atLeast(severity, floorOf(channel))),
    below: wanted
      .filter(({ channel }) => !atLeast(severity, floorOf(channel)))
      .map(({ channel }) => ({ channel, minSeverity: floorOf(channel) })),
  };
}
