import type { Event } from '../../event/event.ts';
import { member, object, text } from '../../event/json.ts';
import { resourceOf } from '../call.ts';
import type { Resource } from '../call.ts';
import type { Analyser, Fact } from '../fact.ts';
import type { FieldName } from '../field-name.ts';
import { isAttempt } from '../gate.ts';
import type { Gate } from '../gate.ts';
import { exposuresOf } from '../grant-exposure.ts';
import type { Known } from '../known.ts';
import type { Vocabulary } from '../policy/access.ts';
import { parsePolicy } from '../policy/document.ts';
import type { Policy } from '../policy/document.ts';
import type { Grant } from '../policy/grant.ts';
import { grantsOf } from '../policy/grants.ts';
import { exposureOfFederation } from './federation-fact.ts';
import { federationsOf } from './federation.ts';

/** What CreateRole and UpdateAssumeRolePolicy mean for who can assume a role. Fields: exposure.ts and those below. */
export const roleTrust: Analyser = {
  name: 'role-trust',
  subjects: ['exposure'],
  actions: ['iam.amazonaws.com:CreateRole', 'iam.amazonaws.com:UpdateAssumeRolePolicy'],
  analyse,
};

/** What rules see under `tocsin.exposure` of a role's trust, besides what every exposure has. */
export const trustFieldNames: readonly FieldName[] = [
  {
    name: 'exposure.external_id',
    description: 'true where another account must give an sts:ExternalId to assume the role',
  },
  { name: 'exposure.provider', description: 'the identity provider that a role trusts, such as gitlab.com' },
  {
    name: 'exposure.subject',
    description:
      'how the tokens of the identity provider are tied to those who are meant: fixed, owner (every project of one owner), wide, missing or guests',
  },
];

const nothingToActOn = (): boolean => false;

/** What a trust policy can allow. Tags and the source identity go with assuming a role and let nobody in by themselves. */
const trustVocabulary: Vocabulary = {
  service: 'sts',
  actions: [
    { name: 'sts:assumerole', access: 'assume' },
    { name: 'sts:assumerolewithsaml', access: 'assume' },
    { name: 'sts:assumerolewithwebidentity', access: 'assume' },
    { name: 'sts:setcontext', access: 'assume', appliesTo: nothingToActOn },
    { name: 'sts:setsourceidentity', access: 'assume', appliesTo: nothingToActOn },
    { name: 'sts:tagsession', access: 'assume', appliesTo: nothingToActOn },
  ],
};

function analyse(event: Event, known: Known): readonly Fact[] {
  const request = object(event.fields, 'requestParameters');
  const isNew = event.action === 'CreateRole';
  const document = member(request, isNew ? 'assumeRolePolicyDocument' : 'policyDocument');
  // A call that IAM refuses for lack of rights is recorded without its parameters.
  if (document === undefined || document === null) return [];
  const name = text(request, 'roleName');
  const given = text(object(object(event.fields, 'responseElements'), 'role'), 'arn');
  const role = resourceOf(event, 'AWS::IAM::Role', 'role', given ?? name);
  const policy = parsePolicy(document);
  const gate = gateOf(event, { ...role, name: name ?? role.name });
  const { grants, problems } = grantsOf(withoutFederated(policy), {
    owner: role.owner,
    known,
    vocabulary: trustVocabulary,
    universe: [role.id],
  });
  const federated = federationsOf(policy).map((federation) => exposureOfFederation(gate, federation));
  const others = exposuresOf(gate, grants.map(asCaller), problems)
    .filter((fact) => !(isNobody(fact) && (isNew || federated.length > 0)))
    .map((fact) => withExternalId(fact));
  return [...others, ...federated];
}

/** Whether a fact only says that nobody comes in from outside. */
function isNobody({ fields: { audience } }: Fact): boolean {
  return audience === 'nobody' || audience === 'own-account';
}

function gateOf(event: Event, role: Resource): Gate {
  return {
    event,
    resource: { type: role.type, arn: role.id, name: role.name, owner: role.owner, spoken: role.spoken },
    via: 'policy',
    name: 'the trust policy',
    attempted: isAttempt(event),
    blocked: undefined,
    shownBy: 'GetRole',
    shutter: () => undefined,
    underControlPolicies: true,
    spokenScope: () => [role.spoken],
  };
}

/** Identity providers are judged by the claims that the policy asks for: see federation.ts. */
function withoutFederated(policy: Policy): Policy {
  const statements = policy.statements
    .map((statement) =>
      statement.effect === 'Deny'
        ? statement
        : { ...statement, principals: statement.principals.filter(({ kind }) => kind !== 'federated') },
    )
    .filter((statement) => statement.principals.length > 0);
  return { ...policy, statements };
}

/** To assume a role one signs the call: everyone means everyone with an AWS account, unless a token of some provider is enough. */
function asCaller(grant: Grant): Grant {
  return grant.audience === 'public' && grant.actions.every((action) => action === 'sts:assumerole')
    ? { ...grant, audience: 'any-aws-account' }
    : grant;
}

const unknownVendor =
  'whether the other account works for many customers, as a vendor does: then another of its customers can make it come in here, as the policy asks for no sts:ExternalId';

function withExternalId(fact: Fact): Fact {
  const { audience, conditions, attempted } = fact.fields;
  if (audience !== 'external-account' && audience !== 'any-aws-account') return fact;
  const asks =
    Array.isArray(conditions) &&
    conditions.some((text: unknown) => typeof text === 'string' && /^sts:externalid is /i.test(text));
  const doubts = asks || attempted === true || audience !== 'external-account' ? [] : [unknownVendor];
  return {
    ...fact,
    unknowns: [...fact.unknowns, ...doubts],
    fields: { ...fact.fields, external_id: asks },
  };
}
