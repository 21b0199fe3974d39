import type { Event } from '../../event/event.ts';
import type { JsonObject } from '../../event/json.ts';
import type { Audience } from '../fact.ts';
import type { GuardedResource } from '../gate.ts';
import type { AccessClass } from '../policy/access.ts';
import { quote } from '../sentence.ts';

/** A kind of resource that policies hang on, and what its service makes of them. */
export interface ResourceKind {
  /** As CloudFormation names it: `AWS::SNS::Topic`. */
  readonly type: string;
  /** `topic`, to stand before its name in a sentence. */
  readonly noun: string;
  /** What actions of the service begin with: `sns`. */
  readonly service: string;
  /** The policy as the subject of a sentence; `the policy` where nothing is said. */
  readonly policy?: string;
  /** What an ARN of it has between the account and the name: `function:`. Nothing, where left out. */
  readonly prefix?: string;
  /** The service in its ARNs, where that is not the same. */
  readonly arnService?: string;
  /** The call that shows the policy as it is. */
  readonly shownBy: string;
  /** Whether the service answers requests that nobody has signed. Where not, everyone means everyone with an AWS account. */
  readonly anonymous: boolean | ((request: JsonObject | undefined) => boolean);
  /**
   * Whether resource control policies apply to the service:
   * https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_policies_rcps.html
   */
  readonly underControlPolicies: boolean;
  /** What else may keep people out that the policy lets in, and what would tell. */
  readonly shutter?: (audience: Audience, request: JsonObject | undefined) => string | undefined;
  /** Whom the resource lets in when it has no policy, where that is anybody but its account. */
  readonly withoutPolicy?: { readonly audience: Audience; readonly access: AccessClass };
  /** How resource patterns may name all of it beside its ARN. */
  readonly shorthand?: string;
  /** How its service says what an access means, where the common words don't fit. */
  readonly verbs?: Readonly<Partial<Record<AccessClass, string>>>;
}

/** A resource of a kind by its name, or by its ARN where `name` is one. The account in an ARN is its owner; else the one in which it happened. */
export function resourceOf(kind: ResourceKind, event: Event, name: string): GuardedResource {
  const prefix = kind.prefix ?? '';
  const [, partition, , region = '', account = '', rest = ''] =
    /^arn:([^:]*):([^:]*):([^:]*):([^:]*):(.*)$/s.exec(name) ?? [];
  if (partition !== undefined) {
    const short = rest.startsWith(prefix) && rest.length > prefix.length ? rest.slice(prefix.length) : rest;
    return guarded(kind, name, short, /^\d{12}$/.test(account) ? account : ownerOf(event, name));
  }
  const arn = `arn:${partitionOf(event.region ?? region)}:${kind.arnService ?? kind.service}:${event.region ?? ''}:${event.account ?? ''}:${prefix}${name}`;
  return guarded(kind, arn, name, ownerOf(event, arn));
}

function guarded(kind: ResourceKind, arn: string, name: string, owner: string | undefined): GuardedResource {
  return { type: kind.type, arn, name, owner, spoken: `${kind.noun} ${quote(name)}` };
}

function ownerOf(event: Event, arn: string): string | undefined {
  return event.targets.find((target) => target.arn === arn)?.account ?? event.account;
}

function partitionOf(region: string): string {
  if (region.startsWith('cn-')) return 'aws-cn';
  return region.startsWith('us-gov-') ? 'aws-us-gov' : 'aws';
}
