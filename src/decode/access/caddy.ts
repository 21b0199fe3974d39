import { list, member, object, text, type JsonObject } from '../../event/json.ts';
import type { AccessFormat } from './format.ts';
import { topLevelKeys } from './json-keys.ts';
import { jsonLinesReader, numberOf, targetText, withoutPort, type JsonRequest } from './json-lines.ts';

/**
 * Access logs of Caddy as JSON, its default. Caddy writes other logs of its own in the same way; lines without a request are refused.
 * https://caddyserver.com/docs/caddyfile/directives/log
 */
export const caddyFormat: AccessFormat = {
  name: 'Caddy (JSON)',
  escaping: 'none',
  detect: (head) => {
    const keys = topLevelKeys(head);
    return keys.has('ts') && keys.has('request') && (keys.has('status') || keys.has('logger'));
  },
  open: () => jsonLinesReader(toRequest),
};

function toRequest(fields: JsonObject): JsonRequest | string {
  const request = object(fields, 'request');
  if (request === undefined) return 'there is no request in it';
  const headers = object(request, 'headers');
  const header = (name: string): string | undefined => {
    const [value] = headers === undefined ? [] : list(headers, name);
    return typeof value === 'string' ? value : undefined;
  };
  return {
    time: timeOf(fields),
    status: numberOf(member(fields, 'status')),
    sent: numberOf(member(fields, 'size')),
    received: numberOf(member(fields, 'bytes_read')),
    taken: numberOf(member(fields, 'duration')) * 1000,
    text: {
      // The second is from before version 2.5.
      client: text(request, 'remote_ip') ?? withoutPort(text(request, 'remote_addr')),
      forwarded: header('X-Forwarded-For'),
      method: text(request, 'method'),
      host: text(request, 'host'),
      ...targetText(text(request, 'uri')),
      agent: header('User-Agent'),
      referrer: header('Referer'),
      id: header('X-Request-Id'),
    },
  };
}

/** Seconds since the epoch, unless configured otherwise. */
function timeOf(fields: JsonObject): number {
  const seconds = numberOf(member(fields, 'ts'));
  return Number.isNaN(seconds) ? Date.parse(text(fields, 'ts') ?? '') : Math.round(seconds * 1000);
}
