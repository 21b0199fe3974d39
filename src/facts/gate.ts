import type { Event } from '../event/event.ts';
import type { Exposure } from './exposure.ts';
import type { Audience } from './fact.ts';
import type { AccessClass } from './policy/access.ts';
import { quote } from './sentence.ts';

/** A thing that a policy or ACL guards. */
export interface GuardedResource {
  /** `AWS::S3::Bucket` */
  readonly type: string;
  readonly arn: string;
  /** What people call it: the bucket, or bucket/key. */
  readonly name: string;
  /** The account that owns it; undefined where the record doesn't say. */
  readonly owner: string | undefined;
  /** As it stands in a sentence: "bucket `invoices`". */
  readonly spoken: string;
}

/** The policy or ACL of a resource as a call set it, or tried to: what the facts of one call have in common. */
export interface Gate {
  readonly event: Event;
  readonly resource: GuardedResource;
  readonly via: Exposure['via'];
  /** As the subject of a sentence that names the resource by itself: "the bucket policy". */
  readonly name: string;
  readonly attempted: boolean;
  /** Why the call has no effect though it succeeded; undefined where it has. */
  readonly blocked: string | undefined;
  /** The call that shows what the policy or ACL says now: `GetBucketPolicy`. */
  readonly shownBy: string;
  /**
   * What may still keep an audience out that the policy or ACL lets in, and which call would tell; undefined where nothing
   * of the resource's own can. `isPublic`: whether the same policy or ACL lets in everyone.
   */
  readonly shutter: (audience: Audience, isPublic: boolean) => string | undefined;
  /** Whether the organisation's resource control policies can keep outsiders out of it. */
  readonly underControlPolicies: boolean;
  /** How the service says what an access means, where the common words don't fit. */
  readonly verbs?: Readonly<Partial<Record<AccessClass, string>>> | undefined;
  /** What resource patterns mean, for people. */
  readonly spokenScope: (patterns: readonly string[]) => readonly string[];
}

/** The error code of a failed call, to end a sentence with. */
export function codeOf(event: Event): string {
  return event.outcome.code === undefined ? '' : ` (${quote(event.outcome.code)})`;
}

/** Whether a call failed, so that what it asked for didn't come to be. */
export function isAttempt(event: Event): boolean {
  return event.outcome.result === 'failure';
}
