import type { Event } from '../../event/event.ts';
import type { Json, JsonObject } from '../../event/json.ts';
import type { Exposure } from '../exposure.ts';
import type { ResourceKind } from './kind.ts';

/** A call that changes who a policy lets in. */
export interface PolicyCall {
  readonly kind: ResourceKind;
  /**
   * `set` replaces the policy, `new` makes the resource with one, `add` adds a statement or one of several policies, `remove`
   * takes one away, `delete` takes away the policy.
   */
  readonly effect: 'set' | 'new' | 'add' | 'remove' | 'delete';
  /** Name or ARN of the resource; undefined where the record doesn't say. */
  readonly name: (request: JsonObject, event: Event) => string | undefined;
  /** The policy, or the statement, that the call sets. */
  readonly document?: (request: JsonObject) => Json | undefined;
  /** True where a call without a document does something else, and is no change of a policy. */
  readonly optional?: boolean;
  readonly via?: Exposure['via'];
}

/** Calls by `service:action`. */
export type PolicyCalls = Readonly<Record<string, PolicyCall>>;
