import { createPrefilter, type Prefilter } from '../decode/prefilter/prefilter.ts';
import {
  mostClues,
  mostGroups,
  nameOfClue,
  type Clue,
  type CountedRule,
  type Hint,
  type Wanted,
  type WantedGroup,
} from '../decode/prefilter/wanted.ts';
import { actionsWithSightings } from '../facts/assets/sightings.ts';
import { fold } from '../sigma/fold.ts';
import type { Rule } from '../sigma/rule.ts';
import type { AlertLimit } from './alert-limit.ts';
import { atMost, countableRules } from './countable.ts';
import type { Engine } from './engine.ts';
import { isForCloudTrail } from './log-sources.ts';
import { needsOf, type Actions } from './needs.ts';
import type { TimeRange } from './pipeline.ts';

/**
 * What a CloudTrail record must hold for any of these rules to match it. Undefined where a rule could match without anything that shows
 * in a record's bytes; then every record has to be looked at.
 */
export function wantedBy(
  rules: readonly Rule[],
): { readonly wanted: Wanted; readonly groups: readonly WantedGroup[] } | undefined {
  const gathered = gather();
  for (const rule of rules) {
    const { actions, clues } = needsOf(rule);
    if (actions === undefined) {
      const alone = rarest(clues);
      if (alone === undefined) return undefined;
      for (const hint of alone) gathered.add(hint);
      continue;
    }
    const helpful = clues
      .filter((clue) => clue.every(isRare))
      .sort((a, b) => commonnessOf(a) - commonnessOf(b))
      .slice(0, mostBeside);
    for (const { names, signs } of bySigns(actions)) {
      const call: Hint = { how: 'whole', key: 'eventName', texts: names };
      const isOfFew = ![...names].some(isCommonAction);
      const beside = signs.length > 0 ? signs : isOfFew ? [] : helpful;
      if (beside.length === 0 || !gathered.addGroup([[call], ...beside])) gathered.add(call);
    }
  }
  return { wanted: gathered.wanted, groups: gathered.groups };
}

/** So many clues of a rule are looked for beside its calls. */
const mostBeside = 3;

/** Calls that need the same signs. */
interface Alike {
  readonly names: ReadonlySet<string>;
  readonly signs: readonly Clue[];
}

/** Many rules ask for the facts of one subject, which hundreds of calls may give. */
const alike = new WeakMap<Actions, readonly Alike[]>();

function bySigns(actions: Actions): readonly Alike[] {
  const known = alike.get(actions);
  if (known !== undefined) return known;
  const parts = new Map<string, { readonly names: Set<string>; readonly signs: readonly Clue[] }>();
  for (const [action, signs] of actions) {
    const key = signs.map(nameOfClue).join(' ');
    const part = parts.get(key);
    if (part === undefined) parts.set(key, { names: new Set([action]), signs });
    else part.names.add(action);
  }
  const made = [...parts.values()];
  alike.set(actions, made);
  return made;
}

interface Gathered {
  readonly wanted: Wanted;
  readonly groups: readonly WantedGroup[];
  /** What is wanted by itself. */
  readonly add: (hint: Hint) => void;
  /** False where it is one more than a scanner can tell apart. */
  readonly addGroup: (group: WantedGroup) => boolean;
}

function gather(): Gathered {
  const wanted = new Map<
    string,
    { any: boolean; readonly whole: Set<string>; readonly parts: Set<string> }
  >();
  const groups = new Map<string, WantedGroup>();
  const clues = new Set<string>();
  return {
    wanted,
    get groups() {
      return [...groups.values()];
    },
    add: (hint) => {
      if (hint.how === 'address' || hint.how === 'accounts')
        throw new Error(`${hint.how} is never wanted by itself`);
      const ofKey = wanted.get(hint.key) ?? { any: false, whole: new Set(), parts: new Set() };
      if (hint.how === 'any') ofKey.any = true;
      else for (const text of hint.texts) ofKey[hint.how].add(text);
      wanted.set(hint.key, ofKey);
    },
    addGroup: (group) => {
      const names = group.map(nameOfClue);
      const name = names.join(' ');
      if (groups.has(name)) return true;
      const more = new Set(names.filter((one) => !clues.has(one)));
      if (groups.size === mostGroups || clues.size + more.size > mostClues) return false;
      for (const one of more) clues.add(one);
      groups.set(name, group);
      return true;
    },
  };
}

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

/** Of them, those that have a few values in all records together. */
const ofFewValues: ReadonlySet<string> = new Set([
  'awsRegion',
  'eventCategory',
  'eventSource',
  'eventType',
  'readOnly',
  'userAgent',
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
  'copyobject',
  'createmultipartupload',
  'decrypt',
  'deleteobject',
  'deleteobjects',
  'generatedatakey',
  'putobject',
  'registertaskdefinition',
  'runtask',
]);

function isCommonAction(folded: string): boolean {
  return commonActions.has(folded) || /^(?:batchget|describe|get|head|list)/.test(folded);
}

/** Whether so few records show it that it is worth looking for beside a call. */
function isRare(hint: Hint): boolean {
  if (hint.how === 'address' || hint.how === 'accounts') return true;
  const { key, how } = hint;
  if (how === 'any') return key !== 'type' && !common.has(key);
  if (key === 'type') return how === 'whole' && ![...hint.texts].some((text) => everydayTypes.has(text));
  if (key === 'eventSource') return [...hint.texts].every((text) => text === 'signin.amazonaws.com');
  return !ofFewValues.has(key);
}

/** The clue that fewest records show, as far as keys and texts tell, of those that may be looked for alone. */
function rarest(clues: readonly Clue[]): Clue | undefined {
  let best: Clue | undefined;
  for (const clue of clues) {
    if (commonnessOf(clue) === Number.POSITIVE_INFINITY) continue;
    if (best === undefined || commonnessOf(clue) < commonnessOf(best)) best = clue;
  }
  return best;
}

function commonnessOf(clue: Clue): number {
  return Math.max(...clue.map(commonness));
}

function commonness(hint: Hint): number {
  if (hint.how === 'address' || hint.how === 'accounts') return Number.POSITIVE_INFINITY;
  const { key, how } = hint;
  if (key === 'eventName' && how !== 'any') return 0;
  if (key === 'errorCode') return 1;
  const isCommon =
    key === 'type' && how !== 'any' ? [...hint.texts].some((text) => commonTypes.has(text)) : common.has(key);
  if (!isCommon) return how === 'any' ? 3 : 2;
  return { parts: 4, whole: 5, any: 6 }[how];
}

/**
 * The prefilter of an engine, made once. Undefined where every record has to be looked at: for a rule that shows in no record's bytes,
 * or for a correlation that tells of silence, to which any event says that the source still speaks.
 *
 * @param remembers whether assets are remembered, so that every call that says something of one is wanted
 * @param counted rules whose matches need only be counted
 */
export function prefilterOf(
  engine: Engine,
  remembers: boolean,
  counted: readonly CountedRule[] = [],
): Prefilter | undefined {
  const ids = new Set(counted.map(({ id }) => id));
  const name = JSON.stringify([remembers, ...ids]);
  const made = prefilters.get(engine) ?? new Map<string, Prefilter | undefined>();
  prefilters.set(engine, made);
  if (made.has(name)) return made.get(name);
  const tellsOfSilence = engine.correlations.some(
    ({ correlation }) => correlation.test.type === 'tocsin_flatline',
  );
  // Only CloudTrail's records are ever passed over.
  const rules = engine.active.filter((rule) => isForCloudTrail(rule) && !ids.has(rule.id));
  const byRules = tellsOfSilence ? undefined : wantedBy(rules);
  const wanted = byRules && remembers ? withSightings(byRules.wanted) : byRules?.wanted;
  const prefilter = wanted && createPrefilter({ wanted, groups: byRules?.groups, counted });
  made.set(name, prefilter);
  return prefilter;
}

const prefilters = new WeakMap<Engine, Map<string, Prefilter | undefined>>();

/** What a scan is made of, as far as it decides which records need not be decoded. */
interface Scanning {
  readonly engine: Engine;
  readonly range: TimeRange;
  readonly holds: boolean;
  readonly passesOver: boolean;
}

/** Gives the prefilter for what comes next in a scan: matches of rules whose limit is reached need only be counted. */
export function prefilterFor({
  engine,
  range,
  holds,
  passesOver,
}: Scanning): (limit: AlertLimit) => Prefilter | undefined {
  if (!passesOver) return () => undefined;
  // Which records are in a range of time is not told from their bytes.
  const countable = range.since === undefined && range.until === undefined ? countableRules(engine) : [];
  const rules = new Map(engine.active.map((rule) => [rule.id, rule]));
  const burdens = new Map<string, number>();
  const burdenOf = ({ id }: CountedRule): number => {
    const rule = rules.get(id);
    const burden = burdens.get(id) ?? (rule === undefined ? 0 : burdenOfRule(rule));
    burdens.set(id, burden);
    return burden;
  };
  return (limit) => {
    const reached = countable.filter(({ id }) => {
      const rule = rules.get(id);
      return rule !== undefined && limit.isReached(id, rule.level);
    });
    // Only so many can be counted: first those for which most records would be decoded.
    if (reached.length > 1) reached.sort((a, b) => burdenOf(b) - burdenOf(a));
    return prefilterOf(engine, holds, atMost(reached)) ?? prefilterOf(engine, holds);
  };
}

/** The more records have to be looked at for the rule, the greater; greatest where all have to be. */
function burdenOfRule(rule: Rule): number {
  const { actions, clues } = needsOf(rule);
  if (actions !== undefined) return 0;
  const alone = rarest(clues);
  return alone === undefined ? Number.MAX_VALUE : commonnessOf(alone);
}

function withSightings(wanted: Wanted): Wanted {
  const ofName = wanted.get('eventName') ?? {
    any: false,
    whole: new Set<string>(),
    parts: new Set<string>(),
  };
  const whole = new Set([...ofName.whole, ...[...actionsWithSightings].map(fold)]);
  return new Map([...wanted, ['eventName', { ...ofName, whole }]]);
}
