import { member, text, type JsonObject } from '../../event/json.ts';
import type { AccessFormat } from './format.ts';
import { topLevelKeys } from './json-keys.ts';
import { jsonLinesReader, numberOf, targetText, withoutPort, type JsonRequest } from './json-lines.ts';

/**
 * Access logs of Traefik as JSON. Headers are there where they are kept by its configuration (`request_User-Agent`).
 * https://doc.traefik.io/traefik/observability/access-logs/
 */
export const traefikFormat: AccessFormat = {
  name: 'Traefik (JSON)',
  escaping: 'none',
  detect: (head) => {
    const keys = topLevelKeys(head);
    return keys.has('ClientHost') && (keys.has('DownstreamStatus') || keys.has('RequestMethod'));
  },
  open: () => jsonLinesReader(toRequest),
};

function toRequest(fields: JsonObject): JsonRequest {
  return {
    time: Date.parse(text(fields, 'StartUTC') ?? text(fields, 'time') ?? ''),
    status: numberOf(member(fields, 'DownstreamStatus')),
    sent: numberOf(member(fields, 'DownstreamContentSize')),
    received: numberOf(member(fields, 'RequestContentSize')),
    // Nanoseconds.
    taken: numberOf(member(fields, 'Duration')) / 1e6,
    text: {
      // ClientHost may be what the client itself said of where it comes from.
      client: withoutPort(text(fields, 'ClientAddr')) ?? text(fields, 'ClientHost'),
      forwarded: text(fields, 'request_X-Forwarded-For') ?? text(fields, 'ClientHost'),
      method: text(fields, 'RequestMethod'),
      host: text(fields, 'RequestHost'),
      ...targetText(text(fields, 'RequestPath')),
      agent: text(fields, 'request_User-Agent'),
      referrer: text(fields, 'request_Referer'),
      id: text(fields, 'request_X-Request-Id'),
    },
  };
}
