import { S3Client } from '@aws-sdk/client-s3';
import { SQSClient } from '@aws-sdk/client-sqs';

/** Long enough for a large object to begin, short enough that a dead connection is noticed. */
const connectTimeoutMs = 5_000;
const requestTimeoutMs = 30_000;

/** SQS holds a long poll open for 20 seconds by itself; see `waitSeconds` in s3-queue.ts. */
const requestHandler = {
  connectionTimeout: connectTimeoutMs,
  requestTimeout: requestTimeoutMs,
  throwOnRequestTimeout: true,
};

/** Clients with the usual AWS credentials and, for stand-ins, the usual AWS_ENDPOINT_URL variables; a stand-in for S3 is spoken to with the bucket in the path. */
export function s3Client(region: string): S3Client {
  const standIn = process.env.AWS_ENDPOINT_URL_S3 ?? process.env.AWS_ENDPOINT_URL;
  return new S3Client({ region, requestHandler, forcePathStyle: standIn !== undefined });
}

export function sqsClient(region: string): SQSClient {
  return new SQSClient({ region, requestHandler });
}
