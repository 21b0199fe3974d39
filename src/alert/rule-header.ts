import { object, text } from '../event/json.ts';
import type { RuleHeader } from '../sigma/rule.ts';
import type { AttackRef } from './alert.ts';
import { tacticOf, techniqueOf } from './attack.ts';

/** What every alert takes from the header of its rule. */
export interface HeaderPart {
  readonly response: string;
  readonly tactics: readonly AttackRef[];
  readonly techniques: readonly AttackRef[];
}

export function headerPart(rule: RuleHeader): HeaderPart {
  return {
    response: (text(object(rule.custom, 'tocsin'), 'response') ?? '').trim(),
    tactics: rule.tags.map(tacticOf).filter((tactic) => tactic !== undefined),
    techniques: rule.tags.map(techniqueOf).filter((technique) => technique !== undefined),
  };
}

/** The template of an alert's sentence. A title is none: braces in it are only braces. */
export function headlineOf(rule: RuleHeader): string {
  return text(object(rule.custom, 'tocsin'), 'headline') ?? rule.title.replace(/[{}]/g, '');
}
