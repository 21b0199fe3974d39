import { severities, type Severity } from '../event/severity.ts';
import type { RuleHeader } from '../sigma/rule.ts';
import type { AttackRef } from './alert.ts';
import { knownTactics, knownTechniques, tacticOf, techniqueOf } from './attack.ts';

export interface Covered {
  readonly id: string;
  /** MITRE's name; undefined for a technique that Tocsin does not know. */
  readonly name: string | undefined;
  /** The worst level of its rules; undefined where it has none. */
  readonly level: Severity | undefined;
  readonly rules: readonly Pick<RuleHeader, 'id' | 'title' | 'level'>[];
}

/** What of MITRE ATT&CK the rules say that they find. */
export interface Coverage {
  /** Every tactic that is known, with or without rules. */
  readonly tactics: readonly Covered[];
  /** Techniques that a rule names, by id. */
  readonly techniques: readonly Covered[];
  /** Known techniques that no rule names, neither themselves nor by one of their sub-techniques. */
  readonly uncovered: readonly AttackRef[];
  /** How many rules name no technique. */
  readonly untagged: number;
}

export function coverageOf(rules: readonly RuleHeader[]): Coverage {
  const tactics = new Map<string, RuleHeader[]>(knownTactics.map(({ id }) => [id, []]));
  const techniques = new Map<string, RuleHeader[]>();
  let untagged = 0;
  for (const rule of rules) {
    const named = new Set(rule.tags.flatMap((tag) => techniqueId(tag) ?? []));
    if (named.size === 0) untagged++;
    for (const id of named) techniques.set(id, [...(techniques.get(id) ?? []), rule]);
    for (const id of new Set(rule.tags.flatMap((tag) => tacticOf(tag)?.id ?? [])))
      tactics.get(id)?.push(rule);
  }
  const covers = (id: string) =>
    techniques.has(id) || [...techniques.keys()].some((one) => one.startsWith(`${id}.`));
  return {
    tactics: knownTactics.map(({ id, name }) => covered(id, name, tactics.get(id) ?? [])),
    techniques: [...techniques]
      .map(([id, of]) => covered(id, techniqueOf(`attack.${id}`)?.name, of))
      .sort((a, b) => (a.id < b.id ? -1 : 1)),
    uncovered: knownTechniques.filter(({ id }) => !covers(id)),
    untagged,
  };
}

/** The id in a tag such as `attack.t1562.008`, in capitals, whether Tocsin knows it or not. */
function techniqueId(tag: string): string | undefined {
  return /^attack\.(t\d{4}(?:\.\d{3})?)$/i.exec(tag)?.[1]?.toUpperCase();
}

function covered(id: string, name: string | undefined, rules: readonly RuleHeader[]): Covered {
  const worst = Math.max(-1, ...rules.map(({ level }) => severities.indexOf(level)));
  return {
    id,
    name,
    level: severities[worst],
    rules: rules.map(({ id: rule, title, level }) => ({ id: rule, title, level })),
  };
}
