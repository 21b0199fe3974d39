import type { Json } from '../../event/json.ts';
import { loose, looseList, looseObject, looseSwitch, looseText } from '../loose.ts';
import { listed, quote } from '../sentence.ts';
import { guardAnalyser, guardsOf } from './guard.ts';
import type { GuardCall, GuardChange, ReadGuardCall } from './guard.ts';

const acls = guardsOf('web-firewall', 'AWS::WAFv2::WebACL', ['name', 'webACLId', 'id']);
const guarded = guardsOf('web-firewall', 'AWS::WAFv2::WebACLAssociation', ['resourceArn']);
const groups = guardsOf('web-firewall', 'AWS::WAFv2::RuleGroup', ['name', 'ruleGroupId', 'ruleId', 'id']);
const sets = guardsOf('web-firewall', 'AWS::WAFv2::IPSet', ['name', 'iPSetId', 'id']);
const logs = guardsOf('web-firewall', 'AWS::WAFv2::LoggingConfiguration', ['resourceArn']);

const deletedAcl = acls.always(
  'removed',
  ['everything'],
  (name) => `the web ACL ${name} is deleted, and with it all that it blocked`,
);
const unguarded = guarded.always(
  'removed',
  ['everything'],
  (name) => `no web ACL stands before ${name} any more`,
);
const deletedGroup = groups.always(
  'weakened',
  ['rules'],
  (name) => `the rule or rule group ${name} of WAF is deleted`,
);
const deletedSet = sets.always('weakened', ['addresses'], (name) => `the IP set ${name} of WAF is deleted`);
const unlogged = logs.always(
  'weakened',
  ['logging'],
  (name) => `WAF no longer logs what the web ACL ${name} sees`,
);

/** The first version of WAF, for CloudFront (`waf`) and for regions (`waf-regional`): changes come as lists of updates. */
const classic: Readonly<Record<string, ReadGuardCall>> = {
  DeleteWebACL: deletedAcl,
  DisassociateWebACL: unguarded,
  DeleteRule: deletedGroup,
  DeleteRateBasedRule: deletedGroup,
  DeleteRuleGroup: deletedGroup,
  DeleteIPSet: deletedSet,
  DeleteLoggingConfiguration: unlogged,
  UpdateWebACL: updatedClassic,
  UpdateIPSet: (call) => {
    const updates = looseList(call.request, 'updates').slice(0, 1000);
    return updates.length > 0 && updates.every((update) => looseText(update, 'action') === 'DELETE')
      ? sets.change(
          call,
          'weakened',
          ['addresses'],
          (name) => `addresses were taken out of the IP set ${name} of WAF`,
        )
      : undefined;
  },
};

const firewalls = guardsOf('network-firewall', 'AWS::NetworkFirewall::Firewall', [
  'firewallName',
  'firewallArn',
]);
const firewallRules = guardsOf('network-firewall', 'AWS::NetworkFirewall::FirewallPolicy', [
  'firewallPolicyName',
  'firewallPolicyArn',
  'ruleGroupName',
  'ruleGroupArn',
]);
const shields = guardsOf('ddos-protection', 'AWS::Shield::Protection', [
  'protectionId',
  'resourceArn',
  'protectionGroupId',
]);
const managed = guardsOf('firewall-management', 'AWS::FMS::Policy', ['policyId']);

/**
 * What calls do to WAF, Shield, Firewall Manager and Network Firewall. Shapes: the services' API references;
 * https://docs.aws.amazon.com/waf/latest/APIReference/Welcome.html
 */
export const firewallGuards = guardAnalyser('firewalls', {
  wafv2: {
    DeleteWebACL: deletedAcl,
    DisassociateWebACL: unguarded,
    UpdateWebACL: updatedAcl,
    DeleteRuleGroup: deletedGroup,
    UpdateRuleGroup: (call) => counting(call, groups),
    DeleteFirewallManagerRuleGroups: groups.always(
      'weakened',
      ['rules'],
      () => 'the rule groups that Firewall Manager put into a web ACL are gone',
    ),
    DeleteIPSet: deletedSet,
    UpdateIPSet: (call) => {
      const addresses = loose(call.request, 'addresses');
      // CloudTrail leaves out the request of a call that is refused early.
      if (call.request === undefined) {
        return sets.change(
          call,
          'unknown',
          [],
          (name) => `the addresses of the IP set ${name} of WAF are changed`,
        );
      }
      return Array.isArray(addresses) && addresses.length === 0
        ? sets.change(call, 'weakened', ['addresses'], (name) => `the IP set ${name} of WAF is empty`)
        : undefined;
    },
    DeleteLoggingConfiguration: unlogged,
  },
  waf: classic,
  'waf-regional': classic,
  shield: {
    DeleteProtection: shields.always(
      'removed',
      ['everything'],
      (name) => `Shield Advanced no longer protects ${name}`,
    ),
    DeleteProtectionGroup: shields.always(
      'weakened',
      ['group'],
      (name) => `the protection group ${name} of Shield Advanced is deleted`,
    ),
    DeleteSubscription: shields.always(
      'removed',
      ['everything'],
      () => 'the subscription to Shield Advanced is given up',
    ),
    DisableApplicationLayerAutomaticResponse: shields.always(
      'weakened',
      ['automatic-response'],
      (name) => `Shield Advanced no longer answers by itself to floods of requests for ${name}`,
    ),
    DisableProactiveEngagement: shields.always(
      'weakened',
      ['response-team'],
      () => "Shield's response team no longer calls by itself",
    ),
    DisassociateDRTRole: shields.always(
      'weakened',
      ['response-team'],
      () => "Shield's response team has no access to help any more",
    ),
  },
  fms: {
    DeletePolicy: managed.always(
      'removed',
      ['everything'],
      (name) => `the policy ${name} of Firewall Manager is deleted`,
    ),
    DisassociateAdminAccount: managed.always(
      'weakened',
      ['delegated-administrator'],
      () => 'Firewall Manager has no administrator account any more',
    ),
    DeleteNotificationChannel: managed.always(
      'weakened',
      ['notification'],
      () => 'Firewall Manager tells no topic any more',
    ),
  },
  'network-firewall': {
    DeleteFirewall: firewalls.always(
      'removed',
      ['everything'],
      (name) => `the network firewall ${name} is deleted`,
    ),
    DisassociateSubnets: firewalls.always(
      'weakened',
      ['subnets'],
      (name) => `the network firewall ${name} was taken out of subnets`,
    ),
    DeleteFirewallPolicy: firewallRules.always(
      'weakened',
      ['rules'],
      (name) => `the firewall policy ${name} is deleted`,
    ),
    DeleteRuleGroup: firewallRules.always(
      'weakened',
      ['rules'],
      (name) => `the rule group ${name} of Network Firewall is deleted`,
    ),
    UpdateFirewallDeleteProtection: (call) =>
      looseSwitch(call.request, 'deleteProtection') === false
        ? firewalls.change(
            call,
            'weakened',
            ['deletion-protection'],
            (name) => `the network firewall ${name} can be deleted by one call`,
          )
        : undefined,
    UpdateLoggingConfiguration: (call) => {
      const to = loose(looseObject(call.request, 'loggingConfiguration'), 'logDestinationConfigs');
      return to === undefined || (Array.isArray(to) && to.length === 0)
        ? firewalls.change(
            call,
            'weakened',
            ['logging'],
            (name) => `the network firewall ${name} logs nothing any more`,
          )
        : undefined;
    },
    UpdateFirewallPolicy: (call) => {
      const policy = looseObject(call.request, 'firewallPolicy');
      const passes = ['statelessDefaultActions', 'statelessFragmentDefaultActions'].filter((key) =>
        looseList(policy, key).includes('aws:pass'),
      );
      return passes.length > 0
        ? firewallRules.change(
            call,
            'weakened',
            ['default-pass'],
            (name) =>
              `the firewall policy ${name} lets through what no stateless rule matches, without a look by the stateful rules`,
          )
        : undefined;
    },
  },
});

/** Rules that only count. `overrideAction` is for rule groups, `action` for rules. */
function countingRules(request: Json | undefined): readonly string[] {
  return looseList(request, 'rules')
    .slice(0, 500)
    .filter(
      (rule) =>
        loose(loose(rule, 'action'), 'count') !== undefined ||
        loose(loose(rule, 'overrideAction'), 'count') !== undefined,
    )
    .map((rule) => looseText(rule, 'name') ?? '(without a name)');
}

function counting(call: GuardCall, what: typeof acls): GuardChange | undefined {
  const names = [...new Set(countingRules(call.request))];
  return names.length === 0
    ? undefined
    : {
        ...what.change(
          call,
          'weakened',
          ['counting', ...names.slice(0, 30).map((name) => `rule:${name}`)],
          (name) => `rules of ${name} only count and block nothing: ${listed(names.map(quote))}`,
        ),
        unknowns: ['whether they blocked before: the last change of the web ACL or rule group would tell'],
      };
}

/** The request is the web ACL as it is to be, whole. */
function updatedAcl(call: GuardCall): GuardChange | undefined {
  const { request } = call;
  const rules = looseList(request, 'rules');
  const allows = loose(loose(request, 'defaultAction'), 'allow') !== undefined;
  if (allows && rules.length === 0) {
    return acls.change(
      call,
      'removed',
      ['every-rule'],
      (name) => `the web ACL ${name} has no rule and lets everything through`,
    );
  }
  return counting(call, acls);
}

function updatedClassic(call: GuardCall): GuardChange | undefined {
  const lost: string[] = [];
  const said: string[] = [];
  if (looseText(looseObject(call.request, 'defaultAction'), 'type') === 'ALLOW') {
    lost.push('default-allow');
    said.push('lets through what no rule matches');
  }
  const updates = looseList(call.request, 'updates').slice(0, 1000);
  const taken = updates.filter((update) => looseText(update, 'action') === 'DELETE').length;
  const put = updates.filter((update) => looseText(update, 'action') === 'INSERT');
  if (taken > put.length) {
    lost.push('rules');
    said.push('has fewer rules');
  }
  const counts = put.some((update) => {
    const rule = looseObject(update, 'activatedRule');
    return [looseObject(rule, 'action'), looseObject(rule, 'overrideAction')].some(
      (action) => looseText(action, 'type') === 'COUNT',
    );
  });
  if (counts) {
    lost.push('counting');
    said.push('only counts by one of its rules');
  }
  return lost.length === 0
    ? undefined
    : acls.change(call, 'weakened', lost, (name) => `the web ACL ${name} ${listed(said)}`);
}
