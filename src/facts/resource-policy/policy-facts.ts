import type { Event } from '../../event/event.ts';
import type { Json, JsonObject } from '../../event/json.ts';
import type { Exposure } from '../exposure.ts';
import type { Fact } from '../fact.ts';
import { isAttempt } from '../gate.ts';
import type { Gate, GuardedResource } from '../gate.ts';
import { exposuresOf } from '../grant-exposure.ts';
import type { Known } from '../known.ts';
import { parsePolicy } from '../policy/document.ts';
import { grantsOf } from '../policy/grants.ts';
import type { Answer } from '../policy/grants.ts';
import { quote } from '../sentence.ts';
import type { ResourceKind } from './kind.ts';
import { vocabularyOf } from './vocabulary.ts';

/** A resource of a kind, and the call that says something of its policy. */
export interface PolicyChange {
  readonly event: Event;
  readonly known: Known;
  readonly kind: ResourceKind;
  readonly resource: GuardedResource;
  /** The call's parameters; what else they say may decide whom the policy lets in. */
  readonly request?: JsonObject | undefined;
  readonly via?: Exposure['via'] | undefined;
}

/**
 * What a policy means that a call sets on a resource: a fact for each audience from outside, one for what can't be read, and
 * one that it closes the resource where there is none. Pure; never throws on any document.
 */
export function factsOfPolicy(change: PolicyChange, document: Json | undefined): readonly Fact[] {
  const { grants, problems } = grantsIn(change, document);
  return exposuresOf(gateOf(change), grants, problems);
}

/** Who is let in by a policy of the resource. */
export function grantsIn(
  { kind, known, resource, request }: PolicyChange,
  document: Json | undefined,
): Answer {
  const { arn } = resource;
  const anonymous = typeof kind.anonymous === 'function' ? kind.anonymous(request) : kind.anonymous;
  return grantsOf(parsePolicy(document), {
    owner: resource.owner,
    known,
    vocabulary: vocabularyOf(kind.service),
    signedOnly: !anonymous,
    universe: [arn],
  });
}

/** The policy of a resource as a call sets it. */
export function gateOf({ event, kind, resource, request, via }: PolicyChange): Gate {
  const { arn, spoken } = resource;
  // A queue and "all that its name begins" are the same to people; so are a domain and what is in it.
  const isWhole = (pattern: string): boolean =>
    [arn, `${arn}*`, `${arn}/*`, `${arn}:*`, kind.shorthand].includes(pattern);
  return {
    event,
    resource,
    via: via ?? 'policy',
    name: kind.policy ?? 'the policy',
    attempted: isAttempt(event),
    blocked: undefined,
    shownBy: kind.shownBy,
    shutter: (audience) => kind.shutter?.(audience, request),
    underControlPolicies: kind.underControlPolicies,
    verbs: kind.verbs,
    spokenScope: (patterns) => [
      ...new Set(patterns.map((pattern) => (isWhole(pattern) ? spoken : quote(pattern)))),
    ],
  };
}
