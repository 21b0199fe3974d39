import { looseList, looseObject, looseSwitch, looseText } from '../loose.ts';
import { listed, quote } from '../sentence.ts';
import { guardAnalyser, guardsOf } from './guard.ts';
import type { GuardCall, GuardChange, ReadGuardCall } from './guard.ts';

const hub = guardsOf('findings-hub', 'AWS::SecurityHub::Hub', ['hubArn']);
const members = guardsOf('findings-hub', 'AWS::Organizations::Account', ['accountIds', 'adminAccountId']);
const rules = guardsOf('findings-hub', 'AWS::SecurityHub::AutomationRule', ['ruleName', 'ruleArn']);
const aggregators = guardsOf('findings-hub', 'AWS::SecurityHub::FindingAggregator', ['findingAggregatorArn']);

const off: ReadGuardCall = hub.always(
  'removed',
  ['everything'],
  () => 'Security Hub is switched off: it checks nothing and gathers nothing any more in this region',
);
const cutOff: ReadGuardCall = members.always(
  'weakened',
  ['members'],
  (name) => `Security Hub no longer tells the administrator about account ${name}`,
);

/** What calls do to Security Hub. Shapes: https://docs.aws.amazon.com/securityhub/1.0/APIReference/Welcome.html */
export const findingsHub = guardAnalyser('findings-hub', {
  securityhub: {
    DisableSecurityHub: off,
    DisableSecurityHubV2: off,
    EnableSecurityHub: hub.always('restored', [], () => 'Security Hub is on'),
    BatchDisableStandards: guardsOf('findings-hub', 'AWS::SecurityHub::Standard', [
      'standardsSubscriptionArns',
    ]).always(
      'weakened',
      ['standard'],
      (name) => `Security Hub no longer checks what the standard ${name} asks for`,
    ),
    UpdateStandardsControl: (call) =>
      looseText(call.request, 'controlStatus') === 'DISABLED'
        ? guardsOf('findings-hub', 'AWS::SecurityHub::StandardsControl', ['standardsControlArn']).change(
            call,
            'weakened',
            ['control'],
            (name) => `Security Hub no longer checks the control ${name}`,
          )
        : undefined,
    BatchUpdateStandardsControlAssociations: controls,
    DeleteFindingAggregator: aggregators.always(
      'weakened',
      ['aggregation'],
      () => 'Security Hub no longer brings findings of other regions together',
    ),
    UpdateFindingAggregator: (call) =>
      looseText(call.request, 'regionLinkingMode') === 'NO_REGIONS'
        ? aggregators.change(
            call,
            'weakened',
            ['aggregation'],
            () => 'Security Hub no longer brings findings of other regions together',
          )
        : undefined,
    CreateAutomationRule: suppressing,
    BatchUpdateAutomationRules: suppressing,
    DisableImportFindingsForProduct: guardsOf('findings-hub', 'AWS::SecurityHub::ProductSubscription', [
      'productSubscriptionArn',
    ]).always('weakened', ['product'], (name) => `Security Hub no longer takes in findings of ${name}`),
    DeleteMembers: cutOff,
    DisassociateMembers: cutOff,
    DisassociateFromAdministratorAccount: cutOff,
    DisassociateFromMasterAccount: cutOff,
    DisableOrganizationAdminAccount: members.always(
      'weakened',
      ['delegated-administrator'],
      (name) => `account ${name} no longer administers Security Hub for the organisation`,
    ),
    UpdateOrganizationConfiguration: (call) =>
      looseSwitch(call.request, 'autoEnable') === false
        ? {
            ...hub.change(
              call,
              'weakened',
              ['new-accounts'],
              () => 'Security Hub is no longer switched on in new accounts',
            ),
            scope: 'organisation',
          }
        : undefined,
  },
});

function controls(call: GuardCall): GuardChange | undefined {
  const disabled = looseList(call.request, 'standardsControlAssociationUpdates')
    .slice(0, 100)
    .filter((update) => looseText(update, 'associationStatus') === 'DISABLED')
    .flatMap((update) => looseText(update, 'securityControlId') ?? []);
  const ids = [...new Set(disabled)];
  if (ids.length === 0) return undefined;
  return hub.change(
    call,
    'weakened',
    ['control', ...ids.map((id) => `control:${id}`)],
    () => `Security Hub no longer checks ${listed(ids.map(quote))}`,
  );
}

/** A rule whose action makes findings vanish from the view: suppressed, resolved or archived. */
function suppressing(call: GuardCall): GuardChange | undefined {
  const updates = looseList(call.request, 'updateAutomationRulesRequestItems').slice(0, 100);
  const suppresses = [call.request, ...updates].some((rule) =>
    looseList(rule, 'actions').some((action) => {
      const status = looseText(looseObject(looseObject(action, 'findingFieldsUpdate'), 'workflow'), 'status');
      return status === 'SUPPRESSED' || status === 'RESOLVED';
    }),
  );
  return suppresses
    ? rules.change(
        call,
        'weakened',
        ['filtered-findings'],
        (name) =>
          `Security Hub puts away by itself what the automation rule ${name} matches, so that nobody is told`,
      )
    : undefined;
}
