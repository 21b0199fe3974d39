import { member, text, object, type Json } from '../event/json.ts';
import { nothingKnown, type Known } from '../facts/known.ts';
import { parseTimespan } from '../sigma/correlation/timespan.ts';
import type { RuleHeader } from '../sigma/rule.ts';
import type { Alert } from './alert.ts';
import type { Subject } from './finding.ts';
import { groupKeys } from './grouping.ts';
import { alertId } from './identity.ts';
import { judgedView, type Judged } from './judged.ts';
import type { AlertGroup } from './alert-life.ts';

/** How findings are grouped, as the configuration says it: plain data. */
export interface GroupSetting {
  readonly windowMs: number;
  /** By id of a rule, before what the rule says itself. */
  readonly rules: Readonly<Record<string, RuleGroupSetting>>;
}

export interface RuleGroupSetting {
  /** Names of fields as rules have them; none makes each finding an alert of its own. */
  readonly by?: readonly string[] | undefined;
  readonly windowMs?: number | undefined;
}

/** What a finding's alert joins others by; undefined where nothing of what it is to be grouped by is known. */
export type Grouper = (
  alert: Alert,
  rule: RuleHeader,
  subject: Subject | undefined,
) => AlertGroup | undefined;

/**
 * Groups by what the configuration says for the rule, else by what the rule says in `tocsin.group-by`, else by actor (sessions of a role as one),
 * accounts and targets; a correlation by what it groups events by.
 */
export function compileGrouper(setting: GroupSetting, known: Known = nothingKnown): Grouper {
  const view = judgedView(known);
  const rules = new WeakMap<RuleHeader, RuleGroup>();
  return (alert, rule, subject) => {
    let group = rules.get(rule);
    if (group === undefined) {
      group = ruleGroup(rule, setting, view.field);
      rules.set(rule, group);
    }
    const values = group.read({ alert, rule, subject });
    if (values.every((value) => value === '')) return undefined;
    return { key: alertId(rule.id, values, 'group'), windowMs: group.windowMs };
  };
}

interface RuleGroup {
  readonly windowMs: number;
  readonly read: (judged: Judged) => readonly string[];
}

function ruleGroup(
  rule: RuleHeader,
  setting: GroupSetting,
  field: (name: string) => (judged: Judged) => Json | undefined,
): RuleGroup {
  const configured = Object.hasOwn(setting.rules, rule.id) ? setting.rules[rule.id] : undefined;
  const said = groupingOf(rule);
  const by = configured?.by ?? said.by;
  const windowMs = configured?.windowMs ?? said.windowMs ?? setting.windowMs;
  if (by === undefined) return { windowMs, read: ({ alert }) => usualKey(alert) };
  const reads = by.map(field);
  return { windowMs, read: (judged) => reads.map((read) => textOf(read(judged))) };
}

/** What a rule says of its grouping; what is not well formed is left out, and told by the linter. */
function groupingOf(rule: RuleHeader): RuleGroupSetting {
  const custom = object(rule.custom, 'tocsin');
  const by = member(custom, 'group-by');
  const window = parseTimespan(text(custom, 'group-window') ?? '');
  const isList = Array.isArray(by) && by.every((name) => typeof name === 'string' && name !== '');
  return {
    by: isList ? (by as readonly string[]) : undefined,
    windowMs: typeof window === 'number' ? window : undefined,
  };
}

function usualKey(alert: Alert): readonly string[] {
  const { who, what, where, correlation } = alert;
  if (correlation !== undefined && correlation.group.length > 0)
    return [where.account ?? '', ...correlation.group.flatMap(({ field, value }) => [field, value])];
  const targets = what.targets.map((target) =>
    JSON.stringify([target.arn ?? [target.account, target.type, target.name]]),
  );
  return [who.kind, groupKeys(alert).actor, who.account ?? '', where.account ?? '', ...targets.toSorted()];
}

function textOf(value: Json | undefined): string {
  return value === undefined || value === null
    ? ''
    : typeof value === 'string'
      ? value
      : JSON.stringify(value);
}
