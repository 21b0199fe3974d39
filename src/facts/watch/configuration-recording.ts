import { looseList, looseObject, looseSwitch, looseText, looseTexts } from '../loose.ts';
import { listed, quote } from '../sentence.ts';
import { guardAnalyser, guardsOf } from './guard.ts';
import type { GuardCall, GuardChange, ReadGuardCall } from './guard.ts';

const recorders = guardsOf('configuration-recording', 'AWS::Config::ConfigurationRecorder', [
  'configurationRecorderName',
]);
const channels = guardsOf('configuration-recording', 'AWS::Config::DeliveryChannel', ['deliveryChannelName']);

/** AWS Config keeps what it recorded for seven years unless told otherwise, and thirty days at least. */
const shortRetentionDays = 365;

function gone(type: string, key: string, lost: string, what: string): ReadGuardCall {
  return guardsOf('configuration-recording', type, [key]).always(
    'weakened',
    [lost],
    (name) => `the ${what} ${name} of AWS Config is deleted`,
  );
}

/** What calls do to AWS Config. Shapes: https://docs.aws.amazon.com/config/latest/APIReference/Welcome.html */
export const configurationRecording = guardAnalyser('configuration-recording', {
  config: {
    StopConfigurationRecorder: recorders.always(
      'removed',
      ['everything'],
      (name) => `AWS Config no longer records changes by the recorder ${name}`,
    ),
    DeleteConfigurationRecorder: recorders.always(
      'removed',
      ['everything'],
      (name) => `the recorder ${name} of AWS Config is deleted: changes are no longer recorded`,
    ),
    StartConfigurationRecorder: recorders.always(
      'restored',
      [],
      (name) => `AWS Config records changes by the recorder ${name}`,
    ),
    PutConfigurationRecorder: narrowed,
    DeleteDeliveryChannel: channels.always(
      'removed',
      ['delivery'],
      (name) => `the delivery channel ${name} of AWS Config is deleted: what it records goes nowhere`,
    ),
    PutRetentionConfiguration: ({ request, named }) => {
      const days = Number(looseText(request, 'retentionPeriodInDays') ?? Number.NaN);
      return days < shortRetentionDays
        ? {
            kind: 'configuration-recording',
            wanted: 'weakened',
            scope: 'region',
            resourceType: 'AWS::Config::RetentionConfiguration',
            resource: named('name'),
            lost: ['retention'],
            says: `AWS Config keeps what it recorded for ${days} days only`,
          }
        : undefined;
    },
    DeleteConfigRule: gone('AWS::Config::ConfigRule', 'configRuleName', 'rule', 'rule'),
    DeleteOrganizationConfigRule: gone(
      'AWS::Config::OrganizationConfigRule',
      'organizationConfigRuleName',
      'rule',
      'rule for the organisation',
    ),
    DeleteConformancePack: gone(
      'AWS::Config::ConformancePack',
      'conformancePackName',
      'conformance-pack',
      'conformance pack',
    ),
    DeleteOrganizationConformancePack: gone(
      'AWS::Config::OrganizationConformancePack',
      'organizationConformancePackName',
      'conformance-pack',
      'conformance pack for the organisation',
    ),
    DeleteConfigurationAggregator: gone(
      'AWS::Config::ConfigurationAggregator',
      'configurationAggregatorName',
      'aggregator',
      'aggregator',
    ),
    DeleteAggregationAuthorization: gone(
      'AWS::Config::AggregationAuthorization',
      'authorizedAccountId',
      'aggregator',
      'permission to aggregate for account',
    ),
    DeleteRemediationConfiguration: gone(
      'AWS::Config::RemediationConfiguration',
      'configRuleName',
      'remediation',
      'remediation of the rule',
    ),
  },
});

/** What a recorder leaves out by its recording group. https://docs.aws.amazon.com/config/latest/APIReference/API_RecordingGroup.html */
function narrowed(call: GuardCall): GuardChange | undefined {
  const recorder = looseObject(call.request, 'configurationRecorder');
  const group = looseObject(recorder, 'recordingGroup');
  if (group === undefined) return undefined;
  const named = looseText(recorder, 'name');
  const change = (wanted: GuardChange['wanted'], lost: readonly string[], says: string): GuardChange => ({
    kind: 'configuration-recording',
    wanted,
    resourceType: 'AWS::Config::ConfigurationRecorder',
    resource: named ?? '',
    lost,
    says: `the recorder ${quote(named ?? 'default')} of AWS Config ${says}`,
  });
  const excluded = looseTexts(looseObject(group, 'exclusionByResourceTypes'), 'resourceTypes').slice(0, 50);
  if (excluded.length > 0) {
    return change(
      'weakened',
      excluded.map((type) => `type:${type}`),
      `no longer records ${listed(excluded.map(quote))}`,
    );
  }
  if (looseSwitch(group, 'allSupported') === true)
    return looseSwitch(group, 'includeGlobalResourceTypes') === false
      ? undefined
      : change('restored', [], 'records every type of resource');
  const kept = looseList(group, 'resourceTypes');
  return change('weakened', ['other-types'], `records ${kept.length} types of resources and no other`);
}
