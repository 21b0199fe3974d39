import type { JsonObject } from './json.ts';
import type { Provenance } from './record.ts';

/** What sort of statement a record makes. The part before the dot is the log format. */
export type EventKind =
  | 'cloudtrail.api-call'
  | 'cloudtrail.console-action'
  | 'cloudtrail.signin'
  | 'cloudtrail.service-event'
  | 'cloudtrail.network-activity'
  | 'cloudtrail.insight'
  // What a security service of AWS says that it found.
  | 'guardduty.finding'
  | 'securityhub.finding'
  | 'access-analyzer.finding'
  | 'macie.finding'
  | 'inspector.finding'
  // What Tocsin says of itself.
  | 'tocsin.health'
  // A request in an access log, which alerts name as evidence.
  | 'access-log.request';

/** `userIdentity.type` of CloudTrail in Tocsin's spelling; see https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-user-identity.html */
export type ActorKind =
  | 'root'
  | 'iam-user'
  | 'assumed-role'
  | 'role'
  | 'federated-user'
  | 'web-identity-user'
  | 'saml-user'
  | 'identity-center-user'
  | 'directory-user'
  | 'aws-account'
  | 'aws-service'
  | 'anonymous'
  | 'unknown';

/** One step of the way by which an actor came to its credentials, the origin first. */
export interface ActorLink {
  readonly kind: ActorKind;
  readonly name: string;
  readonly arn?: string | undefined;
  readonly account?: string | undefined;
}

/** Who did it. */
export interface Actor {
  readonly kind: ActorKind;
  /** What a person would call this actor: `alice`, `deploy-role/ci-run-17`, `root of 111122223333`, `cloudtrail.amazonaws.com`. Never empty. */
  readonly name: string;
  readonly arn?: string | undefined;
  readonly account?: string | undefined;
  readonly principalId?: string | undefined;
  readonly accessKeyId?: string | undefined;
  /** Role session name, for assumed roles. */
  readonly session?: string | undefined;
  /** The role, user or account that issued the session. */
  readonly issuer?: ActorLink | undefined;
  /** Whether the session was authenticated with MFA; undefined where the record doesn't say. */
  readonly mfa?: boolean | undefined;
  /** Everyone behind this actor that the record names, the origin first; empty where it acts for itself. */
  readonly chain: readonly ActorLink[];
  /** The AWS service that made the call on the actor's behalf. */
  readonly invokedBy?: string | undefined;
}

/** Where a call came from, as far as `sourceIPAddress` tells. */
export type Origin =
  | { readonly type: 'address'; readonly address: string }
  | { readonly type: 'service'; readonly service: string }
  | { readonly type: 'internal' }
  | { readonly type: 'unknown'; readonly text: string };

export interface Client {
  readonly origin: Origin;
  readonly userAgent?: string | undefined;
  readonly vpcEndpoint?: string | undefined;
}

export interface Outcome {
  readonly result: 'success' | 'failure' | 'unknown';
  /** True where the failure was a refusal for lack of rights. */
  readonly denied: boolean;
  readonly code?: string | undefined;
  readonly reason?: string | undefined;
}

/** A thing that the call was about. */
export interface Target {
  /** `AWS::S3::Bucket` and the like; undefined where the record doesn't say. */
  readonly type?: string | undefined;
  readonly name: string;
  readonly arn?: string | undefined;
  readonly account?: string | undefined;
}

/** A decoded record. Members that cost something to work out are worked out when first read. */
export interface Event {
  readonly kind: EventKind;
  /** The source's own id (`eventID`), or a hash of content and position where it gives none. Never empty. */
  readonly id: string;
  /** The event's own clock, in milliseconds since the epoch. */
  readonly time: number;
  readonly account: string | undefined;
  readonly region: string | undefined;
  /** `s3.amazonaws.com` */
  readonly service: string;
  /** `PutBucketPolicy` */
  readonly action: string;
  readonly actor: Actor;
  readonly outcome: Outcome;
  readonly client: Client;
  readonly targets: readonly Target[];
  /** The raw record, unchanged, under its source's own names. */
  readonly fields: JsonObject;
  readonly provenance: Provenance;
}
