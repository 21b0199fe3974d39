import type { Event } from '../../event/event.ts';
import type { Analyser, Fact } from '../fact.ts';
import { s3ResourceOf } from '../s3-resource.ts';
import { guardFact } from './guard.ts';
import { bucketCalls, requestOf } from './s3-calls.ts';
import { element, leaf } from './xml.ts';

/**
 * Who pays for what is read of a bucket. While requesters pay, anonymous reads are refused.
 * https://docs.aws.amazon.com/AmazonS3/latest/userguide/RequesterPaysBuckets.html
 */
export const s3RequesterPays: Analyser = {
  name: 's3-requester-pays',
  subjects: ['protection'],
  actions: bucketCalls('PutBucketRequestPayment'),
  analyse,
};

function analyse(event: Event): readonly Fact[] {
  const resource = s3ResourceOf(event, 'bucket');
  if (resource === undefined) return [];
  const payer = leaf(element(requestOf(event), 'RequestPaymentConfiguration'), 'Payer')?.toLowerCase();
  const kind = 'requester-pays';
  const { spoken } = resource;
  if (payer === 'requester') {
    const sentence = `whoever reads ${spoken} pays for it, and nobody can read it without signing in`;
    return [guardFact({ event, resource, kind, wanted: 'restored', sentence })];
  }
  if (payer === 'bucketowner') {
    const sentence = `the owner of ${spoken} pays for what others read of it, and readers need not sign in for that`;
    const unknowns = ['whether requesters paid before: an older PutBucketRequestPayment would tell'];
    return [guardFact({ event, resource, kind, wanted: 'removed', sentence, unknowns })];
  }
  const sentence = `who pays for reads of ${spoken} was set, but to whom cannot be read from the record`;
  const unknowns = ['who pays: GetBucketRequestPayment would tell'];
  return [guardFact({ event, resource, kind, wanted: 'unknown', sentence, unknowns })];
}
