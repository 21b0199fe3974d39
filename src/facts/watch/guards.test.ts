import { describe, expect, it } from 'vitest';
import type { Json } from '../../event/json.ts';
import { factsOf } from '../table.ts';
import { callOf } from '../testing/call.ts';
import { denied } from '../testing/cloudtrail.ts';
import { watchAnalysers } from './table.ts';
import { detectingCases } from './testing/detecting-cases.ts';
import { keepingCases } from './testing/keeping-cases.ts';

function guard(service: string, action: string, request: Json, more = {}) {
  return factsOf(callOf(service, action, request, more)).filter(({ subject }) => subject === 'protection');
}

const cases = [...detectingCases, ...keepingCases];
const detectorId = '12abc34d567e8fa901bc2d34e56789f0';

describe('what watches and keeps out', () => {
  it.each(cases)('%s', (_what, service, action, request, kind, change, lost) => {
    const [fact, second] = guard(service, action, request);
    expect(second).toBeUndefined();
    expect(fact?.fields).toMatchObject({ kind, change, wanted: change, lost, attempted: false });
  });

  it.each(cases)(
    'is told apart where the call failed: %s',
    (_what, service, action, request, kind, change) => {
      const [fact] = guard(service, action, request, denied);
      expect(fact?.fields).toMatchObject({ kind, change: 'unchanged', wanted: change, attempted: true });
      expect(fact?.explanation).toMatch(/^tried this, but the call failed \(`AccessDenied`\): /);
    },
  );

  it.each<readonly [string, string, string, Json]>([
    ['a filter that keeps what it finds', 'guardduty', 'CreateFilter', { name: 'f', action: 'NOOP' }],
    [
      'another frequency of findings',
      'guardduty',
      'UpdateDetector',
      { detectorId, findingPublishingFrequency: 'SIX_HOURS' },
    ],
    [
      'another frequency in Macie',
      'macie2',
      'UpdateMacieSession',
      { findingPublishingFrequency: 'SIX_HOURS' },
    ],
    [
      'a web ACL whose rules block',
      'wafv2',
      'UpdateWebACL',
      { name: 'w', defaultAction: { allow: {} }, rules: [{ name: 'a', action: { block: {} } }] },
    ],
    ['an IP set with addresses', 'wafv2', 'UpdateIPSet', { name: 's', addresses: ['192.0.2.0/24'] }],
    ['an alarm that rings', 'monitoring', 'SetAlarmState', { alarmName: 'a', stateValue: 'ALARM' }],
    ['an alarm that tells', 'monitoring', 'PutMetricAlarm', { alarmName: 'a', actionsEnabled: true }],
    [
      'logs that are kept for a year',
      'logs',
      'PutRetentionPolicy',
      { logGroupName: 'g', retentionInDays: 365 },
    ],
    ['a rule that is on', 'events', 'PutRule', { name: 'r', state: 'ENABLED' }],
    ['a function of somebody else', 'lambda', 'DeleteFunction20150331', { functionName: 'invoices' }],
    [
      'an automation rule that only notes',
      'securityhub',
      'CreateAutomationRule',
      { RuleName: 'r', Actions: [{ FindingFieldsUpdate: { Note: { Text: 'x' } } }] },
    ],
  ])('is not told of %s', (_what, service, action, request) => {
    expect(guard(service, action, request)).toEqual([]);
  });

  it('tells of every alarm that a call deletes', () => {
    const names = guard('monitoring', 'DeleteAlarms', { alarmNames: ['a', 'b', 'a'] }).map(
      ({ fields }) => fields['resource_name'],
    );
    expect(names).toEqual(['a', 'b']);
  });

  it('has a sentence for each call, without a request too', () => {
    for (const { actions } of watchAnalysers) {
      for (const action of actions) {
        const [service = '', name = ''] = action.split('.amazonaws.com:');
        for (const fact of guard(service, name, null)) {
          expect(fact.explanation).toMatch(/^\S.*\S$/);
          expect(fact.explanation).not.toContain('undefined');
        }
      }
    }
  });
});
