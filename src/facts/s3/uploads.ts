import { isAccountId } from '../../decode/cloudtrail/arn.ts';
import type { Event } from '../../event/event.ts';
import { list, text } from '../../event/json.ts';
import type { Analyser, Fact } from '../fact.ts';
import type { Known } from '../known.ts';
import { s3ResourceOf } from '../s3-resource.ts';
import { quote } from '../sentence.ts';
import { whoseAccount } from '../whose.ts';
import { transfersOf } from './destination.ts';
import { bucketCalls, requestOf } from './s3-calls.ts';
import { header } from './xml.ts';

const writes = bucketCalls('CopyObject', 'CreateMultipartUpload', 'PutObject');

/**
 * What somebody writes into a bucket of another account than their own: the record names the bucket's owner among its
 * resources. https://docs.aws.amazon.com/AmazonS3/latest/userguide/cloudtrail-logging-understanding-s3-entries.html
 */
export const s3Uploads: Analyser = {
  name: 's3-uploads',
  subjects: ['transfer'],
  actions: writes,
  signs: new Map(writes.map((action) => [action, ['two accounts']])),
  analyse,
};

function analyse(event: Event, known: Known): readonly Fact[] {
  const owner = bucketOwner(event);
  if (owner === undefined || owner === event.account) return [];
  const { actor } = event;
  // Strangers who write into one's own bucket are no loss, and their own record is theirs to watch.
  if (actor.account === undefined || actor.account !== event.account) return [];
  const resource = s3ResourceOf(event, 'object');
  if (resource === undefined) return [];
  const source = header(requestOf(event), 'x-amz-copy-source');
  const what = source === undefined ? quote(resource.name) : `a copy of ${quote(source)}`;
  return transfersOf(
    {
      event,
      resource,
      kind: source === undefined ? 'upload' : 'object-copy',
      does: `${what} was written`,
      shownBy: 'GetBucketPolicy',
    },
    [
      {
        name: resource.bucket,
        whose: whoseAccount(owner, actor.account, known),
        account: owner,
        scope: [],
        givesOwnership: false,
      },
    ],
  );
}

/** The account of the bucket, where `resources` says it. */
function bucketOwner(event: Event): string | undefined {
  for (const resource of list(event.fields, 'resources').slice(0, 4)) {
    if (text(resource, 'type') !== 'AWS::S3::Bucket') continue;
    const account = text(resource, 'accountId');
    if (account !== undefined && isAccountId(account)) return account;
  }
  return undefined;
}
