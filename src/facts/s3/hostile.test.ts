import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Json, JsonObject } from '../../event/json.ts';
import { factsOf } from '../table.ts';
import { denied, s3Call } from '../testing/cloudtrail.ts';
import { s3Analysers } from './table.ts';

const pairs = s3Analysers.flatMap((analyser) => analyser.actions);

// The elements that analysers look for, so that a random request gets past the first look.
const names =
  'VersioningConfiguration Status MfaDelete OwnershipControls Rule ObjectOwnership ' +
  'ObjectLockConfiguration DefaultRetention Mode Days Retention LegalHold ' +
  'LifecycleConfiguration Expiration Filter And Tag Prefix Date ReplicationConfiguration ' +
  'Destination Bucket Account BucketLoggingStatus LoggingEnabled TargetBucket TargetGrants ' +
  'Grant Grantee InventoryConfiguration S3BucketDestination NotificationConfiguration ' +
  'QueueConfiguration Queue WebsiteConfiguration RoutingRules CORSConfiguration CORSRule ' +
  'AllowedOrigin ServerSideEncryptionConfiguration SSEAlgorithm ' +
  'ApplyServerSideEncryptionByDefault KMSMasterKeyID CreateJobRequest Operation Details ' +
  'S3PutObjectCopy TargetResource Policy Regions Region content name key x-amz-copy-source ' +
  'x-amz-server-side-encryption-customer-algorithm x-amz-object-ownership';
const values = [
  'Enabled',
  'Disabled',
  '',
  '*',
  'true',
  'arn:aws:s3:::x',
  'aws:kms',
  '\u0000`\u202e',
  '%',
  '1',
];

const request: fc.Arbitrary<Json> = fc.letrec<{ node: Json; object: JsonObject }>((tie) => ({
  node: fc.oneof(
    { maxDepth: 5, depthSize: 'small' },
    fc.constantFrom<Json>(...values, 1, 44455556666, true, null),
    fc.array(tie('node'), { maxLength: 3 }),
    tie('object'),
  ),
  object: fc.dictionary(fc.constantFrom(...names.split(' ')), tie('node'), { maxKeys: 5 }),
})).object;

describe('the analysers of S3', () => {
  it('read any request without throwing, say it in one line, and leave nothing unknown of a failed call', () => {
    fc.assert(
      fc.property(fc.constantFrom(...pairs), request, fc.boolean(), (pair, parameters, failed) => {
        const [eventSource = '', action = ''] = pair.split(':');
        const about = { bucketName: 'invoices', ...(parameters as JsonObject) };
        const event = s3Call(action, about, { eventSource, ...(failed ? denied : {}) });
        for (const fact of factsOf(event)) {
          expect(fact.explanation).not.toMatch(/[\p{Cc}\u202e]/u);
          expect(JSON.stringify(fact.fields)).toBeTypeOf('string');
          const isQuiet = fact.fields['attempted'] === true && fact.unknowns.length === 0;
          expect(isQuiet || !failed).toBe(true);
        }
      }),
      { numRuns: 2_000 },
    );
  });
});
