import { member, type JsonObject } from '../../event/json.ts';
import { fieldsOf } from './cloudfront-fields.ts';
import type { AccessFormat } from './format.ts';
import { topLevelKeys } from './json-keys.ts';
import { jsonLinesReader, numberOf, textOf, type JsonRequest } from './json-lines.ts';

/**
 * CloudFront's standard logs of version 2 as JSON lines: the same fields under the same names, with values as texts.
 * https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/standard-logging.html
 */
export const cloudFrontJsonFormat: AccessFormat = {
  name: 'CloudFront standard logs (JSON)',
  escaping: 'percent',
  detect: (head) => {
    const keys = topLevelKeys(head);
    return keys.has('c-ip') || keys.has('x-edge-location') || keys.has('cs-uri-stem');
  },
  open: () => jsonLinesReader(toRequest),
};

function toRequest(fields: JsonObject): JsonRequest {
  const textIn = (target: Parameters<typeof fieldsOf>[0]): string | undefined => {
    for (const name of fieldsOf(target)) {
      const value = textOf(member(fields, name));
      if (value !== undefined && value !== '-') return value;
    }
    return undefined;
  };
  const numberIn = (target: Parameters<typeof fieldsOf>[0]): number => numberOf(textIn(target));
  return {
    time: timeOf(textIn('timestamp'), textIn('date'), textIn('clock')),
    status: numberIn('status'),
    sent: numberIn('sent'),
    received: numberIn('received'),
    taken: numberIn('taken') * 1000,
    text: {
      client: textIn('client'),
      forwarded: textIn('forwarded'),
      method: textIn('method'),
      host: textIn('host'),
      path: textIn('path'),
      query: textIn('query'),
      agent: textIn('agent'),
      referrer: textIn('referrer'),
      id: textIn('id'),
      country: textIn('country'),
      action: textIn('action'),
    },
  };
}

function timeOf(timestamp: string | undefined, date: string | undefined, clock: string | undefined): number {
  if (date !== undefined && clock !== undefined) return Date.parse(`${date}T${clock}Z`);
  const value = numberOf(timestamp);
  return value < 1e11 ? Math.round(value * 1000) : value;
}
