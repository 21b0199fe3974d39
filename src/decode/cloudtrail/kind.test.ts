import { expect, it } from 'vitest';
import type { EventKind } from '../../event/event.ts';
import type { JsonObject } from '../../event/json.ts';
import { cloudTrailKind } from './kind.ts';

it.each<[string, JsonObject, EventKind]>([
  ['nothing to go by', {}, 'cloudtrail.api-call'],
  ['a type that is no text', { eventType: 7 }, 'cloudtrail.api-call'],
  ['a type that is the name of an inherited member', { eventType: 'constructor' }, 'cloudtrail.api-call'],
  ['no type, at the sign-in service', { eventSource: 'signin.amazonaws.com' }, 'cloudtrail.signin'],
  ['no type, network category', { eventCategory: 'NetworkActivity' }, 'cloudtrail.network-activity'],
  ['no type, Insight category', { eventCategory: 'Insight' }, 'cloudtrail.insight'],
  ['no type, Insight details', { insightDetails: {} }, 'cloudtrail.insight'],
  ['AwsApiCall', { eventType: 'AwsApiCall', eventSource: 'signin.amazonaws.com' }, 'cloudtrail.api-call'],
  ['AwsConsoleAction', { eventType: 'AwsConsoleAction' }, 'cloudtrail.console-action'],
  ['AwsConsoleSignIn', { eventType: 'AwsConsoleSignIn' }, 'cloudtrail.signin'],
  ['AwsServiceEvent', { eventType: 'AwsServiceEvent' }, 'cloudtrail.service-event'],
  ['AwsVpceEvent', { eventType: 'AwsVpceEvent' }, 'cloudtrail.network-activity'],
  ['AwsCloudTrailInsight', { eventType: 'AwsCloudTrailInsight' }, 'cloudtrail.insight'],
])('kind for %s', (_, fields, expected) => {
  expect(cloudTrailKind(fields)).toBe(expected);
});
