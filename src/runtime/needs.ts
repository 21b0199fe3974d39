import { isWantable, isWantablePart, nameOfClue, type Clue, type Hint } from '../decode/prefilter/wanted.ts';
import { actionsRecalled } from '../facts/assets/recall.ts';
import type { Sign } from '../facts/fact.ts';
import { isFactMember } from '../facts/fields.ts';
import { actionsWithFacts } from '../facts/table.ts';
import { fold } from '../sigma/fold.ts';
import { requirementsOf, type Requirement } from '../sigma/required.ts';
import type { Rule } from '../sigma/rule.ts';

/** Calls, folded, each with what else the record must show for it. */
export type Actions = ReadonlyMap<string, readonly Clue[]>;

/** What the bytes of a CloudTrail record must show for one rule to match it; each by itself is necessary. */
export interface Needs {
  /** Undefined where the rule asks for none by name. */
  readonly actions: Actions | undefined;
  readonly clues: readonly Clue[];
}

export function needsOf(rule: Rule): Needs {
  let actions: Actions | undefined;
  const clues: Clue[] = [];
  for (const requirement of requirementsOf(rule)) {
    const need = needOf(requirement);
    if (need === undefined) continue;
    if (need.actions === undefined) clues.push(...need.clues);
    else actions = actions === undefined ? need.actions : both(actions, need.actions);
  }
  return { actions, clues };
}

function both(some: Actions, others: Actions): Actions {
  if (some === others) return some;
  const shared = new Map<string, readonly Clue[]>();
  for (const [action, clues] of some) {
    const more = others.get(action);
    if (more === undefined) continue;
    const known = new Set(clues.map(nameOfClue));
    shared.set(action, [...clues, ...more.filter((clue) => !known.has(nameOfClue(clue)))]);
  }
  return shared;
}

/** Members under `tocsin.` that are one member of the record, word for word. */
const sameAs: ReadonlyMap<string, string> = new Map([
  ['tocsin.action', 'eventName'],
  ['tocsin.service', 'eventSource'],
]);

function needOf(requirement: Requirement): Needs | undefined {
  if (requirement.kind === 'anywhere') return undefined;
  const field = sameAs.get(requirement.field) ?? requirement.field;
  if (field.startsWith('tocsin.')) return needOfDerived(field, requirement);
  const key = field.slice(field.lastIndexOf('.') + 1).replace(/\[\]$/, '');
  if (!isWantable(key) || field.includes('\\')) return undefined;
  if (requirement.kind === 'exists') return clue([{ how: 'any', key }]);
  const { texts } = requirement;
  if (requirement.kind === 'equals') {
    if (key === 'eventName') return { actions: new Map([...texts].map((text) => [text, []])), clues: [] };
    return clue([{ how: 'whole', key, texts }]);
  }
  return [...texts].every(isWantablePart) ? clue([{ how: 'parts', key, texts }]) : undefined;
}

function clue(hints: Clue): Needs {
  return { actions: undefined, clues: [hints] };
}

function needOfDerived(
  field: string,
  requirement: Exclude<Requirement, { kind: 'anywhere' }>,
): Needs | undefined {
  const [, member = ''] = field.split('.');
  // Whatever a fact says, it is derived from a few actions only.
  if (isFactMember(member)) return needOfFact(member);
  if (requirement.kind !== 'equals') return undefined;
  const shown = shownBy.get(field);
  if (shown === undefined) return undefined;
  const hints: Hint[] = [];
  for (const text of requirement.texts) {
    const more = shown.get(text);
    if (more === undefined) return undefined;
    hints.push(...more);
  }
  return clue(hints);
}

/** Made once: many rules ask for the facts of one subject, which hundreds of actions may give. */
const factNeeds = new Map<string, Needs>();

function needOfFact(subject: string): Needs | undefined {
  const known = factNeeds.get(subject);
  if (known !== undefined) return known;
  const signs = actionsWithFacts(subject);
  const recalled = signs === undefined ? actionsRecalled(subject) : undefined;
  if (signs === undefined && recalled === undefined) return undefined;
  const actions = new Map<string, readonly Clue[]>();
  for (const [action, shown] of signs ?? [])
    actions.set(fold(action), shown === undefined ? [] : [shown.map(hintOf)]);
  for (const action of recalled ?? []) actions.set(fold(action), []);
  const need: Needs = { actions, clues: [] };
  factNeeds.set(subject, need);
  return need;
}

function hintOf(sign: Sign): Hint {
  return sign === 'two accounts' ? { how: 'accounts' } : { how: 'any', key: sign.key, anyCase: true };
}

const whole = (key: string, ...texts: readonly string[]): Hint => ({
  how: 'whole',
  key,
  texts: new Set(texts),
});
const part = (key: string, text: string): Hint => ({ how: 'parts', key, texts: new Set([text]) });
const there = (key: string): Hint => ({ how: 'any', key });

/** The sign-in service tells of failures without an error code. */
const failed: Clue = [
  there('errorCode'),
  there('errorMessage'),
  whole('eventSource', 'signin.amazonaws.com'),
];

/**
 * What must show in a record for some values of members that are worked out of it: src/decode/cloudtrail/actor.ts, client.ts and
 * outcome.ts. Where `userIdentity` gives no type, the kind comes from the ARN. Held by a test on real records.
 */
const shownBy: ReadonlyMap<string, ReadonlyMap<string, Clue>> = new Map([
  [
    'tocsin.actor.kind',
    new Map<string, Clue>([
      [
        'anonymous',
        ['accountId', 'principalId'].map((key) => whole(key, 'anonymous_principal', 'anonymous')),
      ],
      ['iam-user', [whole('type', 'iamuser'), part('arn', ':user/')]],
      ['root', [whole('type', 'root'), part('arn', ':root')]],
    ]),
  ],
  ['tocsin.client.type', new Map<string, Clue>([['address', [{ how: 'address', key: 'sourceIPAddress' }]]])],
  ['tocsin.outcome.result', new Map([['failure', failed]])],
  ['tocsin.outcome.denied', new Map([['true', failed]])],
]);
