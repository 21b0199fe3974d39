import type { Analyser } from '../fact.ts';
import { s3Exposure } from '../s3-exposure.ts';
import { s3PublicAccessBlock } from '../s3-public-access-block.ts';
import { s3AccessGrants } from './access-grants.ts';
import { s3AccessPointPolicy } from './access-point-policy.ts';
import { s3AccessPoints } from './access-points.ts';
import { s3OrganisationPolicy } from './organisation-policy.ts';
import { s3Uploads } from './uploads.ts';
import { s3BatchJob } from './batch-job.ts';
import { s3Cors } from './cors.ts';
import { s3Deletion } from './deletion.ts';
import { s3Encryption } from './encryption.ts';
import { s3Lifecycle } from './lifecycle.ts';
import { s3Logging } from './logging.ts';
import { s3Notifications } from './notifications.ts';
import { s3ObjectLock } from './object-lock.ts';
import { s3Ownership } from './ownership.ts';
import { s3Replication } from './replication.ts';
import { s3Reports } from './reports.ts';
import { s3RequesterPays } from './requester-pays.ts';
import { s3Versioning } from './versioning.ts';
import { s3Website } from './website.ts';

/** Every analyser of S3. */
export const s3Analysers: readonly Analyser[] = [
  s3Exposure,
  s3PublicAccessBlock,
  s3AccessGrants,
  s3AccessPointPolicy,
  s3AccessPoints,
  s3OrganisationPolicy,
  s3Uploads,
  s3BatchJob,
  s3Cors,
  s3Deletion,
  s3Encryption,
  s3Lifecycle,
  s3Logging,
  s3Notifications,
  s3ObjectLock,
  s3Ownership,
  s3Replication,
  s3Reports,
  s3RequesterPays,
  s3Versioning,
  s3Website,
];
