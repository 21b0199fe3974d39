import type { Event } from '../../event/event.ts';
import type { Fact } from '../fact.ts';
import { isAttempt } from '../gate.ts';
import { protectionFact } from '../protection.ts';
import type { Protection, ProtectionKind } from '../protection.ts';
import type { S3Resource } from '../s3-resource.ts';
import { left, said } from './said.ts';

/** What a call did to a guard of a bucket or object. */
export interface Guarded {
  readonly event: Event;
  readonly resource: S3Resource;
  readonly kind: ProtectionKind;
  readonly wanted: Protection['wanted'];
  /** What is so now, as a sentence. */
  readonly sentence: string;
  readonly unknowns?: readonly string[];
  readonly lost?: readonly string[];
}

/** The fact about a guard of a bucket or object. */
export function guardFact(guarded: Guarded): Fact {
  const { event, resource, kind, wanted, lost } = guarded;
  const attempted = isAttempt(event);
  const protection: Protection = {
    kind,
    change: attempted ? 'unchanged' : wanted,
    wanted,
    attempted,
    scope: resource.type === 'AWS::S3::Bucket' ? 'bucket' : 'object',
    resourceType: resource.type,
    resource: resource.arn,
    resourceName: resource.name,
    lost: lost ?? [],
  };
  return protectionFact(protection, said(event, guarded.sentence), left(event, guarded.unknowns ?? []));
}
