import { albFormat } from './alb.ts';
import { apiGatewayFormat } from './api-gateway.ts';
import { caddyFormat } from './caddy.ts';
import { classicElbFormat } from './classic-elb.ts';
import { cloudFrontJsonFormat } from './cloudfront-json.ts';
import { cloudFrontRealtimeFormat } from './cloudfront-realtime.ts';
import { cloudFrontFormat } from './cloudfront.ts';
import { combinedFormat } from './combined.ts';
import { nlbFormat } from './nlb.ts';
import { s3Format } from './s3.ts';
import { traefikFormat } from './traefik.ts';
import { wafFormat } from './waf.ts';
import type { AccessFormat } from './format.ts';

const realtimeFormat = cloudFrontRealtimeFormat();

/** Every format of access logs, in the order in which they are asked whether the content is theirs. */
export const accessFormats: readonly AccessFormat[] = [
  cloudFrontFormat,
  cloudFrontJsonFormat,
  realtimeFormat,
  wafFormat,
  apiGatewayFormat,
  traefikFormat,
  caddyFormat,
  albFormat,
  nlbFormat,
  classicElbFormat,
  s3Format,
  combinedFormat,
];

/** More than any format's first line needs. */
const enoughToTell = 16 * 1024;

/**
 * The format of content that begins with `head`; undefined where there is none.
 * @param realtimeFields the fields of real-time logs of CloudFront, which these do not say themselves
 */
export function detectAccessFormat(
  head: Uint8Array,
  realtimeFields?: readonly string[],
): AccessFormat | undefined {
  const beginning = head.subarray(0, enoughToTell);
  const format = accessFormats.find(({ detect }) => detect(beginning));
  return format === realtimeFormat && realtimeFields !== undefined
    ? cloudFrontRealtimeFormat(realtimeFields)
    : format;
}

/** Why content that begins with `head` is not read, and what to do about it. */
export function unknownAccessLog(head: Uint8Array): string {
  if (/"eventSource"|"Records"/.test(Buffer.from(head.subarray(0, enoughToTell)).toString('latin1')))
    return "CloudTrail, by its looks, and no access log; 'tocsin scan' reads it";
  const names = accessFormats.map(({ name }) => name).join(', ');
  return `not a known access log; expected one of ${names}, or CloudFront's as Parquet, plain or packed with gzip or zstd`;
}
