import type { Event } from '../event/event.ts';
import { object, text } from '../event/json.ts';
import { quote } from './sentence.ts';

/** The bucket or object that an S3 call was about. */
export interface S3Resource {
  readonly type: 'AWS::S3::Bucket' | 'AWS::S3::Object';
  readonly arn: string;
  /** The bucket, or bucket/key. */
  readonly name: string;
  readonly bucketArn: string;
  readonly bucket: string;
  /** The account that owns the bucket; undefined where the record doesn't say. */
  readonly owner: string | undefined;
  readonly spoken: string;
}

/** The bucket of an S3 call, or its object for calls on objects; undefined where the record names no bucket. */
export function s3ResourceOf(event: Event, of: 'bucket' | 'object'): S3Resource | undefined {
  const request = object(event.fields, 'requestParameters');
  const bucket = text(request, 'bucketName') ?? text(request, 'bucket');
  if (bucket === undefined) return undefined;
  const named = event.targets.find(
    (target) => target.type === 'AWS::S3::Bucket' && target.account !== undefined,
  );
  const owner = named?.account ?? event.account;
  // Calls through an access point may name it by its ARN in the bucket's place.
  const bucketArn = bucket.startsWith('arn:') ? bucket : `arn:${partitionOf(event.region)}:s3:::${bucket}`;
  if (of === 'bucket') {
    return {
      type: 'AWS::S3::Bucket',
      arn: bucketArn,
      name: bucket,
      bucketArn,
      bucket,
      owner,
      spoken: `bucket ${quote(bucket)}`,
    };
  }
  const key = text(request, 'key') ?? '';
  const name = `${bucket}/${key}`;
  return {
    type: 'AWS::S3::Object',
    arn: `${bucketArn}/${key}`,
    name,
    bucketArn,
    bucket,
    owner,
    spoken: `object ${quote(name)}`,
  };
}

function partitionOf(region: string | undefined): string {
  if (region?.startsWith('cn-')) return 'aws-cn';
  return region?.startsWith('us-gov-') ? 'aws-us-gov' : 'aws';
}

/** What patterns of a bucket policy's Resource mean, for people. */
export function spokenScope(patterns: readonly string[], resource: S3Resource): string[] {
  const bucket = quote(resource.bucket);
  const whole = patterns.includes(resource.bucketArn) && patterns.includes(`${resource.bucketArn}/*`);
  const rest = whole
    ? patterns.filter((pattern) => pattern !== resource.bucketArn && pattern !== `${resource.bucketArn}/*`)
    : patterns;
  const spoken = rest.map((pattern) => {
    if (pattern === resource.bucketArn) return `bucket ${bucket}`;
    if (pattern === `${resource.bucketArn}/*`) return `every object in ${bucket}`;
    const inside = pattern.startsWith(`${resource.bucketArn}/`)
      ? pattern.slice(resource.bucketArn.length + 1)
      : undefined;
    if (inside === undefined) return quote(pattern);
    if (!/[*?]/.test(inside)) return `object ${quote(inside)} in ${bucket}`;
    return /^[^*?]+\*$/.test(inside)
      ? `objects under ${quote(inside.slice(0, -1))} in ${bucket}`
      : `objects like ${quote(inside)} in ${bucket}`;
  });
  return whole ? [`${bucket} and every object in it`, ...spoken] : spoken;
}
