import { parseArn } from '../../decode/cloudtrail/arn.ts';
import type { Event } from '../../event/event.ts';
import { object } from '../../event/json.ts';
import type { JsonObject } from '../../event/json.ts';
import type { Analyser, Fact } from '../fact.ts';
import { looseList, looseText } from '../loose.ts';
import { protectionFact } from '../protection.ts';
import type { Protection, ProtectionKind } from '../protection.ts';
import { quote } from '../sentence.ts';

/** A call that concerns a guard, with what its record says. */
export interface GuardCall {
  readonly event: Event;
  readonly request: JsonObject | undefined;
  readonly response: JsonObject | undefined;
  /**
   * The first of these parameters that is there: text, number, or the first of a list of texts; in the request, else in the answer.
   */
  readonly named: (...keys: readonly string[]) => string | undefined;
}

/** What a call does to a guard, were it to succeed. */
export interface GuardChange {
  readonly kind: ProtectionKind;
  readonly wanted: Protection['wanted'];
  readonly scope?: Protection['scope'];
  readonly resourceType: string;
  /** Id or ARN; the account's id where undefined. */
  readonly resource: string | undefined;
  readonly lost?: readonly string[];
  /** What is so now, as a sentence. */
  readonly says: string;
  /** What the event alone can't tell, and the call that would. */
  readonly unknowns?: readonly string[];
}

export type ReadGuardCall = (call: GuardCall) => GuardChange | readonly GuardChange[] | undefined;

/** The guards of one kind that one sort of resource stands for, for calls that say little more than its name. */
export function guardsOf(
  kind: ProtectionKind,
  resourceType: string,
  keys: readonly string[],
): {
  readonly change: (
    call: GuardCall,
    wanted: GuardChange['wanted'],
    lost: readonly string[],
    says: (name: string) => string,
  ) => GuardChange;
  /** The same as a reader that needs no look at the call. */
  readonly always: (
    wanted: GuardChange['wanted'],
    lost: readonly string[],
    says: (name: string) => string,
  ) => ReadGuardCall;
} {
  const change = (
    { named }: GuardCall,
    wanted: GuardChange['wanted'],
    lost: readonly string[],
    says: (name: string) => string,
  ): GuardChange => {
    const resource = named(...keys);
    return {
      kind,
      wanted,
      resourceType,
      resource,
      scope: resource === undefined ? 'region' : 'resource',
      lost,
      says: says(resource === undefined ? '(which the record does not name)' : quote(nameOf(resource))),
    };
  };
  return { change, always: (wanted, lost, says) => (call) => change(call, wanted, lost, says) };
}

/** An analyser of guards out of a table: by service (without `.amazonaws.com`) and action. */
export function guardAnalyser(
  name: string,
  calls: Readonly<Record<string, Readonly<Record<string, ReadGuardCall>>>>,
): Analyser {
  const readers: ReadonlyMap<string, ReadGuardCall> = new Map(
    Object.entries(calls).flatMap(([service, actions]) =>
      Object.entries(actions).map(([action, read]) => [`${service}.amazonaws.com:${action}`, read] as const),
    ),
  );
  return {
    name,
    actions: [...readers.keys()],
    subjects: ['protection'],
    analyse: (event) => {
      const changes = readers.get(`${event.service}:${event.action}`)?.(callOf(event));
      if (changes === undefined) return [];
      return (Array.isArray(changes) ? (changes as readonly GuardChange[]) : [changes as GuardChange]).map(
        (change) => factOf(event, change),
      );
    },
  };
}

function callOf(event: Event): GuardCall {
  const request = object(event.fields, 'requestParameters');
  const response = object(event.fields, 'responseElements');
  const named = (...keys: readonly string[]) => {
    for (const parent of [request, response]) {
      for (const key of keys) {
        const found =
          looseText(parent, key) ??
          looseList(parent, key).find((item): item is string => typeof item === 'string');
        if (found !== undefined) return found;
      }
    }
    return undefined;
  };
  return { event, request, response, named };
}

function factOf(event: Event, change: GuardChange): Fact {
  const attempted = event.outcome.result === 'failure';
  const { kind, wanted, says, lost } = change;
  const resource = change.resource ?? event.account ?? '';
  const protection: Protection = {
    kind,
    wanted,
    change: attempted ? 'unchanged' : wanted,
    attempted,
    scope: change.scope ?? 'resource',
    resourceType: change.resourceType,
    resource,
    resourceName: nameOf(resource),
    lost: isTamperedOwn(wanted, resource) ? [...(lost ?? []), 'tocsin'] : (lost ?? []),
  };
  const code = event.outcome.code === undefined ? '' : ` (${quote(event.outcome.code)})`;
  const unknowns = [...(change.unknowns ?? [])];
  if (event.outcome.result === 'unknown')
    unknowns.push('whether the call succeeded: the record does not say');
  return protectionFact(
    protection,
    attempted ? `tried this, but the call failed${code}: ${says}` : says,
    attempted ? [] : unknowns,
  );
}

/** Whether the thing that is lost is a part of this very system, which its deployments name after it. */
function isTamperedOwn(wanted: GuardChange['wanted'], resource: string): boolean {
  return (wanted === 'removed' || wanted === 'weakened') && /tocsin/i.test(resource);
}

/** What people call a thing by its ARN: all that stands behind its type. */
export function nameOf(resource: string): string {
  const path = parseArn(resource)?.resource;
  if (path === undefined) return resource;
  const slash = path.search(/[/:]/);
  return slash < 0 || slash === path.length - 1 ? path : path.slice(slash + 1);
}
