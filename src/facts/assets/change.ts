import type { Event } from '../../event/event.ts';
import { isList, type Json } from '../../event/json.ts';
import type { Fact } from '../fact.ts';
import type { FieldName } from '../field-name.ts';
import { quote } from '../sentence.ts';
import { before, membersOf, type Asset } from './asset.ts';
import { diffOf, type Difference } from './diff.ts';
import { textsOf, type AssetMemory } from './memory.ts';
import { diffPolicies, policyLines } from './policy-diff.ts';
import { inlinePrefix, pointsAt, policyAspects, type AspectChange, type Sighting } from './sighting.ts';
import { spokenAsset } from './spoken.ts';

/** What rules see under `tocsin.change`. Held by a test to what is produced. */
export const changeFieldNames: readonly FieldName[] = [
  { name: 'change.resource_type', description: 'such as AWS::S3::Bucket' },
  { name: 'change.resource', description: 'ARN of what was changed, or its id where it has none' },
  { name: 'change.resource_name', description: 'what people call it' },
  {
    name: 'change.what',
    description:
      'what of it: policy, trust policy, inline policy, permission, ACL, inbound rules, outbound rules, attached policies, record, Block Public Access, or another setting by its name',
  },
  {
    name: 'change.change',
    description:
      'changed, unchanged (it says what it said before, or the call failed) or unknown (what it was before is not known)',
  },
  { name: 'change.known', description: 'whether it is known what it was before' },
  {
    name: 'change.attempted',
    description: 'true where the call failed; the rest then says what it would have done',
  },
  {
    name: 'change.added',
    description: 'what came, one text each: statements of a policy in words, rules, grants',
  },
  { name: 'change.removed', description: 'what went, one text each' },
];

/** Aspects that are shown as changes, and what people call them. Others are kept for what they tell later. */
const shown: ReadonlyMap<string, string> = new Map([
  ...policyAspects,
  ['acl', 'ACL'],
  ['inbound rules', 'inbound rules'],
  ['outbound rules', 'outbound rules'],
  ['attached policies', 'attached policies'],
  ['block-public-access', 'Block Public Access'],
  ['ownership', 'object ownership'],
  ['permissions boundary', 'permissions boundary'],
  ['publicly accessible', 'public accessibility'],
  ['deletion protection', 'deletion protection'],
  [pointsAt, 'record'],
  ['role', 'role'],
  ['profile', 'instance profile'],
]);

/** So many changes of one call are told. */
const mostChanges = 8;
const mostTexts = 50;
const longestText = 500;

/**
 * What a call changes of the things that it is about, against what they were before where that is known. `memory` is undefined where
 * none is kept; nothing is known then.
 */
export function changesOf(
  event: Event,
  sightings: readonly Sighting[],
  memory: Pick<AssetMemory, 'get'> | undefined,
): readonly Fact[] {
  const facts: Fact[] = [];
  for (const sighting of sightings) {
    if (sighting.what === 'deleted' || sighting.what === 'shown') continue;
    const asset = memory?.get(sighting.type, sighting.id);
    for (const [name, change] of Object.entries(sighting.aspects)) {
      const fact = changeOf(event, { sighting, asset, name, change });
      if (fact !== undefined) facts.push(fact);
      if (facts.length >= mostChanges) return facts;
    }
  }
  return facts;
}

interface One {
  readonly sighting: Sighting;
  readonly asset: Asset | undefined;
  readonly name: string;
  readonly change: AspectChange;
}

function changeOf(event: Event, one: One): Fact | undefined {
  const what = whatOf(one.name);
  if (what === undefined || one.change.how === 'copy') return undefined;
  if (one.change.how === 'members') return memberFact(event, one, what, one.change);
  const is = one.change.value;
  const isNew = one.sighting.what === 'created';
  const isPolicy = isPolicyAspect(one.name);
  // That a new thing has what it was made with says nothing of a change; what its policy says is worth reading all the same.
  if (isNew && !isPolicy) return undefined;
  const was = isNew ? {} : before(one.asset, one.name, event);
  const difference =
    was && (isPolicy ? diffPolicies(was.value, is) : diffOf(plainTexts(was.value), plainTexts(is)));
  if (difference === undefined) return unknownFact(event, one, what, isPolicy);
  return knownFact(event, one, what, difference);
}

function whatOf(aspect: string): string | undefined {
  if (aspect.startsWith(inlinePrefix)) return 'inline policy';
  return aspect.startsWith('permission ') ? 'permission' : shown.get(aspect);
}

function isPolicyAspect(aspect: string): boolean {
  return policyAspects.has(aspect) || aspect.startsWith(inlinePrefix) || aspect.startsWith('permission ');
}

function plainTexts(value: Json | undefined): readonly string[] {
  if (value === undefined || value === null) return [];
  return isList(value)
    ? textsOf(value).map(quote)
    : [quote(typeof value === 'string' ? value : JSON.stringify(value))];
}

/** Only those that are in or out anew. Whether others were there before changes nothing of what came and went. */
function memberFact(
  event: Event,
  one: One,
  what: string,
  change: Extract<AspectChange, { how: 'members' }>,
): Fact | undefined {
  if (one.sighting.what === 'created') return undefined;
  const there = new Set(membersOf(one.asset, one.name));
  const repeated = one.asset?.history.some(({ event: id }) => id === event.id) === true;
  const add = change.add.filter((text) => repeated || !there.has(text)).map(quote);
  const difference = diffOf(change.remove.map(quote), add);
  return change.add.length + change.remove.length === 0 ? undefined : knownFact(event, one, what, difference);
}

function subjectOf({ sighting, name }: One, what: string): string {
  const named = name.startsWith(inlinePrefix)
    ? `${what} ${quote(name.slice(inlinePrefix.length))}`
    : name.startsWith('permission ')
      ? `${what} ${quote(name.slice('permission '.length))}`
      : what;
  if (what === 'record') return spokenAsset(sighting);
  return `${what === 'Block Public Access' ? '' : 'the '}${named} of ${spokenAsset(sighting)}`;
}

function knownFact(event: Event, one: One, what: string, difference: Difference): Fact {
  const attempted = event.outcome.result === 'failure';
  const { added, removed, lines } = difference;
  const same = added.length + removed.length === 0;
  const subject = subjectOf(one, what);
  const counts = [
    ...(added.length > 0 ? [`${added.length} added`] : []),
    ...(removed.length > 0 ? [`${removed.length} removed`] : []),
  ].join(', ');
  const explanation = attempted
    ? `tried to change ${subject}, but the call failed; it would have meant: ${same ? 'nothing new' : counts}`
    : same
      ? `nothing of ${subject} is new: it was set to what it was before`
      : `${subject} changed: ${counts}`;
  return factOf(one, what, {
    explanation,
    unknowns: [],
    change: attempted || same ? 'unchanged' : 'changed',
    known: true,
    attempted,
    added,
    removed,
    lines,
  });
}

function unknownFact(event: Event, one: One, what: string, isPolicy: boolean): Fact {
  const attempted = event.outcome.result === 'failure';
  const subject = subjectOf(one, what);
  const is = one.change.how === 'set' ? one.change.value : undefined;
  const lines = isPolicy
    ? (policyLines(is) ?? [])
    : plainTexts(is).map((text) => ({ sign: ' ' as const, text }));
  const explanation =
    is === undefined
      ? `${subject} was ${attempted ? 'to be ' : ''}removed`
      : lines.length === 0
        ? `${subject} was ${attempted ? 'to be ' : ''}set, but to what cannot be read from the record`
        : attempted
          ? `${subject} was to become this, but the call failed`
          : `${subject} now says this`;
  return factOf(one, what, {
    explanation,
    unknowns: [`what ${subject} said before: no earlier change of it is remembered`],
    change: attempted ? 'unchanged' : 'unknown',
    known: false,
    attempted,
    added: [],
    removed: [],
    lines,
  });
}

function factOf(
  { sighting }: One,
  what: string,
  told: {
    readonly explanation: string;
    readonly unknowns: readonly string[];
    readonly change: string;
    readonly known: boolean;
    readonly attempted: boolean;
    readonly added: readonly string[];
    readonly removed: readonly string[];
    readonly lines: NonNullable<Fact['diff']>;
  },
): Fact {
  const bounded = (texts: readonly string[]) =>
    texts.slice(0, mostTexts).map((text) => text.slice(0, longestText));
  return {
    subject: 'change',
    explanation: told.explanation,
    unknowns: told.unknowns,
    diff: told.lines,
    fields: {
      resource_type: sighting.type,
      resource: sighting.arn ?? sighting.id,
      resource_name: sighting.name,
      what,
      change: told.change,
      known: told.known,
      attempted: told.attempted,
      added: bounded(told.added),
      removed: bounded(told.removed),
    },
  };
}
