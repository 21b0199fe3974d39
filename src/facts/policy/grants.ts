import { accessByVerb, sortAccess } from './access.ts';
import type { AccessClass, Vocabulary } from './access.ts';
import { reachOf } from './audience.ts';
import type { Caller } from './audience.ts';
import { effectOfDeny } from './deny.ts';
import type { DenyEffect, Escape } from './deny.ts';
import type { Policy, Statement } from './document.ts';
import { nothingKnown, type Known } from '../known.ts';
import { effectInAllow, keysRequired } from './limit.ts';
import type { Effect, Limit } from './limit.ts';
import type { Grant } from './grant.ts';
import { mergeGrants } from './merge.ts';
import { covers, overlaps, setCovers, setOverlaps } from './pattern.ts';
import { holds } from './principal.ts';
import type { Principal } from './principal.ts';

/** The place from which a policy is read. */
export interface View {
  /** The account that owns the resource; undefined where it isn't known. */
  readonly owner: string | undefined;
  readonly vocabulary: Vocabulary;
  /** Who else is known; nobody, where left out. */
  readonly known?: Known | undefined;
  /** True where the service answers no unsigned request: everyone is everyone with an AWS account. */
  readonly signedOnly?: boolean | undefined;
  /** Resource control policies around it, read as `identity`: what they deny, nobody may. */
  readonly controlPolicies?: readonly Policy[] | undefined;
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
const mostComparisons = 50_000_000;
const mostEscapes = 16;

/**
 * Who can do what with which resource by a resource's policy alone. The answer doesn't depend on the order of
 * statements, keys or values. Never throws.
 * Logic: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html
 */
export function grantsOf(policy: Policy, view: View): Answer {
  const allows = policy.statements.filter((statement) => statement.effect === 'Allow');
  const denies = [policy, ...(view.controlPolicies ?? [])]
    .flatMap(({ statements }) => statements)
    .filter((statement) => statement.effect === 'Deny');
  const combinations = allows.reduce(
    (sum, allow) =>
      sum +
      allow.principals.length *
        Math.max(allow.resources.include.length, view.universe.length) *
        (denies.length + 1),
    0,
  );
  const comparisons = lengthOf(allows) * (lengthOf(denies) + 1);
  if (combinations > mostCombinations || comparisons > mostComparisons) {
    const problem =
      'the policy has too many combinations of principals, resources and Deny statements to work out';
    return { grants: [], problems: [...policy.problems, problem] };
  }
  const grants = allows.flatMap((allow) => grantsOfAllow(allow, denies, view));
  return { grants: mergeGrants(grants), problems: policy.problems };
}

/** How many characters the action and resource patterns of some statements have: what comparing them costs. */
function lengthOf(statements: readonly Statement[]): number {
  return statements
    .flatMap(({ actions, resources }) => [actions, resources])
    .flatMap((set) => [...set.include, ...set.exclude])
    .reduce((sum, pattern) => sum + pattern.length, 0);
}

function grantsOfAllow(allow: Statement, denies: readonly Statement[], view: View): Grant[] {
  const callers = callersOf(allow, view);
  const atoms = atomsOf(allow, view.vocabulary);
  const bites = denies.map((deny) => ({
    deny,
    atoms: new Set(atoms.filter((atom) => setCovers(deny.actions, atom.name))),
  }));
  const grants: Grant[] = [];
  for (const resource of resourcesOf(allow, view)) {
    const usable = atoms.filter((atom) => atom.appliesTo?.(resource) ?? true);
    if (usable.length === 0) continue;
    const touching = bites.filter((bite) => usable.some((atom) => bite.atoms.has(atom)));
    const covering = touching.filter(({ deny }) => setCovers(deny.resources, resource));
    const partial = touching.filter(
      (bite) => !covering.includes(bite) && setOverlaps(bite.deny.resources, resource),
    );
    const place: Place = { allow, atoms: usable, covering, partial, view, groupings: new Map() };
    for (const caller of callers) grants.push(...grantsOn(resource, caller, place));
  }
  return grants;
}

interface Start extends Caller {
  readonly conditions: readonly string[];
  readonly doubts: readonly string[];
}

/** The principals of an Allow, each with what the statement's own conditions make of it. */
function callersOf(allow: Statement, view: View): readonly Start[] {
  const required = keysRequired(allow.conditions);
  const effects = allow.conditions.map((test) => effectInAllow(test, required));
  const conditions = allow.conditions.map((test) => test.text);
  if (!allow.everyoneBut) return allow.principals.map((who) => startOf(who, effects, conditions, view));
  // Allow with NotPrincipal lets in the whole world but a few, the anonymous caller included.
  if (allow.principals.some((principal) => principal.kind === 'everyone')) return [];
  const but = `the caller is not ${allow.principals
    .map((principal) => principal.text)
    .sort()
    .join(' or ')}`;
  return [startOf({ kind: 'everyone', text: '*' }, effects, [...conditions, but], view)];
}

function startOf(
  who: Principal,
  effects: readonly Effect[],
  conditions: readonly string[],
  view: View,
): Start {
  const limits: Limit[] = [];
  const doubts: string[] = [];
  for (const effect of effects) {
    if (effect.type === 'limit') limits.push(effect.limit);
    else if (effect.type === 'open' && effect.services !== undefined && who.kind === 'service')
      limits.push(effect.services);
    else if (effect.doubt !== undefined) doubts.push(effect.doubt);
  }
  const undecided = effects.some((effect) => effect.type === 'undecided');
  return { who, limits, undecided, signedOnly: view.signedOnly === true, conditions, doubts };
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

/** A Deny and the actions of an Allow that it denies. */
interface Bite {
  readonly deny: Statement;
  readonly atoms: ReadonlySet<Atom>;
}

interface Place {
  readonly allow: Statement;
  readonly atoms: readonly Atom[];
  /** The Deny statements that cover the whole resource, and those that cover a part of it. */
  readonly covering: readonly Bite[];
  readonly partial: readonly Bite[];
  readonly view: View;
  /** Groups by what the covering Deny statements do to a caller: most callers have the same. */
  readonly groupings: Map<string, readonly Group[]>;
}

function grantsOn(resource: string, start: Start, place: Place): Grant[] {
  const { allow, view } = place;
  const effects = place.covering.map(({ deny }) => effectOfDeny(deny, start.who));
  const but = [
    ...allow.resources.exclude.filter((out) => overlaps(out, resource)).map((out) => `not on ${out}`),
    ...place.partial
      .filter(({ deny }) => effectOfDeny(deny, start.who).type === 'blocked')
      .flatMap(({ deny }) => leftBy(deny, resource)),
  ];
  const grants: Grant[] = [];
  for (const group of groupsFor(place, effects)) {
    const escapes = group.denies.flatMap((index) => {
      const effect = effects[index];
      return effect?.type === 'escapes' ? [effect.escapes] : [];
    });
    for (const caller of callersPast(start, escapes)) {
      const reach = reachOf(caller, view.owner, view.known ?? nothingKnown);
      if (reach.audience === 'nobody') continue;
      grants.push({
        audience: reach.audience,
        principals: [caller.who.text],
        accounts: reach.accounts,
        organisations: reach.organisations,
        guarded: reach.guarded,
        access: group.access,
        actions: group.actions,
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

/** Actions that no Deny blocks, and for which the same Deny statements (by index) must be got past. */
interface Group {
  readonly denies: readonly number[];
  readonly access: readonly AccessClass[];
  readonly actions: readonly string[];
}

function groupsFor(place: Place, effects: readonly DenyEffect[]): readonly Group[] {
  const signature = effects.map((effect) => effect.type).join();
  const held = place.groupings.get(signature);
  if (held !== undefined) return held;
  const groups = groupsOf(place, effects);
  place.groupings.set(signature, groups);
  return groups;
}

function groupsOf(place: Place, effects: readonly DenyEffect[]): readonly Group[] {
  const { allow, atoms, covering, view } = place;
  const byDenies = new Map<string, { readonly denies: readonly number[]; readonly atoms: Atom[] }>();
  for (const atom of atoms) {
    const hits = effects
      .map((effect, index) => ({ effect, index }))
      .filter(({ index }) => covering[index]?.atoms.has(atom));
    if (hits.some(({ effect }) => effect.type === 'blocked')) continue;
    const denies = hits.filter(({ effect }) => effect.type === 'escapes').map(({ index }) => index);
    const group = byDenies.get(denies.join());
    if (group === undefined) byDenies.set(denies.join(), { denies, atoms: [atom] });
    else group.atoms.push(atom);
  }
  return [...byDenies.values()].map((group) => {
    const whole = group.atoms.length === atoms.length && isWhole(allow, view.vocabulary);
    const classes = group.atoms.map((atom) => atom.access);
    return {
      denies: group.denies,
      access: sortAccess(whole ? ['all', ...classes] : classes),
      actions: actionsOf(allow, group.atoms),
    };
  });
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
      signedOnly: caller.signedOnly,
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
