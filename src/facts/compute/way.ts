import type { Call } from '../call.ts';
import type { EntryKind } from './entry-fact.ts';

/** What a request tells about the way in. */
export interface Details {
  /** What is run or put in. */
  readonly what?: readonly string[] | undefined;
  readonly as?: string | undefined;
  readonly traits?: readonly string[] | undefined;
  readonly count?: number | undefined;
  readonly unknowns?: readonly string[] | undefined;
}

/** A call that takes or makes a way in. */
export interface Way {
  readonly service: string;
  readonly actions: readonly string[];
  readonly kind: EntryKind;
  readonly change: 'taken' | 'made';
  readonly type: string;
  /** What a person calls such a resource. */
  readonly word: string;
  readonly name: readonly string[];
  /** What the caller did, before the resource's name: "ran commands on". */
  readonly did: string;
  /** The same for an attempt, after "tried to": "run commands on". */
  readonly doing: string;
  /** Undefined where the call has other uses and takes no way in here. */
  readonly read?: ((call: Call) => Details | undefined) | undefined;
  /** Keys without any of which in the request, whatever the case of their letters, it takes none. */
  readonly keys?: readonly string[] | undefined;
}

export const noDetails: Details = {};

/** The traits whose condition holds. */
export function traitsOf(traits: Readonly<Record<string, boolean>>): readonly string[] {
  return Object.keys(traits).filter((name) => traits[name] === true);
}
