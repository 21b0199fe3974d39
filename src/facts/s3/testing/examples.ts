import type { Event } from '../../../event/event.ts';
import { s3Call } from '../../testing/cloudtrail.ts';

/** Calls whose facts together have every field that S3's analysers produce. */
export const s3Examples: readonly Event[] = [
  s3Call('PutBucketReplication', {
    bucketName: 'invoices',
    ReplicationConfiguration: {
      Rule: {
        Status: 'Enabled',
        Prefix: 'a/',
        Destination: { Bucket: 'arn:aws:s3:::elsewhere', Account: '444455556666' },
      },
    },
  }),
  s3Call('PutBucketEncryption', {
    bucketName: 'invoices',
    ServerSideEncryptionConfiguration: {
      Rule: {
        ApplyServerSideEncryptionByDefault: {
          SSEAlgorithm: 'aws:kms',
          KMSMasterKeyID: 'arn:aws:kms:eu-west-1:444455556666:key/9f1c',
        },
      },
    },
  }),
  s3Call('PutBucketLifecycle', {
    bucketName: 'invoices',
    LifecycleConfiguration: {
      Rule: { Status: 'Enabled', Prefix: 'a/', Expiration: { Days: 1, Date: '2026-03-03T00:00:00Z' } },
    },
  }),
  s3Call('PutBucketWebsite', {
    bucketName: 'invoices',
    WebsiteConfiguration: { RedirectAllRequestsTo: { HostName: 'a.example' } },
  }),
  s3Call('PutBucketCors', {
    bucketName: 'invoices',
    CORSConfiguration: { CORSRule: { AllowedOrigin: '*', AllowedMethod: 'GET' } },
  }),
];
