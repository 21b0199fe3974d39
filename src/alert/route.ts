import { atLeast, type Severity } from '../event/severity.ts';
import type { Known } from '../facts/known.ts';
import { compileDetection } from '../sigma/compile.ts';
import type { Detection } from '../sigma/rule.ts';
import type { RouteCause } from './delivery-cause.ts';
import { alertView, type ToldAlert } from './alert-view.ts';
import type { Schedule } from './schedule.ts';
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
  /** Who is told too, when some of `to` have not been reached for so long. */
  readonly fallback?: Deferred | undefined;
  /** The channels of `to` get what this route takes together, at these times. */
  readonly digest?: Schedule | undefined;
  /** Who is told next, step by step, while nobody has acknowledged the alert; minutes are counted from the alert. */
  readonly escalate?: readonly Deferred[] | undefined;
}

export interface Deferred {
  readonly to: readonly string[];
  readonly afterMinutes: number;
}

/** What the routes need to know of a channel. */
export interface RoutedChannel {
  readonly minSeverity: Severity;
  /** It gets alerts together, at these times, whatever route sends them. */
  readonly digest?: Schedule | undefined;
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
  /** With others in a digest, by this schedule. */
  readonly digest?: Schedule | undefined;
  /** Not at once, but so much later and only if the condition still holds. */
  readonly later?: { readonly afterMs: number; readonly cause: RouteCause } | undefined;
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
      const names = Object.keys(channels).map((channel) =>
        inDigest({ channel, route: undefined }, undefined),
      );
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
        const wait = (channel: string): boolean =>
          takes(channel, alert.severity) && !isDigested(channel, route);
        const now = atOnce(route).map((one) => inDigest(one, route.digest));
        for (const one of [...now, ...deferred(route, wait)]) {
          const before = wanted.get(one.channel);
          // What is owed at once is not owed later.
          if (before === undefined || rank(one) < rank(before)) wanted.set(one.channel, one);
        }
        isTaken = !route.continue;
      }
    }
    return { ...withFloors([...wanted.values()], channels, alert.severity), verdicts };
  };

  function isDigested(channel: string, route: Route): boolean {
    return (route.digest ?? channels[channel]?.digest) !== undefined;
  }

  function inDigest(delivery: RoutedDelivery, ofRoute: Schedule | undefined): RoutedDelivery {
    const digest = ofRoute ?? channels[delivery.channel]?.digest;
    return digest === undefined ? delivery : { ...delivery, digest };
  }

  function takes(channel: string, severity: Severity): boolean {
    return atLeast(severity, floorOf(channel, channels));
  }
}

/** What asks for more haste goes before. */
function rank({ later, digest }: RoutedDelivery): number {
  return later !== undefined ? 2 : digest !== undefined ? 1 : 0;
}

function atOnce({ name, to }: Route): readonly RoutedDelivery[] {
  return to.map((channel) => ({ channel, route: name }));
}

const minute = 60_000;

function deferred(
  { name: route, to, fallback, escalate = [] }: Route,
  takes: (channel: string) => boolean,
): readonly RoutedDelivery[] {
  const reached = to.filter(takes);
  const steps = escalate.flatMap(({ to: next, afterMinutes: minutes }, index) => {
    const cause: RouteCause = { type: 'escalation', route, step: index + 1, minutes };
    return next.map((channel) => ({ channel, route, later: { afterMs: minutes * minute, cause } }));
  });
  if (fallback === undefined || reached.length === 0) return steps;
  const { to: instead, afterMinutes: minutes } = fallback;
  const cause: RouteCause = { type: 'fallback', route, channels: reached, minutes };
  return [
    ...instead.map((channel) => ({ channel, route, later: { afterMs: minutes * minute, cause } })),
    ...steps,
  ];
}

function floorOf(channel: string, channels: Readonly<Record<string, RoutedChannel>>): Severity {
  return channels[channel]?.minSeverity ?? 'informational';
}

function withFloors(
  wanted: readonly RoutedDelivery[],
  channels: Readonly<Record<string, RoutedChannel>>,
  severity: Severity,
): Pick<Routing, 'deliveries' | 'below'> {
  const isAbove = ({ channel }: RoutedDelivery): boolean => atLeast(severity, floorOf(channel, channels));
  return {
    deliveries: wanted.filter(isAbove),
    below: wanted
      .filter((one) => !isAbove(one))
      .map(({ channel }) => ({ channel, minSeverity: floorOf(channel, channels) })),
  };
}
