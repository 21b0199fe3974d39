import { limitOf, silenceOf, stateOf, type Subject } from '../alert/health/silence.ts';
import type { HealthReport } from '../api/health-report.ts';
import type { HealthSettings } from './config-health.ts';
import type { HealthState } from './health-state.ts';

/** What is to be told of health; `now` in milliseconds since the epoch. */
export function healthReport(
  { subjects, open, fired, watch }: HealthState,
  settings: HealthSettings,
  rules: readonly { readonly id: string; readonly title: string }[],
  now: number,
): HealthReport {
  const silence = silenceSettingsOf(settings);
  const shown = (subject: Subject): HealthReport['subjects'][number] => ({
    kind: subject.kind,
    name: subject.name,
    state: stateOf(subject, now, watch.pausedMs, silence),
    lastSeen: subject.lastSeen,
    newestEvent: subject.newestEvent,
    silentSeconds: Math.round(silenceOf(subject, now, watch.pausedMs) / 1000),
    limitSeconds: Math.round(limitOf(subject, now, silence) / 1000),
    ...(subject.alertId !== undefined && { alertId: subject.alertId }),
  });
  const silent = [...subjects.values()].flatMap(({ kind, name, lastSeen, alertId }) =>
    alertId === undefined
      ? []
      : [
          {
            rule: 'silence',
            subject: `${kind} ${name}`,
            title: `Nothing from ${kind} ${name}`,
            since: lastSeen,
            alertId,
          },
        ],
  );
  const problems = [...silent, ...open];
  return {
    ok: problems.length === 0,
    watchedSince: watch.since,
    watchedUntil: watch.at,
    problems,
    subjects: [...subjects.values()].map(shown),
    rulesThatNeverFired: rules.filter(({ id }) => !fired.has(id)).map(({ id, title }) => ({ id, title })),
  };
}

export function silenceSettingsOf({ silence, expected }: HealthSettings) {
  return {
    learningMs: silence.learning,
    floorMs: silence.atLeast,
    tolerance: silence.tolerance,
    expected: new Set(expected),
  };
}
