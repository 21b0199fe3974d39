import type { Place } from '../context/place.ts';
import type { ActorKind, EventKind, Origin, Target } from '../event/event.ts';
import type { JsonObject } from '../event/json.ts';
import type { Provenance } from '../event/record.ts';
import type { Severity } from '../event/severity.ts';
import type { DiffLine } from '../facts/assets/diff.ts';
import type { EventDigest } from './digest.ts';
import type { AlertContext } from './lookup.ts';
import type { AlertGroup, AlertNews, FollowedAlert, Lifecycle, Occurrences } from './alert-life.ts';

/** An ATT&CK tactic or technique with its id and MITRE's name for it. */
export interface AttackRef {
  readonly id: string;
  readonly name: string;
}

export interface AlertFact {
  readonly explanation: string;
  readonly unknowns: readonly string[];
  /** What came (`+`), what went (`-`) and what stays for orientation; left out where there is nothing to show. */
  readonly diff?: readonly DiffLine[] | undefined;
}

/** A finding that a person may see. Plain data: what is stored, sent and shown. Its strings are as hostile as the log that they came from. */
export interface Alert {
  /** 32 hex digits: a hash of rule, grouping key and event identity. */
  readonly id: string;
  readonly rule: { readonly id: string; readonly title: string };
  /** After policy. */
  readonly severity: Severity;
  /** Why it is not the rule's level, in order: `raised from high to critical: production`. Absent where it is. */
  readonly severityChanges?: readonly string[] | undefined;
  /** What is known and accepted for a time: such an alert is kept and counted, and delivered to nobody. */
  readonly exception?: ExceptionNote | undefined;
  /** Why a channel is told that would not be otherwise, such as an escalation. Only in the copy that this channel gets. */
  readonly toldBecause?: string | undefined;
  /** What several alerts together say that are told at once. Only in a message that stands for them, never of a stored alert. */
  readonly digest?: AlertDigest | undefined;
  /** One sentence that says what happened, with names from the event. */
  readonly title: string;
  /** The rule's own description: why this matters. */
  readonly description: string;
  /** What to do first, from the rule; empty where it says nothing. */
  readonly response: string;
  /** Event time, in milliseconds since the epoch. */
  readonly time: number;
  readonly receivedAt: number;
  readonly decidedAt: number;
  readonly who: {
    readonly kind: ActorKind;
    readonly name: string;
    readonly arn?: string | undefined;
    readonly account?: string | undefined;
    readonly accessKeyId?: string | undefined;
    readonly mfa?: boolean | undefined;
    /** Whom the configuration knows to be behind it. */
    readonly person?: AlertPerson | undefined;
    /** Who else is behind the name, the origin first. */
    readonly chain: readonly string[];
  };
  readonly what: {
    readonly kind: EventKind;
    readonly service: string;
    readonly action: string;
    readonly result: 'success' | 'failure' | 'unknown';
    readonly reason?: string | undefined;
    readonly targets: readonly Target[];
  };
  readonly where: {
    readonly account?: string | undefined;
    /** What the configuration calls the account. */
    readonly accountName?: string | undefined;
    readonly region?: string | undefined;
    readonly origin: Origin;
    /** Where that is. Absent in alerts of older versions, and where several events came from several places. */
    readonly place?: Place | undefined;
    readonly userAgent?: string | undefined;
  };
  readonly tactics: readonly AttackRef[];
  readonly techniques: readonly AttackRef[];
  /** The facts' sentences, what they could not know, and what changed, line by line. */
  readonly facts: readonly AlertFact[];
  readonly falsePositives: readonly string[];
  readonly references: readonly string[];
  /** Where several events together made the rule match. `who`, `what` and `where` then say what they have in common. */
  readonly correlation?: AlertCorrelation | undefined;
  /** What later findings join it by; absent where each is an alert of its own. */
  readonly group?: AlertGroup | undefined;
  /** The findings that it stands for, once there are several: see `occurrencesOf`. `who`, `what` and the rest are those of the first that came. */
  readonly occurrences?: Occurrences | undefined;
  /** What people made of it; absent while nobody has done anything: see `lifecycleOf`. */
  readonly lifecycle?: Lifecycle | undefined;
  /** Why people were told of it again, the last time; absent where they were told once. */
  readonly news?: AlertNews | undefined;
  /** Nobody was told of it when it came, because its rule had told too much within the hour, which ends then. */
  readonly muted?: { readonly until: number } | undefined;
  /** The incident that it was part of when it came, of which people had been told by then; absent where there was none. */
  readonly incident?: IncidentNote | undefined;
  /** The closed alert that it would have joined. */
  readonly follows?: FollowedAlert | undefined;
  /** What is known around it; absent while there is nothing. */
  readonly context?: AlertContext | undefined;
  readonly evidence: {
    /** Of the last of the events, where there are several. */
    readonly eventId: string;
    readonly provenance: Provenance;
    /** The raw record; empty where there are several events. */
    readonly fields: JsonObject;
  };
}

/** An incident as an alert names it. */
export interface IncidentNote {
  /** It is found by this: the id of the incident, or of an alert in it. */
  readonly id: string;
  /** `alerts around alice and 2 more` */
  readonly name: string;
  /** Channels that were not told of the alert, because they had been told of the incident; absent where there were none. */
  readonly mutes?: readonly string[] | undefined;
}

export interface AlertDigest {
  /** Event times of the first and the last, in milliseconds since the epoch. */
  readonly from: number;
  readonly to: number;
  readonly total: number;
  /** The worst first; only those that there are. */
  readonly severities: readonly { readonly severity: Severity; readonly count: number }[];
  /** Those with the most alerts. */
  readonly rules: readonly { readonly title: string; readonly count: number }[];
  readonly accounts: readonly { readonly title: string; readonly count: number }[];
  /** The worst and latest alerts. */
  readonly top: readonly {
    readonly id: string;
    readonly severity: Severity;
    readonly time: number;
    readonly title: string;
    readonly link: string | undefined;
  }[];
}

/** A person as the configuration tells of them. */
export interface AlertPerson {
  readonly name: string;
  readonly team?: string | undefined;
  /** How to reach them. */
  readonly contact?: string | undefined;
}

/** The exception that an alert falls under. */
export interface ExceptionNote {
  readonly name: string;
  readonly reason: string;
  /** Who answers for it. */
  readonly owner: string;
  /** Event times from here on are excepted no longer, in milliseconds since the epoch. */
  readonly until: number;
}

export interface AlertCorrelation {
  /** The correlation's type: `event_count`, `temporal_ordered` ... */
  readonly type: string;
  /** `12 events within 10m (at least 10)` */
  readonly summary: string;
  /** What the events have in common because the rule groups by it. */
  readonly group: readonly { readonly field: string; readonly value: string }[];
  readonly value: number;
  /** Time of the first event, and the end of the window, in milliseconds since the epoch. */
  readonly start: number;
  readonly end: number;
  /** How many events there were; `events` lists the newest 100 at most, in the order of time. */
  readonly total: number;
  readonly events: readonly AlertEvent[];
}

export interface AlertEvent extends EventDigest {
  readonly id: string;
  readonly time: number;
  readonly place?: Place | undefined;
}
