import { albFormat } from './alb.ts';
import { classicElbFormat } from './classic-elb.ts';
import { cloudFrontRealtimeFormat } from './cloudfront-realtime.ts';
import { cloudFrontFormat } from './cloudfront.ts';
import { combinedFormat } from './combined.ts';
import { nlbFormat } from './nlb.ts';
import { s3Format } from './s3.ts';
import type { AccessFormat } from './format.ts';

/** Every format of access logs, in the order in which they are asked whether the content is theirs. */
export const accessFormats: readonly AccessFormat[] = [
  cloudFrontFormat,
  cloudFrontRealtimeFormat(),
  albFormat,
  nlbFormat,
  classicElbFormat,
  s3Format,
  combinedFormat,
];

/** More than any format's first line needs. */
const enoughToTell = 16 * 1024;

/** The format of content that begins with `head`; undefined where there is none. */
export function detectAccessFormat(head: Uint8Array): AccessFormat | undefined {
  const beginning = head.subarray(0, enoughToTell);
  return accessFormats.find(({ detect }) => detect(beginning));
}
