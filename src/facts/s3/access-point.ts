import { isAccountId, partitionOfRegion } from '../../decode/cloudtrail/arn.ts';
import type { Event } from '../../event/event.ts';
import { isJsonObject, text } from '../../event/json.ts';
import type { JsonObject } from '../../event/json.ts';
import type { GuardedResource } from '../gate.ts';
import { quote } from '../sentence.ts';
import { requestOf } from './s3-calls.ts';
import { element, leaf } from './xml.ts';

/** A way into a bucket with a policy and switches of its own. */
export interface AccessPoint extends GuardedResource {
  readonly kind: 'access-point' | 'multi-region' | 'object-lambda';
}

const types = {
  'access-point': 'AWS::S3::AccessPoint',
  'multi-region': 'AWS::S3::MultiRegionAccessPoint',
  'object-lambda': 'AWS::S3ObjectLambda::AccessPoint',
} as const;

const words = {
  'access-point': 'access point',
  'multi-region': 'multi-region access point',
  'object-lambda': 'object lambda access point',
} as const;

/**
 * The body of a call of the control API, which CloudTrail files under the name of its XML's root (`CreateAccessPointRequest`),
 * beside what stood in the address; or the request itself, where the members lie in it.
 */
export function bodyOf(request: JsonObject | undefined): JsonObject | undefined {
  for (const key in request) {
    if (!/^[A-Za-z]+(?:Request|Input)$/.test(key)) continue;
    const body = request[key];
    if (isJsonObject(body)) return body;
  }
  return request;
}

/** The access point that a call was about; undefined where the record doesn't name it. */
export function accessPointOf(event: Event, kind: AccessPoint['kind']): AccessPoint | undefined {
  const request = requestOf(event);
  const body = bodyOf(request);
  const stated =
    leaf(element(body, 'Details'), 'Name') ??
    leaf(request, 'name') ??
    leaf(request, 'accessPointName') ??
    leaf(request, 'mrap') ??
    leaf(body, 'Name') ??
    leaf(body, 'Mrap');
  if (stated === undefined) return undefined;
  // Some calls name it by its ARN.
  const name = /:accesspoint[/:]([^/]+)$/.exec(stated)?.[1] ?? stated;
  const owner = ownerIn(event, request);
  const service = kind === 'object-lambda' ? 's3-object-lambda' : 's3';
  const region = kind === 'multi-region' ? '' : (event.region ?? '');
  const arn = stated.startsWith('arn:')
    ? stated
    : `arn:${partitionOfRegion(event.region ?? '')}:${service}:${region}:${owner ?? ''}:accesspoint/${name}`;
  return { kind, type: types[kind], arn, name, owner, spoken: `${words[kind]} ${quote(name)}` };
}

function ownerIn(event: Event, request: JsonObject | undefined): string | undefined {
  const stated = text(request, 'accountId') ?? text(request, 'x-amz-account-id');
  return stated !== undefined && isAccountId(stated) ? stated : event.account;
}
