import { exposureFact } from '../exposure.ts';
import type { Exposure } from '../exposure.ts';
import { failed, unknownsOf } from '../call.ts';
import type { Call, Resource } from '../call.ts';
import type { Fact } from '../fact.ts';

/** What a switch or a share says of who can reach a resource. */
export interface Opening {
  readonly resource: Resource;
  readonly via: 'switch' | 'share';
  readonly audience: Exposure['audience'];
  readonly access: Exposure['access'];
  /** Whether nothing else of the resource's own can keep them out. */
  readonly certain: boolean;
  readonly principals?: readonly string[] | undefined;
  readonly accounts?: readonly string[] | undefined;
  readonly organisations?: readonly string[] | undefined;
  readonly conditions?: readonly string[] | undefined;
  /** The sentence where it is so. */
  readonly said: string;
  /** The same as what was tried: "make database instance `billing` publicly accessible". */
  readonly tried: string;
  /** What may keep them out all the same, and which call would tell. */
  readonly unknowns: readonly string[];
}

/** The fact that a call opened a resource, or tried to. */
export function openedFact(call: Call, opening: Opening): Fact {
  const { resource, attempted } = { resource: opening.resource, attempted: call.attempted };
  const sure = opening.certain && call.event.outcome.result === 'success';
  return exposureFact(
    {
      ...emptyOf(call, resource, opening.via),
      audience: opening.audience,
      access: opening.access,
      change: attempted ? 'unchanged' : 'opened',
      verdict: attempted ? 'none' : sure ? 'exposed' : 'unknown',
      principals: opening.principals ?? [],
      accounts: opening.accounts ?? [],
      organisations: opening.organisations ?? [],
      conditions: opening.conditions ?? [],
    },
    attempted ? failed(call.event, opening.tried) : opening.said,
    unknownsOf(call, opening.unknowns),
  );
}

/** The fact that a call shut outsiders out of a resource, or tried to. */
export function closedFact(
  call: Call,
  resource: Resource,
  via: Opening['via'],
  { said, tried, unknowns = [] }: { said: string; tried: string; unknowns?: readonly string[] },
): Fact {
  return exposureFact(
    {
      ...emptyOf(call, resource, via),
      audience: 'nobody',
      access: [],
      change: call.attempted ? 'unchanged' : 'closed',
      verdict: 'none',
    },
    call.attempted ? failed(call.event, tried) : said,
    unknownsOf(call, unknowns),
  );
}

function emptyOf(
  call: Call,
  resource: Resource,
  via: Opening['via'],
): Omit<Exposure, 'audience' | 'access' | 'change' | 'verdict'> {
  return {
    attempted: call.attempted,
    via,
    resourceType: resource.type,
    resource: resource.id,
    resourceName: resource.name,
    scope: [],
    principals: [],
    accounts: [],
    organisations: [],
    actions: [],
    conditions: [],
    confusedDeputy: false,
  };
}
