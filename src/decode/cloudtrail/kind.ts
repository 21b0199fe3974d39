import type { EventKind } from '../../event/event.ts';
import type { JsonObject } from '../../event/json.ts';
import { object, text } from '../../event/json.ts';

/**
 * What sort of statement a CloudTrail record makes. Old records and trimmed ones lack `eventType`; then the category
 * and the service decide, and an API call is the ordinary case.
 * https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-record-contents.html
 */
export function cloudTrailKind(fields: JsonObject): EventKind {
  const type = text(fields, 'eventType');
  const known = type === undefined ? undefined : kinds.get(type);
  if (known !== undefined) return known;
  if (isInsight(fields)) return 'cloudtrail.insight';
  if (text(fields, 'eventCategory') === 'NetworkActivity') return 'cloudtrail.network-activity';
  return text(fields, 'eventSource') === 'signin.amazonaws.com' ? 'cloudtrail.signin' : 'cloudtrail.api-call';
}

const kinds: ReadonlyMap<string, EventKind> = new Map<string, EventKind>([
  ['AwsApiCall', 'cloudtrail.api-call'],
  ['AwsCloudTrailInsight', 'cloudtrail.insight'],
  ['AwsConsoleAction', 'cloudtrail.console-action'],
  ['AwsConsoleSignIn', 'cloudtrail.signin'],
  ['AwsServiceEvent', 'cloudtrail.service-event'],
  ['AwsVpceEvent', 'cloudtrail.network-activity'],
]);

/** True for an Insight event: CloudTrail's own remark on an unusual rate of calls or errors. */
export function isInsight(fields: JsonObject): boolean {
  return (
    text(fields, 'eventType') === 'AwsCloudTrailInsight' ||
    text(fields, 'eventCategory') === 'Insight' ||
    object(fields, 'insightDetails') !== undefined
  );
}
