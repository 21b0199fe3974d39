import type { Fact } from './fact.ts';
import type { FieldName } from './field-name.ts';
import type { Whose } from './whose.ts';

/** With what something is encrypted from now on, and who holds the key. */
export interface Encryption {
  /** `customer-key`: a key that the caller sends along and AWS does not keep (SSE-C). */
  readonly method: 'aws-key' | 'kms' | 'customer-key' | 'none' | 'unknown';
  readonly change: 'set' | 'unchanged' | 'unknown';
  readonly attempted: boolean;
  /** `default`: what comes from now on; `object`: the thing that the call wrote. */
  readonly applies: 'default' | 'object';
  /** Id, alias or ARN of the KMS key, or the digest of a customer's key, as the request has it. */
  readonly key: string | undefined;
  readonly keyAccount: string | undefined;
  /** Who can take the key away: `caller` for a customer's own, `aws` for AWS's. */
  readonly keyHolder: Whose | 'caller' | 'aws';
  /** True where the call wrote over what it read, so that the data is behind the new key only. */
  readonly inPlace: boolean;
  readonly resourceType: string;
  readonly resource: string;
  readonly resourceName: string;
}

/** What rules see under `tocsin.encryption`. Held by a test to what is produced. */
export const encryptionFieldNames: readonly FieldName[] = [
  {
    name: 'encryption.method',
    description:
      'aws-key (of the service itself), kms, customer-key (the caller brings it, SSE-C), none or unknown',
  },
  { name: 'encryption.change', description: 'set, unchanged (the call failed) or unknown' },
  { name: 'encryption.attempted', description: 'true where the call failed' },
  {
    name: 'encryption.applies',
    description: 'default (to what is written from now on) or object (to what the call wrote)',
  },
  {
    name: 'encryption.key',
    description: 'id, alias or ARN of the KMS key, or the digest of the key that the caller brought',
  },
  { name: 'encryption.key_account', description: "the KMS key's account, where the request tells it" },
  {
    name: 'encryption.key_holder',
    description:
      'who can take the key away: own-account, known-account, external-account, unknown, caller (a key that only the caller has) or aws',
  },
  {
    name: 'encryption.in_place',
    description: 'true where an object was written over itself, so that it is behind the new key only',
  },
  { name: 'encryption.resource_type', description: 'such as AWS::S3::Bucket or AWS::S3::Object' },
  { name: 'encryption.resource', description: 'ARN of what is encrypted' },
  { name: 'encryption.resource_name', description: 'what people call it' },
];

/** An encryption as a fact with its sentence. */
export function encryptionFact(
  encryption: Encryption,
  explanation: string,
  unknowns: readonly string[],
): Fact {
  const { key, keyAccount } = encryption;
  return {
    subject: 'encryption',
    explanation,
    unknowns,
    fields: {
      method: encryption.method,
      change: encryption.change,
      attempted: encryption.attempted,
      applies: encryption.applies,
      ...(key === undefined ? {} : { key }),
      ...(keyAccount === undefined ? {} : { key_account: keyAccount }),
      key_holder: encryption.keyHolder,
      in_place: encryption.inPlace,
      resource_type: encryption.resourceType,
      resource: encryption.resource,
      resource_name: encryption.resourceName,
    },
  };
}
