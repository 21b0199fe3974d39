import type { Event } from '../../event/event.ts';
import type { Analyser, Fact } from '../fact.ts';
import { s3ResourceOf } from '../s3-resource.ts';
import { quote } from '../sentence.ts';
import { guardFact } from './guard.ts';
import { bucketCalls, requestOf } from './s3-calls.ts';
import { element, header, leaf } from './xml.ts';

/**
 * Whether a bucket heeds ACLs: its Object Ownership, at creation and later. With BucketOwnerEnforced no ACL has any effect.
 * https://docs.aws.amazon.com/AmazonS3/latest/userguide/about-object-ownership.html
 */
export const s3Ownership: Analyser = {
  name: 's3-ownership',
  subjects: ['protection'],
  actions: bucketCalls('CreateBucket', 'DeleteBucketOwnershipControls', 'PutBucketOwnershipControls'),
  analyse,
};

const unknownAcls = [
  'whether an ACL of the bucket or of an object in it lets anybody in: GetBucketAcl and GetObjectAcl would tell',
  'whether Block Public Access makes public ACLs have no effect: GetPublicAccessBlock of bucket and account would tell',
];

function analyse(event: Event): readonly Fact[] {
  const resource = s3ResourceOf(event, 'bucket');
  if (resource === undefined) return [];
  const request = requestOf(event);
  const { spoken } = resource;
  const kind = 'object-ownership';
  if (event.action === 'DeleteBucketOwnershipControls') {
    const sentence = `the Object Ownership of ${spoken} is deleted: ACLs take effect, and objects belong to whoever writes them`;
    return [guardFact({ event, resource, kind, wanted: 'removed', sentence, unknowns: unknownAcls })];
  }
  const isNew = event.action === 'CreateBucket';
  const wanted = isNew
    ? header(request, 'x-amz-object-ownership')
    : leaf(element(element(request, 'OwnershipControls'), 'Rule'), 'ObjectOwnership');
  switch (wanted) {
    case 'BucketOwnerEnforced': {
      // This is what a new bucket has anyway.
      if (isNew) return [];
      const sentence = `ACLs of ${spoken} and of its objects have no effect any more (BucketOwnerEnforced)`;
      return [guardFact({ event, resource, kind, wanted: 'restored', sentence })];
    }
    case 'BucketOwnerPreferred':
    case 'ObjectWriter': {
      const effect =
        wanted === 'ObjectWriter'
          ? 'objects belong to whoever writes them, who may open them to others'
          : 'whoever writes an object may open it to others';
      const sentence = `ACLs of ${spoken} and of its objects take effect (${wanted}): ${effect}`;
      return [
        guardFact({
          event,
          resource,
          kind,
          wanted: isNew ? 'absent' : 'removed',
          sentence,
          unknowns: unknownAcls,
        }),
      ];
    }
    case undefined:
      if (isNew) return [];
  }
  const sentence = `the Object Ownership of ${spoken} was set${wanted === undefined ? '' : ` to ${quote(wanted)}`}, which cannot be read`;
  const unknowns = ['whether ACLs take effect: GetBucketOwnershipControls would tell'];
  return [guardFact({ event, resource, kind, wanted: 'unknown', sentence, unknowns })];
}
