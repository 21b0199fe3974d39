import { byteHash } from './byte-hash.ts';
import { wordsInAddress } from './address.ts';
import { anomalySeries, type AnomalySeries, type HourCounts } from './anomaly-series.ts';
import type { AnomalyState } from './anomaly-state.ts';
import {
  emptyBaseline,
  hourOfWeek,
  judge,
  learn,
  type Baseline,
  type BaselineSettings,
  type Judgement,
} from './baseline.ts';
import { distinct, type Distinct } from './distinct.ts';
import type { Offence } from './offence.ts';
import type { Signal } from './signal.ts';

export interface AnomalySettings extends BaselineSettings {
  /** The addresses of all clients (`ClientTable.words`). */
  readonly words: () => Uint32Array;
  /** What is watched, as it is named in what is told. */
  readonly site: string;
  /** Requests may come so much later than others, in milliseconds. */
  readonly lateness: number;
}

export const anomalyDefaults = {
  site: 'all traffic',
  lateness: 3_600_000,
  newest: 0.2,
  learning: 3,
  deviations: 5,
  leastSpread: 0.1,
} as const;

export interface AnomalySignal extends Signal {
  /** All that is needed to go on after a restart. */
  readonly state: () => AnomalyState;
  /** Requests of hours that were closed already, the first one aside. */
  readonly late: () => number;
}

interface OpenHour extends HourCounts {
  readonly clients: Distinct;
}

const hourLength = 3_600_000;
const clientsPrecision = 12;
/** Hours that may be open at once; more come only from clocks that are wrong. */
const mostOpen = 64;

/**
 * Holds every hour of traffic against the same hour of earlier weeks, and tells of what is far off with the numbers. The first hour that
 * is seen, and at the end the last one, are seen in part only: they are neither judged nor learned from; nor are hours without any
 * request, which look the same as hours whose log is missing.
 */
export function anomalySignal(settings: AnomalySettings, saved?: AnomalyState): AnomalySignal {
  const baselines = anomalySeries.map(({ name }): Baseline => {
    const known = saved?.series[name];
    return known === undefined
      ? emptyBaseline()
      : { mean: [...known.mean], variance: [...known.variance], weeks: [...known.weeks] };
  });
  const open = new Map<number, OpenHour>(
    (saved?.open ?? []).map(({ hour, clients, ...counts }) => [
      hour,
      { ...counts, clients: distinct(clientsPrecision, new Uint8Array(Buffer.from(clients, 'base64'))) },
    ]),
  );
  /** Hours up to this one are done with. */
  let closedTo = saved?.closedTo ?? Number.NEGATIVE_INFINITY;
  /** The first hour that was seen; null before anything was. */
  let firstHour = saved?.firstHour ?? null;
  let late = saved?.late ?? 0;
  let told: Offence[] = [];
  // Without a seed: the registers are kept over restarts.
  const hash = byteHash(0);

  const close = (number: number): void => {
    const hour = open.get(number);
    open.delete(number);
    closedTo = Math.max(closedTo, number);
    if (hour === undefined) return;
    const start = number * hourLength;
    const slot = hourOfWeek(start);
    const clients = Math.round(hour.clients.estimate());
    for (const [i, series] of anomalySeries.entries()) {
      const baseline = baselines[i];
      const measured = series.value(hour, clients);
      if (baseline === undefined || measured === undefined) continue;
      const { value, noise } = measured;
      const judged = judge(baseline, slot, value, noise, settings);
      if (judged !== undefined && isWorthTelling(series, judged, settings.deviations))
        told.push(offenceOf(series, value, judged, start, settings));
      learn(baseline, slot, value, judged, settings);
    }
  };

  const openHour = (number: number): OpenHour => {
    if (firstHour === null) {
      firstHour = number;
      closedTo = number;
    }
    const made = {
      requests: 0,
      clientErrors: 0,
      serverErrors: 0,
      sent: 0,
      withSent: 0,
      clients: distinct(clientsPrecision),
    };
    if (number <= closedTo) return made;
    open.set(number, made);
    if (open.size > mostOpen) close(Math.min(...open.keys()));
    return made;
  };

  return {
    name: 'anomaly',
    take: (requests, clients) => {
      const words = settings.words();
      let current = Number.NaN;
      let hour: OpenHour | undefined;
      for (let row = 0; row < requests.count; row++) {
        const number = Math.floor((requests.time[row] ?? Number.NaN) / hourLength);
        if (Number.isNaN(number)) continue;
        if (number !== current || hour === undefined) {
          hour = open.get(number) ?? openHour(number);
          current = number;
        }
        if (number <= closedTo) {
          if (number !== firstHour) late++;
          continue;
        }
        const statusClass = ((requests.status[row] ?? 0) / 100) | 0;
        const sent = requests.sent[row] ?? Number.NaN;
        hour.requests++;
        if (statusClass === 4) hour.clientErrors++;
        else if (statusClass === 5) hour.serverErrors++;
        if (sent >= 0) {
          hour.sent += sent;
          hour.withSent++;
        }
        const id = clients[row] ?? -1;
        if (id < 0) continue;
        hash.takeWords(words, id * wordsInAddress, wordsInAddress);
        hour.clients.add(hash.low, hash.high);
      }
    },
    tick: (now) => {
      const last = Math.max(...open.keys());
      for (const number of [...open.keys()].sort((a, b) => a - b)) {
        const isOver =
          now === Number.POSITIVE_INFINITY
            ? number < last
            : (number + 1) * hourLength + settings.lateness <= now;
        if (isOver) close(number);
      }
    },
    offences: () => {
      const drained = told;
      told = [];
      return drained;
    },
    late: () => late,
    state: () => ({
      version: 1,
      firstHour,
      closedTo: Number.isFinite(closedTo) ? closedTo : null,
      late,
      series: Object.fromEntries(
        anomalySeries.flatMap(({ name }, i) => {
          const baseline = baselines[i];
          return baseline === undefined ? [] : [[name, structuredClone(baseline)]];
        }),
      ),
      open: [...open].map(([hour, { clients, ...counts }]) => ({
        hour,
        ...counts,
        clients: Buffer.from(clients.registers).toString('base64'),
      })),
    }),
  };
}

function isWorthTelling({ tells }: AnomalySeries, { deviations }: Judgement, limit: number): boolean {
  return deviations > limit || (tells === 'more and less' && deviations < -limit);
}

function offenceOf(
  { name, words, noun }: AnomalySeries,
  value: number,
  { expected, spread, deviations, weeks }: Judgement,
  start: number,
  settings: AnomalySettings,
): Offence {
  const when = new Date(start).toISOString().slice(0, 16).replace('T', ' ');
  const day = new Date(start).toLocaleDateString('en', { weekday: 'long', timeZone: 'UTC' });
  const away = `${Math.abs(deviations).toFixed(1)} spreads ${deviations > 0 ? 'above' : 'below'} it`;
  return {
    rule: `anomaly-${name}`,
    subject: { type: 'site', value: settings.site },
    start,
    first: start,
    last: start + hourLength - 1,
    count: value,
    threshold: expected + Math.sign(deviations) * settings.deviations * spread,
    window: hourLength,
    severity: 'medium',
    evidence: [],
    explanation: `${words(value)} ${noun} in the hour from ${when} UTC; usual at this hour of a ${day} is ${words(expected)}, give or take ${words(spread)} (${weeks} earlier weeks), so that this is ${away}.`,
  };
}
