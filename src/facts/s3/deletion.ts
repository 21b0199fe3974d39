import type { Event } from '../../event/event.ts';
import type { Analyser, Fact } from '../fact.ts';
import { isAttempt } from '../gate.ts';
import { lossFact } from '../loss.ts';
import { s3ResourceOf } from '../s3-resource.ts';
import { left, said } from './said.ts';
import { bucketCalls } from './s3-calls.ts';

/**
 * A bucket that is deleted: S3 deletes only empty ones, and gives the name to whoever asks for it next.
 * https://docs.aws.amazon.com/AmazonS3/latest/userguide/delete-bucket.html
 */
export const s3Deletion: Analyser = {
  name: 's3-deletion',
  subjects: ['loss'],
  actions: bucketCalls('DeleteBucket'),
  analyse,
};

function analyse(event: Event): readonly Fact[] {
  const resource = s3ResourceOf(event, 'bucket');
  if (resource === undefined) return [];
  const attempted = isAttempt(event);
  const sentence = `${resource.spoken} is deleted; it was empty by then, and its name is free for anybody to take`;
  const unknowns = [
    'whether a DNS record, a distribution or a template still refers to the name: whoever takes it would get what goes there',
  ];
  return [
    lossFact(
      {
        kind: 'deletion',
        change: attempted ? 'unchanged' : 'done',
        attempted,
        extent: 'whole',
        parts: ['container'],
        days: undefined,
        date: undefined,
        scope: [],
        resourceType: resource.type,
        resource: resource.arn,
        resourceName: resource.name,
      },
      said(event, sentence),
      left(event, unknowns),
    ),
  ];
}
