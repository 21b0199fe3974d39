import type { Requests } from '../../event/requests.ts';
import type { Severity } from '../../event/severity.ts';
import { evidenceOf, mostEvidence, type EvidenceLine, type Offence } from '../offence.ts';

export interface OutsideAppSettings {
  /** Agents of one's own apps, `*` for anything: `MyApp/*`, `*CFNetwork*`. Without one nothing is watched. */
  readonly agents: readonly string[];
  /** In milliseconds. */
  readonly window: number;
  /** Fewer requests from outside within a window are nothing. */
  readonly least: number;
  /** So much over the usual share, from 0 to 1, and so many standard deviations. */
  readonly margin: number;
  readonly deviations: number;
  /** So many windows with requests have to go by before there is a usual share. */
  readonly learning: number;
  readonly severity: Severity;
}

export const defaultOutsideAppSettings: OutsideAppSettings = {
  agents: [],
  window: 10 * 60 * 1000,
  least: 50,
  margin: 0.1,
  deviations: 4,
  learning: 6,
  severity: 'low',
};

export interface OutsideAppWatch {
  readonly see: (requests: Requests, row: number, agent: string | undefined) => void;
  readonly tick: (now: number) => void;
  readonly offences: () => readonly Offence[];
  readonly counters: { readonly late: number };
}

interface Window {
  readonly start: number;
  all: number;
  outside: number;
  first: number;
  last: number;
  readonly agents: Map<string, number>;
  readonly evidence: EvidenceLine[];
}

/** Of so many different agents the requests are counted apart, in each window. */
const mostAgents = 200;
const namedAgents = 3;
/** The weight of the latest window in the usual share. */
const weight = 0.1;

/**
 * The share of requests whose agent is none of the app's own, against what is usual. Windows are judged once nothing can come late any more, in
 * the order of time, so that the order of requests changes nothing. What is far over the usual counts no more than the limit for what is usual
 * from then on: an attack is not learnt at once, and a change that stays is learnt in some hours.
 */
export function outsideAppWatch(
  settings: OutsideAppSettings & { readonly lateness: number },
): OutsideAppWatch {
  const { window, least, margin, deviations, learning, severity, lateness } = settings;
  const windows = new Map<number, Window>();
  const usual = { mean: 0, variance: 0, windows: 0 };
  const counters = { late: 0 };
  let latest = -Infinity;
  let told: Offence[] = [];

  const judge = (seen: Window): void => {
    const share = seen.outside / seen.all;
    const limit = usual.mean + Math.max(margin, deviations * Math.sqrt(usual.variance));
    const known = usual.windows >= learning;
    if (known && share > limit && seen.outside >= least) told.push(offenceOf(seen, share, limit));
    const learnt = known ? Math.min(share, limit) : share;
    const part = Math.max(weight, 1 / (usual.windows + 1));
    const difference = learnt - usual.mean;
    usual.mean += part * difference;
    usual.variance = (1 - part) * (usual.variance + part * difference * difference);
    usual.windows++;
  };
  const offenceOf = (seen: Window, share: number, limit: number): Offence => {
    const common = [...seen.agents]
      .toSorted(([a, x], [b, y]) => y - x || (a < b ? -1 : 1))
      .slice(0, namedAgents)
      .map(([agent, count]) => `${JSON.stringify(agent)} (${count})`);
    return {
      rule: 'outside-app',
      subject: { type: 'site', value: '' },
      start: seen.start,
      first: seen.first,
      last: seen.last,
      count: seen.outside,
      threshold: Math.max(least, Math.ceil(limit * seen.all)),
      window,
      severity,
      evidence: seen.evidence,
      explanation: `${seen.outside} of ${seen.all} requests (${percent(share)}) came with agents other than the app’s own, where ${percent(usual.mean)} are usual; most of them with ${common.join(', ')}`,
    };
  };

  return {
    counters,
    see: (requests, row, agent) => {
      const time = requests.time[row] ?? Number.NaN;
      if (!Number.isFinite(time)) return;
      const start = Math.floor(time / window) * window;
      if (start + window + lateness <= latest) {
        counters.late++;
        return;
      }
      let seen = windows.get(start);
      if (seen === undefined)
        windows.set(
          start,
          (seen = {
            start,
            all: 0,
            outside: 0,
            first: Infinity,
            last: -Infinity,
            agents: new Map(),
            evidence: [],
          }),
        );
      seen.all++;
      if (agent === undefined) return;
      seen.outside++;
      if (time < seen.first) seen.first = time;
      if (time > seen.last) seen.last = time;
      const times = seen.agents.get(agent);
      if (times !== undefined || seen.agents.size < mostAgents) seen.agents.set(agent, (times ?? 0) + 1);
      if (seen.evidence.length < mostEvidence) seen.evidence.push(evidenceOf(requests, row));
    },
    tick: (now) => {
      if (now <= latest) return;
      latest = now;
      const over = [...windows.keys()]
        .filter((start) => start + window + lateness <= now)
        .toSorted((a, b) => a - b);
      for (const start of over) {
        const seen = windows.get(start);
        if (seen !== undefined) judge(seen);
        windows.delete(start);
      }
    },
    offences: () => {
      const drained = told;
      told = [];
      return drained;
    },
  };
}

function percent(share: number): string {
  return `${(share * 100).toFixed(1)} %`;
}

/** A test for texts that fit a pattern with `*` for anything. Linear in the text, whatever the pattern. */
export function fits(pattern: string): (text: string) => boolean {
  const parts = pattern.split('*');
  const [first = '', ...others] = parts;
  const last = others.pop();
  return (text) => {
    if (last === undefined) return text === first;
    if (!text.startsWith(first)) return false;
    let at = first.length;
    for (const part of others) {
      const found = text.indexOf(part, at);
      if (found === -1) return false;
      at = found + part.length;
    }
    return text.length - last.length >= at && text.endsWith(last);
  };
}
