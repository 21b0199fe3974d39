import type { Event } from '../../event/event.ts';
import type { Analyser, Audience, Fact } from '../fact.ts';
import { isAttempt } from '../gate.ts';
import type { Gate } from '../gate.ts';
import { exposureOfDeletion, exposuresOf } from '../grant-exposure.ts';
import type { Known } from '../known.ts';
import { parsePolicy } from '../policy/document.ts';
import { grantsOf } from '../policy/grants.ts';
import { accessPointVocabulary } from '../s3-actions.ts';
import { quote } from '../sentence.ts';
import { accessPointOf, bodyOf } from './access-point.ts';
import type { AccessPoint } from './access-point.ts';
import { noSwitchKnown, shutterOf } from './effective.ts';
import { controlCalls, requestOf } from './s3-calls.ts';
import { child, element } from './xml.ts';

interface Call {
  readonly kind: AccessPoint['kind'];
  readonly deletes: boolean;
}

const calls: ReadonlyMap<string, Call> = new Map<string, Call>([
  ['DeleteAccessPointPolicy', { kind: 'access-point', deletes: true }],
  ['DeleteAccessPointPolicyForObjectLambda', { kind: 'object-lambda', deletes: true }],
  ['PutAccessPointPolicy', { kind: 'access-point', deletes: false }],
  ['PutAccessPointPolicyForObjectLambda', { kind: 'object-lambda', deletes: false }],
  ['PutMultiRegionAccessPointPolicy', { kind: 'multi-region', deletes: false }],
]);

/**
 * Whom the policy of an access point lets in, as far as the bucket behind it lets them in as well.
 * https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-points-policies.html
 */
export const s3AccessPointPolicy: Analyser = {
  name: 's3-access-point-policy',
  subjects: ['exposure'],
  actions: controlCalls(...calls.keys()),
  analyse,
};

function analyse(event: Event, known: Known): readonly Fact[] {
  const call = calls.get(event.action);
  if (call === undefined) return [];
  const point = accessPointOf(event, call.kind);
  if (point === undefined) return [];
  const gate = gateOf(event, point);
  if (call.deletes) return [exposureOfDeletion(gate)];
  const body = bodyOf(requestOf(event));
  // What the reasoner can't read it says, an absent policy included.
  const document = child(element(body, 'Details'), 'Policy') ?? child(body, 'Policy');
  const answer = grantsOf(parsePolicy(document), {
    owner: point.owner,
    known,
    vocabulary: accessPointVocabulary(point.kind === 'object-lambda' ? 's3-object-lambda' : 's3'),
    universe: [point.arn, `${point.arn}/object/*`],
  });
  return exposuresOf(gate, answer.grants, answer.problems);
}

const behind: Readonly<Record<AccessPoint['kind'], string>> = {
  'access-point':
    'whether the policy of the bucket behind it lets them in as well, and whether it serves one VPC alone: GetAccessPoint and GetBucketPolicy would tell',
  'multi-region':
    'whether the policies of the buckets behind it let them in as well, and whether the change is through everywhere: GetMultiRegionAccessPointPolicy and GetBucketPolicy would tell',
  'object-lambda':
    'whether they may also use the access point and the function behind it: GetAccessPointConfigurationForObjectLambda would tell',
};

const shownBy: Readonly<Record<AccessPoint['kind'], string>> = {
  'access-point': 'GetAccessPointPolicy',
  'multi-region': 'GetMultiRegionAccessPointPolicy',
  'object-lambda': 'GetAccessPointPolicyForObjectLambda',
};

function gateOf(event: Event, point: AccessPoint): Gate {
  const switches = shutterOf('policy', { ...noSwitchKnown, accessPoint: {} });
  return {
    event,
    resource: point,
    via: 'policy',
    name: `the policy of ${point.spoken}`,
    attempted: isAttempt(event),
    blocked: undefined,
    shownBy: shownBy[point.kind],
    shutter: (audience, isPublic) => {
      const undecided = needsBucket.has(audience) ? behind[point.kind] : undefined;
      const unknowns = [undecided, switches(audience, isPublic)].filter((one) => one !== undefined);
      return unknowns.length === 0 ? undefined : unknowns.join('; ');
    },
    underControlPolicies: true,
    spokenScope: (patterns) => spokenScope(patterns, point),
  };
}

// The bucket's own policy decides about everybody from outside its account.
const needsBucket: ReadonlySet<Audience> = new Set<Audience>([
  'public',
  'any-aws-account',
  'network',
  'organisation',
  'external-account',
  'own-organisation',
  'known-account',
]);

function spokenScope(patterns: readonly string[], point: AccessPoint): readonly string[] {
  const objects = `${point.arn}/object/`;
  return patterns.map((pattern) => {
    if (pattern === point.arn) return `what is behind ${point.spoken}`;
    if (pattern === `${objects}*`) return `every object behind ${point.spoken}`;
    return pattern.startsWith(objects)
      ? `${quote(pattern.slice(objects.length))} behind ${point.spoken}`
      : quote(pattern);
  });
}
