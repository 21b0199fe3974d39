import { every, meets } from './condition-match.ts';
import type { Context } from './condition-match.ts';
import type { Policy, Statement } from './document.ts';
import { covers, overlaps, setCovers, setOverlaps } from './pattern.ts';

/** What an identity's policies are asked about. */
export interface Question {
  /** An action, such as `iam:PassRole`, or a pattern of actions. */
  readonly action: string;
  /** An ARN, or a pattern of ARNs: `*` asks about everything. */
  readonly resource: string;
  /** What is known of the request; nothing, where left out. */
  readonly context?: Context | undefined;
}

export interface Allowance {
  /** `yes`: all that was asked about, whatever the conditions. `conditional`: a part of it, or under conditions. */
  readonly answer: 'yes' | 'no' | 'conditional';
  /** The Allow statements that give all of it or a part. */
  readonly allows: readonly Statement[];
  /** The Deny statements that take a part of it away, or may. */
  readonly denies: readonly Statement[];
  /** Where it is conditional: the resources for which it holds, and the conditions of Allow and Deny statements, for people. */
  readonly resources: readonly string[];
  readonly conditions: readonly string[];
}

const nowhere: Allowance = { answer: 'no', allows: [], denies: [], resources: [], conditions: [] };
const nothingKnown: Context = new Map();

/**
 * Whether an identity that has these policies (read as `identity`) may do what the question asks. An explicit Deny beats every
 * Allow. Policies that limit it (permissions boundary, service control policies) are asked by themselves: see `allowedWithin`.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic_policy-eval-denyallow.html
 */
export function allowedBy(policies: readonly Policy[], question: Question): Allowance {
  const asked: Asked = {
    action: question.action.toLowerCase(),
    resource: question.resource,
    context: question.context ?? nothingKnown,
  };
  const statements = policies.flatMap((policy) => policy.statements);
  const denies = statements.filter((statement) => statement.effect === 'Deny' && touches(statement, asked));
  if (denies.some((deny) => isWhole(deny, asked))) return { ...nowhere, denies };
  const allows = statements.filter((statement) => statement.effect === 'Allow' && touches(statement, asked));
  if (allows.length === 0) return nowhere;
  const whole = allows.find((allow) => isWhole(allow, asked));
  if (whole !== undefined && denies.length === 0) {
    return { ...nowhere, answer: 'yes', allows: [whole] };
  }
  return {
    answer: 'conditional',
    allows,
    denies,
    resources: sorted(allows.flatMap((allow) => resourcesOf(allow, asked.resource))),
    conditions: sorted(
      (whole === undefined ? [...allows, ...denies] : denies).flatMap((statement) =>
        statement.conditions
          .filter((test) => meets(test, asked.context) !== 'yes')
          .map((test) => (statement.effect === 'Deny' ? `unless ${test.text}` : test.text)),
      ),
    ),
  };
}

/** The same for an identity whose policies have limits around them, each of which must allow it too. */
export function allowedWithin(
  policies: readonly Policy[],
  limits: readonly (readonly Policy[])[],
  question: Question,
): Allowance {
  const own = allowedBy(policies, question);
  const around = limits.map((limit) => allowedBy(limit, question));
  const all = [own, ...around];
  if (all.some(({ answer }) => answer === 'no')) {
    return { ...nowhere, denies: all.flatMap((allowance) => allowance.denies) };
  }
  if (all.every(({ answer }) => answer === 'yes')) return own;
  return {
    answer: 'conditional',
    allows: own.allows,
    denies: all.flatMap((allowance) => allowance.denies),
    resources: sorted(all.flatMap((allowance) => allowance.resources)),
    conditions: sorted(all.flatMap((allowance) => allowance.conditions)),
  };
}

interface Asked {
  /** In lower case. */
  readonly action: string;
  readonly resource: string;
  readonly context: Context;
}

/** Whether a statement may be about some part of what was asked. */
function touches(statement: Statement, { action, resource, context }: Asked): boolean {
  const resources = statement.effect === 'Allow' ? statement.resources : statement.resourcesAtWorst;
  return (
    setOverlaps(statement.actions, action) &&
    setOverlaps(resources, resource) &&
    every(statement.conditions.map((test) => meets(test, context))) !== 'no'
  );
}

/** Whether a statement is surely about all of what was asked. */
function isWhole(statement: Statement, { action, resource, context }: Asked): boolean {
  const resources = statement.effect === 'Allow' ? statement.resourcesAtWorst : statement.resources;
  return (
    setCovers(statement.actions, action) &&
    setCovers(resources, resource) &&
    every(statement.conditions.map((test) => meets(test, context))) === 'yes'
  );
}

function resourcesOf(allow: Statement, resource: string): readonly string[] {
  const named = allow.resources.include
    .filter((pattern) => overlaps(pattern, resource))
    .map((pattern) => (covers(pattern, resource) ? resource : pattern));
  return allow.resources.exclude.length === 0
    ? named
    : [`all but ${[...allow.resources.exclude].sort().join(', ')}`];
}

function sorted(texts: readonly string[]): readonly string[] {
  return [...new Set(texts)].sort();
}
