import { exposureFact } from './exposure.ts';
import type { Exposure } from './exposure.ts';
import type { Audience, Fact } from './fact.ts';
import { codeOf } from './gate.ts';
import type { Gate } from './gate.ts';
import { sentenceOfGrants } from './grant-sentence.ts';
import { sortAccess } from './policy/access.ts';
import { audiencesByWidth } from './policy/grant.ts';
import type { Grant } from './policy/grant.ts';

const inside: ReadonlySet<Audience> = new Set(['own-account', 'nobody']);
const everyone: ReadonlySet<Audience> = new Set(['public', 'any-aws-account']);

const unknownOrganisation =
  'whether a resource control policy of the organisation keeps outsiders out: ListPoliciesForTarget would tell';
const unknownOutcome = 'whether the call succeeded: the record does not say';
const unknownDeputy =
  'whether the service ties its requests to their source by itself: the policy does not (aws:SourceArn, aws:SourceAccount or aws:SourceOrgID would)';

/** One audience with what it got. */
interface Opening {
  readonly audience: Audience;
  readonly grants: readonly Grant[];
}

interface Circumstances {
  readonly doubts: readonly string[];
  readonly confusedDeputy: boolean;
  /** What may keep the audience out all the same. */
  readonly shutter: string | undefined;
}

/** Whether none of some grants lets in anybody but the owner's own account. */
export function staysInside(grants: readonly Grant[]): boolean {
  return grants.every((grant) => inside.has(grant.audience));
}

/**
 * What a policy or ACL with these grants means for who can reach the resource: one fact for each audience from outside; one
 * that it closes the resource, where there is none; and one for what cannot be read.
 */
export function exposuresOf(
  gate: Gate,
  grants: readonly Grant[],
  problems: readonly string[],
): readonly Fact[] {
  const openings: Opening[] = audiencesByWidth
    .map((audience) => ({ audience, grants: grants.filter((grant) => grant.audience === audience) }))
    .filter((opening) => opening.grants.length > 0);
  const outside = openings.filter((opening) => !inside.has(opening.audience));
  const isPublic = outside.some(({ audience }) => everyone.has(audience));
  const facts = outside.map((opening) => factOfOpening(gate, opening, isPublic));
  if (problems.length > 0) facts.push(factOfProblems(gate, problems));
  if (facts.length === 0) facts.push(factOfClosing(gate, openings[0]));
  return facts;
}

function factOfOpening(gate: Gate, opening: Opening, isPublic: boolean): Fact {
  const { audience, grants } = opening;
  const circumstances: Circumstances = {
    doubts: [...new Set(grants.flatMap((grant) => grant.doubts))],
    confusedDeputy: audience === 'service' && grants.some((grant) => !grant.guarded),
    shutter: gate.shutter(audience, isPublic),
  };
  const verdict = verdictOf(gate, audience, circumstances);
  const exposure: Exposure = {
    ...baseOf(gate),
    audience,
    access: sortAccess(grants.flatMap((grant) => grant.access)),
    change: gate.attempted || gate.blocked !== undefined ? 'unchanged' : 'opened',
    verdict,
    scope: merged(grants, (grant) => grant.resources),
    principals: merged(grants, (grant) => grant.principals),
    accounts: merged(grants, (grant) => grant.accounts),
    organisations: merged(grants, (grant) => grant.organisations),
    actions: merged(grants, (grant) => grant.actions),
    conditions: merged(grants, (grant) => grant.conditions),
    confusedDeputy: circumstances.confusedDeputy,
  };
  return exposureFact(
    exposure,
    sentenceOfGrants(gate, grants, verdict),
    unknownsOf(gate, audience, circumstances),
  );
}

function verdictOf(gate: Gate, audience: Audience, circumstances: Circumstances): Exposure['verdict'] {
  if (gate.attempted) return 'none';
  if (gate.blocked !== undefined) return 'blocked';
  if (gate.event.outcome.result === 'unknown' || circumstances.doubts.length > 0) return 'unknown';
  switch (audience) {
    case 'public':
    case 'any-aws-account':
    case 'network':
    case 'organisation':
    case 'external-account':
    case 'own-organisation':
    case 'known-account':
    case 'federated':
      return circumstances.shutter === undefined ? 'exposed' : 'unknown';
    case 'unknown':
      return 'unknown';
    case 'service':
      return circumstances.confusedDeputy ? 'unknown' : 'none';
    case 'own-account':
    case 'nobody':
      return 'none';
  }
}

function unknownsOf(
  gate: Gate,
  audience: Audience,
  { doubts, shutter, confusedDeputy }: Circumstances,
): readonly string[] {
  if (gate.attempted || gate.blocked !== undefined) return [];
  const unknowns = [...doubts];
  if (gate.event.outcome.result === 'unknown') unknowns.push(unknownOutcome);
  if (shutter !== undefined) unknowns.push(shutter);
  if (confusedDeputy) unknowns.push(unknownDeputy);
  if (audience !== 'service' && gate.underControlPolicies) unknowns.push(unknownOrganisation);
  return unknowns;
}

/** The fact that nobody outside is let in by the policy or ACL as it is now; `widest` says who inside is. */
function factOfClosing(gate: Gate, widest: Opening | undefined): Fact {
  const { attempted, blocked, resource, via } = gate;
  const grants = widest?.grants ?? [];
  const what = spokenVia(gate);
  const nobody = `nobody outside ${via !== 'acl' && resource.owner !== undefined ? `account ${resource.owner}` : 'its own account'}`;
  const exposure: Exposure = {
    ...baseOf(gate),
    audience: widest?.audience ?? 'nobody',
    access: sortAccess(grants.flatMap((grant) => grant.access)),
    change: attempted || blocked !== undefined ? 'unchanged' : 'closed',
    verdict: 'none',
    scope: merged(grants, (grant) => grant.resources),
    principals: merged(grants, (grant) => grant.principals),
    accounts: [],
    organisations: [],
    actions: merged(grants, (grant) => grant.actions),
    conditions: merged(grants, (grant) => grant.conditions),
    confusedDeputy: false,
  };
  const explanation = attempted
    ? `tried to set ${what} of ${resource.spoken} so that it lets in ${nobody}, but the call failed${codeOf(gate.event)}`
    : `${what} of ${resource.spoken} now lets in ${nobody}`;
  return exposureFact(exposure, explanation, gate.event.outcome.result === 'unknown' ? [unknownOutcome] : []);
}

/** The fact that the resource's whole policy is gone, or that somebody tried. */
export function exposureOfDeletion(gate: Gate): Fact {
  const closed = factOfClosing(gate, undefined);
  const { spoken } = gate.resource;
  const explanation = gate.attempted
    ? `tried to delete ${spokenVia(gate)} of ${spoken}, but the call failed${codeOf(gate.event)}`
    : `${spokenVia(gate)} of ${spoken} is gone: it lets nobody in any more, and denies nothing any more`;
  return { ...closed, explanation };
}

function factOfProblems(gate: Gate, problems: readonly string[]): Fact {
  const { attempted, blocked, resource } = gate;
  const what = spokenVia(gate);
  const reasons = problems.slice(0, 3).join('; ');
  const exposure: Exposure = {
    ...baseOf(gate),
    audience: 'unknown',
    access: [],
    change: attempted || blocked !== undefined ? 'unchanged' : 'unknown',
    verdict: attempted ? 'none' : blocked === undefined ? 'unknown' : 'blocked',
    scope: [],
    principals: [],
    accounts: [],
    organisations: [],
    actions: [],
    conditions: [],
    confusedDeputy: false,
  };
  return exposureFact(
    exposure,
    `${attempted ? `tried to set ${what}` : what} of ${resource.spoken}${attempted ? `, but the call failed${codeOf(gate.event)}; it` : ''} cannot be read: ${reasons}`,
    attempted ? [] : [`whom ${what} lets in: ${gate.shownBy} would tell`],
  );
}

function spokenVia({ via }: Gate): string {
  return via === 'acl' ? 'the ACL' : 'the policy';
}

/** The fields of an exposure that say what it is about. */
export function baseOf(
  gate: Gate,
): Pick<Exposure, 'attempted' | 'via' | 'resourceType' | 'resource' | 'resourceName'> {
  const { attempted, via, resource } = gate;
  return { attempted, via, resourceType: resource.type, resource: resource.arn, resourceName: resource.name };
}

function merged(grants: readonly Grant[], pick: (grant: Grant) => readonly string[]): readonly string[] {
  return [...new Set(grants.flatMap(pick))].sort();
}
