import type { Audience } from '../fact.ts';
import { accessByVerb, sortAccess } from './access.ts';
import type { AccessClass, Vocabulary } from './access.ts';
import { reachOf } from './audience.ts';
import type { Caller } from './audience.ts';
import { effectOfDeny } from './deny.ts';
import type { DenyEffect, Escape } from './deny.ts';
import type { Policy, Statement } from './document.ts';
import { effectInAllow, keysRequired } from './limit.ts';
import type { Limit } from './limit.ts';
import { mergeGrants } from './merge.ts';
import { covers, overlaps, setCovers, setOverlaps } from './pattern.ts';
import { holds } from './principal.ts';
import type { Principal } from './principal.ts';

/** What a policy lets one audience do, after its Deny statements. Lists are sorted and hold each value once. */
export interface Grant {
  readonly audience: Audience;
  /** As the document names them; `*` for everyone. */
  readonly principals: readonly string[];
  /** Ids of accounts other than the owner's that are let in by name. */
  readonly accounts: readonly string[];
  readonly organisations: readonly string[];
  /** For a service: whether a condition ties it to a source (no confused deputy). True for other audiences. */
  readonly guarded: boolean;
  readonly access: readonly AccessClass[];
  /** Action patterns in lower case; those of a NotAction as `all but s3:deletebucket`. */
  readonly actions: readonly string[];
  readonly resources: readonly string[];
  /** Every condition on it, narrowing or not, for people. */
  readonly conditions: readonly string[];
  /** What the document alone can't decide about this grant. */
  readonly doubts: readonly string[];
}

/** The place from which a policy is read. */
export interface View {
  /** The account that owns the resource; undefined where it isn't known. */
  readonly owner: string | undefined;
  readonly vocabulary: Vocabulary;
  /** Patterns that together name all that the policy can be about: a bucket and its objects. `*` means these. */
  readonly universe: readonly string[];
}

export interface Answer {
  readonly grants: readonly Grant[];
  /** Why the policy, or a statement of it, cannot be read; empty where all of it was. */
  readonly problems: readonly string[];
}

// Bounds on the work that a hostile document can ask for; documents that people write stay a hundred times below.
const mostCombinations = 20_000;
const mostEscapes = 16;

/**
 * Who can do what with which resource by a resource's policy alone. The answer doesn't depend on the order of
 * statements, keys or values. Never throws.
 * Logic: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html
 */
export function grantsOf(policy: Policy, view: View): Answer {
  const allows = policy.statements.filter((statement) => statement.effect === 'Allow');
  const denies = policy.statements.filter((statement) => statement.effect === 'Deny');
  const combinations = allows.reduce(
    (sum, allow) =>
      sum +
      allow.principals.length *
        Math.max(allow.resources.include.length, view.universe.length) *
        (denies.length + 1),
    0,
  );
  if (combinations > mostCombinations) {
    return {
      grants: [],
      problems: [
        ...policy.problems,
        'the policy has too many combinations of principals, resources and Deny statements to work out',
      ],
    };
  }
  const grants = allows.flatMap((allow) => grantsOfAllow(allow, denies, view));
  return { grants: mergeGrants(grants), problems: policy.problems };
}

function grantsOfAllow(allow: Statement, denies: readonly Statement[], view: View): Grant[] {
  const callers = callersOf(allow);
  const atoms = atomsOf(allow, view.vocabulary);
  const grants: Grant[] = [];
  for (const resource of resourcesOf(allow, view)) {
    const usable = atoms.filter((atom) => atom.appliesTo?.(resource) ?? true);
    if (usable.length === 0) continue;
    const covering = denies.filter((deny) => setCovers(deny.resources, resource));
    const partial = denies.filter(
      (deny) => !covering.includes(deny) && setOverlaps(deny.resources, resource),
    );
    for (const caller of callers) {
      grants.push(...grantsOn(resource, caller, { allow, atoms: usable, covering, partial, view }));
    }
  }
  return grants;
}

interface Start extends Caller {
  readonly conditions: readonly string[];
  readonly doubts: readonly string[];
}

/** The principals of an Allow, each with what the statement's own conditions make of it. */
function callersOf(allow: Statement): readonly Start[] {
  const required = keysRequired(allow.conditions);
  const limits: Limit[] = [];
  const doubts: string[] = [];
  const conditions: string[] = allow.conditions.map((test) => test.text);
  let undecided = false;
  for (const test of allow.conditions) {
    const effect = effectInAllow(test, required);
    if (effect.type === 'limit') limits.push(effect.limit);
    else if (effect.doubt !== undefined) doubts.push(effect.doubt);
    if (effect.type === 'undecided') undecided = true;
  }
  if (!allow.everyoneBut)
    return allow.principals.map((who) => ({ who, limits, undecided, conditions, doubts }));
  // Allow with NotPrincipal lets in the whole world but a few, the anonymous caller included.
  if (allow.principals.some((principal) => principal.kind === 'everyone')) return [];
  const but = `the caller is not ${allow.principals
    .map((principal) => principal.text)
    .sort()
    .join(' or ')}`;
  return [
    { who: { kind: 'everyone', text: '*' }, limits, undecided, conditions: [...conditions, but], doubts },
  ];
}

/** An action, or a pattern of actions that the vocabulary knows nothing of. */
interface Atom {
  readonly name: string;
  readonly access: AccessClass;
  readonly appliesTo?: (resourcePattern: string) => boolean;
}

function atomsOf(allow: Statement, vocabulary: Vocabulary): readonly Atom[] {
  const known: Atom[] = vocabulary.actions.filter((action) => setCovers(allow.actions, action.name));
  const ofService = `${vocabulary.service}:*`;
  const others = allow.actions.include
    .filter((pattern) => overlaps(pattern, ofService))
    .filter((pattern) => !vocabulary.actions.some((action) => covers(pattern, action.name)))
    .map((name) => ({ name, access: accessByVerb(name) }));
  return [...known, ...others];
}

function resourcesOf(allow: Statement, view: View): readonly string[] {
  const named = allow.resources.include.flatMap((pattern) => {
    const inside = view.universe.filter((part) => covers(pattern, part));
    return inside.length > 0 ? inside : [pattern];
  });
  return [...new Set(named)].filter(
    (pattern) => !allow.resources.exclude.some((out) => covers(out, pattern)),
  );
}

interface Place {
  readonly allow: Statement;
  readonly atoms: readonly Atom[];
  /** The Deny statements that cover the whole resource, and those that cover a part of it. */
  readonly covering: readonly Statement[];
  readonly partial: readonly Statement[];
  readonly view: View;
}

function grantsOn(resource: string, start: Start, place: Place): Grant[] {
  const { allow, atoms, view } = place;
  const effects = place.covering.map((deny) => ({ deny, effect: effectOfDeny(deny, start.who) }));
  const groups = groupByEscapes(atoms, effects);
  const but = [
    ...allow.resources.exclude.filter((out) => overlaps(out, resource)).map((out) => `not on ${out}`),
    ...place.partial
      .filter((deny) => atoms.some((atom) => setCovers(deny.actions, atom.name)))
      .filter((deny) => effectOfDeny(deny, start.who).type === 'blocked')
      .flatMap((deny) => leftBy(deny, resource)),
  ];
  const grants: Grant[] = [];
  for (const group of groups) {
    const whole = group.atoms.length === atoms.length && isWhole(allow, view.vocabulary);
    const access = sortAccess([
      ...group.atoms.map((atom) => atom.access),
      ...(whole ? (['all'] as const) : []),
    ]);
    for (const caller of callersPast(start, group.escapes)) {
      const reach = reachOf(caller, view.owner);
      if (reach.audience === 'nobody') continue;
      grants.push({
        audience: reach.audience,
        principals: [caller.who.text],
        accounts: reach.accounts,
        organisations: reach.organisations,
        guarded: reach.guarded,
        access,
        actions: actionsOf(allow, group.atoms),
        resources: [resource],
        conditions: [...caller.conditions, ...but],
        doubts: [...caller.doubts, ...reach.doubts],
      });
    }
  }
  return grants;
}

/** What a Deny of a part of a resource leaves, for people. */
function leftBy(deny: Statement, resource: string): readonly string[] {
  return deny.resources.exclude.length > 0
    ? [`only on ${[...deny.resources.exclude].sort().join(' or ')}`]
    : deny.resources.include.filter((out) => overlaps(out, resource)).map((out) => `not on ${out}`);
}

interface Group {
  readonly atoms: Atom[];
  readonly escapes: readonly (readonly Escape[])[];
}

/** The actions that no Deny blocks, put together by the Deny statements that must be got past for them. */
function groupByEscapes(
  atoms: readonly Atom[],
  effects: readonly { readonly deny: Statement; readonly effect: DenyEffect }[],
): readonly Group[] {
  const groups = new Map<string, Group>();
  for (const atom of atoms) {
    const hits = effects.filter(({ deny }) => setCovers(deny.actions, atom.name));
    if (hits.some(({ effect }) => effect.type === 'blocked')) continue;
    const escapes = hits.flatMap(({ effect }) => (effect.type === 'escapes' ? [effect.escapes] : []));
    const key = hits.flatMap((hit) => (hit.effect.type === 'escapes' ? [effects.indexOf(hit)] : [])).join();
    const group = groups.get(key) ?? { atoms: [], escapes };
    group.atoms.push(atom);
    groups.set(key, group);
  }
  return [...groups.values()];
}

/** Everyone who takes one escape from each Deny. */
function callersPast(start: Start, denies: readonly (readonly Escape[])[]): readonly Start[] {
  if (denies.reduce((product, escapes) => product * escapes.length, 1) > mostEscapes) {
    return [
      {
        ...start,
        undecided: true,
        doubts: [...start.doubts, 'who gets past the Deny statements: there are too many ways to work out'],
      },
    ];
  }
  let callers: readonly Start[] = [start];
  for (const escapes of denies) {
    callers = callers.flatMap((caller) => escapes.flatMap((escape) => takeEscape(caller, escape)));
  }
  return callers;
}

function takeEscape(caller: Start, escape: Escape): readonly Start[] {
  const who = escape.who === undefined ? caller.who : narrower(caller.who, escape.who);
  if (who === undefined) return [];
  return [
    {
      who,
      limits: escape.limit === undefined ? caller.limits : [...caller.limits, escape.limit],
      undecided: caller.undecided || (escape.who === undefined && escape.limit === undefined),
      conditions:
        escape.condition === undefined ? caller.conditions : [...caller.conditions, escape.condition],
      doubts: escape.doubt === undefined ? caller.doubts : [...caller.doubts, escape.doubt],
    },
  ];
}

/** Whoever is both; undefined where nobody is. */
function narrower(a: Principal, b: Principal): Principal | undefined {
  if (holds(a, b)) return b;
  return holds(b, a) ? a : undefined;
}

function isWhole(allow: Statement, vocabulary: Vocabulary): boolean {
  return (
    allow.actions.exclude.length === 0 &&
    allow.actions.include.some((pattern) => covers(pattern, `${vocabulary.service}:*`))
  );
}

function actionsOf(allow: Statement, atoms: readonly Atom[]): readonly string[] {
  if (allow.actions.exclude.length > 0) return [`all but ${[...allow.actions.exclude].sort().join(', ')}`];
  return allow.actions.include.filter((pattern) => atoms.some((atom) => covers(pattern, atom.name)));
}
