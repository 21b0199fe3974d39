import { isJsonObject, list, member, object, text, type JsonObject } from '../../event/json.ts';
import type { AccessFormat } from './format.ts';
import { topLevelKeys } from './json-keys.ts';
import { jsonLinesReader, numberOf, type JsonRequest } from './json-lines.ts';

/**
 * Full logs of AWS WAF, as JSON lines. The status is what WAF answered itself; a request that it let through has none here.
 * https://docs.aws.amazon.com/waf/latest/developerguide/logging-fields.html
 */
export const wafFormat: AccessFormat = {
  name: 'AWS WAF',
  escaping: 'none',
  detect: (head) => {
    const keys = topLevelKeys(head);
    return keys.has('webaclId') && (keys.has('httpRequest') || keys.has('terminatingRuleId'));
  },
  open: () => jsonLinesReader(toRequest),
};

function toRequest(fields: JsonObject): JsonRequest | string {
  const request = object(fields, 'httpRequest');
  if (request === undefined) return 'there is no httpRequest in it';
  const headers = headersOf(request);
  const action = text(fields, 'action');
  return {
    time: numberOf(member(fields, 'timestamp')),
    status: statusOf(fields, action),
    text: {
      client: text(request, 'clientIp'),
      forwarded: headers.get('x-forwarded-for'),
      method: text(request, 'httpMethod'),
      host: headers.get('host') ?? headers.get(':authority') ?? text(request, 'host'),
      path: text(request, 'uri'),
      query: text(request, 'args'),
      agent: headers.get('user-agent'),
      referrer: headers.get('referer'),
      id: text(request, 'requestId'),
      country: text(request, 'country'),
      action,
      rule: terminatingRule(fields),
      labels: [...labelsOf(fields), ...countedRules(fields)].join(' '),
    },
  };
}

/** The first of each name, with the name in small letters. */
function headersOf(request: JsonObject): ReadonlyMap<string, string> {
  const headers = new Map<string, string>();
  for (const header of objects(request, 'headers')) {
    const name = text(header, 'name')?.toLowerCase();
    const value = text(header, 'value');
    if (name !== undefined && value !== undefined && !headers.has(name)) headers.set(name, value);
  }
  return headers;
}

/**
 * `responseCodeSent` is there for answers of the owner's own; else what WAF answers by default.
 * https://docs.aws.amazon.com/waf/latest/developerguide/waf-captcha-and-challenge-actions.html
 */
function statusOf(fields: JsonObject, action: string | undefined): number {
  const sent = numberOf(member(fields, 'responseCodeSent'));
  if (sent > 0) return sent;
  switch (action) {
    case 'BLOCK':
      return 403;
    case 'CAPTCHA':
      return 405;
    case 'CHALLENGE':
      return 202;
    default:
      return 0;
  }
}

/** The rule that ended it, with the rule inside its group behind a slash: `AWS-Common/NoUserAgent_HEADER`. */
function terminatingRule(fields: JsonObject): string | undefined {
  const rule = text(fields, 'terminatingRuleId');
  const inner = objects(fields, 'ruleGroupList')
    .map((group) => text(object(group, 'terminatingRule'), 'ruleId'))
    .find((id) => id !== undefined);
  return rule === undefined || inner === undefined ? rule : `${rule}/${inner}`;
}

function labelsOf(fields: JsonObject): readonly string[] {
  return objects(fields, 'labels').flatMap((label) => text(label, 'name') ?? []);
}

/** Rules that matched and only counted, alone and in groups. */
function countedRules(fields: JsonObject): readonly string[] {
  return [fields, ...objects(fields, 'ruleGroupList')].flatMap((holder) => [
    ...objects(holder, 'nonTerminatingMatchingRules').flatMap((rule) =>
      text(rule, 'action') === 'COUNT' ? (text(rule, 'ruleId') ?? []) : [],
    ),
    ...objects(holder, 'excludedRules').flatMap((rule) => text(rule, 'ruleId') ?? []),
  ]);
}

function objects(holder: JsonObject, key: string): readonly JsonObject[] {
  return list(holder, key).filter((value) => isJsonObject(value));
}
