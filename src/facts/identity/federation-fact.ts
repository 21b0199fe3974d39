import { exposureFact } from '../exposure.ts';
import type { Exposure } from '../exposure.ts';
import type { Audience, Fact } from '../fact.ts';
import { codeOf } from '../gate.ts';
import type { Gate } from '../gate.ts';
import { quote } from '../sentence.ts';
import type { Federation } from './federation.ts';

/** What a role's trust in an identity provider means: whether strangers can get a token that is good for the role. */
export function exposureOfFederation(gate: Gate, federation: Federation): Fact {
  const audience = audienceOf(federation);
  const exposure: Exposure = {
    audience,
    access: ['assume'],
    change: gate.attempted ? 'unchanged' : 'opened',
    verdict: gate.attempted ? 'none' : audience === 'unknown' ? 'unknown' : 'exposed',
    attempted: gate.attempted,
    via: gate.via,
    resourceType: gate.resource.type,
    resource: gate.resource.arn,
    resourceName: gate.resource.name,
    scope: [gate.resource.arn],
    principals: [federation.principal],
    accounts: [],
    organisations: [],
    actions: [federation.protocol === 'saml' ? 'sts:assumerolewithsaml' : 'sts:assumerolewithwebidentity'],
    conditions: [...federation.conditions].sort(),
    confusedDeputy: false,
  };
  const fact = exposureFact(exposure, sentenceOf(gate, federation), unknownsOf(gate, federation));
  return {
    ...fact,
    fields: { ...fact.fields, provider: federation.provider, subject: federation.subject },
  };
}

function isLoose({ subject }: Federation): boolean {
  return subject === 'missing' || subject === 'wide';
}

function audienceOf(federation: Federation): Audience {
  if (federation.protocol === 'saml' || !isLoose(federation)) return 'federated';
  if (federation.isShared === undefined) return 'unknown';
  return federation.isShared ? 'public' : 'federated';
}

function sentenceOf(gate: Gate, federation: Federation): string {
  const can = gate.attempted
    ? `to assume ${gate.resource.spoken}, but the call failed${codeOf(gate.event)}`
    : `can now assume ${gate.resource.spoken}`;
  const who = whoOf(federation);
  return gate.attempted ? `tried to let ${who} ${can.replace(/^to /, '')}` : `${who} ${can}`;
}

function whoOf({ holders, subject, provider, conditions, protocol }: Federation): string {
  const name = quote(provider);
  const ifs = conditions.length === 0 ? '' : ` if ${[...conditions].sort().map(quote).join(' and ')}`;
  if (subject === 'guests')
    return `everybody who opens the application, as a guest of an identity pool (${name}),`;
  const all = holders ?? `everybody who gets a token of ${name}`;
  if (protocol === 'saml') return `${all} (${name})${ifs === '' ? '' : `${ifs},`}`;
  switch (subject) {
    case 'missing':
      return `${all} (${name}, no claim says whose token it must be${ifs === '' ? '' : `;${ifs}`})`;
    case 'wide':
      return `${all} whose claims fit a pattern that strangers can fit (${name}${ifs})`;
    case 'owner':
    case 'fixed':
      return `whom ${name} signs in${ifs},`;
  }
}

function unknownsOf(gate: Gate, { protocol, subject, provider, isShared }: Federation): readonly string[] {
  if (gate.attempted) return [];
  const unknowns: string[] = [];
  if (gate.event.outcome.result === 'unknown')
    unknowns.push('whether the call succeeded: the record does not say');
  if (protocol === 'saml' && subject === 'missing')
    unknowns.push(
      'whether the SAML provider signs people in to other services too, whose assertions are then good here: the policy asks for no SAML:aud',
    );
  if (protocol === 'oidc' && isShared === undefined && (subject === 'missing' || subject === 'wide'))
    unknowns.push(`who can get a token of ${quote(provider)}: the provider's own settings would tell`);
  return unknowns;
}
