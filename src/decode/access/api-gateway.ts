import type { Json, JsonObject } from '../../event/json.ts';
import type { AccessFormat } from './format.ts';
import { topLevelKeys } from './json-keys.ts';
import { jsonLinesReader, numberOf, targetText, textOf, type JsonRequest } from './json-lines.ts';
import { bracketTimeAt } from './times.ts';

/**
 * Access logs of API Gateway as JSON. Who sets them up names the members; read are the names of `$context` and what the documentation's own
 * examples call them, however they are spelled (`sourceIp`, `source_ip`, `identity.sourceIp`).
 * https://docs.aws.amazon.com/apigateway/latest/developerguide/set-up-logging.html
 * https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-logging-variables.html
 */
export const apiGatewayFormat: AccessFormat = {
  name: 'API Gateway (JSON)',
  escaping: 'none',
  detect: (head) => {
    const keys = new Set([...topLevelKeys(head)].map(folded));
    const has = (names: readonly string[]): boolean => names.some((name) => keys.has(name));
    return (
      has(spellings.id) &&
      has(spellings.client) &&
      has(['httpmethod', 'routekey', 'resourcepath']) &&
      !keys.has('eventversion')
    );
  },
  open: () => jsonLinesReader(toRequest),
};

/** What each column is called, in folded letters; the first that is there counts. */
const spellings = {
  client: ['ip', 'sourceip', 'identitysourceip', 'clientip', 'remoteip', 'callerip', 'sourceipaddress'],
  forwarded: ['xforwardedfor', 'forwardedfor'],
  method: ['httpmethod', 'method', 'requestmethod'],
  host: ['domainname', 'host', 'domain'],
  path: ['path', 'rawpath', 'requestpath', 'uri', 'resourcepath'],
  query: ['querystring', 'rawquerystring'],
  agent: ['useragent', 'identityuseragent'],
  referrer: ['referer', 'referrer'],
  id: ['requestid', 'extendedrequestid'],
  action: ['wafresponsecode'],
  rule: ['errormessage', 'errorresponsetype', 'authorizererror'],
  time: ['requesttimeepoch', 'requesttime', 'time', 'timestamp'],
  status: ['status', 'statuscode', 'httpstatus', 'responsestatus'],
  sent: ['responselength', 'bytes', 'bytessent'],
  received: ['requestlength', 'requestbytes'],
  taken: ['responselatency', 'latency', 'duration'],
  route: ['routekey'],
} as const;

function folded(key: string): string {
  return key
    .toLowerCase()
    .replaceAll(/[^a-z0-9]/g, '')
    .replace(/^context/, '');
}

function toRequest(fields: JsonObject): JsonRequest {
  const values = new Map<string, Json>();
  for (const [key, value] of Object.entries(fields)) values.set(folded(key), value ?? null);
  const valueIn = (column: keyof typeof spellings): Json | undefined => {
    for (const name of spellings[column]) {
      const value = values.get(name);
      if (value !== undefined && value !== null && value !== '-' && value !== '') return value;
    }
    return undefined;
  };
  const textIn = (column: keyof typeof spellings): string | undefined => textOf(valueIn(column));
  const route = /^([A-Z]+) (\/.*)$/s.exec(textIn('route') ?? '');
  const { path, query } = targetText(textIn('path') ?? route?.[2]);
  return {
    time: timeOf(valueIn('time')),
    status: numberOf(valueIn('status')),
    sent: numberOf(valueIn('sent')),
    received: numberOf(valueIn('received')),
    taken: numberOf(valueIn('taken')),
    text: {
      client: textIn('client'),
      forwarded: textIn('forwarded'),
      method: textIn('method') ?? route?.[1],
      host: textIn('host'),
      path,
      query: textIn('query') ?? query,
      agent: textIn('agent'),
      referrer: textIn('referrer'),
      id: textIn('id'),
      action: textIn('action'),
      rule: textIn('rule'),
    },
  };
}

/** `09/Apr/2015:12:34:56 +0000` (`$context.requestTime`), milliseconds or seconds since the epoch, or ISO 8601. */
function timeOf(value: Json | undefined): number {
  const number = numberOf(value);
  if (!Number.isNaN(number)) return number < 1e11 ? Math.round(number * 1000) : number;
  if (typeof value !== 'string' || value.length > 40) return Number.NaN;
  const time = bracketTimeAt(Buffer.from(value), 0);
  return Number.isNaN(time) && /^\d{4}-\d\d-\d\dT/.test(value) ? Date.parse(value) : time;
}
