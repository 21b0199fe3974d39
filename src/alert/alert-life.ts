import type { Origin } from '../event/event.ts';
import type { Provenance } from '../event/record.ts';
import type { Severity } from '../event/severity.ts';

/** How far people are with an alert. The last two close it. */
export const statuses = ['open', 'acknowledged', 'in-progress', 'resolved', 'false-positive'] as const;

export type Status = (typeof statuses)[number];

/** What people made of an alert. An alert without one is open, nobody's, and untouched. */
export interface Lifecycle {
  readonly status: Status;
  /** Rises with each change by a person, and whenever new evidence changes what the alert means: a decision made before that is out of date. */
  readonly revision: number;
  readonly assignee?: string | undefined;
  /** Until then nobody is told of it, in milliseconds since the epoch; it is kept and counted all the same. */
  readonly snoozedUntil?: number | undefined;
  /** When the status was set, by whom, and why. */
  readonly since: number;
  readonly by: string;
  readonly reason?: string | undefined;
}

/** What findings join one alert by. */
export interface AlertGroup {
  /** 32 hex digits: a hash of the rule and of what its findings have in common. */
  readonly key: string;
  /** How far in event time a finding may lie from the alert's first or last one and still join it, in milliseconds. */
  readonly windowMs: number;
}

/** The findings of an alert that more than one finding led to. Times are event times, in milliseconds since the epoch. */
export interface Occurrences {
  /** Different findings, the one that made the alert included: a repeated one is not counted. */
  readonly count: number;
  readonly firstSeen: number;
  readonly lastSeen: number;
  /** The earliest and the ten latest, in the order of time. */
  readonly samples: readonly Occurrence[];
  /** What they differ in: the first 32 of each, in the order in which they came. */
  readonly varied: Varied;
  /** What had been told when somebody was last told of it. */
  readonly told: Told;
  /** Whether something new among them has raised the severity a step; that happens once. */
  readonly stepped: boolean;
}

export interface Told {
  /** Latest event time known by then. */
  readonly at: number;
  readonly count: number;
  /** How often since the last thing that changed its meaning, the first included. */
  readonly times: number;
}

/** One finding in short: enough to know it and to find its record again. Its strings are as hostile as the log. */
export interface Occurrence {
  /** The id that the finding would have as an alert of its own. */
  readonly id: string;
  readonly time: number;
  readonly severity: Severity;
  readonly title: string;
  readonly who: string;
  readonly result: 'success' | 'failure' | 'unknown';
  readonly origin: Origin;
  readonly country?: string | undefined;
  readonly target?: string | undefined;
  readonly eventId: string;
  readonly provenance: Provenance;
}

export const variedKinds = [
  'result',
  'person',
  'country',
  'target',
  'fact',
  'actor',
  'principal',
  'access-key',
  'account',
  'region',
  'address',
  'agent',
] as const;

export type VariedKind = (typeof variedKinds)[number];

type LaterKind = 'principal' | 'access-key' | 'account' | 'region';

/** What was stored by the first versions has not all kinds. */
export type Varied = Readonly<
  Record<Exclude<VariedKind, LaterKind>, readonly string[]> & Partial<Record<LaterKind, readonly string[]>>
>;

/** Why people are told of an alert again. */
export interface AlertNews {
  readonly type: 'raised' | 'again' | 'reopened' | 'woken';
  /** `again: 214 more since 2026-11-21 09:10 UTC` */
  readonly sentence: string;
  /** The how many-th it is. */
  readonly number: number;
}

/** A closed alert of the same group, which a new one is to be judged apart from. */
export interface FollowedAlert {
  readonly id: string;
  readonly status: Status;
}
