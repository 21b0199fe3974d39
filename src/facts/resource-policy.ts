import { object } from '../event/json.ts';
import type { Event } from '../event/event.ts';
import type { Json } from '../event/json.ts';
import { exposureFact } from './exposure.ts';
import type { Analyser, Fact } from './fact.ts';
import { codeOf } from './gate.ts';
import { baseOf, exposureOfDeletion, exposuresOf, staysInside } from './grant-exposure.ts';
import type { Known } from './known.ts';
import type { Grant } from './policy/grant.ts';
import type { PolicyCall } from './resource-policy/call.ts';
import { policyCalls } from './resource-policy/calls.ts';
import { resourceOf } from './resource-policy/kind.ts';
import { factsOfPolicy, gateOf, grantsIn } from './resource-policy/policy-facts.ts';
import type { PolicyChange } from './resource-policy/policy-facts.ts';

/** By event source and action; the sources are the services' names before `.amazonaws.com`. */
const calls: ReadonlyMap<string, PolicyCall> = new Map(
  Object.entries(policyCalls).map(([name, call]) => [name.replace(':', '.amazonaws.com:'), call]),
);

/** What changes of resource policies mean for who can reach the resource, for every service in resource-policy/calls.ts. Fields: exposure.ts. */
export const resourcePolicy: Analyser = {
  name: 'resource-policy',
  subjects: ['exposure'],
  actions: [...calls.keys()],
  analyse,
};

function analyse(event: Event, known: Known): readonly Fact[] {
  const call = calls.get(`${event.service}:${event.action}`);
  const request = object(event.fields, 'requestParameters');
  if (call === undefined || request === undefined) return [];
  const name = call.name(request, event);
  if (name === undefined) return [];
  const { kind, via } = call;
  const change: PolicyChange = { event, known, kind, request, via, resource: resourceOf(kind, event, name) };
  if (call.effect === 'delete') return factsOfDeletion(change);
  if (call.effect === 'remove') return [factOfRemoval(change)];
  const document = call.document?.(request);
  if (document === undefined && call.optional === true) return [];
  if (document === '') return call.effect === 'set' ? factsOfDeletion(change) : [];
  return call.effect === 'set' ? factsOfPolicy(change, document) : factsOfAddition(change, document);
}

/** What is new or beside others says nothing of its own account: nobody was let in, and who else is isn't known. */
function factsOfAddition(change: PolicyChange, document: Json | undefined): readonly Fact[] {
  const { grants, problems } = grantsIn(change, document);
  return staysInside(grants) && problems.length === 0 ? [] : exposuresOf(gateOf(change), grants, problems);
}

function factsOfDeletion(change: PolicyChange): readonly Fact[] {
  const gate = gateOf(change);
  const { withoutPolicy } = change.kind;
  if (withoutPolicy === undefined) return [exposureOfDeletion(gate)];
  const grant: Grant = {
    audience: withoutPolicy.audience,
    principals: ['*'],
    accounts: [],
    organisations: [],
    guarded: true,
    access: [withoutPolicy.access],
    actions: [],
    resources: [change.resource.arn],
    conditions: [],
    doubts: [],
  };
  const [fact] = exposuresOf({ ...gate, name: 'without its policy, the service' }, [grant], []);
  return fact === undefined ? [] : [fact];
}

function factOfRemoval(change: PolicyChange): Fact {
  const gate = gateOf(change);
  const { event, resource } = change;
  return exposureFact(
    {
      ...baseOf(gate),
      audience: 'unknown',
      access: [],
      change: gate.attempted ? 'unchanged' : 'closed',
      verdict: 'none',
      scope: [],
      principals: [],
      accounts: [],
      organisations: [],
      actions: [],
      conditions: [],
      confusedDeputy: false,
    },
    gate.attempted
      ? `tried to remove a permission on ${resource.spoken}, but the call failed${codeOf(event)}`
      : `a permission on ${resource.spoken} is gone: whomever it let in, it lets in no more`,
    gate.attempted ? [] : [`whom the policy still lets in: ${gate.shownBy} would tell`],
  );
}
