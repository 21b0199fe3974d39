import { accountOfArn } from '../../decode/cloudtrail/arn.ts';
import type { Event } from '../../event/event.ts';
import type { Json, JsonObject } from '../../event/json.ts';
import type { Analyser, Fact } from '../fact.ts';
import { isAttempt } from '../gate.ts';
import type { Known } from '../known.ts';
import { protectionFact } from '../protection.ts';
import type { Protection } from '../protection.ts';
import { listed, quote } from '../sentence.ts';
import { whoseAccount } from '../whose.ts';
import { accessPointOf, bodyOf } from './access-point.ts';
import type { AccessPoint } from './access-point.ts';
import { transfersOf } from './destination.ts';
import type { Destination } from './destination.ts';
import { bucketName } from './replication.ts';
import { left, said } from './said.ts';
import { controlCalls, requestOf } from './s3-calls.ts';
import { accountIn, children, element, leaf, numberIn } from './xml.ts';

const kinds: ReadonlyMap<string, AccessPoint['kind']> = new Map<string, AccessPoint['kind']>([
  ['CreateAccessPoint', 'access-point'],
  ['CreateAccessPointForObjectLambda', 'object-lambda'],
  ['CreateMultiRegionAccessPoint', 'multi-region'],
  ['PutAccessPointConfigurationForObjectLambda', 'object-lambda'],
  ['SubmitMultiRegionAccessPointRoutes', 'multi-region'],
]);

/**
 * How access points are made: their own switches of Block Public Access, which cannot be changed later; the buckets that a
 * multi-region access point leads to; the functions that objects pass through.
 * https://docs.aws.amazon.com/AmazonS3/latest/API/API_control_CreateAccessPoint.html
 * https://docs.aws.amazon.com/AmazonS3/latest/API/API_control_CreateMultiRegionAccessPoint.html
 */
export const s3AccessPoints: Analyser = {
  name: 's3-access-points',
  subjects: ['protection', 'transfer'],
  actions: controlCalls(...kinds.keys()),
  analyse,
};

function analyse(event: Event, known: Known): readonly Fact[] {
  const kind = kinds.get(event.action);
  const point = kind === undefined ? undefined : accessPointOf(event, kind);
  if (point === undefined) return [];
  const body = bodyOf(requestOf(event));
  switch (event.action) {
    case 'CreateAccessPoint':
      return switchFacts(event, point, body, element(body, 'PublicAccessBlockConfiguration'));
    case 'CreateMultiRegionAccessPoint': {
      const details = element(body, 'Details');
      return [
        ...switchFacts(event, point, body, element(details, 'PublicAccessBlock')),
        ...bucketFacts(event, point, details, known),
      ];
    }
    case 'SubmitMultiRegionAccessPointRoutes':
      return routeFacts(event, point, body);
    default:
      return functionFacts(event, point, body, known);
  }
}

const names = ['BlockPublicAcls', 'BlockPublicPolicy', 'IgnorePublicAcls', 'RestrictPublicBuckets'] as const;

/** A new access point has all four switches on, but for those that the request turns off by name. */
function switchFacts(
  event: Event,
  point: AccessPoint,
  body: JsonObject | undefined,
  configuration: JsonObject | undefined,
): readonly Fact[] {
  const off = names.filter((name) => leaf(configuration, name)?.toLowerCase() === 'false');
  if (off.length === 0) return [];
  const attempted = isAttempt(event);
  const wanted = off.length === names.length ? 'absent' : 'weakened';
  const network = leaf(element(body, 'VpcConfiguration'), 'VpcId');
  const protection: Protection = {
    kind: 'block-public-access',
    change: attempted ? 'unchanged' : wanted,
    wanted,
    attempted,
    scope: 'access-point',
    resourceType: point.type,
    resource: point.arn,
    resourceName: point.name,
    switchesOff: off,
    switchesOn: names.filter((name) => !off.includes(name)),
  };
  const only = network === undefined ? '' : `, though it serves ${quote(network)} alone`;
  const sentence = `${point.spoken} is made with ${wanted === 'absent' ? 'Block Public Access all off' : `Block Public Access partly off (${listed(off)})`}, which cannot be changed later${only}`;
  const unknowns = [
    'whether Block Public Access of the bucket or of the account still protects what is behind it: GetPublicAccessBlock of each would tell',
  ];
  return [protectionFact(protection, said(event, sentence), left(event, unknowns))];
}

function bucketFacts(
  event: Event,
  point: AccessPoint,
  details: JsonObject | undefined,
  known: Known,
): readonly Fact[] {
  const regions = children(element(details, 'Regions') ?? details, 'Region');
  const destinations = regions.flatMap((region) => {
    const account = accountIn(region, 'BucketAccountId');
    // Without an account it is a bucket of the caller's own, which is nothing to tell.
    return account === undefined ? [] : destinationsOf(region, account, point, known);
  });
  const foreign = destinations.filter(({ whose }) => whose !== 'own-account');
  return transfersOf(shipmentOf(event, point), foreign);
}

function destinationsOf(
  place: Json,
  account: string | undefined,
  point: AccessPoint,
  known: Known,
): readonly Destination[] {
  const bucket = leaf(place, 'Bucket');
  if (bucket === undefined) return [];
  return [
    {
      name: bucketName(bucket),
      whose: whoseAccount(account, point.owner, known),
      account,
      scope: [],
      givesOwnership: false,
    },
  ];
}

function shipmentOf(event: Event, point: AccessPoint): Parameters<typeof transfersOf>[0] {
  return {
    event,
    resource: point,
    kind: 'routing',
    does: `requests to ${point.spoken} now go`,
    shownBy: 'GetMultiRegionAccessPoint',
  };
}

/** Routes name buckets that the access point has already, so only where requests go is new. */
function routeFacts(event: Event, point: AccessPoint, body: JsonObject | undefined): readonly Fact[] {
  const updates = element(body, 'RouteUpdates');
  const active = children(updates, 'Route').filter(
    (route) => (numberIn(route, 'TrafficDialPercentage') ?? 100) > 0,
  );
  const destinations = active.flatMap((route): readonly Destination[] => {
    const name = leaf(route, 'Bucket') ?? leaf(route, 'Region');
    return name === undefined
      ? []
      : [{ name, whose: 'unknown', account: undefined, scope: [], givesOwnership: false }];
  });
  return transfersOf(shipmentOf(event, point), destinations);
}

function functionFacts(
  event: Event,
  point: AccessPoint,
  body: JsonObject | undefined,
  known: Known,
): readonly Fact[] {
  const configuration = element(body, 'Configuration');
  const transformations = element(configuration, 'TransformationConfigurations');
  const functions = children(transformations ?? configuration, 'TransformationConfiguration').flatMap(
    (one): readonly Destination[] => {
      const arn = leaf(element(element(one, 'ContentTransformation'), 'AwsLambda'), 'FunctionArn');
      if (arn === undefined) return [];
      const account = accountOfArn(arn);
      const whose = whoseAccount(account, point.owner, known);
      return [{ name: arn, whose, account, scope: [], givesOwnership: false }];
    },
  );
  const shipment = {
    event,
    resource: point,
    kind: 'transformation',
    does: `objects read through ${point.spoken} first go`,
    shownBy: 'GetAccessPointConfigurationForObjectLambda',
  } as const;
  return transfersOf(shipment, functions);
}
