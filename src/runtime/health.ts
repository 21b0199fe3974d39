import type { Logger } from 'pino';
import type { Alert } from '../alert/alert.ts';
import { duration, healthAlert, healthRules, silenceTrouble, utc } from '../alert/health/health-alert.ts';
import { heard, keyOf, newlySilent, silenceOf, type Subject } from '../alert/health/silence.ts';
import { nextTroubles } from '../alert/health/troubles.ts';
import { digestQueue } from '../alert/schedule.ts';
import type { ChannelStatus } from '../api/channels.ts';
import type { HealthReport } from '../api/health-report.ts';
import type { Event } from '../event/event.ts';
import type { Json } from '../event/json.ts';
import type { StateChange } from '../sigma/correlation/state.ts';
import type { RunningSource } from '../source/source.ts';
import type { Owes } from '../store/owed.ts';
import type { Store } from '../store/store.ts';
import type { HealthSettings } from './config-health.ts';
import { healthReport, silenceSettingsOf } from './health-report.ts';
import { collectSigns } from './health-signs.ts';
import { readHealthState, subjectChange, watchChanges, type HealthState } from './health-state.ts';
import { isOver, troublesOf, type Moment } from './health-troubles.ts';
import type { LatencyFigures } from './latency.ts';

export interface HealthOptions {
  readonly settings: HealthSettings;
  readonly store: Pick<Store, 'commit'>;
  readonly life: Pick<Store['life'], 'change'>;
  /** What the store remembers. */
  readonly state: readonly { readonly key: string; readonly value: Json }[];
  readonly rules: readonly { readonly id: string; readonly title: string }[];
  readonly channelsFor: (alert: Alert) => Owes;
  readonly channels: () => readonly ChannelStatus[];
  /** When a channel last took something, in this process. */
  readonly accepted: ReadonlyMap<string, number>;
  readonly owed: Store['owed'];
  readonly latency: () => Promise<LatencyFigures>;
  readonly sources: () => readonly Pick<RunningSource, 'name' | 'trouble' | 'waitedMs'>[];
  /** Time of the newest request in the access logs that are followed. */
  readonly latestRequest: () => number | undefined;
  readonly clock: () => number;
  /** Told of alerts that were made here, after they are durable, and when others changed. */
  readonly onNews: (created: readonly Alert[]) => void;
  readonly log: Pick<Logger, 'warn'>;
}

export interface Health {
  /** Events of a batch, after it is durable. */
  readonly events: (events: readonly Event[]) => void;
  /** A worker has sent a batch, if an empty one. */
  readonly worker: (name: string) => void;
  /** A batch that a worker has signed was refused, since its time is off by so much; below zero where it is behind. */
  readonly clockOff: (worker: string, aheadMs: number) => void;
  /** Alerts that were not there before, and findings that joined alerts. */
  readonly fired: (created: readonly Alert[], joined?: readonly Alert[]) => void;
  /** To be called every few seconds. */
  readonly tick: () => Promise<void>;
  readonly report: () => HealthReport;
}

/** How often it looks. */
const lookMs = 15_000;
/** Nobody listened where looks are further apart: the machine slept, or no server ran. */
const pauseMs = 2 * 60_000;
/** How often what was learned is written down where nothing is to be told; a crash forgets as much. */
const writeMs = 5 * 60_000;
const windowMs = 15 * 60_000;
const hourMs = 3_600_000;
const owedKept = 30;
const mostSubjects = 5_000;
const forgetMs = 90 * 24 * hourMs;

type FiredCounts = Map<string, { title: string; count: number; findings: number }>;

/** Watches what the server hears and how it does, and raises alerts about it. It remembers in the store, and so runs in the leader alone. */
export function createHealth(options: HealthOptions): Health {
  const { settings, clock, store } = options;
  const silence = silenceSettingsOf(settings);
  const started = clock();
  const state: HealthState = readHealthState(options.state) ?? {
    subjects: new Map(),
    open: [],
    fired: new Map(),
    watch: { since: started, at: started, pausedMs: 0 },
  };
  const own = new Set<string>(Object.values(healthRules).map(({ id }) => id));
  const signs = collectSigns(settings.clockOff);
  const changed = new Set<string>();
  const troubled = new Map<string, { readonly reason: string; readonly since: number }>();
  let aheadBefore: Moment['ahead'] = new Map();
  let aheadSince = started;
  let hour = { start: hourOf(started), counts: new Map() as FiredCounts, isWhole: false };
  let hourBefore: FiredCounts | undefined;
  let owedBefore: readonly { readonly at: number; readonly owed: Readonly<Record<string, number>> }[] = [];
  let written = Number.NEGATIVE_INFINITY;
  let looked = Number.NEGATIVE_INFINITY;

  function takeSigns(
    now: number,
  ): { readonly key: string; readonly before: Subject; readonly after: Subject }[] {
    const latest = options.latestRequest();
    if (latest !== undefined)
      signs.heard({ kind: 'source', name: 'access logs', newestEvent: latest, at: now });
    const back = [];
    for (const sign of signs.take()) {
      const key = keyOf(sign);
      const before = state.subjects.get(key);
      if (before === undefined && state.subjects.size >= mostSubjects) continue;
      const after = heard(before, sign, state.watch.pausedMs, silence);
      if (after === undefined || after === before) continue;
      state.subjects.set(key, after);
      changed.add(key);
      if (before?.alertId !== undefined) back.push({ key, before, after });
    }
    return back;
  }

  function turnWindows(now: number): void {
    if (now - aheadSince >= windowMs) {
      aheadBefore = new Map(signs.ahead());
      signs.clearAhead();
      aheadSince = now;
    }
    const start = hourOf(now);
    if (start === hour.start) return;
    hourBefore = hour.isWhole && start - hour.start === hourMs ? hour.counts : undefined;
    hour = { start, counts: new Map(), isWhole: start - hour.start === hourMs };
  }

  async function momentOf(now: number): Promise<Moment> {
    const owed = await options.owed();
    const kept = owedBefore.filter(({ at }) => now - at <= 2 * windowMs);
    const moment = {
      now,
      since: started,
      channels: options.channels(),
      accepted: options.accepted,
      owed,
      owedBefore: kept.map((one) => one.owed),
      sources: sourceTroubles(now),
      waits: options.sources().flatMap(({ name, waitedMs }) => {
        const waited = waitedMs?.();
        return waited === undefined ? [] : [{ name, waitedMs: waited }];
      }),
      ahead: merged(aheadBefore, signs.ahead()),
      refusedBatches: signs.refusedBatches(),
      takenLast: signs.takenLast(),
      fired: hour.counts,
      firedBefore: hourBefore,
      watchedMs: now - state.watch.since - state.watch.pausedMs,
      rules: options.rules.map(({ id, title }) => ({ title, firedLast: state.fired.get(id) })),
      latency: await options.latency(),
    };
    const last = kept.at(-1);
    owedBefore =
      last === undefined || now - last.at >= 60_000 ? [...kept, { at: now, owed }].slice(-owedKept) : kept;
    return moment;
  }

  function sourceTroubles(now: number): Moment['sources'] {
    const found = options.sources().flatMap(({ name, trouble }) => {
      const reason = trouble();
      if (reason === undefined) troubled.delete(name);
      else troubled.set(name, { reason, since: troubled.get(name)?.since ?? now });
      const known = troubled.get(name);
      return known === undefined ? [] : [{ name, ...known }];
    });
    return found;
  }

  /** Closes the alert of what is over, unless somebody has. Doing so twice does nothing the second time. */
  async function close(alertId: string, reason: string, now: number): Promise<void> {
    const result = await options.life.change({
      alertId,
      change: { type: 'status', status: 'resolved', reason },
      by: 'tocsin',
      via: 'system',
      followUps: options.channels().map(({ name }) => name),
      now,
    });
    if (result.type === 'refused')
      options.log.warn({ alertId, reason: result.reason }, 'an alert about health could not be closed');
  }

  function owes(alert: Alert, channels: readonly ChannelStatus[]): Owes {
    const all = options.channelsFor(alert);
    const failing = new Set(
      channels.flatMap(({ name, failingSince }) =>
        failingSince === undefined ? [] : [name, digestQueue(name)],
      ),
    );
    const wanted = all.filter((one) => !failing.has(typeof one === 'string' ? one : one.channel));
    if (wanted.length > 0 || all.length === 0) return all;
    // Nobody would hear of it but through what is broken.
    const others = channels.filter(({ name }) => !failing.has(name)).map(({ name }) => name);
    return [...all, ...others];
  }

  async function look(now: number): Promise<void> {
    const sinceLast = now - state.watch.at;
    const pause = sinceLast > pauseMs || sinceLast < 0 ? Math.max(0, sinceLast) : 0;
    state.watch = { ...state.watch, at: now, pausedMs: state.watch.pausedMs + pause };
    const { pausedMs } = state.watch;
    turnWindows(now);
    const back = takeSigns(now);
    for (const { before, after } of back)
      if (before.alertId !== undefined)
        await close(
          before.alertId,
          `back since ${utc(after.lastSeen)}, after ${duration(silenceOf(before, after.lastSeen, pausedMs))}`,
          now,
        );

    const moment = await momentOf(now);
    const silent = newlySilent(state.subjects, now, pausedMs, silence).map((subject) => {
      const alert = healthAlert(silenceTrouble(subject, now, pausedMs, silence), now);
      return { key: keyOf(subject), subject: { ...subject, alertId: alert.id }, alert };
    });
    const step = nextTroubles(
      state.open,
      troublesOf(moment, settings),
      (open) => isOver(open, moment, settings),
      now,
    );
    for (const { alertId, since } of step.over)
      await close(alertId, `over by ${utc(now)}, after ${duration(now - since)}`, now);

    const alerts = [...silent.map(({ alert }) => alert), ...step.alerts.map(({ alert }) => alert)];
    const isNews = alerts.length + step.over.length + back.length > 0;
    if (isNews || now - written >= writeMs) {
      for (const { key } of silent) changed.add(key);
      const told = new Map(silent.map(({ key, subject }) => [key, subject]));
      const gone = [...state.subjects].flatMap(([key, { lastSeen }]) =>
        now - lastSeen > forgetMs ? [key] : [],
      );
      const { created } = await store.commit({
        alerts: alerts.map((alert) => ({ alert, channels: owes(alert, moment.channels) })),
        state: changes(told, gone, { ...state, open: step.open }),
        now,
      });
      for (const [key, subject] of told) state.subjects.set(key, subject);
      for (const key of gone) state.subjects.delete(key);
      state.open = step.open;
      changed.clear();
      written = now;
      const isNew = new Set(created);
      if (isNews) options.onNews(alerts.filter(({ id }) => isNew.has(id)));
    }
  }

  function changes(
    told: ReadonlyMap<string, Subject>,
    gone: readonly string[],
    next: HealthState,
  ): readonly StateChange[] {
    return [
      ...[...changed].map((key) => subjectChange(key, told.get(key) ?? state.subjects.get(key))),
      ...gone.map((key) => subjectChange(key, undefined)),
      ...watchChanges(next),
    ];
  }

  return {
    events: (events) => signs.events(events, clock()),
    worker: (name) => signs.taken(name, clock()),
    clockOff: (worker, aheadMs) => signs.refused(worker, aheadMs, clock()),
    fired: (created, joined = []) => {
      const now = clock();
      turnWindows(now);
      const countIn = ({ rule }: Alert, alerts: 0 | 1): void => {
        if (own.has(rule.id)) return;
        state.fired.set(rule.id, now);
        const known = hour.counts.get(rule.id);
        if (known === undefined) hour.counts.set(rule.id, { title: rule.title, count: alerts, findings: 1 });
        else {
          known.count += alerts;
          known.findings += 1;
        }
      };
      for (const alert of created) countIn(alert, 1);
      for (const alert of joined) countIn(alert, 0);
    },
    tick: async () => {
      const now = clock();
      if (!settings.enabled || (now >= looked && now - looked < lookMs)) return;
      looked = now;
      await look(now);
    },
    report: () => healthReport(state, settings, options.rules, clock()),
  };
}

function hourOf(time: number): number {
  return Math.floor(time / hourMs) * hourMs;
}

function merged(a: Moment['ahead'], b: Moment['ahead']): Moment['ahead'] {
  const all = new Map(a);
  for (const [name, { events, mostMs }] of b) {
    const known = all.get(name);
    all.set(name, {
      events: events + (known?.events ?? 0),
      mostMs: Math.max(mostMs, known?.mostMs ?? 0),
    });
  }
  return all;
}
