import { severities, type Severity } from '../../event/severity.ts';
import type { Sighting } from './sighting.ts';

/** How much alerts weigh together. */
export interface Risk {
  /** A whole number; 20 is one rule of severity high, fresh. */
  readonly score: number;
  readonly rules: number;
  readonly tactics: readonly string[];
  /** `62: 3 rules of 3 tactics in 40 min: Collection, Exfiltration, Persistence` */
  readonly explanation: string;
}

const weights: Readonly<Record<Severity, number>> = {
  informational: 1,
  low: 4,
  medium: 10,
  high: 20,
  critical: 40,
};

/** After so long an alert weighs half, seen from the latest. */
const halfLifeMs = 12 * 3_600_000;

/** By how much each further tactic makes the whole weigh more. */
const perTactic = 0.25;

/**
 * Each rule counts once, by its heaviest alert, and several rules on one event count as one: what adds up is different things that were
 * done. Every tactic beyond the first adds a quarter to the whole.
 */
export function riskOf(sightings: readonly Sighting[]): Risk {
  const latest = Math.max(...sightings.map(({ time }) => time));
  const earliest = Math.min(...sightings.map(({ time }) => time));
  const rules = new Map<string, number>();
  for (const { rule, severity, time } of doings(sightings)) {
    const weight = weights[severity] * 2 ** ((time - latest) / halfLifeMs);
    rules.set(rule.id, Math.max(rules.get(rule.id) ?? 0, weight));
  }
  const tactics = [...new Set(sightings.flatMap((one) => one.tactics))].sort();
  // Added in a fixed order, so that rounding is the same in every order of alerts.
  const sum = [...rules.values()].sort((a, b) => a - b).reduce((total, weight) => total + weight, 0);
  const score = Math.round(sum * (1 + perTactic * Math.max(0, tactics.length - 1)));
  const ofTactics = tactics.length === 0 ? '' : ` of ${counted(tactics.length, 'tactic')}`;
  const named = tactics.length === 0 ? '' : `: ${tactics.join(', ')}`;
  return {
    score,
    rules: rules.size,
    tactics,
    explanation: `${score}: ${counted(rules.size, 'rule')}${ofTactics} in ${span(latest - earliest)}${named}`,
  };
}

/** Of each event the worst alert. */
function doings(sightings: readonly Sighting[]): Iterable<Sighting> {
  const worst = new Map<string, Sighting>();
  for (const one of sightings) {
    const key = one.eventId === '' ? `alert ${one.id}` : `event ${one.eventId}`;
    const known = worst.get(key);
    if (known === undefined || isWorse(one, known)) worst.set(key, one);
  }
  return worst.values();
}

function isWorse(a: Sighting, b: Sighting): boolean {
  const steps = severities.indexOf(a.severity) - severities.indexOf(b.severity);
  if (steps !== 0) return steps > 0;
  return a.rule.id === b.rule.id ? a.id < b.id : a.rule.id < b.rule.id;
}

function counted(number: number, word: string): string {
  return `${number} ${word}${number === 1 ? '' : 's'}`;
}

/** `40 min`, `3 h`: rounded up. */
function span(ms: number): string {
  const minutes = Math.max(1, Math.ceil(ms / 60_000));
  return minutes < 120 ? `${minutes} min` : `${Math.ceil(minutes / 60)} h`;
}
