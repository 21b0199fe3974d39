import type { Event } from '../../event/event.ts';
import type { Fact } from '../fact.ts';
import { effectOf, noSwitchKnown, spokenKeeper, spokenUnknown } from '../s3/effective.ts';
import type { KnownSwitches, Opening, Switches } from '../s3/effective.ts';
import { listed } from '../sentence.ts';
import { valueAt } from './asset.ts';
import { textsOf, type AssetMemory } from './memory.ts';
import { blockAspect } from './s3.ts';

/**
 * Exposures of S3 with what is remembered of the switches of Block Public Access and of object ownership: what was unknown by the event
 * alone becomes `exposed` or `blocked` where all that decides it, or one that does, has been seen. What was opened stays opened: a switch
 * may be off again by a call that nobody saw.
 */
export function withSwitches(
  facts: readonly Fact[],
  event: Event,
  memory: AssetMemory | undefined,
): readonly Fact[] {
  if (memory === undefined || !facts.some(isOpen)) return facts;
  return facts.map((fact) => (isOpen(fact) ? judged(fact, facts, event, memory) : fact));
}

function isOpen({ subject, fields }: Fact): boolean {
  return (
    subject === 'exposure' &&
    fields['verdict'] === 'unknown' &&
    (fields['via'] === 'policy' || fields['via'] === 'acl') &&
    (fields['resource_type'] === 'AWS::S3::Bucket' || fields['resource_type'] === 'AWS::S3::Object')
  );
}

function judged(fact: Fact, facts: readonly Fact[], event: Event, memory: AssetMemory): Fact {
  const { fields } = fact;
  const via = fields['via'] === 'acl' ? 'acl' : 'policy';
  const { resource } = fields;
  const bucket = typeof resource === 'string' ? /^arn:[^:]*:s3:::([^/]+)/.exec(resource)?.[1] : undefined;
  if (bucket === undefined) return fact;
  const isPublic = facts.some(
    (one) =>
      one.subject === 'exposure' &&
      one.fields['resource'] === fields['resource'] &&
      (one.fields['audience'] === 'public' || one.fields['audience'] === 'any-aws-account'),
  );
  const opening: Opening = { via, audience: fields['audience'] as Opening['audience'], isPublic };
  const open = spokenUnknown(effectOf(opening, { ...noSwitchKnown, heedsAcls: heeds(event) }), via);
  const effect = effectOf(opening, switchesOf(bucket, event, memory));
  const still = spokenUnknown(effect, via);
  const others = fact.unknowns.filter((unknown) => unknown !== open);
  // Only what was open because of switches is decided by them.
  if (open === undefined || others.length === fact.unknowns.length || effect.state === 'none') return fact;
  switch (effect.state) {
    case 'unknown':
      return { ...fact, unknowns: [...(still === undefined ? [] : [still]), ...others] };
    case 'blocked':
      return {
        ...fact,
        explanation: `${fact.explanation}; by what is remembered it has no effect, because ${listed(effect.by.map(spokenKeeper))}`,
        unknowns: others,
        fields: { ...fields, verdict: 'blocked' },
      };
    case 'exposed':
      return {
        ...fact,
        explanation: `${fact.explanation}; by what is remembered no switch of Block Public Access stops it`,
        unknowns: others,
        // A resource control policy is beyond what any verdict speaks of; other doubts are not.
        fields: {
          ...fields,
          verdict: others.every((unknown) => unknown.includes('resource control policy'))
            ? 'exposed'
            : 'unknown',
        },
      };
  }
}

function switchesOf(bucket: string, event: Event, memory: AssetMemory): KnownSwitches {
  const asset = memory.get('AWS::S3::Bucket', bucket);
  const account = asset?.account ?? event.account;
  const ofAccount =
    account === undefined ? undefined : memory.get('AWS::S3::AccountPublicAccessBlock', account);
  const ownership = valueAt(asset, 'ownership', event.time);
  return {
    bucket: switchesIn(valueAt(asset, blockAspect, event.time)),
    account: switchesIn(valueAt(ofAccount, blockAspect, event.time)),
    heedsAcls: typeof ownership === 'string' ? ownership !== 'BucketOwnerEnforced' : heeds(event),
  };
}

/** S3 refuses ACLs where they have no effect, but for those that a new bucket is made with. */
function heeds(event: Event): boolean | undefined {
  return event.action === 'CreateBucket' ? undefined : true;
}

/** Where a configuration was seen, each switch is on or off in it. */
function switchesIn(value: ReturnType<typeof valueAt>): Switches {
  if (!Array.isArray(value)) return {};
  const on = new Set(textsOf(value));
  return {
    BlockPublicAcls: on.has('BlockPublicAcls'),
    BlockPublicPolicy: on.has('BlockPublicPolicy'),
    IgnorePublicAcls: on.has('IgnorePublicAcls'),
    RestrictPublicBuckets: on.has('RestrictPublicBuckets'),
  };
}
