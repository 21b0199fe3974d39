import type { Audience } from '../fact.ts';
import type { Gate } from '../gate.ts';

/**
 * The switches of S3's Block Public Access, and what each stops. Only the last two stop what is there already.
 * https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-control-block-public-access.html
 */
export type Switch = 'BlockPublicAcls' | 'BlockPublicPolicy' | 'IgnorePublicAcls' | 'RestrictPublicBuckets';

/** What is known of the switches of one level; a switch that is left out is not known. */
export type Switches = Readonly<Partial<Record<Switch, boolean>>>;

export type Level = 'organisation' | 'account' | 'bucket' | 'access-point';

/** What is known of all that can shut out whom a policy or ACL of S3 lets in. */
export interface KnownSwitches {
  /** The organisation's S3 policy, where there is one; it overrules the account's switches. */
  readonly organisation?: Switches | undefined;
  readonly account: Switches;
  readonly bucket: Switches;
  /** Where the way in is an access point: its own. */
  readonly accessPoint?: Switches | undefined;
  /** Whether the bucket heeds ACLs at all: false with BucketOwnerEnforced; undefined where it isn't known. */
  readonly heedsAcls?: boolean | undefined;
}

export const noSwitchKnown: KnownSwitches = { account: {}, bucket: {} };

/** Whom a policy or ACL lets in. */
export interface Opening {
  readonly via: 'policy' | 'acl';
  readonly audience: Audience;
  /** Whether the same policy lets in everyone, by AWS's meaning of public. */
  readonly isPublic: boolean;
}

/** What keeps people out: a switch that is on at some level, or that ACLs have no effect. */
export type Keeper =
  { readonly kind: 'switch'; readonly name: Switch; readonly level: Level } | { readonly kind: 'ownership' };

/**
 * What becomes of an opening: people get in (`exposed`); a switch keeps them out (`blocked`), by one or several; it is decided
 * by switches that aren't known (`unknown`); or there is nobody from outside to keep out (`none`).
 */
export type Effect =
  | { readonly state: 'exposed' }
  | { readonly state: 'blocked'; readonly by: readonly Keeper[] }
  | { readonly state: 'unknown'; readonly decidedBy: readonly Keeper[] }
  | { readonly state: 'none' };

const exposed: Effect = { state: 'exposed' };

/**
 * Whether those whom a policy or ACL lets in get in, as far as the switches are known. Resource control policies and, for an
 * access point, the bucket's own policy are beyond it.
 */
export function effectOf(opening: Opening, known: KnownSwitches): Effect {
  const { via, audience, isPublic } = opening;
  switch (audience) {
    case 'nobody':
    case 'own-account':
    case 'service':
      // RestrictPublicBuckets leaves the account's own people and AWS services in.
      return { state: 'none' };
    case 'unknown':
      return effectOfUnknown(via, known);
    case 'public':
    case 'any-aws-account':
      return via === 'acl'
        ? judged([...ownershipIn(known), ...switchesIn('IgnorePublicAcls', known)])
        : judged(switchesIn('RestrictPublicBuckets', known));
    case 'network':
    case 'organisation':
    case 'external-account':
    case 'own-organisation':
    case 'known-account':
    case 'federated':
      // A grant to a named user is no public ACL; named accounts share the fate of a policy that is public beside them.
      if (via === 'acl') return judged(ownershipIn(known));
      return isPublic ? judged(switchesIn('RestrictPublicBuckets', known)) : exposed;
  }
}

/** Whoever it is: ACLs that have no effect let nobody in. */
function effectOfUnknown(via: Opening['via'], known: KnownSwitches): Effect {
  return via === 'acl' && known.heedsAcls === false
    ? judged(ownershipIn(known))
    : { state: 'unknown', decidedBy: [] };
}

interface Guard {
  readonly keeper: Keeper;
  /** Whether it keeps people out; undefined where that isn't known. */
  readonly keeps: boolean | undefined;
}

function switchesIn(name: Switch, known: KnownSwitches): readonly Guard[] {
  const at = (level: Level, switches: Switches): Guard => ({
    keeper: { kind: 'switch', name, level },
    keeps: switches[name],
  });
  const overruled = known.organisation?.[name] === true;
  return [
    ...(overruled ? [at('organisation', known.organisation ?? {})] : []),
    at('account', known.account),
    at('bucket', known.bucket),
    ...(known.accessPoint === undefined ? [] : [at('access-point', known.accessPoint)]),
  ];
}

function ownershipIn({ heedsAcls }: KnownSwitches): readonly Guard[] {
  return [{ keeper: { kind: 'ownership' }, keeps: heedsAcls === undefined ? undefined : !heedsAcls }];
}

/** One that keeps people out is enough; none does only where all are known. */
function judged(guards: readonly Guard[]): Effect {
  const by = guards.filter(({ keeps }) => keeps === true).map(({ keeper }) => keeper);
  if (by.length > 0) return { state: 'blocked', by };
  const decidedBy = guards.filter(({ keeps }) => keeps === undefined).map(({ keeper }) => keeper);
  return decidedBy.length > 0 ? { state: 'unknown', decidedBy } : exposed;
}

/** What keeps people out, for a sentence: "RestrictPublicBuckets of the account". */
export function spokenKeeper(keeper: Keeper): string {
  if (keeper.kind === 'ownership')
    return 'its Object Ownership is BucketOwnerEnforced, by which ACLs have no effect';
  return `${keeper.name} ${ofLevel(keeper.level)} is on`;
}

function ofLevel(level: Level): string {
  return level === 'access-point' ? 'of the access point' : `of the ${level}`;
}

/** What would have to be known about an opening, and which calls would tell; undefined where nothing is left to know. */
export function spokenUnknown(effect: Effect, via: Opening['via']): string | undefined {
  if (effect.state !== 'unknown' || effect.decidedBy.length === 0) return undefined;
  const switches = effect.decidedBy.filter((keeper) => keeper.kind === 'switch');
  const ownership = effect.decidedBy.some((keeper) => keeper.kind === 'ownership');
  const levels = switches.map((keeper) => keeper.level);
  const [first] = switches;
  const where = [...levels].reverse().map(ofLevel).join(' or ');
  if (first === undefined) {
    return 'whether the bucket heeds ACLs, which new buckets do not by default: GetBucketOwnershipControls would tell';
  }
  const calls = ['GetPublicAccessBlock of each'];
  if (levels.includes('access-point')) calls.push('GetAccessPoint');
  if (via === 'policy') calls.push('GetBucketPolicyStatus');
  if (ownership) calls.push('GetBucketOwnershipControls');
  const what =
    via === 'policy'
      ? 'still keeps outsiders out'
      : `makes public ACLs have no effect${ownership ? ', and whether the bucket heeds ACLs at all, which new buckets do not by default' : ''}`;
  return `whether ${first.name}, ${where}, ${what}: ${calls.join(' and ')} would tell`;
}

/** What may still shut an audience out of a policy or ACL, said for a gate: see `Gate.shutter`. */
export function shutterOf(via: Opening['via'], known: KnownSwitches): Gate['shutter'] {
  return (audience, isPublic) => spokenUnknown(effectOf({ via, audience, isPublic }, known), via);
}
