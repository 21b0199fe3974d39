import type { Event } from '../../event/event.ts';
import type { Analyser, Fact } from '../fact.ts';
import { s3ResourceOf } from '../s3-resource.ts';
import { guardFact } from './guard.ts';
import { bucketCalls, requestOf } from './s3-calls.ts';
import { element, header, leaf } from './xml.ts';

/**
 * What PutBucketVersioning does to versioning and MFA delete. Fields: protection.ts.
 * https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutBucketVersioning.html
 */
export const s3Versioning: Analyser = {
  name: 's3-versioning',
  subjects: ['protection'],
  actions: bucketCalls('PutBucketVersioning'),
  analyse,
};

function analyse(event: Event): readonly Fact[] {
  const resource = s3ResourceOf(event, 'bucket');
  if (resource === undefined) return [];
  const request = requestOf(event);
  const configuration = element(request, 'VersioningConfiguration');
  const status = leaf(configuration, 'Status')?.toLowerCase();
  const mfaDelete = (leaf(configuration, 'MfaDelete') ?? leaf(configuration, 'MFADelete'))?.toLowerCase();
  const { spoken } = resource;
  const facts: Fact[] = [];
  // S3 knows `Suspended`; tools that write `Disabled` mean the same.
  if (status === 'suspended' || status === 'disabled') {
    const sentence = `versioning of ${spoken} is suspended: what is overwritten or deleted from now on is gone, and older versions stay until they are deleted`;
    facts.push(guardFact({ event, resource, kind: 'versioning', wanted: 'removed', sentence }));
  } else if (status === 'enabled') {
    const sentence = `versioning of ${spoken} is on: what is overwritten or deleted can be brought back`;
    facts.push(guardFact({ event, resource, kind: 'versioning', wanted: 'restored', sentence }));
  }
  if (mfaDelete === 'disabled') {
    // S3 refuses to take it away without root's second factor, which the request then carries.
    const unknowns =
      header(request, 'x-amz-mfa') === undefined
        ? ['whether MFA delete was on before: an older PutBucketVersioning would tell']
        : [];
    const sentence = `MFA delete of ${spoken} is off: versions can be deleted for good, and versioning suspended, without a second factor`;
    facts.push(guardFact({ event, resource, kind: 'mfa-delete', wanted: 'removed', sentence, unknowns }));
  } else if (mfaDelete === 'enabled') {
    const sentence = `MFA delete of ${spoken} is on: to delete a version for good takes a second factor`;
    facts.push(guardFact({ event, resource, kind: 'mfa-delete', wanted: 'restored', sentence }));
  }
  if (facts.length > 0) return facts;
  const sentence = `versioning of ${spoken} was set, but what to cannot be read from the record`;
  const unknowns = ['whether versioning is on: GetBucketVersioning would tell'];
  return [guardFact({ event, resource, kind: 'versioning', wanted: 'unknown', sentence, unknowns })];
}
