import { duration, type Trouble } from '../alert/health/health-alert.ts';
import type { OpenTrouble } from '../alert/health/troubles.ts';
import { digestQueue } from '../alert/schedule.ts';
import type { ChannelStatus } from '../api/channels.ts';
import { replayWindowMs } from '../worker/signature.ts';
import type { HealthSettings } from './config-health.ts';
import type { RefusedBatches } from './health-signs.ts';
import type { LatencyFigures } from './latency.ts';

/** What a rule did: its new alerts, and all of its findings, those too that joined an alert. */
interface Fired {
  readonly title: string;
  readonly count: number;
  readonly findings: number;
}

/** What is known of the moment. Times in milliseconds since the epoch. */
export interface Moment {
  readonly now: number;
  /** Since when this process watches. */
  readonly since: number;
  readonly channels: readonly ChannelStatus[];
  /** When a channel last took something, in this process. */
  readonly accepted: ReadonlyMap<string, number>;
  /** Deliveries owed by queue, now and at each look of the last half hour, the oldest first. */
  readonly owed: Readonly<Record<string, number>>;
  readonly owedBefore: readonly Readonly<Record<string, number>>[];
  /** Sources that cannot be read, and since when. */
  readonly sources: readonly { readonly name: string; readonly reason: string; readonly since: number }[];
  /** How long what a source read last had waited, where that is known. */
  readonly waits: readonly { readonly name: string; readonly waitedMs: number }[];
  readonly ahead: ReadonlyMap<string, { readonly events: number; readonly mostMs: number }>;
  /** By worker. */
  readonly refusedBatches: ReadonlyMap<string, RefusedBatches>;
  readonly takenLast: ReadonlyMap<string, number>;
  /** What each rule did in this hour of the clock and in the one before; undefined where that was not watched to its end. */
  readonly fired: ReadonlyMap<string, Fired>;
  readonly firedBefore: ReadonlyMap<string, Fired> | undefined;
  /** When somebody began to watch, in this process or one before it, without the time in which nobody did. */
  readonly watchedMs: number;
  /** The rules that run, and when each fired last. */
  readonly rules: readonly { readonly title: string; readonly firedLast: number | undefined }[];
  readonly latency: LatencyFigures;
}

const hourMs = 3_600_000;
/** One clock that is off for one event proves nothing. */
const fewestAhead = 10;
/** A single batch may have been under way for long. */
const fewestRefused = 2;
/** What a process knows after so long, it knows. */
const knownAfterMs = 15 * 60_000;
/** So many rules without alerts are named. */
const mostNamed = 10;

/** What is not as it should be, sources that are silent apart. */
export function troublesOf(moment: Moment, settings: HealthSettings): readonly Trouble[] {
  const { now, channels, owed, owedBefore, sources, waits, ahead, fired, latency } = moment;
  const failing = channels.flatMap(({ name, failingSince, failuresInRow, reason = '' }): Trouble[] => {
    if (failingSince === undefined || now - failingSince < settings.channelFailing) return [];
    return [
      {
        rule: 'channel',
        subject: name,
        severity: 'high',
        title: `Channel ${name} has taken no alert for ${duration(now - failingSince)}`,
        facts: [`${failuresInRow} attempts in a row failed, the last because: ${reason}`],
        since: failingSince,
      },
    ];
  });
  const growing = channels.flatMap(({ name }): Trouble[] => {
    const count = owedTo(name, owed);
    const counts = owedBefore.map((then) => owedTo(name, then));
    // What goes down is being sent.
    const isGrowing =
      counts.length >= 3 && count >= (counts[0] ?? 0) && count >= Math.max(...counts.slice(-3));
    if (count <= settings.queue || !isGrowing) return [];
    return [
      {
        rule: 'queue',
        subject: name,
        severity: 'medium',
        title: `${count} deliveries are owed to channel ${name}, and they do not become fewer`,
        facts: [`half an hour ago, or when this server began to look, it was ${counts[0] ?? 0}`],
        since: now,
      },
    ];
  });
  const unread = sources.flatMap(({ name, reason, since }): Trouble[] =>
    now - since < settings.sourceTrouble
      ? []
      : [
          {
            rule: 'trouble',
            subject: name,
            severity: 'high',
            title: `Source ${name} could not be read for ${duration(now - since)}`,
            facts: [reason],
            since,
          },
        ],
  );
  const behind = waits.flatMap(({ name, waitedMs }): Trouble[] =>
    waitedMs <= settings.sourceBehind
      ? []
      : [
          {
            rule: 'behind',
            subject: name,
            severity: 'medium',
            title: `What source ${name} tells of waits for ${duration(waitedMs)}`,
            facts: [
              `the newest of the messages that were read last is so old; ${duration(settings.sourceBehind)} are the bound (health.sourceBehind)`,
            ],
            since: now,
          },
        ],
  );
  const clocks = [...ahead].flatMap(([name, { events, mostMs }]): Trouble[] =>
    events < fewestAhead
      ? []
      : [
          {
            rule: 'clock',
            subject: name,
            severity: 'medium',
            title: `Events from ${name} lie up to ${duration(mostMs)} in the future`,
            facts: [`${events} events were received before they happened, as their times have it`],
            since: now,
          },
        ],
  );
  const hour = Math.floor(now / hourMs) * hourMs;
  const noisy = [...fired].flatMap(([id, of]): Trouble[] => {
    const much = tooMuch(of, settings);
    if (much === undefined) return [];
    const facts = [`its id is ${id}; ${much.bound}`];
    return [{ rule: 'noisy', subject: id, severity: 'low', title: much.title, facts, since: hour }];
  });
  return [
    ...failing,
    ...growing,
    ...unread,
    ...behind,
    ...clocks,
    ...refusedFor(moment),
    ...noisy,
    ...unfired(moment, settings),
    ...slow(latency, settings, now),
  ];
}

/** Workers that are not taken for who they are, because of their clocks; they themselves are told nothing. */
function refusedFor({ refusedBatches }: Moment): readonly Trouble[] {
  return [...refusedBatches].flatMap(([worker, { count, aheadMs, since }]): Trouble[] =>
    count < fewestRefused
      ? []
      : [
          {
            rule: 'clock',
            subject: `${refusedSubject}${worker}`,
            severity: 'medium',
            title: `Worker ${worker}: clock is off by ${duration(Math.abs(aheadMs))}, its batches are refused`,
            facts: [
              `its clock is ${aheadMs > 0 ? 'ahead of' : 'behind'} that of this server; they may differ by ${duration(replayWindowMs)}`,
              'it keeps what it could not send, as far as its buffer has room, and sends it when the clocks agree',
            ],
            since,
          },
        ],
  );
}

/** No source and no worker has such a name. */
const refusedSubject = 'batches of worker ';

/** Alerts disturb people; findings that join one disturb nobody, and fill the store and hide in it. */
function tooMuch(
  { title, count, findings }: Fired,
  { rulePerHour, ruleFindingsPerHour }: HealthSettings,
): { readonly title: string; readonly bound: string } | undefined {
  if (count > rulePerHour)
    return {
      title: `Rule "${title}" has made ${count} new alerts within the hour`,
      bound: `${rulePerHour} an hour are the bound (health.rulePerHour)`,
    };
  if (findings > ruleFindingsPerHour)
    return {
      title: `Rule "${title}" has found ${findings} events within the hour`,
      bound: `${ruleFindingsPerHour} an hour are the bound (health.ruleFindingsPerHour)`,
    };
  return undefined;
}

/** One trouble for all of them: a rule that finds nothing is mostly a rule for which there is nothing to find. */
function unfired(moment: Moment, settings: HealthSettings): readonly Trouble[] {
  const bound = settings.rulesUnfired;
  if (bound === null || moment.watchedMs < bound) return [];
  const since = moment.now - bound;
  const quiet = moment.rules.filter(({ firedLast }) => firedLast === undefined || firedLast < since);
  if (quiet.length === 0) return [];
  const named = quiet.slice(0, mostNamed).map(({ title }) => `"${title}"`);
  const others = quiet.length > mostNamed ? `, and ${quiet.length - mostNamed} more` : '';
  return [
    {
      rule: 'unfired',
      subject: 'rules',
      severity: 'low',
      title: `${quiet.length} of ${moment.rules.length} rules have made no alert for ${duration(bound)}`,
      facts: [...named.slice(0, -1), `${named.at(-1) ?? ''}${others}`],
      since,
    },
  ];
}

function slow({ sources }: LatencyFigures, settings: HealthSettings, now: number): readonly Trouble[] {
  const objective = settings.latencyObjective;
  if (objective === null) return [];
  return Object.entries(sources).flatMap(([name, stages]): Trouble[] => {
    const p95 = stages['all']?.p95;
    if (p95 === undefined || p95 * 1000 <= objective) return [];
    const parts = ['received', 'decided', 'stored'].map(
      (stage) => `${stage} ${(stages[stage]?.p95 ?? 0).toFixed(1)} s`,
    );
    return [
      {
        rule: 'latency',
        subject: name,
        severity: 'medium',
        title: `Alerts from ${name} take up to ${p95.toFixed(1)} s; the objective is ${objective / 1000} s`,
        facts: [`the 95th percentile of each stage in the last ten minutes: ${parts.join(', ')}`],
        since: now,
      },
    ];
  });
}

/** Whether a trouble that is not among those of the moment is known to be over, and not only unknown since the last start. */
export function isOver(
  { rule, subject, since }: OpenTrouble,
  moment: Moment,
  settings: HealthSettings,
): boolean {
  const isKnown = moment.now - moment.since >= knownAfterMs;
  switch (rule) {
    case 'channel': {
      const status = moment.channels.find(({ name }) => name === subject);
      // It is over for one that was taken out of the configuration, too.
      if (status === undefined) return true;
      if (status.failingSince !== undefined) return false;
      return (moment.accepted.get(subject) ?? 0) > since || (isKnown && owedTo(subject, moment.owed) === 0);
    }
    case 'queue':
      return isKnown || (moment.owedBefore[0] !== undefined && owedTo(subject, moment.owed) === 0);
    case 'noisy': {
      // The hour that it was told in is over, and the next one was quiet.
      const before = moment.firedBefore?.get(subject);
      return (
        moment.firedBefore !== undefined && (before === undefined || tooMuch(before, settings) === undefined)
      );
    }
    case 'unfired':
      return true;
    case 'latency': {
      const p95 = moment.latency.sources[subject]?.['all']?.p95;
      // Well below, so that what hovers around the objective does not come and go.
      return isKnown && (p95 === undefined || p95 * 1000 <= (settings.latencyObjective ?? p95 * 1000) * 0.8);
    }
    case 'behind': {
      const source = moment.waits.find(({ name }) => name === subject);
      // Well below, so that what hovers around the bound does not come and go.
      return source === undefined ? isKnown : source.waitedMs <= settings.sourceBehind / 2;
    }
    case 'clock':
      // Also after a restart: whoever is refused goes on trying.
      return subject.startsWith(refusedSubject)
        ? (moment.takenLast.get(subject.slice(refusedSubject.length)) ?? 0) > since
        : isKnown;
    case 'silence':
    case 'trouble':
      return isKnown;
    default:
      return rule satisfies never;
  }
}

function owedTo(channel: string, owed: Readonly<Record<string, number>>): number {
  return (owed[channel] ?? 0) + (owed[digestQueue(channel)] ?? 0);
}
