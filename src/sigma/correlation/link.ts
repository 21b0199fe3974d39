import type { Problem } from '../problem.ts';
import type { Rule } from '../rule.ts';
import type { Correlation, RuleReference } from './correlation.ts';
import { digest } from './scalars.ts';

/** A correlation with what it refers to. Plain data. */
export interface LinkedCorrelation {
  readonly correlation: Correlation;
  /** What stands behind each of `correlation.rules`, in their order. */
  readonly members: readonly Member[];
  /** The same as long as rule and members mean the same; kept state belongs to it. */
  readonly hash: string;
}

export interface Member {
  /** As the correlation names it, which is how aliases name it too. */
  readonly name: string;
  /** Of the rule or correlation. */
  readonly id: string;
  readonly kind: 'rule' | 'correlation';
}

export interface Linked {
  /** Each stands behind those that it refers to. */
  readonly correlations: readonly LinkedCorrelation[];
  /** Ids of rules and correlations that raise nothing of their own, because a correlation without `generate` refers to them. */
  readonly silent: ReadonlySet<string>;
  readonly problems: readonly Problem[];
}

/** Changes whenever state of an older engine would mean something else. */
const stateVersion = '1';

type Node =
  | { readonly kind: 'rule'; readonly rule: Rule }
  | { readonly kind: 'correlation'; readonly rule: Correlation };

/**
 * Resolves what correlations refer to. One that names nothing, something ambiguous, or itself by any way is left out and reported with
 * the place of the name; so is one that refers to such a one.
 */
export function linkCorrelations(rules: readonly Rule[], correlations: readonly Correlation[]): Linked {
  const nodes: readonly Node[] = [
    ...rules.map((rule): Node => ({ kind: 'rule', rule })),
    ...correlations.map((rule): Node => ({ kind: 'correlation', rule })),
  ];
  const byId = new Map(nodes.map((node) => [node.rule.id, node]));
  const byName = new Map<string, Node[]>();
  for (const node of nodes) {
    const { name } = node.rule;
    if (name === undefined) continue;
    const same = byName.get(name);
    if (same === undefined) byName.set(name, [node]);
    else same.push(node);
  }
  const problems: Problem[] = [];
  const silent = new Set<string>();
  const linked = new Map<Correlation, LinkedCorrelation | undefined>();
  /** The chain of correlations that is being resolved. */
  const underway: Correlation[] = [];

  function complain(correlation: Correlation, { line, column }: RuleReference, message: string): void {
    problems.push({ level: 'error', path: correlation.path, line, column, message });
  }

  function resolve(correlation: Correlation, reference: RuleReference): Node | undefined {
    const named = byName.get(reference.name) ?? [];
    const node = byId.get(reference.name) ?? named[0];
    if (node === undefined)
      complain(
        correlation,
        reference,
        `no rule has the id or name '${reference.name}'; load the file that it stands in, or mend the name`,
      );
    else if (!byId.has(reference.name) && named.length > 1) {
      const places = named.map(({ rule }) => `${rule.path} (${rule.id})`).join(', ');
      complain(
        correlation,
        reference,
        `'${reference.name}' is the name of several rules: ${places}; use an id`,
      );
      return undefined;
    }
    return node;
  }

  function link(correlation: Correlation): LinkedCorrelation | undefined {
    if (linked.has(correlation)) return linked.get(correlation);
    underway.push(correlation);
    const members: Member[] = [];
    const hashes: string[] = [];
    const problemsBefore = problems.length;
    for (const reference of correlation.rules) {
      const node = resolve(correlation, reference);
      if (node === undefined) continue;
      if (!correlation.generate) silent.add(node.rule.id);
      const hash =
        node.kind === 'rule' ? hashOfRule(node.rule) : hashBelow(correlation, reference, node.rule);
      if (hash === undefined) continue;
      if (members.some(({ id }) => id === node.rule.id))
        complain(correlation, reference, `'${reference.name}' is named twice, by its id and by its name`);
      hashes.push(hash);
      members.push({ name: reference.name, id: node.rule.id, kind: node.kind });
    }
    underway.pop();
    const result =
      problems.length > problemsBefore
        ? undefined
        : { correlation, members, hash: hashOfCorrelation(correlation, hashes) };
    linked.set(correlation, result);
    return result;
  }

  /** Links a correlation that another refers to; undefined, with a problem told, where that cannot be. */
  function hashBelow(above: Correlation, reference: RuleReference, below: Correlation): string | undefined {
    const from = underway.indexOf(below);
    if (from >= 0) {
      const circle = [...underway.slice(from), below].map(({ title }) => `'${title}'`).join(' → ');
      complain(above, reference, `correlations cannot refer to each other in a circle: ${circle}`);
      return undefined;
    }
    const hash = link(below)?.hash;
    if (hash === undefined)
      complain(above, reference, `refers to '${below.title}' in ${below.path}, which was left out`);
    return hash;
  }

  for (const correlation of correlations) link(correlation);
  return {
    correlations: [...linked.values()].filter((one) => one !== undefined),
    silent,
    problems,
  };
}

/** The rules and correlations with these ids, with all that they refer to. */
export function withMembers(
  ids: readonly string[],
  all: { readonly rules: readonly Rule[]; readonly correlations: readonly Correlation[] },
): { readonly rules: readonly Rule[]; readonly correlations: readonly Correlation[] } {
  const wanted = new Set(ids);
  // From behind: each stands behind those that it refers to.
  for (const { correlation, members } of linkCorrelations(
    all.rules,
    all.correlations,
  ).correlations.toReversed())
    if (wanted.has(correlation.id)) for (const { id } of members) wanted.add(id);
  return {
    rules: all.rules.filter(({ id }) => wanted.has(id)),
    correlations: all.correlations.filter(({ id }) => wanted.has(id)),
  };
}

function hashOfRule({ id, logsource, detections, conditions }: Rule): string {
  return digest(JSON.stringify([id, logsource, detections, conditions]));
}

function hashOfCorrelation(correlation: Correlation, members: readonly string[]): string {
  const { id, rules, groupBy, timespan, aliases, test } = correlation;
  const names = rules.map(({ name }) => name);
  return digest(
    stateVersion,
    JSON.stringify([id, names, groupBy, timespan, aliases, test]),
    ...members,
  ).slice(0, 32);
}
