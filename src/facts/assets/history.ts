import type { Event } from '../../event/event.ts';
import type { Fact } from '../fact.ts';
import type { FieldName } from '../field-name.ts';
import { listed, quote } from '../sentence.ts';
import { isDeleted, textsAt, type Asset, type Moment } from './asset.ts';
import type { AssetMemory } from './memory.ts';
import type { Sighting } from './sighting.ts';
import { spokenAsset, spokenSpan } from './spoken.ts';

/** What rules see under `tocsin.asset`. Held by a test to what is produced. */
export const assetFieldNames: readonly FieldName[] = [
  {
    name: 'asset.role',
    description:
      'target (the call was about it), actor (the user or role that called) or key (the access key that signed)',
  },
  { name: 'asset.type', description: 'such as AWS::S3::Bucket or AWS::IAM::User' },
  { name: 'asset.id', description: 'ARN, or the id where it has none' },
  { name: 'asset.name', description: 'what people call it' },
  { name: 'asset.tags', description: 'its tags as far as they were seen, such as env=production' },
  { name: 'asset.what', description: 'created, changed, deleted, or used for an actor or a key' },
  {
    name: 'asset.first_seen',
    description: 'true where nothing was known of it, although a week or more is remembered',
  },
  { name: 'asset.created_by', description: 'who made it, where that was seen' },
  { name: 'asset.created_by_arn', description: 'the user or role behind who made it' },
  { name: 'asset.age_seconds', description: 'how long ago it was made, where that was seen' },
  {
    name: 'asset.by_creator',
    description: 'whether the one who calls is the one who made it, where that was seen',
  },
  { name: 'asset.last_changed_by', description: 'who changed it last before this call' },
  { name: 'asset.recreated', description: 'true where one of this name was deleted before' },
  {
    name: 'asset.owner_changed',
    description: 'true where it was in another account before: a name that somebody else has taken over',
  },
];

/** Of less than this nobody can say that something was never seen. */
const enough = 7 * 86_400_000;
const mostAssets = 5;

/**
 * What is remembered of the things that a call is about, of who calls, and of the key that signed. Nothing where nothing is remembered,
 * but once a week or more is, that something was never seen.
 */
export function historyOf(
  event: Event,
  sightings: readonly Sighting[],
  memory: AssetMemory,
): readonly Fact[] {
  const facts: Fact[] = [];
  for (const sighting of sightings.slice(0, mostAssets)) {
    const fact = targetFact(event, sighting, memory);
    if (fact !== undefined) facts.push(fact);
  }
  return [...facts, ...callerFacts(event, memory)];
}

function targetFact(event: Event, sighting: Sighting, memory: AssetMemory): Fact | undefined {
  const asset = memory.get(sighting.type, sighting.id);
  const { what } = sighting;
  if (asset === undefined || isOnlyFrom(asset, event)) {
    const since = memory.since();
    if (what === 'created' || since === undefined || event.time - since < enough) return undefined;
    return factOf('target', sighting, what, {
      first_seen: true,
      explanation: `nothing was known of ${spokenAsset(sighting)} in the ${spokenSpan(event.time - since)} that are remembered`,
    });
  }
  return what === 'created' ? recreatedFact(event, sighting, asset) : knownFact(event, sighting, asset);
}

/** The event itself is all that is known: it was taken before and has come again. */
function isOnlyFrom(asset: Asset, event: Event): boolean {
  return asset.history.length > 0 && asset.history.every(({ event: id }) => id === event.id);
}

function recreatedFact(event: Event, sighting: Sighting, asset: Asset): Fact | undefined {
  const { deleted } = asset;
  if (deleted === undefined || deleted.time > event.time || deleted.event === event.id) return undefined;
  // What the asset says of its account may be from this very event, where it has come before; what the deletion says is not.
  const ownerChanged =
    asset.account !== undefined && sighting.account !== undefined && asset.account !== sighting.account;
  const where = ownerChanged ? ` in another account, ${quote(asset.account)}` : '';
  return factOf('target', sighting, 'created', {
    recreated: true,
    owner_changed: ownerChanged,
    explanation: `${spokenAsset(sighting)} was there before${where}: ${quote(deleted.by)} deleted it ${ago(deleted, event)}`,
  });
}

function knownFact(event: Event, sighting: Sighting, asset: Asset): Fact | undefined {
  const { created } = asset;
  const last = asset.history.find(
    (moment) => moment.event !== event.id && moment.event !== created?.event && moment.time <= event.time,
  );
  const wasMade = created !== undefined && created.event !== event.id && created.time <= event.time;
  const tags = textsAt(asset, 'tags', event.time).toSorted();
  if (!wasMade && last === undefined && tags.length === 0) return undefined;
  const sentences = [
    ...(wasMade ? [`${quote(created.by)} made it ${ago(created, event)}`] : []),
    ...(last === undefined
      ? []
      : [`${quote(last.by)} changed it last, ${ago(last, event)} (${quote(last.action)})`]),
    ...(tags.length === 0 ? [] : [`it has the tags ${listed(tags.map(quote))}`]),
  ];
  return factOf('target', { ...sighting, name: asset.name }, sighting.what, {
    ...(wasMade ? madeFields(event, created) : {}),
    ...(last === undefined ? {} : { last_changed_by: last.by }),
    ...(tags.length === 0 ? {} : { tags }),
    explanation: `${spokenAsset(asset)}: ${sentences.join('; ')}`,
  });
}

function madeFields(event: Event, created: Moment): Fact['fields'] {
  const caller = event.actor.issuer?.arn ?? event.actor.arn;
  return {
    created_by: created.by,
    ...(created.principal === undefined ? {} : { created_by_arn: created.principal }),
    age_seconds: Math.floor((event.time - created.time) / 1000),
    ...(caller === undefined || created.principal === undefined
      ? {}
      : { by_creator: caller.slice(0, 300) === created.principal }),
  };
}

/** The user or role that calls, and its key, where they were seen being made and still are there. */
function callerFacts(event: Event, memory: AssetMemory): readonly Fact[] {
  const { actor } = event;
  const arn = actor.issuer?.arn ?? actor.arn;
  const named = /^arn:[^:]*:iam::(\d{12}):(user|role)\/(?:.*\/)?([^/]+)$/.exec(arn ?? '');
  const found: (readonly ['actor' | 'key', Asset | undefined])[] = [];
  if (named !== null)
    found.push([
      'actor',
      memory.get(named[2] === 'user' ? 'AWS::IAM::User' : 'AWS::IAM::Role', `${named[1]}/${named[3]}`),
    ]);
  if (actor.accessKeyId?.startsWith('AKIA') === true)
    found.push(['key', memory.get('AWS::IAM::AccessKey', actor.accessKeyId)]);
  return found.flatMap(([role, asset]) => {
    const created = asset?.created;
    if (asset === undefined || created === undefined || created.time > event.time || isDeleted(asset))
      return [];
    return [
      factOf(role, asset, 'used', {
        ...madeFields(event, created),
        explanation: `${role === 'key' ? 'the call was signed by' : 'who called is'} ${spokenAsset(asset)}, which ${quote(created.by)} made ${ago(created, event)}`,
      }),
    ];
  });
}

function ago(moment: Moment, event: Event): string {
  return `${spokenSpan(Math.max(0, event.time - moment.time))} before`;
}

function factOf(
  role: 'target' | 'actor' | 'key',
  { type, id, name, arn }: Pick<Asset, 'type' | 'id' | 'name' | 'arn'>,
  what: Sighting['what'] | 'used',
  { explanation, ...more }: Fact['fields'] & { readonly explanation: string },
): Fact {
  return {
    subject: 'asset',
    explanation,
    unknowns: [],
    fields: { role, type, id: arn ?? id, name, what, ...more },
  };
}
