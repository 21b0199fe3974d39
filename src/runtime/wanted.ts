import { createPrefilter, type Prefilter } from '../decode/prefilter/prefilter.ts';
import {
  isWantable,
  isWantablePart,
  mostPairs,
  type Wanted,
  type WantedPair,
} from '../decode/prefilter/wanted.ts';
import { actionsRecalled } from '../facts/assets/recall.ts';
import { actionsWithSightings } from '../facts/assets/sightings.ts';
import { isFactMember } from '../facts/fields.ts';
import { actionsWithFacts } from '../facts/table.ts';
import { fold } from '../sigma/fold.ts';
import { requirementsOf, type Requirement } from '../sigma/required.ts';
import type { Rule } from '../sigma/rule.ts';
import type { Engine } from './engine.ts';
import { isForCloudTrail } from './log-sources.ts';

/** What a record must hold for one rule, told by one key: any value, or one of the texts, whole or somewhere in a value. */
type Need =
  | { readonly key: string; readonly how: 'any' }
  | { readonly key: string; readonly how: 'whole' | 'parts'; readonly texts: ReadonlySet<string> };

/**
 * What a CloudTrail record must hold for any of these rules to match it, by one requirement of each rule. Undefined where a rule
 * could match without anything that shows in a record's bytes; then every record has to be looked at.
 */
export function wantedBy(
  rules: readonly Rule[],
): { readonly wanted: Wanted; readonly pairs: readonly WantedPair[] } | undefined {
  const pairs = new Map<string, WantedPair>();
  const wanted = new Map<
    string,
    { any: boolean; readonly whole: Set<string>; readonly parts: Set<string> }
  >();
  for (const rule of rules) {
    const needs = requirementsOf(rule).flatMap(needsOf);
    const need = rarest(needs);
    if (need === undefined) return undefined;
    const pair = pairOf(needs);
    if (pair !== undefined && (pairs.has(nameOf(pair)) || pairs.size < mostPairs)) {
      pairs.set(nameOf(pair), pair);
      continue;
    }
    const ofKey = wanted.get(need.key) ?? { any: false, whole: new Set(), parts: new Set() };
    if (need.how === 'any') ofKey.any = true;
    else for (const text of need.texts) ofKey[need.how].add(text);
    wanted.set(need.key, ofKey);
  }
  return { wanted, pairs: [...pairs.values()] };
}

/**
 * A call that many records are about together with something else that few of them hold; undefined where one need alone tells more,
 * or there is no such two.
 */
function pairOf(needs: readonly Need[]): WantedPair | undefined {
  if (needs.some((need) => commonness(need) < rareEnough)) return undefined;
  const first = needs.find((need) => need.key === 'eventName' && need.how === 'whole');
  const second = rarest(
    needs.filter((need) => need.key !== 'eventName' && need.how !== 'parts' && isRareHalf(need)),
  );
  if (first?.how !== 'whole' || second === undefined || second.how === 'parts') return undefined;
  return {
    first: { key: first.key, texts: first.texts },
    second: { key: second.key, texts: second.how === 'any' ? undefined : second.texts },
  };
}

/** A half that nearly every record has would tell nothing. */
function isRareHalf(need: Need): boolean {
  const { key } = need;
  if (key !== 'type') return !common.has(key);
  return need.how === 'whole' && ![...need.texts].some((text) => everydayTypes.has(text));
}

function nameOf({ first, second }: WantedPair): string {
  return JSON.stringify([
    first.key,
    [...first.texts].sort(),
    second.key,
    second.texts && [...second.texts].sort(),
  ]);
}

/** Members under `tocsin.` that are one member of the record, word for word. */
const sameAs: ReadonlyMap<string, string> = new Map([
  ['tocsin.action', 'eventName'],
  ['tocsin.service', 'eventSource'],
]);

function needsOf(requirement: Requirement): readonly Need[] {
  if (requirement.kind === 'anywhere') return [];
  const field = sameAs.get(requirement.field) ?? requirement.field;
  if (field.startsWith('tocsin.')) {
    const [, member = ''] = field.split('.');
    // Whatever a fact says, it is derived from a few actions only.
    const actions = isFactMember(member) ? (actionsWithFacts(member) ?? actionsRecalled(member)) : undefined;
    return actions === undefined ? [] : [{ key: 'eventName', how: 'whole', texts: foldedOnce(actions) }];
  }
  const key = field.slice(field.lastIndexOf('.') + 1).replace(/\[\]$/, '');
  if (!isWantable(key) || field.includes('\\')) return [];
  if (requirement.kind === 'exists') return [{ key, how: 'any' }];
  const { texts } = requirement;
  if (requirement.kind === 'equals') return [{ key, how: 'whole', texts }];
  return [...texts].every(isWantablePart) ? [{ key, how: 'parts', texts }] : [];
}

/** Many rules ask for the facts of one subject, which hundreds of actions may give. */
function foldedOnce(actions: ReadonlySet<string>): ReadonlySet<string> {
  const known = folded.get(actions);
  if (known !== undefined) return known;
  const fresh = new Set([...actions].map(fold));
  folded.set(actions, fresh);
  return fresh;
}

const folded = new WeakMap<ReadonlySet<string>, ReadonlySet<string>>();

/** Keys that most records have. */
const common: ReadonlySet<string> = new Set([
  'accessKeyId',
  'accountId',
  'arn',
  'awsRegion',
  'eventCategory',
  'eventSource',
  'eventType',
  'principalId',
  'readOnly',
  'sourceIPAddress',
  'userAgent',
  'userName',
]);

/** Who acts most of the time; `Root` hardly ever does. */
const commonTypes: ReadonlySet<string> = new Set([
  'assumedrole',
  'awsaccount',
  'awsservice',
  'iamuser',
  'role',
]);

/** What nearly every call is made by. */
const everydayTypes: ReadonlySet<string> = new Set(['assumedrole', 'awsservice', 'role']);

/** Calls that make up most of what an account logs; where a rule names one of them, another of its needs tells more. */
const commonActions: ReadonlySet<string> = new Set([
  'assumerole',
  'decrypt',
  'describeinstances',
  'describesecuritygroups',
  'generatedatakey',
  'getcalleridentity',
  'getobject',
  'headobject',
  'listbuckets',
  'listobjects',
]);

/** What few records hold: no second half can make it much rarer. */
const rareEnough = 3;

/** The need that fewest records meet, as far as keys and texts tell: the action, then what few records hold, then what most do. */
function rarest(needs: readonly Need[]): Need | undefined {
  let best: Need | undefined;
  for (const need of needs) if (best === undefined || commonness(need) < commonness(best)) best = need;
  return best;
}

function commonness(need: Need): number {
  const { key, how } = need;
  if (key === 'eventName' && how !== 'any')
    return [...need.texts].some((text) => commonActions.has(text)) ? 3.5 : 0;
  if (key === 'errorCode') return 1;
  const isCommon =
    key === 'type' && how !== 'any' ? [...need.texts].some((text) => commonTypes.has(text)) : common.has(key);
  if (!isCommon) return how === 'any' ? 3 : 2;
  return { parts: 4, whole: 5, any: 6 }[how];
}

/**
 * The prefilter of an engine, made once. Undefined where every record has to be looked at: for a rule that shows in no record's bytes,
 * or for a correlation that tells of silence, to which any event says that the source still speaks.
 *
 * @param remembers whether assets are remembered, so that every call that says something of one is wanted
 */
export function prefilterOf(engine: Engine, remembers: boolean): Prefilter | undefined {
  const made = remembers ? remembering : prefilters;
  const known = made.get(engine);
  if (known !== undefined) return known.prefilter;
  const tellsOfSilence = engine.correlations.some(
    ({ correlation }) => correlation.test.type === 'tocsin_flatline',
  );
  // Only CloudTrail's records are ever passed over.
  const byRules = tellsOfSilence ? undefined : wantedBy(engine.active.filter(isForCloudTrail));
  const wanted = byRules && remembers ? withSightings(byRules.wanted) : byRules?.wanted;
  const prefilter = wanted && createPrefilter(wanted, byRules?.pairs);
  made.set(engine, { prefilter });
  return prefilter;
}

type Made = WeakMap<Engine, { readonly prefilter: Prefilter | undefined }>;

const prefilters: Made = new WeakMap();
const remembering: Made = new WeakMap();

function withSightings(wanted: Wanted): Wanted {
  const ofName = wanted.get('eventName') ?? {
    any: false,
    whole: new Set<string>(),
    parts: new Set<string>(),
  };
  const whole = new Set([...ofName.whole, ...[...actionsWithSightings].map(fold)]);
  return new Map([...wanted, ['eventName', { ...ofName, whole }]]);
}
