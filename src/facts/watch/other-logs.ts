import { looseList, looseText } from '../loose.ts';
import { listed, quote } from '../sentence.ts';
import { guardAnalyser, guardsOf } from './guard.ts';

const lake = guardsOf('security-lake', 'AWS::SecurityLake::DataLake', [
  'subscriberId',
  'sourceName',
  'regions',
  'account',
]);
const assessments = guardsOf('audit', 'AWS::AuditManager::Assessment', ['assessmentId']);

/** What calls do to X-Ray, Audit Manager and Security Lake. */
export const otherLogs = guardAnalyser('other-logs', {
  xray: {
    PutEncryptionConfig: (call) =>
      looseText(call.request, 'type') === 'NONE'
        ? guardsOf('tracing', 'AWS::XRay::EncryptionConfig', []).change(
            call,
            'weakened',
            ['encryption-key'],
            () => 'X-Ray no longer encrypts traces with a key of its own',
          )
        : undefined,
    DeleteSamplingRule: guardsOf('tracing', 'AWS::XRay::SamplingRule', ['ruleName', 'ruleARN']).always(
      'weakened',
      ['sampling'],
      (name) => `the sampling rule ${name} of X-Ray is deleted`,
    ),
  },
  auditmanager: {
    DeleteAssessment: assessments.always(
      'removed',
      ['everything'],
      (name) => `the assessment ${name} of Audit Manager is deleted with its evidence`,
    ),
    UpdateAssessmentStatus: (call) =>
      looseText(call.request, 'status') === 'INACTIVE'
        ? assessments.change(
            call,
            'removed',
            ['new-evidence'],
            (name) => `the assessment ${name} of Audit Manager gathers no more evidence`,
          )
        : undefined,
    DeregisterAccount: assessments.always('removed', ['everything'], () => 'Audit Manager is switched off'),
    DeregisterOrganizationAdminAccount: assessments.always(
      'weakened',
      ['delegated-administrator'],
      () => 'Audit Manager has no administrator in the organisation any more',
    ),
  },
  securitylake: {
    DeleteDataLake: lake.always('removed', ['everything'], () => 'Security Lake takes in nothing any more'),
    DeleteAwsLogSource: (call) => {
      const names = looseList(call.request, 'sources').flatMap(
        (source) => looseText(source, 'sourceName') ?? [],
      );
      return lake.change(
        call,
        'weakened',
        ['source'],
        () =>
          `Security Lake no longer takes in ${names.length === 0 ? 'a source' : listed(names.map(quote))}`,
      );
    },
    DeleteCustomLogSource: lake.always(
      'weakened',
      ['source'],
      (name) => `Security Lake no longer takes in the source ${name}`,
    ),
    DeleteSubscriber: lake.always(
      'weakened',
      ['subscriber'],
      (name) => `the subscriber ${name} no longer gets what Security Lake takes in`,
    ),
    DeleteDataLakeOrganizationConfiguration: lake.always(
      'weakened',
      ['new-accounts'],
      () => 'Security Lake no longer takes in new accounts of the organisation',
    ),
    DeregisterDataLakeDelegatedAdministrator: lake.always(
      'weakened',
      ['delegated-administrator'],
      () => 'Security Lake has no administrator in the organisation any more',
    ),
  },
});
