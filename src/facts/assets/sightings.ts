import type { Event } from '../../event/event.ts';
import { object } from '../../event/json.ts';
import { givesAcl } from '../s3-acl.ts';
import { beanstalkReaders, cloudFrontReaders, loadBalancerReaders, route53Readers } from './dns.ts';
import { ec2Readers } from './ec2.ts';
import { iamReaders } from './iam.ts';
import { s3Readers } from './s3.ts';
import { serviceReaders } from './services.ts';
import type { Call, Reader, Sighting } from './sighting.ts';

const tables: Readonly<Record<string, Readonly<Record<string, Reader>>>> = {
  ...serviceReaders,
  's3.amazonaws.com': s3Readers,
  's3control.amazonaws.com': s3Readers,
  'ec2.amazonaws.com': ec2Readers,
  'iam.amazonaws.com': iamReaders,
  'route53.amazonaws.com': route53Readers,
  'cloudfront.amazonaws.com': cloudFrontReaders,
  'elasticbeanstalk.amazonaws.com': beanstalkReaders,
  'elasticloadbalancing.amazonaws.com': loadBalancerReaders,
};

const readers: ReadonlyMap<string, Reader> = new Map(
  Object.entries(tables).flatMap(([service, ofService]) =>
    Object.entries(ofService).flatMap(([action, reader]): (readonly [string, Reader])[] =>
      namesInLogs(service, action).map((name) => [`${service}:${name}`, reader]),
    ),
  ),
);

/** CloudFront's calls carry the date of its API, such as `CreateDistribution2020_05_31`; events have it with and without. */
function namesInLogs(service: string, action: string): readonly string[] {
  return service === 'cloudfront.amazonaws.com' ? [action, `${action}2020_05_31`] : [action];
}

const none: readonly Sighting[] = [];

/** So many assets of one call are looked at. */
const mostSightings = 1000;

/** The calls that say something of an asset, without their service. */
export const actionsWithSightings: ReadonlySet<string> = new Set(
  [...readers.keys()].map((key) => key.slice(key.indexOf(':') + 1)),
);

/** Calls that write an object, and may give it an ACL. They are as many as objects, and hardly one gives an ACL. */
const writesObject: ReadonlySet<string> = new Set(['PutObject', 'CopyObject', 'CreateMultipartUpload']);

/**
 * Whether an event is of a call that says something of assets, or whose meaning hangs on what is remembered of one; whether it succeeded
 * or not. Cheap: asked of every event.
 */
export function concernsAssets(event: Event): boolean {
  const { service, action } = event;
  return (
    (actionsWithSightings.has(action) &&
      readers.has(`${service}:${action}`) &&
      event.kind.startsWith('cloudtrail.')) ||
    (writesObject.has(action) &&
      service === 's3.amazonaws.com' &&
      givesAcl(object(event.fields, 'requestParameters')))
  );
}

/** The order in which events are to be remembered: by time, and what is made in a second before what is done to it in the same. */
export function byTime(a: Pick<Event, 'time' | 'action'>, b: Pick<Event, 'time' | 'action'>): number {
  return a.time - b.time || rank(a) - rank(b);
}

function rank({ action }: Pick<Event, 'action'>): number {
  return /^(?:Create|Run|Allocate)/.test(action) ? 0 : 1;
}

/** What a call that succeeded says of assets. Pure; never throws on any record. */
export function sightingsOf(event: Event): readonly Sighting[] {
  return event.outcome.result === 'success' ? intendedSightings(event) : none;
}

/** What a call says of assets, or would have said had it succeeded. */
export function intendedSightings(event: Event): readonly Sighting[] {
  if (!concernsAssets(event)) return none;
  const reader = readers.get(`${event.service}:${event.action}`);
  if (reader === undefined) return none;
  return reader(callOf(event)).slice(0, mostSightings);
}

function callOf(event: Event): Call {
  const { account, region } = event;
  return {
    event,
    request: object(event.fields, 'requestParameters'),
    response: object(event.fields, 'responseElements'),
    account,
    region,
    partition:
      region?.startsWith('cn-') === true
        ? 'aws-cn'
        : region?.startsWith('us-gov-') === true
          ? 'aws-us-gov'
          : 'aws',
  };
}
