import { callOf, failed, firstText, flagAt, numberAt, resourceOf, textAt, unknownsOf } from '../call.ts';
import type { Call, Resource } from '../call.ts';
import type { Analyser, Fact } from '../fact.ts';
import { protectionFact } from '../protection.ts';
import type { Protection, ProtectionKind } from '../protection.ts';
import { listed, quote } from '../sentence.ts';

/** What a call does to a guard. */
export interface Setting {
  readonly wanted: 'removed' | 'weakened' | 'absent' | 'restored' | 'unknown';
  /** What of the guard is gone, as words that rules can ask for. */
  readonly lost?: readonly string[] | undefined;
}

/** A guard of a resource, and the calls that set it. */
export interface Guard {
  /** `eventSource` without `.amazonaws.com`. */
  readonly service: string;
  readonly actions: readonly string[];
  readonly kind: ProtectionKind;
  /** As it stands in a sentence: "deletion protection". */
  readonly guard: string;
  /** `resource` where undefined; for the others the account is what is named. */
  readonly scope?: 'region' | 'account' | undefined;
  readonly type: string;
  /** What a person calls such a resource: "database cluster". */
  readonly word: string;
  /** Where its name stands in the request, or else in the answer. */
  readonly name: readonly string[];
  /** What the call does; undefined where it leaves this guard alone. */
  readonly read: (call: Call) => Setting | undefined;
  /** What it means that the guard is gone, as the end of a sentence. */
  readonly without: string;
  readonly unknowns?: readonly string[] | undefined;
}

const creation = /^(?:Create|Restore|Run)/;

export const removed: Setting = { wanted: 'removed' };
export const weakened: Setting = { wanted: 'weakened' };
export const restored: Setting = { wanted: 'restored' };
export const absent: Setting = { wanted: 'absent' };

/** Whether the call makes something new, so that a guard that is off was never on. */
export function isCreation({ event }: Call): boolean {
  return creation.test(event.action);
}

/** On or off by one boolean of the request. A new resource that has it says nothing. */
export function byFlag(path: string, onWhere = true): (call: Call) => Setting | undefined {
  return (call) => {
    const flag = flagAt(call.request, path);
    return flag === undefined ? undefined : settingOf(call, flag === onWhere);
  };
}

/** On or off for a new or an old resource. */
export function settingOf(call: Call, on: boolean): Setting | undefined {
  if (isCreation(call)) return on ? undefined : absent;
  return on ? restored : removed;
}

/** Days for which something is kept: none is off. More than none says nothing by itself, for it may be more or less than before. */
export function byDays(...paths: readonly string[]): (call: Call) => Setting | undefined {
  return (call) => {
    const days = paths.map((path) => numberAt(call.request, path)).find((number) => number !== undefined);
    return days === 0 ? settingOf(call, false) : undefined;
  };
}

/** One of a few words. */
export function byWord(
  path: string,
  off: readonly string[],
  on: readonly string[],
): (call: Call) => Setting | undefined {
  return (call) => {
    const word = textAt(call.request, path)?.toLowerCase();
    if (word === undefined) return undefined;
    if (off.includes(word)) return settingOf(call, false);
    return on.includes(word) ? settingOf(call, true) : undefined;
  };
}

/** The call itself is the answer, whatever it asks for. */
export function always(setting: Setting): () => Setting {
  return () => setting;
}

/** The first of several readings that says anything. */
export function firstOf(...reads: readonly Guard['read'][]): Guard['read'] {
  return (call) => {
    for (const read of reads) {
      const setting = read(call);
      if (setting !== undefined) return setting;
    }
    return undefined;
  };
}

/** An analyser out of a table of guards; one call may concern several. */
export function guardAnalyser(name: string, guards: readonly Guard[]): Analyser {
  const byAction = new Map<string, Guard[]>();
  for (const guard of guards) {
    for (const action of guard.actions) {
      const key = `${guard.service}.amazonaws.com:${action}`;
      byAction.set(key, [...(byAction.get(key) ?? []), guard]);
    }
  }
  return {
    name,
    subjects: ['protection'],
    actions: [...byAction.keys()],
    analyse: (event) => {
      const call = callOf(event);
      return (byAction.get(`${event.service}:${event.action}`) ?? []).flatMap((guard) => {
        const setting = guard.read(call);
        return setting === undefined ? [] : [factOf(call, guard, setting)];
      });
    },
  };
}

function factOf(call: Call, guard: Guard, { wanted, lost }: Setting): Fact {
  const { event, attempted } = call;
  const resource = placeOf(call, guard);
  const protection: Protection = {
    kind: guard.kind,
    change: attempted ? 'unchanged' : wanted,
    wanted,
    attempted,
    scope: guard.scope ?? 'resource',
    resourceType: resource.type,
    resource: resource.id,
    resourceName: resource.name,
    lost: lost ?? [],
  };
  const parts = lost === undefined || lost.length === 0 ? '' : ` (${listed(lost.map(quote))})`;
  const { said, tried } = spoken(guard, resource.spoken, wanted, parts);
  const unknowns = wanted === 'restored' ? [] : (guard.unknowns ?? []);
  return protectionFact(protection, attempted ? failed(event, tried) : said, unknownsOf(call, unknowns));
}

function placeOf(call: Call, guard: Guard): Resource {
  const { event } = call;
  if (guard.scope === undefined) {
    const name = firstText(call.request, guard.name) ?? firstText(call.response, guard.name);
    return resourceOf(event, guard.type, guard.word, name);
  }
  const account = event.account ?? '';
  const where = guard.scope === 'region' && event.region !== undefined ? ` in ${quote(event.region)}` : '';
  return {
    type: guard.type,
    name: account,
    id: account,
    owner: event.account,
    spoken: `account ${quote(account)}${where}`,
  };
}

/** What is so now, and what was tried where the call failed. */
function spoken(
  { guard, without }: Guard,
  of: string,
  wanted: Setting['wanted'],
  parts: string,
): { readonly said: string; readonly tried: string } {
  switch (wanted) {
    case 'removed':
      return {
        said: `${guard}${parts} of ${of} is off: ${without}`,
        tried: `switch off ${guard}${parts} of ${of}`,
      };
    case 'weakened':
      return {
        said: `${guard} of ${of} is weaker now${parts}: ${without}`,
        tried: `weaken ${guard}${parts} of ${of}`,
      };
    case 'absent':
      return {
        said: `${of} is made without ${guard}${parts}: ${without}`,
        tried: `make ${of} without ${guard}${parts}`,
      };
    case 'restored':
      return { said: `${guard}${parts} of ${of} is on`, tried: `switch on ${guard}${parts} of ${of}` };
    case 'unknown':
      return {
        said: `${guard} of ${of} was set, but what to cannot be read from the record`,
        tried: `set ${guard} of ${of}`,
      };
  }
}
