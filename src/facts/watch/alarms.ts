import { looseSwitch, looseText, looseTexts } from '../loose.ts';
import { quote } from '../sentence.ts';
import { guardAnalyser, guardsOf } from './guard.ts';
import type { GuardCall, GuardChange, ReadGuardCall } from './guard.ts';

const streams = guardsOf('alarm', 'AWS::CloudWatch::MetricStream', ['name', 'names']);

/** Every alarm of a call that names several, as one change of its own; `always` one where none is named. */
function alarms(lost: string, wanted: GuardChange['wanted'], says: (name: string) => string): ReadGuardCall {
  return ({ request, named }) => {
    const names = [...new Set(looseTexts(request, 'alarmNames'))].slice(0, 100);
    const all = names.length > 0 ? names : [named('alarmName') ?? ''];
    return all.map((name) => ({
      kind: 'alarm',
      wanted,
      resourceType: 'AWS::CloudWatch::Alarm',
      resource: name,
      lost: lost === '' ? [] : [lost],
      says: says(quote(name === '' ? '(not named)' : name)),
    }));
  };
}

const silenced = alarms(
  'actions',
  'weakened',
  (name) => `the alarm ${name} tells nobody any more: its actions are switched off`,
);
const putAlarm: ReadGuardCall = (call) =>
  looseSwitch(call.request, 'actionsEnabled') === false ? silenced(call) : undefined;

const groups = guardsOf('logs', 'AWS::Logs::LogGroup', [
  'logGroupName',
  'logGroupIdentifier',
  'logGroupArn',
  'resourceIdentifier',
]);
const subscriptions = guardsOf('logs', 'AWS::Logs::SubscriptionFilter', ['logGroupName', 'filterName']);
const metrics = guardsOf('logs', 'AWS::Logs::MetricFilter', ['filterName', 'logGroupName']);

/** Logs are kept for ever unless told otherwise; an intruder is found after weeks or months. */
const shortRetentionDays = 30;

function gone(
  type: string,
  keys: readonly string[],
  lost: string,
  says: (name: string) => string,
): ReadGuardCall {
  return guardsOf('logs', type, keys).always('weakened', [lost], says);
}

/**
 * What calls do to CloudWatch's alarms and to log groups. Shapes:
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/Welcome.html and
 * https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/Welcome.html
 */
export const alarmsAndLogs = guardAnalyser('alarms-and-logs', {
  monitoring: {
    DeleteAlarms: alarms('everything', 'removed', (name) => `the alarm ${name} is deleted`),
    DisableAlarmActions: silenced,
    EnableAlarmActions: alarms('', 'restored', (name) => `the alarm ${name} tells again`),
    PutMetricAlarm: putAlarm,
    PutCompositeAlarm: putAlarm,
    SetAlarmState: (call) =>
      looseText(call.request, 'stateValue') === 'OK'
        ? alarms(
            'state',
            'weakened',
            (name) =>
              `the alarm ${name} was set to OK by hand, whatever its metric says, until it is next evaluated`,
          )(call)
        : undefined,
    DeleteMetricStream: streams.always(
      'removed',
      ['metric-stream'],
      (name) => `the metric stream ${name} is deleted`,
    ),
    StopMetricStreams: streams.always(
      'weakened',
      ['metric-stream'],
      (name) => `the metric stream ${name} is stopped`,
    ),
  },
  logs: {
    DeleteLogGroup: groups.always(
      'removed',
      ['everything'],
      (name) => `the log group ${name} is deleted with all that was in it`,
    ),
    DeleteLogStream: ({ named }) => ({
      kind: 'logs',
      wanted: 'removed',
      resourceType: 'AWS::Logs::LogStream',
      resource: [named('logGroupName'), named('logStreamName')]
        .filter((part) => part !== undefined)
        .join(':'),
      lost: ['stream'],
      says: `the log stream ${quote(named('logStreamName') ?? '(not named)')} of the log group ${quote(named('logGroupName') ?? '(not named)')} is deleted with all that was in it`,
    }),
    PutRetentionPolicy: (call) => {
      const days = Number(looseText(call.request, 'retentionInDays') ?? Number.NaN);
      return days < shortRetentionDays
        ? groups.change(
            call,
            'weakened',
            ['retention'],
            (name) => `the log group ${name} keeps what it gets for ${days} days only; what is older goes`,
          )
        : undefined;
    },
    DeleteRetentionPolicy: groups.always(
      'restored',
      [],
      (name) => `the log group ${name} keeps what it gets for ever`,
    ),
    DeleteSubscriptionFilter: subscriptions.always(
      'weakened',
      ['subscription'],
      (name) => `the log group ${name} no longer hands what it gets on to a subscriber`,
    ),
    DeleteMetricFilter: metrics.always(
      'weakened',
      ['metric-filter'],
      (name) => `the metric filter ${name} is deleted: alarms on its metric see nothing any more`,
    ),
    DeleteDestination: gone(
      'AWS::Logs::Destination',
      ['destinationName'],
      'destination',
      (name) => `the destination ${name}, to which other accounts send their logs, is deleted`,
    ),
    DeleteDelivery: gone(
      'AWS::Logs::Delivery',
      ['id'],
      'delivery',
      (name) => `the log delivery ${name} is deleted`,
    ),
    DeleteDeliverySource: gone(
      'AWS::Logs::DeliverySource',
      ['name'],
      'delivery',
      (name) => `the source ${name} of a log delivery is deleted`,
    ),
    DeleteDeliveryDestination: gone(
      'AWS::Logs::DeliveryDestination',
      ['name'],
      'delivery',
      (name) => `the destination ${name} of log deliveries is deleted`,
    ),
    DeleteDataProtectionPolicy: groups.always(
      'weakened',
      ['data-protection'],
      (name) => `secrets and personal data in the log group ${name} are masked no longer`,
    ),
    DeleteAccountPolicy: gone(
      'AWS::Logs::AccountPolicy',
      ['policyName'],
      'account-policy',
      (name) => `the policy ${name} for all log groups of the account is deleted`,
    ),
    DisassociateKmsKey: groups.always(
      'weakened',
      ['encryption-key'],
      (name) => `the log group ${name} is no longer encrypted with a key of its own`,
    ),
    DeleteResourcePolicy: gone(
      'AWS::Logs::ResourcePolicy',
      ['policyName'],
      'delivery',
      (name) => `the policy ${name}, by which services may write their logs, is deleted`,
    ),
    PutLogGroupDeletionProtection: deletable,
  },
});

function deletable(call: GuardCall): GuardChange | undefined {
  return looseSwitch(call.request, 'deletionProtectionEnabled') === false
    ? groups.change(
        call,
        'weakened',
        ['deletion-protection'],
        (name) => `the log group ${name} can be deleted by one call`,
      )
    : undefined;
}
