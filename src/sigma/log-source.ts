import type { EventView } from './compile.ts';
import type { LogSource, Rule } from './rule.ts';
import { compileRules, type RuleSet } from './ruleset.ts';

/**
 * Whether a rule's log source means this one. What a rule leaves out stands for anything; what it names must be the same, so a rule for a
 * category is none for a source that is not known to be of it. A rule that names nothing means no source.
 * https://sigmahq.io/sigma-specification/specification/sigma-rules-specification.html#log-source
 */
export function meansLogSource(rule: LogSource, source: LogSource): boolean {
  if (rule.product === undefined && rule.service === undefined && rule.category === undefined) return false;
  return (
    (rule.product === undefined || rule.product === source.product) &&
    (rule.service === undefined || rule.service === source.service) &&
    (rule.category === undefined || rule.category === source.category)
  );
}

/**
 * The rules of each log source as a set of their own, so that rules for other sources cost an event nothing. A set is made when first
 * asked for and kept: ask only for sources that the caller knows, never for ones that an event names.
 */
export function compileByLogSource<E>(
  rules: readonly Rule[],
  view: EventView<E>,
): (source: LogSource) => RuleSet<E> {
  const sets = new Map<string, RuleSet<E>>();
  // Asked for once for each event, mostly with the same object.
  const byObject = new WeakMap<LogSource, RuleSet<E>>();
  return (source) => {
    const known = byObject.get(source);
    if (known !== undefined) return known;
    const key = JSON.stringify([source.product ?? null, source.service ?? null, source.category ?? null]);
    let set = sets.get(key);
    if (set === undefined) {
      set = compileRules(
        rules.filter((rule) => meansLogSource(rule.logsource, source)),
        view,
      );
      sets.set(key, set);
    }
    byObject.set(source, set);
    return set;
  };
}
