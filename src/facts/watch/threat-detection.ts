import type { Json } from '../../event/json.ts';
import { isJsonObject } from '../../event/json.ts';
import { loose, looseList, looseObject, looseSwitch, looseText } from '../loose.ts';
import { listed, quote } from '../sentence.ts';
import { guardAnalyser, guardsOf } from './guard.ts';
import type { GuardCall, GuardChange, ReadGuardCall } from './guard.ts';

const detectors = guardsOf('threat-detection', 'AWS::GuardDuty::Detector', ['detectorId']);
const accounts = guardsOf('threat-detection', 'AWS::Organizations::Account', [
  'accountIds',
  'adminAccountId',
  'detectorId',
]);
const lists = guardsOf('threat-detection', 'AWS::GuardDuty::IPSet', [
  'ipSetId',
  'trustedEntitySetId',
  'threatIntelSetId',
  'threatEntitySetId',
  'name',
]);
const filters = guardsOf('threat-detection', 'AWS::GuardDuty::Filter', ['filterName', 'name']);
const destinations = guardsOf('threat-detection', 'AWS::GuardDuty::PublishingDestination', ['destinationId']);

const cutOff: ReadGuardCall = accounts.always(
  'weakened',
  ['members'],
  (name) => `GuardDuty no longer tells the administrator what it finds in account ${name}`,
);
const trusts: ReadGuardCall = (call) =>
  looseSwitch(call.request, 'activate') === false
    ? lists.change(call, 'restored', [], (name) => `GuardDuty no longer trusts what is in the list ${name}`)
    : lists.change(
        call,
        'weakened',
        ['trusted-addresses'],
        (name) => `GuardDuty finds nothing about the addresses or domains in the list ${name}`,
      );
const archives: ReadGuardCall = (call) =>
  looseText(call.request, 'action') === 'ARCHIVE'
    ? filters.change(
        call,
        'weakened',
        ['filtered-findings'],
        (name) => `GuardDuty archives what the filter ${name} matches, so that nobody is told`,
      )
    : undefined;
const noThreatList: ReadGuardCall = lists.always(
  'weakened',
  ['threat-list'],
  (name) => `GuardDuty no longer knows the addresses or domains of the threat list ${name}`,
);

/** What calls do to GuardDuty. Shapes: https://docs.aws.amazon.com/guardduty/latest/APIReference/Welcome.html */
export const threatDetection = guardAnalyser('threat-detection', {
  guardduty: {
    DeleteDetector: detectors.always(
      'removed',
      ['everything'],
      (name) =>
        `the GuardDuty detector ${name} is deleted with all that it found; nothing is watched in its region`,
    ),
    CreateDetector: (call) =>
      looseSwitch(call.request, 'enable') === false
        ? undefined
        : detectors.change(call, 'restored', [], (name) => `GuardDuty watches by the detector ${name}`),
    UpdateDetector: updated,
    UpdateMemberDetectors: (call) =>
      weakenedFeatures(call, `account ${quote(call.named('accountIds') ?? '')}`),
    UpdateOrganizationConfiguration: organisation,
    DeletePublishingDestination: destinations.always(
      'weakened',
      ['export'],
      () => 'GuardDuty no longer exports what it finds to its bucket',
    ),
    UpdatePublishingDestination: destinations.always(
      'unknown',
      ['same-destination'],
      () => 'GuardDuty exports what it finds to another bucket or with another key',
    ),
    CreateFilter: archives,
    UpdateFilter: archives,
    ArchiveFindings: detectors.always(
      'weakened',
      ['filtered-findings'],
      (name) => `findings of the GuardDuty detector ${name} were archived by hand`,
    ),
    CreateIPSet: trusts,
    UpdateIPSet: trusts,
    CreateTrustedEntitySet: trusts,
    UpdateTrustedEntitySet: trusts,
    DeleteThreatIntelSet: noThreatList,
    DeleteThreatEntitySet: noThreatList,
    UpdateThreatIntelSet: (call) =>
      looseSwitch(call.request, 'activate') === false ? noThreatList(call) : undefined,
    DeleteInvitations: accounts.always(
      'weakened',
      ['members'],
      (name) => `an invitation to be watched by GuardDuty of account ${name} is deleted`,
    ),
    DeleteMembers: cutOff,
    DisassociateMembers: cutOff,
    StopMonitoringMembers: cutOff,
    DisassociateFromAdministratorAccount: cutOff,
    DisassociateFromMasterAccount: cutOff,
    DisableOrganizationAdminAccount: accounts.always(
      'weakened',
      ['delegated-administrator'],
      (name) => `account ${name} no longer administers GuardDuty for the organisation`,
    ),
    DeleteMalwareProtectionPlan: guardsOf('threat-detection', 'AWS::GuardDuty::MalwareProtectionPlan', [
      'malwareProtectionPlanId',
    ]).always(
      'weakened',
      ['malware-protection'],
      (name) => `GuardDuty no longer looks for malware in new objects, by the plan ${name}`,
    ),
  },
});

function updated(call: GuardCall): GuardChange | undefined {
  const enable = looseSwitch(call.request, 'enable');
  if (enable === false) {
    return detectors.change(
      call,
      'removed',
      ['everything'],
      (name) => `the GuardDuty detector ${name} is switched off; nothing is watched in its region`,
    );
  }
  const weakened = weakenedFeatures(call, `the detector ${quote(call.named('detectorId') ?? '')}`);
  if (weakened !== undefined || enable !== true) return weakened;
  return detectors.change(call, 'restored', [], (name) => `the GuardDuty detector ${name} is on`);
}

/** Protection plans that the call switches off, in the newer form (`features`) or the older (`dataSources`). */
function weakenedFeatures(call: GuardCall, where: string): GuardChange | undefined {
  const off = featuresOff(call.request);
  if (off.length === 0) return undefined;
  return detectors.change(
    call,
    'weakened',
    off,
    () => `GuardDuty no longer looks at ${listed(off.map(quote))} in ${where}`,
  );
}

function featuresOff(request: Json | undefined): readonly string[] {
  const off: string[] = [];
  for (const feature of looseList(request, 'features').slice(0, 50)) {
    const name = looseText(feature, 'name') ?? '';
    if (looseText(feature, 'status') === 'DISABLED') off.push(name);
    for (const part of looseList(feature, 'additionalConfiguration').slice(0, 20)) {
      if (looseText(part, 'status') === 'DISABLED') off.push(looseText(part, 'name') ?? name);
    }
  }
  const sources = looseObject(request, 'dataSources');
  for (const name of Object.keys(sources ?? {}).slice(0, 20))
    if (isOff(loose(sources, name), 3)) off.push(name);
  return [...new Set(off)].slice(0, 30);
}

/** `{"enable": false}`, or `{"auditLogs": {"enable": false}}`. */
function isOff(value: Json | undefined, depth: number): boolean {
  if (!isJsonObject(value) || depth === 0) return false;
  if (looseSwitch(value, 'enable') === false) return true;
  return Object.values(value)
    .slice(0, 20)
    .some((inner) => isOff(inner, depth - 1) || (inner === false && depth < 3));
}

function organisation(call: GuardCall): GuardChange | undefined {
  const members = looseText(call.request, 'autoEnableOrganizationMembers');
  if (members !== 'NONE' && looseSwitch(call.request, 'autoEnable') !== false) return undefined;
  return {
    ...detectors.change(
      call,
      'weakened',
      ['new-accounts'],
      () => 'GuardDuty is no longer switched on in new accounts of the organisation',
    ),
    scope: 'organisation',
  };
}
