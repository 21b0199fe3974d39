import { loose, looseObject, looseText, looseTexts } from '../loose.ts';
import { listed, quote } from '../sentence.ts';
import { guardAnalyser, guardsOf } from './guard.ts';
import type { GuardCall, GuardChange, ReadGuardCall } from './guard.ts';

const accountKeys = ['accountIds', 'accountId', 'id', 'adminAccountId', 'delegatedAdminAccountId', 'account'];
const macie = guardsOf('sensitive-data-discovery', 'AWS::Macie::Session', []);
const macieMembers = guardsOf('sensitive-data-discovery', 'AWS::Organizations::Account', accountKeys);
const macieFilters = guardsOf('sensitive-data-discovery', 'AWS::Macie::FindingsFilter', ['name', 'id']);
const inspector = guardsOf('vulnerability-scanning', 'AWS::Organizations::Account', accountKeys);
const inspectorFilters = guardsOf('vulnerability-scanning', 'AWS::InspectorV2::Filter', [
  'name',
  'filterArn',
]);
const graphs = guardsOf('investigation', 'AWS::Detective::Graph', ['graphArn', ...accountKeys]);
const analyzers = guardsOf('access-analysis', 'AWS::AccessAnalyzer::Analyzer', [
  'analyzerName',
  'analyzerArn',
]);

const macieCut: ReadGuardCall = macieMembers.always(
  'weakened',
  ['members'],
  (name) => `Macie no longer tells the administrator what it finds in account ${name}`,
);
const inspectorCut: ReadGuardCall = inspector.always(
  'weakened',
  ['members'],
  (name) => `Inspector no longer tells the administrator what it finds in account ${name}`,
);

function whereText(key: string, value: string, then: ReadGuardCall): ReadGuardCall {
  return (call) => (looseText(call.request, key) === value ? then(call) : undefined);
}

const macieArchives = whereText(
  'action',
  'ARCHIVE',
  macieFilters.always(
    'weakened',
    ['filtered-findings'],
    (name) => `Macie archives what the filter ${name} matches, so that nobody is told`,
  ),
);
const inspectorSuppresses = whereText(
  'action',
  'SUPPRESS',
  inspectorFilters.always(
    'weakened',
    ['filtered-findings'],
    (name) => `Inspector suppresses what the filter ${name} matches, so that nobody is told`,
  ),
);
const analyzerArchives = analyzers.always(
  'weakened',
  ['filtered-findings'],
  (name) => `the analyzer ${name} archives by itself what a rule matches, so that nobody is told`,
);

/**
 * What calls do to Macie, Inspector, Detective and IAM Access Analyzer. Shapes: the services' API references;
 * https://docs.aws.amazon.com/macie/latest/APIReference/welcome.html
 */
export const scanners = guardAnalyser('scanners', {
  macie2: {
    DisableMacie: macie.always(
      'removed',
      ['everything'],
      () => 'Macie is switched off, and what it found is deleted',
    ),
    EnableMacie: macie.always('restored', [], () => 'Macie is on'),
    UpdateMacieSession: whereText(
      'status',
      'PAUSED',
      macie.always('removed', ['everything'], () => 'Macie is paused: it looks at nothing'),
    ),
    UpdateAutomatedDiscoveryConfiguration: whereText(
      'status',
      'DISABLED',
      macie.always(
        'weakened',
        ['automated-discovery'],
        () => 'Macie no longer looks for sensitive data by itself',
      ),
    ),
    CreateFindingsFilter: macieArchives,
    UpdateFindingsFilter: macieArchives,
    DeleteMember: macieCut,
    DisassociateMember: macieCut,
    DisassociateFromAdministratorAccount: macieCut,
    DisassociateFromMasterAccount: macieCut,
    DisableOrganizationAdminAccount: macieCut,
  },
  inspector2: {
    Disable: inspectorOff,
    Enable: inspector.always('restored', [], () => 'Inspector looks for weaknesses'),
    CreateFilter: inspectorSuppresses,
    UpdateFilter: inspectorSuppresses,
    DisassociateMember: inspectorCut,
    DisableDelegatedAdminAccount: inspectorCut,
    UpdateOrganizationConfiguration: (call) => {
      const off = Object.entries(looseObject(call.request, 'autoEnable') ?? {})
        .filter(([, on]) => on === false)
        .map(([name]) => name)
        .slice(0, 20);
      return off.length === 0
        ? undefined
        : {
            ...inspector.change(
              call,
              'weakened',
              ['new-accounts'],
              () => `Inspector is not switched on in new accounts for ${listed(off.map(quote))}`,
            ),
            scope: 'organisation',
          };
    },
  },
  detective: {
    DeleteGraph: graphs.always(
      'removed',
      ['everything'],
      (name) => `the behaviour graph ${name} of Detective is deleted with all its data`,
    ),
    DeleteMembers: graphs.always(
      'weakened',
      ['members'],
      (name) => `accounts were taken out of the behaviour graph ${name} of Detective`,
    ),
    DisassociateMembership: graphs.always(
      'weakened',
      ['members'],
      (name) => `this account left the behaviour graph ${name} of Detective`,
    ),
    DisableOrganizationAdminAccount: graphs.always(
      'weakened',
      ['delegated-administrator'],
      () => 'Detective has no administrator in the organisation any more',
    ),
  },
  'access-analyzer': {
    DeleteAnalyzer: analyzers.always(
      'removed',
      ['everything'],
      (name) => `the analyzer ${name} is deleted: nobody looks any more for what is open to outsiders`,
    ),
    CreateArchiveRule: analyzerArchives,
    UpdateArchiveRule: analyzerArchives,
  },
});

function inspectorOff(call: GuardCall): GuardChange {
  const types = looseTexts(call.request, 'resourceTypes').slice(0, 20);
  const all = types.length === 0 || loose(call.request, 'resourceTypes') === undefined;
  return inspector.change(call, all ? 'removed' : 'weakened', all ? ['everything'] : types, (name) =>
    all
      ? `Inspector is switched off in account ${name}`
      : `Inspector no longer looks for weaknesses of ${listed(types.map(quote))} in account ${name}`,
  );
}
