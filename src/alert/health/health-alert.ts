import type { Severity } from '../../event/severity.ts';
import type { Alert } from '../alert.ts';
import { alertId } from '../identity.ts';
import { limitOf, silenceOf, type SilenceSettings, type Subject } from './silence.ts';

/** The rules by which Tocsin watches itself. */
export const healthRules = {
  silence: {
    id: 'tocsin-silence',
    title: 'Nothing is heard any more',
    description:
      'What goes unheard goes undetected. Logging may have been switched off, a delivery may have broken, or somebody may be hiding.',
    response:
      'See whether it is meant: an account that was closed, a worker that was taken out; then name it in `health.expected`. Otherwise look at the trail (GetTrailStatus), the bucket, its notifications and the queue, or at the worker and its log. Look for StopLogging, DeleteTrail and PutEventSelectors before the silence.',
  },
  channel: {
    id: 'tocsin-channel-failing',
    title: 'A channel takes no alerts',
    description: 'Alerts wait for this channel, and those who rely on it are told nothing.',
    response:
      'Run `tocsin channels test NAME`: it shows the answer and what to do. What is owed is sent when the channel takes messages again.',
  },
  queue: {
    id: 'tocsin-queue-growing',
    title: 'Deliveries pile up',
    description: 'More is owed to the channel than goes out, so that alerts come late.',
    response:
      'See what the alerts are (`GET /v1/alerts`), and narrow or group the rule that makes them; or raise `messagesPerMinute` of the channel, or give it a digest.',
  },
  trouble: {
    id: 'tocsin-source-trouble',
    title: 'A source cannot be read',
    description:
      'What the source holds is not looked at while this lasts. Nothing is lost, as long as it is kept there.',
    response: 'The reason says what is wrong. Mend it; reading goes on where it was.',
  },
  behind: {
    id: 'tocsin-source-behind',
    title: 'Reading falls behind',
    description:
      'What the queue tells of waits too long before it is read: alerts come late, and what waits longer than the queue keeps messages is lost.',
    response:
      'See whether it is a burst that is being worked off (the age in the next alerts, `ApproximateAgeOfOldestMessage` in CloudWatch). Otherwise let more servers or workers read the queue, and have the trail send less: data events that no rule reads. Raise the retention of the queue until it is worked off.',
  },
  clock: {
    id: 'tocsin-clock',
    title: 'Clocks disagree',
    description:
      'Events come with times that lie in the future, so that windows of correlations and times in alerts are wrong by as much; or a worker signs its batches with times that are too far off, and none of them is taken.',
    response:
      'Compare the clocks of this server and of what sends (`chronyc tracking`), and set the one that is wrong.',
  },
  noisy: {
    id: 'tocsin-rule-noisy',
    title: 'A rule fires all the time',
    description: 'Nobody reads that many alerts. What matters drowns in them.',
    response:
      'See what its alerts have in common, and narrow the rule, make an exception, or group by fewer fields (`alerts.rules.ID.groupBy`). `tocsin rules backtest` shows what a change would do.',
  },
  unfired: {
    id: 'tocsin-rules-unfired',
    title: 'Rules do not fire',
    description:
      'A rule that never fires may have nothing to find, or may never be shown what it reads. From outside the two look the same.',
    response:
      "See at `/rules` or with `tocsin health` which they are. `tocsin rules show RULE` says what a rule reads: see whether such events come at all (the trail's data events, the log of another service), and try it on old logs with `tocsin rules backtest`. Leave out by `rules.disabled` what is not for you; `health.rulesUnfired: null` asks for this no more.",
  },
  latency: {
    id: 'tocsin-latency',
    title: 'Alerts come too late',
    description: 'The time from event to stored alert is over the objective (`health.latencyObjective`).',
    response:
      'See at `GET /v1/latency` which stage takes long: `received` is the delivery of the log (CloudTrail, queue, worker), `decided` and `stored` are this server and its store.',
  },
} as const;

export type HealthRule = keyof typeof healthRules;

/** Something that is not as it should be. */
export interface Trouble {
  readonly rule: HealthRule;
  /** The channel, source, worker or rule. */
  readonly subject: string;
  readonly severity: Severity;
  readonly title: string;
  /** What is known of it, a sentence each. */
  readonly facts: readonly string[];
  /** When it began, in milliseconds since the epoch. */
  readonly since: number;
  readonly account?: string | undefined;
  readonly region?: string | undefined;
}

const longest = 300;

/** The alert of a trouble: the same for the same subject and beginning, however often it is made. */
export function healthAlert(trouble: Trouble, now: number): Alert {
  const { id, title, description, response } = healthRules[trouble.rule];
  const subject = cut(trouble.subject);
  return {
    id: alertId(id, [trouble.subject], String(trouble.since)),
    rule: { id, title },
    severity: trouble.severity,
    title: cut(trouble.title),
    description,
    response,
    time: now,
    receivedAt: now,
    decidedAt: now,
    who: { kind: 'unknown', name: 'tocsin', chain: [] },
    what: {
      kind: 'tocsin.health',
      service: 'tocsin',
      action: trouble.rule,
      result: 'unknown',
      targets: [{ name: subject }],
    },
    where: { account: trouble.account, region: trouble.region, origin: { type: 'internal' } },
    tactics: [],
    techniques: [],
    facts: trouble.facts.map((explanation) => ({ explanation: cut(explanation), unknowns: [] })),
    falsePositives: [],
    references: [],
    evidence: {
      eventId: `${trouble.rule} ${subject} ${trouble.since}`,
      provenance: { source: 'tocsin', object: 'health', position: 0, receivedAt: now },
      fields: {},
    },
  };
}

const severities = { source: 'high', worker: 'high', account: 'medium', region: 'low' } as const;

/** What is wrong with a subject that has gone silent. */
export function silenceTrouble(
  subject: Subject,
  now: number,
  pausedMs: number,
  settings: SilenceSettings,
): Trouble {
  const { kind, name, lastSeen, newestEvent } = subject;
  const [account, region] = kind === 'account' || kind === 'region' ? name.split('/') : [];
  return {
    rule: 'silence',
    subject: `${kind} ${name}`,
    severity: severities[kind],
    title: `Nothing from ${kind} ${name} for ${duration(silenceOf(subject, now, pausedMs))}`,
    facts: [
      `last heard of ${utc(lastSeen)}, with an event of ${utc(newestEvent)}`,
      `at this time of the week up to ${duration(limitOf(subject, now, settings))} without anything would be usual`,
    ],
    since: lastSeen,
    account,
    region,
  };
}

/** `2026-11-21 22:05 UTC` */
export function utc(time: number): string {
  return `${new Date(time).toISOString().slice(0, 16).replace('T', ' ')} UTC`;
}

/** `45 minutes`, `7 hours`, `3 days` */
export function duration(ms: number): string {
  const minutes = Math.max(1, Math.round(ms / 60_000));
  if (minutes < 120) return minutes === 1 ? '1 minute' : `${minutes} minutes`;
  const hours = Math.round(minutes / 60);
  return hours < 48 ? `${hours} hours` : `${Math.round(hours / 24)} days`;
}

function cut(text: string): string {
  return text.length <= longest ? text : `${text.slice(0, longest).toWellFormed()}…`;
}
