import type { Severity } from '../event/severity.ts';
import { day, type RuleBacktest, type Share } from './backtest.ts';
import type { Grouping } from './grouping.ts';

/** Whether a rule should be enabled as it is, and why. */
export interface Judgement {
  /** `silent`: raised nothing. `fine`: people can look at each alert. `noisy`: they will stop looking. */
  readonly verdict: 'silent' | 'fine' | 'noisy';
  /** One to four sentences, the sum first. Names in them come from the log. */
  readonly sentences: readonly string[];
  /** What most of the alerts have in common, where leaving it out would be worth it. */
  readonly exception?: RuleException;
}

/** A part of a rule that leaves out what it knows: `field` is (or begins with) `value`. */
export interface RuleException {
  readonly field: string;
  readonly modifier: 'equals' | 'startswith';
  readonly value: string;
}

/**
 * Alerts a week that a rule may raise before it is noisy. A critical alert wakes somebody; an informational one is
 * read in a list.
 */
export const mostAWeek: Readonly<Record<Severity, number>> = {
  critical: 2,
  high: 7,
  medium: 20,
  low: 70,
  informational: 140,
};

/** Under so many alerts there is no pattern to speak of. */
const fewAlerts = 10;
const mostOfThem = 0.8;

/** Judges what one rule would have raised in `days` days. `found` is undefined where it would have raised nothing. */
export function judge(found: RuleBacktest | undefined, days: number, size: number): Judgement {
  const inDays = `in ${plural(Math.max(1, Math.round(days)), 'day')}`;
  if (found === undefined)
    return {
      verdict: 'silent',
      sentences: [
        `It would not have raised an alert ${inDays}: rare, or unable to see what it looks for; its tests and 'rules explain' tell which.`,
      ],
    };
  const perWeek = (found.alerts / days) * 7;
  const most = mostAWeek[found.severity];
  const noisy = perWeek > most && found.alerts > 1;
  const sentences = [
    `It would have raised ${plural(found.alerts, 'alert')} ${inDays}, ${rate(perWeek)}${noisy ? `; for level ${found.severity}, more than ${most} a week are too many to look at` : ''}.`,
  ];
  const dominant = noisy || found.alerts >= fewAlerts ? dominantOf(found) : undefined;
  const peakShare = found.peak.alerts / found.alerts;
  const oneDay = found.alerts >= fewAlerts && peakShare >= mostOfThem && days > 2;
  if (oneDay)
    sentences.push(
      `${percent(peakShare)} of them came in one ${size === day ? 'day' : 'hour'} (${new Date(found.peak.time).toISOString().slice(0, size === day ? 10 : 16)}): look at what happened then before making an exception.`,
    );
  if (dominant === undefined)
    return { verdict: noisy ? 'noisy' : 'fine', sentences: [...sentences, ...withoutPattern(noisy)] };
  const { grouping, share } = dominant;
  const rest = perWeek * (1 - share.alerts / found.alerts);
  sentences.push(
    `${percent(share.alerts / found.alerts)} are for ${words[grouping]} ${share.key}; without it there would be ${rate(rest)}. If that is rightful, make an exception for it.`,
  );
  const exception = exceptionFor(grouping, share.key);
  return { verdict: noisy ? 'noisy' : 'fine', sentences, ...(exception === undefined ? {} : { exception }) };
}

function withoutPattern(noisy: boolean): readonly string[] {
  return noisy
    ? ['No single actor, address or account stands out: narrow the detection, or lower its level.']
    : [];
}

const words: Readonly<Record<Grouping, string>> = {
  actor: 'the actor',
  address: 'calls from',
  account: 'the account',
  region: 'the region',
};

/** Who or where most of the alerts are from. Not where everything is there anyway: a log of one account says nothing by its account. */
function dominantOf(found: RuleBacktest): { grouping: Grouping; share: Share } | undefined {
  for (const grouping of ['actor', 'address', 'account'] as const) {
    const [share] = found.tops[grouping];
    if (share === undefined || share.alerts / found.alerts < mostOfThem) continue;
    if (grouping === 'account' && found.tops.account.length === 1) continue;
    return { grouping, share };
  }
  return undefined;
}

function exceptionFor(grouping: Grouping, key: string): RuleException | undefined {
  switch (grouping) {
    case 'actor':
      return key.endsWith('/*')
        ? { field: 'tocsin.actor.name', modifier: 'startswith', value: key.slice(0, -1) }
        : { field: 'tocsin.actor.name', modifier: 'equals', value: key };
    case 'address':
      return { field: 'sourceIPAddress', modifier: 'equals', value: key };
    case 'account':
      return { field: 'tocsin.account', modifier: 'equals', value: key };
    case 'region':
      return undefined;
  }
}

/** `about 32 a week`, `about 1.5 a week`, `about 4 a day`. */
export function rate(perWeek: number): string {
  if (perWeek >= 70) return `about ${number(perWeek / 7)} a day`;
  return perWeek < 0.05 ? 'next to none' : `about ${number(perWeek)} a week`;
}

function number(value: number): string {
  return value >= 10 ? Math.round(value).toLocaleString('en') : String(Number(value.toFixed(1)));
}

function percent(share: number): string {
  // Never 100 % of what is not all.
  return `${share < 1 ? Math.min(99, Math.round(share * 100)) : 100} %`;
}

function plural(n: number, noun: string): string {
  return `${n.toLocaleString('en')} ${noun}${n === 1 ? '' : 's'}`;
}
