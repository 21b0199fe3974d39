import type { Json } from '../../event/json.ts';
import { loose, looseText } from '../loose.ts';
import { parsePolicy } from '../policy/document.ts';
import type { Statement } from '../policy/document.ts';
import { listed, quote } from '../sentence.ts';
import { guardAnalyser } from '../watch/guard.ts';
import type { GuardCall, GuardChange } from '../watch/guard.ts';

const fullAccess = 'p-FullAWSAccess';
const mostDenied = 5;

/** Types of policy that only describe, and keep nobody from anything. */
const noGuards: ReadonlySet<string> = new Set(['AISERVICES_OPT_OUT_POLICY', 'CHATBOT_POLICY', 'TAG_POLICY']);

/**
 * What calls to Organizations do to the policies that hold accounts back (service control, resource control and declarative
 * policies). Shapes: https://docs.aws.amazon.com/organizations/latest/APIReference/API_Operations.html, in lowerCamelCase.
 */
export const organisationPolicy = guardAnalyser('organisation-policy', {
  organizations: {
    AttachPolicy: attached,
    DeletePolicy: ({ named }) =>
      change('removed', named('policyId'), {
        says: `the policy ${spoken(named('policyId'))} of the organisation is deleted`,
        lost: [named('policyId') ?? ''],
      }),
    DetachPolicy: detached,
    DisablePolicyType: (call) => typeSwitched(call, 'removed'),
    EnablePolicyType: (call) => typeSwitched(call, 'restored'),
    MoveAccount: moved,
    UpdatePolicy: updated,
  },
});

function spoken(name: string | undefined): string {
  return quote(name ?? '(not named)');
}

function change(
  wanted: GuardChange['wanted'],
  resource: string | undefined,
  rest: Pick<GuardChange, 'says' | 'lost' | 'unknowns'>,
): GuardChange {
  return {
    kind: 'organisation-policy',
    wanted,
    scope: 'organisation',
    resourceType: 'AWS::Organizations::Policy',
    resource: resource ?? '',
    ...rest,
  };
}

function attached({ named }: GuardCall): GuardChange {
  const [policy, target] = [named('policyId'), named('targetId')];
  return policy === fullAccess
    ? change('weakened', policy, {
        says: `${spoken(target)} is allowed everything again that no other policy of the organisation denies`,
        lost: ['allow-list'],
        unknowns: [
          'whether the organisation keeps lists of what is allowed; without them this is how it should be: ListPoliciesForTarget would tell',
        ],
      })
    : change('restored', policy, {
        says: `${spoken(target)} is held by the policy ${spoken(policy)} of the organisation`,
      });
}

function detached({ named }: GuardCall): GuardChange {
  const [policy, target] = [named('policyId'), named('targetId')];
  return policy === fullAccess
    ? change('restored', policy, {
        says: `${spoken(target)} is allowed only what another policy of the organisation allows`,
      })
    : change('removed', policy, {
        says: `${spoken(target)} is no longer held by the policy ${spoken(policy)} of the organisation`,
        lost: [policy ?? ''],
        unknowns: [
          'what the policy denied, and whether another one denies it still: DescribePolicy and ListPoliciesForTarget would tell',
        ],
      });
}

function typeSwitched({ named }: GuardCall, wanted: 'removed' | 'restored'): GuardChange | undefined {
  const type = named('policyType');
  if (type !== undefined && noGuards.has(type)) return undefined;
  return change(wanted, named('rootId'), {
    says:
      wanted === 'removed'
        ? `no policy of type ${spoken(type)} holds any account of the organisation any more`
        : `policies of type ${spoken(type)} hold the accounts of the organisation that they are attached to`,
    lost: wanted === 'removed' ? [type ?? 'every-policy'] : [],
  });
}

function moved({ named }: GuardCall): GuardChange {
  const account = named('accountId');
  return {
    kind: 'organisation-policy',
    wanted: 'unknown',
    scope: 'account',
    resourceType: 'AWS::Organizations::Account',
    resource: account ?? '',
    says: `account ${spoken(account)} was moved from ${spoken(named('sourceParentId'))} to ${spoken(named('destinationParentId'))}, and is held by the policies of its new place`,
    unknowns: ['which policies it is free of now: ListPoliciesForTarget for both places would tell'],
  };
}

function updated({ request, response, named }: GuardCall): GuardChange | undefined {
  const policy = named('policyId');
  const type = looseText(loose(loose(response, 'policy'), 'policySummary'), 'type');
  if (type !== undefined && noGuards.has(type)) return undefined;
  const content = loose(request, 'content');
  if (content === undefined) {
    return change('unknown', policy, {
      says: `the policy ${spoken(policy)} of the organisation was renamed or described anew`,
      unknowns: [],
    });
  }
  return changeOfContent(policy, content);
}

function changeOfContent(policy: string | undefined, content: Json): GuardChange {
  const { statements, problems } = parsePolicy(content, 'identity');
  const before = 'what it denied before: the event does not show it';
  const denies = statements.filter(({ effect }) => effect === 'Deny');
  const allowsAll = statements.some(isEverything);
  if (denies.length === 0 && problems.length === 0 && allowsAll) {
    return change('removed', policy, {
      says: `the policy ${spoken(policy)} of the organisation denies nothing any more`,
      lost: ['every-denial'],
    });
  }
  const says =
    denies.length === 0
      ? `the policy ${spoken(policy)} of the organisation was changed`
      : `the policy ${spoken(policy)} of the organisation now denies ${spokenDenials(denies)}, and nothing else`;
  return change('unknown', policy, {
    says,
    unknowns:
      problems.length === 0
        ? [before]
        : [before, `what it says where it cannot be read: ${problems.slice(0, 3).join('; ')}`],
  });
}

function isEverything({ effect, actions, resources, conditions }: Statement): boolean {
  return (
    effect === 'Allow' &&
    conditions.length === 0 &&
    actions.include.includes('*') &&
    actions.exclude.length === 0 &&
    resources.include.includes('*') &&
    resources.exclude.length === 0
  );
}

function spokenDenials(denies: readonly Statement[]): string {
  const all = denies.map(({ actions, conditions }) => {
    const what =
      actions.exclude.length > 0
        ? `everything but ${listed(actions.exclude.map(quote))}`
        : listed(actions.include.map(quote));
    return conditions.length === 0 ? what : `${what} if ${listed(conditions.map(({ text }) => quote(text)))}`;
  });
  const left = all.length - mostDenied;
  return left > 0 ? `${all.slice(0, mostDenied).join('; ')}; and ${left} things more` : all.join('; ');
}
