import { listed, quote } from '../sentence.ts';
import { loose, looseSwitch, looseText } from '../loose.ts';
import { accountOfArn } from '../../decode/cloudtrail/arn.ts';
import { selectedBy } from './event-selectors.ts';
import { guardAnalyser, nameOf } from './guard.ts';
import type { GuardCall, GuardChange } from './guard.ts';

const type = 'AWS::CloudTrail::Trail';
const otherTrails =
  'whether another trail still records what this one leaves out: DescribeTrails and GetEventSelectors in every region would tell';

/** What CloudTrail calls do to trails. Shapes: https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/Welcome.html */
export const trail = guardAnalyser('trail', {
  cloudtrail: {
    StopLogging: (call) =>
      ofTrail(call, 'removed', ['everything'], (name) => `the trail ${name} records nothing any more`),
    DeleteTrail: (call) =>
      ofTrail(
        call,
        'removed',
        ['everything'],
        (name) => `the trail ${name} is deleted and records nothing any more`,
      ),
    StartLogging: (call) => ofTrail(call, 'restored', [], (name) => `the trail ${name} records`),
    UpdateTrail: updated,
    PutEventSelectors: selected,
    PutInsightSelectors: insights,
    DeregisterOrganizationDelegatedAdmin: ({ named }) => ({
      kind: 'trail',
      wanted: 'weakened',
      scope: 'organisation',
      resourceType: 'AWS::Organizations::Account',
      resource: named('delegatedAdminAccountId'),
      lost: ['delegated-administrator'],
      says: `account ${quote(named('delegatedAdminAccountId') ?? '(not named)')} no longer administers CloudTrail for the organisation`,
    }),
  },
});

function ofTrail(
  { named }: GuardCall,
  wanted: GuardChange['wanted'],
  lost: readonly string[],
  says: (name: string) => string,
): GuardChange {
  const resource = named('trailARN') ?? named('name', 'trailName') ?? '';
  return {
    kind: 'trail',
    wanted,
    resourceType: type,
    resource,
    lost,
    says: says(quote(nameOf(resource))),
    unknowns: wanted === 'restored' ? [] : [otherTrails],
  };
}

interface Setting {
  readonly lost: string;
  readonly says: string;
}

/** Only what the request names is changed by it. */
function updated(call: GuardCall): GuardChange | undefined {
  const { request, event } = call;
  const off = (key: string) => looseSwitch(request, key) === false;
  const bucket = looseText(request, 's3BucketName');
  const key = loose(request, 'kmsKeyId');
  const owner = event.account;
  const keyAccount = typeof key === 'string' ? accountOfArn(key) : undefined;
  const settings: readonly (Setting | false)[] = [
    off('isMultiRegionTrail') && { lost: 'every-region', says: 'records one region alone' },
    off('isOrganizationTrail') && {
      lost: 'every-account',
      says: 'no longer records the other accounts of the organisation',
    },
    off('includeGlobalServiceEvents') && {
      lost: 'global-services',
      says: 'leaves out what happens in global services such as IAM',
    },
    off('enableLogFileValidation') && {
      lost: 'log-file-validation',
      says: 'no longer signs its files, so that changed ones cannot be told',
    },
    key === '' && { lost: 'encryption-key', says: 'no longer encrypts its files with a key of its own' },
    keyAccount !== undefined &&
      keyAccount !== owner && {
        lost: 'foreign-key',
        says: `encrypts its files with a key of account ${quote(keyAccount)}, which can make them unreadable`,
      },
    bucket !== undefined && {
      lost: 'same-destination',
      says: `delivers its files to the bucket ${quote(bucket)}`,
    },
    loose(request, 'snsTopicName') === '' && {
      lost: 'notification',
      says: 'no longer tells a topic of new files',
    },
    loose(request, 'cloudWatchLogsLogGroupArn') === '' && {
      lost: 'log-group',
      says: 'no longer delivers to CloudWatch Logs, so that metric filters and alarms on it see nothing',
    },
  ];
  const found = settings.filter((setting) => setting !== false);
  if (found.length === 0) return undefined;
  const [only] = found;
  const isMove = found.length === 1 && only?.lost === 'same-destination';
  const change = ofTrail(
    call,
    isMove ? 'unknown' : 'weakened',
    found.map(({ lost }) => lost),
    (name) => `the trail ${name} ${listed(found.map(({ says }) => says))}`,
  );
  if (bucket === undefined) return change;
  return {
    ...change,
    unknowns: [
      'which bucket it delivered to before, and whether the new one is yours: GetTrail, and GetBucketLocation with your own credentials, would tell',
    ],
  };
}

function selected(call: GuardCall): GuardChange {
  const what = selectedBy(call.request) ?? selectedBy(call.response);
  if (what === undefined) {
    return ofTrail(
      call,
      'unknown',
      [],
      (name) =>
        `the event selectors of the trail ${name} were set, but what to cannot be read from the record`,
    );
  }
  const { lost, recordsData } = what;
  if (lost.length === 0)
    return ofTrail(call, 'restored', [], (name) => `the trail ${name} records every management event`);
  const nothing = lost.includes('everything');
  const rest = recordsData ? ', though it records data events' : '';
  return ofTrail(call, nothing ? 'removed' : 'weakened', lost, (name) =>
    nothing
      ? `the event selectors of the trail ${name} let nothing through: it records nothing any more`
      : `the trail ${name} no longer records ${listed(lost.map(spokenLoss))}${rest}`,
  );
}

/** A loss of `selectedBy` as the object of a sentence. */
export function spokenLoss(lost: string): string {
  switch (lost) {
    case 'management-writes':
      return 'changes (management events that write)';
    case 'management-reads':
      return 'reading calls (management events that read)';
    case 'other-management-writes':
      return 'changes other than those it names';
    default: {
      const [kind = '', ...rest] = lost.split(':');
      const name = quote(rest.join(':'));
      if (kind === 'source') return `calls to ${name}`;
      if (kind === 'action') return `the action ${name}`;
      if (kind === 'actor') return `what ${name} does`;
      return `events with ${quote(kind)} ${name}`;
    }
  }
}

function insights(call: GuardCall): GuardChange | undefined {
  const selectors = loose(call.request, 'insightSelectors');
  if (!Array.isArray(selectors) || selectors.length > 0) return undefined;
  return ofTrail(
    call,
    'weakened',
    ['insights'],
    (name) => `the trail ${name} no longer tells of unusual rates of calls and errors`,
  );
}
