import type { Alert } from '../alert/alert.ts';
import { digestOf } from '../alert/digest.ts';
import { usualSentence } from '../context/usual/usual.ts';
import { Subject, subjectField, subjectView, type Finding } from '../alert/finding.ts';
import { correlatedRaiser, headlineFields } from '../alert/raise-correlated.ts';
import { alertRaiser } from '../alert/raise.ts';
import { compilePolicy, noPolicy, type AlertException, type AlertPolicy } from '../alert/policy.ts';
import { createContext, type Around, type Context, type ContextSetting } from '../context/context.ts';
import type { Locate } from '../context/place.ts';
import type { Event } from '../event/event.ts';
import type { AssetMemory } from '../facts/assets/memory.ts';
import type { Known } from '../facts/known.ts';
import type { Correlation } from '../sigma/correlation/correlation.ts';
import type { CorrelationFinding } from '../sigma/correlation/finding.ts';
import { linkCorrelations, type LinkedCorrelation } from '../sigma/correlation/link.ts';
import { createIntake, type Match } from '../sigma/correlation/match.ts';
import { compileByLogSource } from '../sigma/log-source.ts';
import type { Rule, RuleHeader } from '../sigma/rule.ts';
import { isForKnownSource, logSourceOf } from './log-sources.ts';

/** The pure middle: from events to alerts, with no I/O and no clock of its own. */
export interface Engine {
  /** What it is made of: plain data, from which another thread makes the same engine with `engineOf`. */
  readonly parts: EngineParts;
  /** What it knows around events. */
  readonly context: Context;
  /** Rules that can match what this version decodes; the others wait for their log source. */
  readonly active: readonly Rule[];
  /** One of the active rules; undefined where there is none with this id. */
  readonly ruleWithId: (id: string) => Rule | undefined;
  /** The active rules that raise alerts by themselves, and do not only serve correlations. */
  readonly standalone: readonly Rule[];
  /** Correlations all of whose rules are active. */
  readonly correlations: readonly LinkedCorrelation[];
  /** What the event makes match, in the order of the rules; rules that only serve correlations are not among it. */
  readonly find: (event: Event) => readonly Finding[];
  /** The same, with what correlations need of the event. `memory` is what is remembered of assets, from events before this one. */
  readonly examine: (event: Event, memory?: AssetMemory) => Examined;
  /** Whether a policy may give an alert another severity than its rule's, or an exception. */
  readonly hasPolicy: boolean;
  readonly raise: (finding: Finding, decidedAt: number) => Alert;
  /** The alert of a rule that matched elsewhere; only the rule's header is needed. */
  readonly raiseFor: (rule: RuleHeader, event: Event, decidedAt: number) => Alert;
  /** Alerts of correlations' findings, but of those that only serve other correlations. */
  readonly raiseCorrelated: (findings: readonly CorrelationFinding[], decidedAt: number) => readonly Alert[];
}

export interface EngineParts {
  readonly active: readonly Rule[];
  readonly correlations: readonly LinkedCorrelation[];
  /** Ids of the rules and correlations that raise nothing by themselves. */
  readonly silent: ReadonlySet<string>;
  /** What the configuration of the estate tells analysers. */
  readonly known?: Known | undefined;
  /** Whether no facts are derived, as if nothing had a meaning: to measure what they cost. */
  readonly withoutFacts?: boolean | undefined;
  /** What the configuration tells of what is around events. */
  readonly context?: ContextSetting | undefined;
  /** What the configuration makes of alerts. */
  readonly policy?: AlertPolicy | undefined;
}

/** What the people who run Tocsin have told: plain data. */
export type Setting = Pick<EngineParts, 'known' | 'policy' | 'context'>;

export interface Examined {
  readonly findings: readonly Finding[];
  /** Undefined where no correlation has a use for the event. */
  readonly match: Match | undefined;
}

const nothing: Examined = { findings: [], match: undefined };

/**
 * @param correlations of which those that cannot be resolved are left out; `loadRules` has told of them
 * @param setting what the configuration tells of the estate, and what it makes of alerts
 * @param disabled ids of rules and correlations that raise nothing. What a disabled correlation refers to stays silent with it.
 * @param locate where addresses of the internet are; nothing is known of them, where left out
 * @param suppressions exceptions that were made meanwhile: see `compilePolicy`
 * @param around what is known at each moment, of habits, people and feeds of indicators
 */
export function createEngine(
  rules: readonly Rule[],
  correlations: readonly Correlation[] = [],
  disabled: ReadonlySet<string> = new Set(),
  setting: Setting = {},
  locate?: Locate,
  suppressions?: () => readonly AlertException[],
  around?: Around,
): Engine {
  const linked = linkCorrelations(rules, correlations);
  const active = rules.filter(
    (rule) => isForKnownSource(rule) && rule.status !== 'unsupported' && !disabled.has(rule.id),
  );
  const running = runningCorrelations(linked.correlations, active, disabled);
  return engineOf(
    { active, correlations: running, silent: linked.silent, ...setting },
    locate,
    suppressions,
    around,
  );
}

export function engineOf(
  parts: EngineParts,
  locate?: Locate,
  suppressions?: () => readonly AlertException[],
  around?: Around,
): Engine {
  const { active, correlations, silent } = parts;
  // Rules for one log source cost the events of others nothing.
  const rulesOf = compileByLogSource(active, subjectView);
  const intake = createIntake<Subject>(correlations, {
    field: subjectField,
    time: ({ event }) => event.time,
    id: ({ event }) => event.id,
    evidence: ({ event, person, warnings, usual, place }) =>
      digestOf(event, {
        person: person.known?.name,
        warnings,
        unusual: usual && usualSentence(usual, place),
      }),
    fieldsToShow: headlineFields,
  });
  const raise = alertRaiser();
  const context = createContext(parts.context, locate, around);
  const raiseCorrelated = correlatedRaiser(context);
  const policy = parts.policy ?? noPolicy;
  const judge = compilePolicy(policy, parts.known, suppressions);
  const byId = new Map(active.toReversed().map((rule) => [rule.id, rule]));
  const examine = (event: Event, memory?: AssetMemory): Examined => {
    const facts = parts.withoutFacts === true ? [] : undefined;
    const subject = new Subject(event, parts.known, memory, facts, context);
    const matched = rulesOf(logSourceOf(event.kind))(subject);
    if (matched.length === 0) return nothing;
    const findings: Finding[] = [];
    for (const rule of matched) if (!silent.has(rule.id)) findings.push({ rule, subject });
    return { findings, match: intake(subject, matched) };
  };
  return {
    parts,
    context,
    active,
    ruleWithId: (id) => byId.get(id),
    standalone: active.filter(({ id }) => !silent.has(id)),
    correlations,
    hasPolicy: policy.severity.length + policy.exceptions.length > 0,
    raise: (finding, decidedAt) => judge(raise(finding, decidedAt), finding.rule, finding.subject),
    raiseFor: (rule, event, decidedAt) => {
      const subject = new Subject(event, parts.known, undefined, undefined, context);
      return judge(raise({ rule, subject }, decidedAt), rule, subject);
    },
    raiseCorrelated: (findings, decidedAt) =>
      findings
        .filter(({ correlation }) => !silent.has(correlation.id))
        .map((finding) => judge(raiseCorrelated(finding, decidedAt), finding.correlation, undefined)),
    examine,
    find: (event) => examine(event).findings,
  };
}

/** Each stands behind those that it refers to, so that one pass is enough. */
function runningCorrelations(
  linked: readonly LinkedCorrelation[],
  active: readonly Rule[],
  disabled: ReadonlySet<string>,
): readonly LinkedCorrelation[] {
  const running = new Set(active.map(({ id }) => id));
  return linked.filter(({ correlation: { id, status }, members }) => {
    const runs =
      status !== 'unsupported' && !disabled.has(id) && members.every((member) => running.has(member.id));
    if (runs) running.add(id);
    return runs;
  });
}
