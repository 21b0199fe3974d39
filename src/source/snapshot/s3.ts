import {
  GetBucketAclCommand,
  GetBucketLocationCommand,
  GetBucketOwnershipControlsCommand,
  GetBucketPolicyCommand,
  GetBucketVersioningCommand,
  GetBucketWebsiteCommand,
  GetPublicAccessBlockCommand,
  paginateListBuckets,
  S3Client,
} from '@aws-sdk/client-s3';
import {
  GetPublicAccessBlockCommand as GetAccountBlockCommand,
  S3ControlClient,
} from '@aws-sdk/client-s3-control';
import type { Json } from '../../event/json.ts';
import { at, itemsAt, textAt } from '../../facts/assets/sighting.ts';
import { accountBlockShown, bucketShown } from '../../facts/assets/snapshot/s3.ts';
import { clientSettings, first, onlyReads, standIn } from './client.ts';
import { ask, askAll, inParallel, type ClientOptions, type Look } from './look.ts';

/** Buckets with all that decides who gets in, and the switches of the account. S3 lists the buckets of all regions at once. */
export async function readS3(look: Look): Promise<void> {
  await readAccountBlock(look);
  const clients = new Map<string, S3Client>();
  const clientIn = (region: string): S3Client => {
    const known = clients.get(region) ?? s3Client({ ...look.client, region });
    clients.set(region, known);
    return known;
  };
  try {
    await readBuckets(look, clientIn);
  } finally {
    for (const client of clients.values()) client.destroy();
  }
}

async function readBuckets(look: Look, clientIn: (region: string) => S3Client): Promise<void> {
  const home = clientIn(look.client.region);
  const time = look.now();
  const pages = await askAll(look, { permission: 's3:ListAllMyBuckets' }, () =>
    paginateListBuckets({ client: home, pageSize: 1000 }, {}),
  );
  if (pages === undefined) return;
  const buckets = pages.flatMap((page) => itemsAt(page, 'Buckets'));
  await inParallel(buckets, 8, (bucket) => readBucket(look, bucket, clientIn));
  if (look.only === undefined) look.whole({ type: 'AWS::S3::Bucket', time });
}

async function readBucket(look: Look, bucket: Json, clientIn: (region: string) => S3Client): Promise<void> {
  const name = textAt(bucket, 'Name');
  if (name === undefined) return;
  const region = textAt(bucket, 'BucketRegion') ?? (await regionOf(look, name, clientIn));
  if (look.only !== undefined && (region === undefined || !look.only.has(region))) return;
  const time = look.now();
  const place = { ...look.place, region };
  const createdAt = at(bucket, 'CreationDate');
  if (region === undefined) {
    look.show([bucketShown(place, { name, createdAt })], time);
    return;
  }
  const s3 = clientIn(region);
  const of = { Bucket: name };
  const about = (permission: string, ...none: readonly string[]) => ({ permission, of: name, region, none });
  const [policy, acl, block, ownership, versioning, website] = await Promise.all([
    ask(look, about('s3:GetBucketPolicy', 'NoSuchBucketPolicy'), async () => {
      const { Policy } = await s3.send(new GetBucketPolicyCommand(of));
      return Policy;
    }),
    ask(look, about('s3:GetBucketAcl'), () => s3.send(new GetBucketAclCommand(of))),
    ask(look, about('s3:GetBucketPublicAccessBlock', 'NoSuchPublicAccessBlockConfiguration'), () =>
      s3.send(new GetPublicAccessBlockCommand(of)),
    ),
    ask(look, about('s3:GetBucketOwnershipControls', 'OwnershipControlsNotFoundError'), () =>
      s3.send(new GetBucketOwnershipControlsCommand(of)),
    ),
    ask(look, about('s3:GetBucketVersioning'), () => s3.send(new GetBucketVersioningCommand(of))),
    ask(look, about('s3:GetBucketWebsite', 'NoSuchWebsiteConfiguration'), () =>
      s3.send(new GetBucketWebsiteCommand(of)),
    ),
  ]);
  const answers = { name, createdAt, policy, acl, block, ownership, versioning, website };
  look.show([bucketShown(place, answers)], time);
}

/** Stand-ins for S3 list buckets without their region. */
async function regionOf(
  look: Look,
  name: string,
  clientIn: (region: string) => S3Client,
): Promise<string | undefined> {
  const answer = await ask(look, { permission: 's3:GetBucketLocation', of: name }, () =>
    clientIn(look.client.region).send(new GetBucketLocationCommand({ Bucket: name })),
  );
  if (answer === undefined) return undefined;
  // https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetBucketLocation.html
  const location = textAt(answer, 'LocationConstraint') ?? 'us-east-1';
  return location === 'EU' ? 'eu-west-1' : location;
}

async function readAccountBlock(look: Look): Promise<void> {
  const time = look.now();
  const control = s3ControlClient(look.client);
  const none = ['NoSuchPublicAccessBlockConfiguration'];
  try {
    const block = await ask(look, { permission: 's3:GetAccountPublicAccessBlock', none }, () =>
      control.send(new GetAccountBlockCommand({ AccountId: look.account })),
    );
    if (block !== undefined) look.show(accountBlockShown(look.place, block), time);
  } finally {
    control.destroy();
  }
}

function s3Client(options: ClientOptions): S3Client {
  const forcePathStyle = standIn('AWS_ENDPOINT_URL_S3') !== undefined;
  const client = new S3Client({ ...clientSettings(options), forcePathStyle });
  client.middlewareStack.add(onlyReads, first);
  return client;
}

/** S3 Control puts the account before the host's name, which a stand-in on an address of its own has none for. */
function s3ControlClient(options: ClientOptions): S3ControlClient {
  const url = standIn('AWS_ENDPOINT_URL_S3_CONTROL');
  const client = new S3ControlClient({
    ...clientSettings(options),
    ...(url === undefined ? {} : { endpointProvider: () => ({ url: new URL(url) }) }),
  });
  client.middlewareStack.add(onlyReads, first);
  return client;
}
